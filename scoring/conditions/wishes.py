"""Values that conditions compare with, as the agreement writes them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from leads.fields import FieldSpec
from scoring.conditions.pieces import MOST_VALUES, shape
from scoring.conditions.readings import FoldedText, reading


def wanted(field: FieldSpec, raw: Any, op: str) -> tuple[Any, Any]:
    """The value that a condition compares with, and the value to show. Raises Refused."""
    if isinstance(raw, float | list | dict):
        raise shape(_("Write the value as text, as a whole number, or as true or false."), "value")
    read_as = reading(field)
    if not isinstance(read_as, FoldedText):
        value = read_as.wanted(raw)
        return value, value
    part = op.startswith(("contains", "starts_with"))
    return (read_as.wanted_part(raw) if part else read_as.wanted(raw)), str(raw).strip()


def all_wanted(field: FieldSpec, raw: Any, op: str) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The values of a list to compare with, and the values to show. Raises Refused."""
    if not isinstance(raw, list) or not 1 <= len(raw) <= MOST_VALUES:
        raise shape(_("Give a list of 1 to %(most)d values.") % {"most": MOST_VALUES}, "value")
    found = dict(wanted(field, value, op) for value in raw)
    return tuple(found), tuple(found.values())
