"""Taking a section over from another text: a template, or an earlier version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leads import fields
from leads.models import User
from leads.refusals import Refused
from scoring import documents
from scoring.agreements.drafts import Edit, edit
from scoring.agreements.sections import SECTIONS, names_of, section_of
from scoring.documents import OF_ONE_TEXT, Body, ConditionJSON, ItemJSON, item, text
from scoring.models import AgreementVersion

# What a text says of its own taking effect is never taken over.
ADOPTABLE = tuple(section for section in SECTIONS if section not in OF_ONE_TEXT)


@dataclass(frozen=True)
class Lack:
    """What a section speaks of and the text it comes into does not have: personas and fields,
    which can come along, and keys of stages, which cannot."""

    personas: tuple[ItemJSON, ...] = ()
    fields: tuple[ItemJSON, ...] = ()
    stages: tuple[str, ...] = ()

    @property
    def names(self) -> str:
        """What would come along: "Operations lead, Fleet size"."""
        named = [text(each["name"]) for each in self.personas]
        return ", ".join([*named, *(text(each["label"]) for each in self.fields)])


def lack(body: Body, source: Body, section: str) -> Lack:
    """What `section` of `source` speaks of that `body` would lack."""
    leaves = list(_leaves(source, section))
    personas = () if section == "personas" else _personas(body, source, leaves)
    behind = [leaf for each in personas for leaf in documents.leaves(each["when"])]
    brought = () if section == "fields" else _fields(body, source, [*leaves, *behind])
    here = source if section == "stages" else body
    keys = dict.fromkeys(_stages(source, section, leaves))
    return Lack(personas, brought, tuple(key for key in keys if not item(here["stages"], key)))


def adopt(
    version: AgreementVersion,
    *,
    section: str,
    source: Body,
    along: bool = False,
    by: User,
    at: datetime,
    expected_sha256: str,
) -> Edit:
    """Replace a section of the draft by that of `source`; with `along` personas and fields it
    speaks of come too. All of it or nothing.

    Raises Refused `names_missing` where they do not come along, `stages_missing` where it speaks
    of stages the draft does not have, and what `edit` raises.
    """
    with transaction.atomic():
        version.refresh_from_db()
        before, lacking = version.body, lack(version.body, source, section)
        _refuse_stageless(lacking, source)
        if not along:
            _refuse_nameless(lacking)
        values = _along(before, lacking) | {section: _value(source, section)}
        edits = []
        for name, value in values.items():
            made = edit(
                version, section=name, value=value, by=by, at=at, expected_sha256=expected_sha256
            )
            version, expected_sha256 = made.version, made.version.sha256
            edits.append(made)
    lapsed = tuple(signature for made in edits for signature in made.lapsed)
    return Edit(version, before, changed=any(made.changed for made in edits), lapsed=lapsed)


def _leaves(source: Body, section: str) -> Iterator[ConditionJSON]:
    for path, condition in documents.conditions(source):
        if section_of(path) == section:
            yield from documents.leaves(condition)


def _personas(body: Body, source: Body, leaves: list[ConditionJSON]) -> tuple[ItemJSON, ...]:
    asked = {leaf.get("persona") for leaf in leaves}
    new = (each for each in source["personas"] if not item(body["personas"], each["key"]))
    return tuple(each for each in new if each["key"] in asked)


def _fields(body: Body, source: Body, leaves: list[ConditionJSON]) -> tuple[ItemJSON, ...]:
    asked = {leaf.get("field") for leaf in leaves}
    known = {*fields.registry(), *(each["key"] for each in body.get("fields") or [])}
    brought = source.get("fields") or []
    return tuple(each for each in brought if each["key"] in asked and each["key"] not in known)


def _stages(source: Body, section: str, leaves: list[ConditionJSON]) -> Iterator[str]:
    for leaf in leaves:
        yield from leaf.get("stages") or []
    if section == "reasons":
        yield from (each["to"] for each in source["reasons"] if "to" in each)


def _along(body: Body, lacking: Lack) -> dict[str, Any]:
    """Fields first: personas ask for them."""
    found: dict[str, Any] = {}
    if lacking.fields:
        found["fields"] = [*(body.get("fields") or []), *lacking.fields]
    if lacking.personas:
        found["personas"] = [*body["personas"], *lacking.personas]
    return found


def _value(source: Body, section: str) -> Any:
    names = names_of(section)
    if len(names) == 1:
        return source.get(names[0])
    return {name: source.get(name, "") for name in names}


def _refuse_stageless(lacking: Lack, source: Body) -> None:
    if lacking.stages:
        found = (item(source["stages"], key) for key in lacking.stages)
        names = ", ".join(f"“{text(each['name'])}”" for each in found if each)
        raise Refused(
            "stages_missing",
            _("This section speaks of stages the draft does not have: %(stages)s.")
            % {"stages": names or ", ".join(lacking.stages)},
            _("Take over “Stages” first, or add them to the draft."),
        )


def _refuse_nameless(lacking: Lack) -> None:
    if lacking.names:
        raise Refused(
            "names_missing",
            _("This section speaks of what the draft does not have: %(names)s.")
            % {"names": lacking.names},
            _("Let them come along, or add them to the draft first."),
            field="along",
        )
