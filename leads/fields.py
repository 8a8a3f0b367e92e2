"""The typed registry of lead fields: built-in ones and the customer's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from django.core.exceptions import FieldDoesNotExist
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from leads import values
from leads.models import Attribute, Lead
from leads.refusals import Refused
from leads.values import Value

Type = Attribute.Type

_BUILT_IN = {
    "first_name": Type.TEXT,
    "last_name": Type.TEXT,
    "title": Type.TEXT,
    "seniority": Type.TEXT,
    "function": Type.TEXT,
    "company_name": Type.TEXT,
    "company_size": Type.NUMBER,
    "industry": Type.TEXT,
    "city": Type.TEXT,
    "country": Type.COUNTRY,
    "email": Type.EMAIL,
    "email_domain": Type.TEXT,
    "phone": Type.TEXT,
    "website": Type.TEXT,
    "social_profile": Type.TEXT,
}
_LABELS = {"email_domain": _lazy("e-mail domain")}
# Names a custom field may not take: they mean something else in a mapping or in a condition.
_TAKEN = {"name", "external_id", "visitor", "channel", "campaign", "owner", "known_at", "persona"}


@dataclass(frozen=True)
class FieldSpec:
    """One field of a lead.

    `column` is the lead's column of a built-in field, None for a custom one, whose value is
    `Lead.attributes[key]`. `folded` is the column with the folded text, None where there is
    none; for e-mail and its domain it is the column itself, which holds folded text already.
    A custom text has its folded form in `Lead.attributes_folded[key]`.
    `derived` fields are computed from others and cannot be written.
    """

    key: str
    label: str | Promise
    type: str
    column: str | None = None
    folded: str | None = None
    choices: tuple[str, ...] = ()
    length: int = values.LONGEST_TEXT
    whole: bool = False
    derived: bool = False


Registry = Mapping[str, FieldSpec]


def registry() -> dict[str, FieldSpec]:
    """Every field of a lead by key, built-in ones first. One query."""
    return built_in() | {a.key: spec(a) for a in Attribute.objects.order_by("label", "pk")}


def built_in() -> dict[str, FieldSpec]:
    """The fields every lead has, by key. No query."""
    return dict(_built_in())


def spec(attribute: Attribute) -> FieldSpec:
    """The field that a registered attribute describes."""
    choices = tuple(str(choice) for choice in attribute.choices)
    return FieldSpec(attribute.key, attribute.label, attribute.type, choices=choices)


def canonical(field: FieldSpec | str, raw: object) -> Value:
    """The one typed form in which `raw` is stored; None for nothing. Text is stripped, a number
    is an int or a finite float, a date is ISO text, an e-mail address is lower case, a country
    is its two-letter code. Raises Refused, naming the field, for what the type cannot hold."""
    field = field if isinstance(field, FieldSpec) else _known(field, registry())
    try:
        return values.canonical(
            raw, type=field.type, length=field.length, whole=field.whole, choices=field.choices
        )
    except values.Unreadable as problem:
        raise Refused("unreadable_value", str(problem), field=field.key) from problem


def canonical_values(raw: Mapping[str, object], known: Registry) -> dict[str, Value]:
    """All of `raw` in canonical form. Raises Refused for a field nobody registered."""
    return {key: canonical(_writable(key, known), value) for key, value in raw.items()}


def lock(keys: Iterable[str]) -> None:
    """An agreement in force names these custom fields: they cannot be removed or retyped."""
    Attribute.objects.filter(key__in=list(keys)).update(in_use=True)


def unlock(keys: Iterable[str]) -> None:
    """No agreement in force names these custom fields any more."""
    Attribute.objects.filter(key__in=list(keys)).update(in_use=False)


def save(attribute: Attribute) -> Attribute:
    """Add or change a custom field. Raises Refused where `check` does."""
    with transaction.atomic():
        stored = Attribute.objects.select_for_update().filter(pk=attribute.pk).first()
        # Whether an agreement names it was decided meanwhile, perhaps, by its signatures.
        attribute.in_use = bool(stored and stored.in_use)
        check(attribute)
        attribute.save()
    return attribute


def check(attribute: Attribute) -> None:
    """May this new or changed field be saved? Raises Refused: its key is taken; or it is used
    or holds values, and its key, its type or a choice would go."""
    _check_key(attribute.key)
    if attribute.type == Type.CHOICE and not attribute.choices:
        raise Refused("no_choices", _("A choice needs its choices."), field="choices")
    stored = Attribute.objects.filter(pk=attribute.pk).first()
    if stored and not _keeps(stored, attribute):
        _refuse_if_used(stored)


def remove(attribute: Attribute) -> None:
    """Remove a custom field that no agreement in force names and no lead has a value for."""
    with transaction.atomic():
        stored = Attribute.objects.select_for_update().get(pk=attribute.pk)
        check_removal(stored)
        stored.delete()


def check_removal(attribute: Attribute) -> None:
    """May this field be removed? Raises Refused where `remove` does."""
    _refuse_if_used(attribute)


def _keeps(stored: Attribute, changed: Attribute) -> bool:
    """Does every value that `stored` can hold mean the same to the changed field?"""
    same = (stored.key, stored.type) == (changed.key, changed.type)
    return same and set(stored.choices) <= set(changed.choices)


def _refuse_if_used(attribute: Attribute) -> None:
    if attribute.in_use:
        raise Refused(
            "field_in_use",
            _("The agreement in force names the field “%(label)s”.") % {"label": attribute.label},
            _("Sign an agreement that does without it first."),
            status=409,
        )
    count = Lead.objects.filter(attributes__has_key=attribute.key).count()
    if count:
        raise Refused(
            "field_has_values",
            _("%(count)s leads have a value for “%(label)s”.")
            % {"count": count, "label": attribute.label},
            _("Make a new field instead, and leave this one as it is."),
            status=409,
        )


def _check_key(key: str) -> None:
    try:
        Lead._meta.get_field(key)
    except FieldDoesNotExist:
        if key not in _BUILT_IN.keys() | _TAKEN:
            return
    raise Refused(
        "key_taken",
        _("“%(key)s” is the name of something Baton has already.") % {"key": key},
        _("Choose another key."),
        field="key",
    )


def _writable(key: str, known: Registry) -> FieldSpec:
    field = _known(key, known)
    if field.derived:
        message = _("“%(key)s” follows from another field and cannot be written.") % {"key": key}
        raise Refused("derived_field", message, field=key)
    return field


def _known(key: str, known: Registry) -> FieldSpec:
    if key not in known:
        raise Refused(
            "unknown_field",
            _("There is no lead field “%(key)s”.") % {"key": key},
            _("Add it to the lead fields first."),
            field=key,
        )
    return known[key]


@cache
def _built_in() -> dict[str, FieldSpec]:
    return {key: _built_in_spec(key, kind) for key, kind in _BUILT_IN.items()}


def _built_in_spec(key: str, kind: str) -> FieldSpec:
    column = Lead._meta.get_field(key)
    columns = {field.name for field in Lead._meta.get_fields()}
    folded = f"{key}_folded" if f"{key}_folded" in columns else None
    return FieldSpec(
        key,
        _LABELS.get(key, column.verbose_name),
        kind,
        column=key,
        folded=key if key in ("email", "email_domain") else folded,
        length=getattr(column, "max_length", None) or values.LONGEST_TEXT,
        whole=key == "company_size",
        derived=key == "email_domain",
    )
