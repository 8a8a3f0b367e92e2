"""The agreement as a document: sections of numbered clauses, in the active language."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scoring.conditions import read
from scoring.documents import Body, ItemJSON, text
from scoring.journeys import StageJSON
from scoring.rulebooks import Rulebook
from scoring.sentences import effects, moves, promised, values
from scoring.sentences.pieces import STAGE, Clause, Group, Section, one_group
from scoring.sentences.points import points


def document(body: Body, rulebook: Rulebook | None = None) -> list[Section]:
    """All sections that say something, numbered from 1; clauses 1.1, 1.2, …

    With a ready `rulebook` no query is needed; without it, up to three (fields, names).
    """
    book = rulebook or Rulebook(body)
    drafts = [
        _journey(body),
        *_criteria(body, book),
        _personas(body, book),
        points(body, book),
        *promised.sections(body, book),
        _fields(body),
        moves.section(body, book.vocabulary),
        effects.section(body),
        _notes(body),
    ]
    kept = [draft for draft in drafts if not draft.is_empty]
    return [_numbered(draft, number) for number, draft in enumerate(kept, 1)]


def criterion_numbers(body: Body, rulebook: Rulebook | None = None) -> dict[tuple[str, str], str]:
    """Clause number by (stage key, criterion key), for a return that cites "2.4"."""
    return {
        (section.key.removeprefix(STAGE), clause.key): clause.number
        for section in document(body, rulebook)
        if section.key.startswith(STAGE)
        for group in section.groups
        for clause in group.clauses
    }


def _journey(body: Body) -> Section:
    clauses = [
        Clause(
            "",
            each["key"],
            text(each["name"]),
            detail=text(each["meaning"]),
            side=each["side"],
            anchor="" if each["criteria"] else f"{STAGE}{each['key']}",
        )
        for each in body["stages"]
    ]
    return one_group(
        "journey", _("The journey"), _("from first sign to deal"), "", clauses, "stages"
    )


def _criteria(body: Body, book: Rulebook) -> Iterator[Section]:
    for each in body["stages"]:
        if not book.criteria[each["key"]]:
            continue
        name = {"stage": text(each["name"])}
        hands_over = each["kind"] == "handoff"
        yield Section(
            number=0,
            key=f"{STAGE}{each['key']}",
            title=_("When a lead enters “%(stage)s”") % name,
            small=_("handed over to sales") if hands_over else "",
            intro=_entering(len(book.criteria[each["key"]])) % name,
            groups=tuple(_grouped_criteria(each, book)),
            edited_in="stages",
        )


def _entering(criteria: int) -> str:
    return ngettext(
        "A lead enters “%(stage)s” when this holds:",
        "A lead enters “%(stage)s” when all of these hold:",
        criteria,
    )


def _grouped_criteria(each: StageJSON, book: Rulebook) -> Iterator[Group]:
    criteria = book.criteria[each["key"]]
    for group, title in values.GROUPS.items():
        clauses = tuple(
            Clause("", criterion.key, capfirst(criterion.words()), detail=_said(criterion))
            for criterion in criteria
            if criterion.group == group
        )
        if clauses:
            yield Group(str(title), "", clauses)


def _said(part: object) -> str:
    """What the condition says, where the teams gave it another name: the text must not hide it."""
    return capfirst(part.when.words()) if part.label else ""


def _personas(body: Body, book: Rulebook) -> Section:
    clauses = [
        Clause("", each["key"], text(each["name"]), detail=_meant(each, book))
        for each in body["personas"]
    ]
    return one_group("personas", _("Whom we want"), _("kinds of buyers"), "", clauses, "personas")


def _meant(persona: ItemJSON, book: Rulebook) -> str:
    return capfirst(read(persona["when"], vocabulary=book.vocabulary).words())


def _fields(body: Body) -> Section:
    clauses = [
        Clause(
            "",
            each["key"],
            text(each["label"]),
            detail=text(each["purpose"]),
            value=", ".join(each.get("choices") or []) or str(values.FIELD_TYPES[each["type"]]),
        )
        for each in body.get("fields") or []
    ]
    return one_group(
        "fields", _("What we need to know besides"), _("lead fields"), "", clauses, "fields"
    )


def _notes(body: Body) -> Section:
    """A clause for each line."""
    lines = [line.strip() for line in text(body.get("note", "")).splitlines() if line.strip()]
    clauses = [Clause("", str(number), line) for number, line in enumerate(lines, 1)]
    return one_group("note", _("Notes"), _("on this text"), "", clauses, "about")


def _numbered(section: Section, number: int) -> Section:
    count, groups = 0, []
    for group in section.groups:
        clauses = []
        for clause in group.clauses:
            count += 1
            clauses.append(
                Clause(**vars(clause) | {"number": f"{number}.{count}"}),
            )
        groups.append(Group(group.title, group.note, tuple(clauses)))
    return Section(**vars(section) | {"number": number, "groups": tuple(groups)})
