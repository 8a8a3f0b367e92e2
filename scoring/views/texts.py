"""What the pages about one version show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language

from leads.models import User
from scoring import agreements, checks, documents, maps, rescoring, sentences
from scoring.agreements import Stranded, Trial
from scoring.checks import Problem
from scoring.conditions import Unreadable, Vocabulary, read
from scoring.documents import Body, digest, text
from scoring.maps import Map
from scoring.models import AgreementVersion
from scoring.rulebooks import Rulebook
from scoring.sentences import Change, Section
from scoring.sentences.clauses import STAGE
from scoring.views import desks, panels, talks
from scoring.views.desks import Place
from scoring.views.panels import Refusal, Signing
from scoring.views.talks import Said

Status = AgreementVersion.Status


@dataclass(frozen=True)
class Draft:
    """The version being written or signed, as it stands beside a text."""

    version: AgreementVersion
    changes: list[Change]
    problems: list[Problem]
    stranded: list[Stranded]
    remarks: list[Problem]
    owed: str
    withdrawable: bool
    signing: Signing
    places: list[Place]
    here: list[User]

    @property
    def mending(self) -> list[tuple[str, str]]:
        """What stands against it, and the address where it is put right."""
        wrong = [(each.message, each.path) for each in self.problems]
        wrong += [(str(each), f"moves.{each.key}") for each in self.stranded]
        return [(said, _address(path)) for said, path in wrong]

    @property
    def doubts(self) -> list[tuple[str, str]]:
        """What is worth a second look, and the address where it stands."""
        return [(each.message, _address(each.path)) for each in self.remarks]

    @property
    def proposable(self) -> bool:
        """Could it take effect as it is? The first agreement changes nothing that was."""
        changed = bool(self.changes) or self.version.base_id is None
        return changed and not self.problems and not self.stranded


@dataclass(frozen=True)
class Broken:
    """A clause that holds for nobody, because what it asks for can no longer be read."""

    number: str
    name: str
    problem: str


def reading(
    version: AgreementVersion,
    user: User,
    *,
    said: Said | None = None,
    refusal: Refusal | None = None,
) -> dict[str, Any]:
    """A version as a document, with the versions beside it. What was `said` or signed and could
    not be taken comes back in its form."""
    vocabulary, at = Vocabulary(), timezone.now()
    in_force, unsettled = agreements.in_force(), agreements.unsettled()
    book = Rulebook(version.body, vocabulary)
    sections = sentences.document(version.body, book)
    unreadable = broken(sections, book)
    return {
        "version": version,
        "title": text(version.body["title"]),
        "summary": text(version.body["summary"]),
        "map": journey_map(version.body),
        "sections": sections,
        "broken": unreadable,
        "broken_numbers": {each.number for each in unreadable},
        "lines": panels.lines(version),
        "threads_by_section": talks.places(version, sections, user, said=said),
        "in_force": in_force,
        "unsettled": unsettled,
        "draft": draft(unsettled, in_force, user, vocabulary, at=at, refusal=refusal)
        if unsettled
        else None,
        "tried": _kept(version),
        "trial": _asked(in_force, user, at),
        "back": [] if unsettled else _back(version, in_force, vocabulary),
        "may_edit": agreements.may_edit(user),
        "progress": rescoring.progress(at=at) if version == in_force else None,
    }


def document(body: Body, vocabulary: Vocabulary) -> list[Section]:
    return sentences.document(body, Rulebook(body, vocabulary))


def broken(sections: Iterable[Section], book: Rulebook) -> list[Broken]:
    """The clauses of old data that score nothing and let nobody pass, in order."""
    unreadable = _unreadable(book)
    return [
        Broken(clause.number, clause.text, unreadable[section.key, clause.key])
        for section in sections
        for group in section.groups
        for clause in group.clauses
        if (section.key, clause.key) in unreadable
    ]


def _unreadable(book: Rulebook) -> dict[tuple[str, str], str]:
    """What is wrong, by section and clause."""
    conditions = {("points", rule.key): rule.when for rule in book.rules}
    for stage, criteria in book.criteria.items():
        conditions |= {(f"{STAGE}{stage}", each.key): each.when for each in criteria}
    for persona in book.body["personas"]:
        conditions["personas", persona["key"]] = read(persona["when"], vocabulary=book.vocabulary)
    found = conditions.items()
    return {where: when.problem for where, when in found if isinstance(when, Unreadable)}


def journey_map(body: Body, page: str = "") -> Map:
    """The map, drawn once for a text and a language: arrows take a while to find their way. Its
    links lead to the sections on `page`, else on the page it stands on."""
    key = f"map:{digest(body)}:{get_language()}:{page}"
    return cache.get_or_set(key, lambda: maps.of(body, anchor=f"{page}#stage-"), timeout=None)


def draft(
    version: AgreementVersion,
    in_force: AgreementVersion | None,
    user: User,
    vocabulary: Vocabulary,
    *,
    at: datetime,
    refusal: Refusal | None = None,
) -> Draft:
    """What it changes, what stands against it, and what this person owes it."""
    base = documents.anew(in_force.body) if in_force else None
    late = agreements.past(version.body, at=at, proposed=version.status != Status.DRAFT)
    found = {
        "changes": sentences.changes(base, version.body, vocabulary) if base else [],
        "problems": [*checks.validate(version.body), *late],
        "stranded": agreements.stranded(version.body),
    }
    places = desks.places(version, at=at, **found) if version.status != Status.AGREED else []
    return Draft(
        version=version,
        **found,
        remarks=checks.remarks(version.body, vocabulary) if places else [],
        owed=agreements.owes(user, version),
        withdrawable=agreements.may_withdraw(user, version),
        signing=panels.signing(version, user, vocabulary, at=at, refusal=refusal),
        places=places,
        here=desks.here(places, user),
    )


def _address(path: str) -> str:
    """Where what stands at this path is put right."""
    address = reverse("agreement_section", args=[agreements.section_of(path)])
    return f"{address}?{urlencode({'at': path})}"


def _back(
    version: AgreementVersion, in_force: AgreementVersion | None, vocabulary: Vocabulary
) -> list[Change]:
    """What going back to an old version would change of what is in force."""
    if in_force is None or version == in_force:
        return []
    old, new = documents.anew(in_force.body), documents.anew(version.body)
    return sentences.changes(old, new, vocabulary)


def _kept(version: AgreementVersion) -> bool:
    """Was it on trial, and both sides keep it? Its text will always say that it is on trial."""
    trial = agreements.trial(version) if version.in_force_at else None
    return bool(trial and trial.kept)


def _asked(version: AgreementVersion | None, user: User, at: datetime) -> Trial | None:
    """The trial of the version in force, where this person is asked what is to become of it."""
    trial = agreements.trial(version)
    return trial if trial and trial.waits_for(user, at) else None
