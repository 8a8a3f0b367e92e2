"""How leads are recognised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.db.models import Q
from django.utils.translation import gettext as _

from leads import values
from leads.models import Identity, Lead
from leads.refusals import Refused

LONGEST_SOURCE = 60
LONGEST_VALUE = 254


class IdentityKey(NamedTuple):
    """What is unique about an identity. `kind` is one of Identity.Kind."""

    source: str
    kind: str
    value: str

    def __str__(self) -> str:
        return self.value if not self.source else f"{self.value} ({self.source})"


def email(value: str) -> IdentityKey:
    """An e-mail address, of no source. Raises Refused for what is none."""
    try:
        return IdentityKey("", Identity.Kind.EMAIL, values.email(value))
    except values.Unreadable as problem:
        raise Refused("unreadable_value", str(problem), field="email") from problem


def external(source: str, value: str) -> IdentityKey:
    """The id that the named source gives a lead. Letter case counts."""
    return _of_source(source, Identity.Kind.EXTERNAL_ID, value, field="external_id")


def visitor(source: str, value: str) -> IdentityKey:
    """A visitor of a website, as the named source counts visitors."""
    return _of_source(source, Identity.Kind.VISITOR, value, field="visitor")


def row(source: str, line: int) -> IdentityKey:
    """The line of a file that the named source gives, counted from 1 with the header."""
    return _of_source(source, Identity.Kind.ROW, str(line), field="source")


def find(keys: Iterable[IdentityKey]) -> Lead | None:
    """The lead that all known ones of these identities belong to, None where none is known.
    Raises Refused `two_leads` when they belong to more than one lead."""
    holders = leads_of(keys)
    if len(set(holders.values())) > 1:
        raise two_leads(holders)
    return Lead.objects.get(pk=next(iter(holders.values()))) if holders else None


def leads_of(keys: Iterable[IdentityKey]) -> dict[IdentityKey, int]:
    """The id of the lead behind each of these identities that is known. One query."""
    wanted: dict[tuple[str, str], list[str]] = {}
    for key in dict.fromkeys(keys):
        wanted.setdefault((key.source, key.kind), []).append(key.value)
    if not wanted:
        return {}
    some = Q()
    for (source, kind), these in wanted.items():
        some |= Q(source=source, kind=kind, value__in=these)
    found = Identity.objects.filter(some).order_by("pk")
    rows = found.values_list("source", "kind", "value", "lead_id")
    return {IdentityKey(*parts): lead_id for *parts, lead_id in rows}


def two_leads(holders: Mapping[IdentityKey, int], *, this: int | None = None) -> Refused:
    """The refusal for identities of one row that belong to different leads, or to another lead
    than `this` one."""
    parts = [
        _("%(identity)s belongs to lead %(number)s") % {"identity": key, "number": number}
        for key, number in holders.items()
    ]
    if this is not None:
        parts.append(_("this is lead %(number)s") % {"number": this})
    return Refused(
        "two_leads",
        _("These are two leads: %(parts)s.") % {"parts": "; ".join(parts)},
        _("Correct the identity that is wrong, or leave it out."),
        status=409,
    )


def _of_source(source: str, kind: str, value: str, *, field: str) -> IdentityKey:
    try:
        key = IdentityKey(values.clean(str(source)), kind, values.clean(str(value)))
    except values.Unreadable as problem:
        raise Refused("unreadable_value", str(problem), field=field) from problem
    if not key.source or not key.value:
        raise Refused("no_identity", _("An identity needs a source and a value."), field=field)
    if len(key.source) > LONGEST_SOURCE or len(key.value) > LONGEST_VALUE:
        raise Refused(
            "identity_too_long",
            _("A source has up to %(source)s characters, an identity up to %(value)s.")
            % {"source": LONGEST_SOURCE, "value": LONGEST_VALUE},
            field=field,
        )
    return key
