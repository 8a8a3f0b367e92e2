"""What a column can become, in each kind of import."""

from __future__ import annotations

import re
from collections.abc import Mapping as Table
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from leads import fields
from leads.fields import FieldSpec, Registry
from leads.imports.mappings import ColumnSpec, Mapping, suggestion
from leads.models import Attribute
from leads.refusals import Refused

MOMENT = "moment"
# One lead is recognised by these, whatever a row is about.
LEAD_TARGETS = {"external_id": "text", "email": "text", "visitor": "text"}
_PROPERTY_TYPES = ("text", "number", "boolean", "date")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")


@dataclass(frozen=True)
class Kind:
    """A kind of import: the targets of its columns with their types, and other names for them.
    With `attributes`, rows carry lead fields, the customer's own among them; with `properties`,
    they carry properties of an activity. `required` names targets of which one must be there;
    with `line_identifies`, the line of a named source stands for a lead without identity.
    `own_id` is the target of what a row's own number is, where rows are no leads."""

    name: str
    targets: Table[str, str]
    required: tuple[tuple[str, ...], ...] = ()
    line_identifies: bool = True
    own_id: str = ""
    aliases: Table[str, str] = field(default_factory=dict)
    attributes: bool = False
    properties: bool = False


@dataclass(frozen=True)
class Target:
    """What one column becomes: `key` names it in a row, `type` is how its cells are read.
    `field` is the lead field behind it, `new` one that is yet to be registered."""

    key: str
    type: str
    field: FieldSpec | None = None
    new: Attribute | None = None


def names(mapping: Mapping, kind: Kind) -> Kind:
    """The kind with the names that a mapping uses: where it says `lead_external_id`, a plain
    `external_id` is the row's own."""
    keys = {spec.key for spec in mapping.columns} | mapping.constants.keys()
    if kind.own_id and "lead_external_id" in keys:
        return replace(kind, aliases={**kind.aliases, "external_id": kind.own_id})
    return kind


def resolve(spec: ColumnSpec, kind: Kind, known: Registry) -> Target:
    """The target of a column. Raises Refused for one that this kind of import does not have."""
    if spec.role == "attribute":
        return _attribute(spec, kind, known)
    if spec.role == "property":
        return _property(spec, kind)
    key = kind.aliases.get(spec.key, spec.key)
    own = known[key] if kind.attributes and key in known and not known[key].derived else None
    if key in kind.targets:
        return Target(key, kind.targets[key], field=own)
    if own:
        return Target(key, own.type, field=own)
    raise _refused(
        spec,
        _("“%(key)s” is nothing that an import of %(kind)s takes.")
        % {"key": spec.key, "kind": kind.name},
        suggestion(spec.key, kind.targets)
        + (
            _(" A field of your own is %(example)s.")
            % {"example": f'{{"attribute": "{_slug(spec.key)}", "type": "text"}}'}
            if kind.attributes
            else ""
        ),
    )


def constants(mapping: Mapping, kind: Kind, known: Registry) -> dict[str, Target]:
    """The targets of a mapping's constants, by their key in the row."""
    specs = [ColumnSpec(f"constants.{key}", "field", key) for key in mapping.constants]
    return {spec.key: resolve(spec, kind, known) for spec in specs}


def _attribute(spec: ColumnSpec, kind: Kind, known: Registry) -> Target:
    if not kind.attributes:
        message = _("An import of %(kind)s has no fields of its own.") % {"kind": kind.name}
        raise _refused(spec, message, _("Import them with the leads."))
    registered = known.get(spec.key)
    if registered is None:
        return _new_attribute(spec)
    if registered.column:
        message = _("“%(key)s” is a field that every lead has.") % {"key": spec.key}
        raise _refused(spec, message, _('Write just "%(key)s".') % {"key": spec.key})
    if spec.type and spec.type != registered.type:
        message = _("“%(key)s” is of the type %(type)s already.")
        raise _refused(
            spec,
            message % {"key": spec.key, "type": registered.type},
            _("Leave `type` out, or choose another key."),
        )
    _check_choices(spec, registered)
    return Target(spec.key, registered.type, field=registered)


def _new_attribute(spec: ColumnSpec) -> Target:
    if not spec.type:
        raise _refused(
            spec,
            _("The field “%(key)s” is new and needs a type.") % {"key": spec.key},
            _("Set `type` to one of: %(types)s.") % {"types": ", ".join(Attribute.Type.values)},
        )
    if spec.type not in Attribute.Type.values:
        message = _("There is no type “%(type)s”.") % {"type": spec.type}
        raise _refused(spec, message, suggestion(spec.type, Attribute.Type.values))
    if not _KEY.fullmatch(spec.key):
        raise _refused(
            spec,
            _("“%(key)s” is no key: it has small letters, figures and underscores.")
            % {"key": spec.key},
            _("Write “%(key)s”.") % {"key": _slug(spec.key)},
        )
    if spec.type == Attribute.Type.CHOICE and not spec.choices:
        raise _refused(
            spec, _("A choice needs its choices."), _("Set `choices` to a list of them.")
        )
    attribute = Attribute(
        key=spec.key,
        label=(spec.label or spec.column)[:120],
        type=spec.type,
        choices=list(spec.choices),
    )
    fields.check(attribute)
    return Target(spec.key, spec.type, field=fields.spec(attribute), new=attribute)


def _check_choices(spec: ColumnSpec, registered: FieldSpec) -> None:
    extra = [choice for choice in spec.choices if choice not in registered.choices]
    if extra:
        message = _("The field “%(key)s” has no choice %(extra)s.")
        raise _refused(
            spec,
            message % {"key": spec.key, "extra": ", ".join(f"“{choice}”" for choice in extra)},
            _("Add it to the lead field first."),
        )


def _property(spec: ColumnSpec, kind: Kind) -> Target:
    if not kind.properties:
        message = _("An import of %(kind)s has no properties.") % {"kind": kind.name}
        raise _refused(spec, message, _("Only activities have them."))
    if spec.type and spec.type not in _PROPERTY_TYPES:
        message = _("A property is no %(type)s.") % {"type": spec.type}
        raise _refused(spec, message, suggestion(spec.type, _PROPERTY_TYPES))
    if not _KEY.fullmatch(spec.key):
        message = _("“%(key)s” is no key: it has small letters, figures and underscores.")
        raise _refused(spec, message % {"key": spec.key})
    return Target(f"properties.{spec.key}", spec.type or "text")


def _slug(text: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "my_field"
    return slug if slug[0].isalpha() else f"field_{slug}"


def _refused(spec: ColumnSpec, message: str, remedy: str = "") -> Refused:
    where = _("Column “%(column)s”: %(message)s") % {"column": spec.column, "message": message}
    return Refused("bad_mapping", where, remedy, field="columns")
