"""Operators on fields and on properties of activities, by the name they have in JSON."""

from __future__ import annotations

from scoring.conditions.profile import (
    Above,
    AtLeast,
    AtMost,
    Before,
    Below,
    Contains,
    ContainsNot,
    FreeMail,
    Is,
    IsNot,
    Known,
    NotFreeMail,
    NotOneOf,
    OneOf,
    OnField,
    OnOrAfter,
    StartsWith,
    StartsWithNot,
    Unknown,
    WithValue,
    WithValues,
)

COMPARISONS: dict[str, type[WithValue]] = {
    "is": Is,
    "is_not": IsNot,
    "contains": Contains,
    "contains_not": ContainsNot,
    "starts_with": StartsWith,
    "starts_with_not": StartsWithNot,
    "at_least": AtLeast,
    "below": Below,
    "above": Above,
    "at_most": AtMost,
    "on_or_after": OnOrAfter,
    "before": Before,
}
CHOICES: dict[str, type[WithValues]] = {"one_of": OneOf, "not_one_of": NotOneOf}
PRESENCE: dict[str, type[OnField]] = {"known": Known, "unknown": Unknown}
FREE_MAIL: dict[str, type[OnField]] = {"free_mail": FreeMail, "not_free_mail": NotFreeMail}
