"""From the agreement's JSON to measures: what is counted about a lead, and the bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from leads.models import Attribute, Channel, Touch
from leads.refusals import Refused
from scoring import measures
from scoring.conditions import properties, tables
from scoring.conditions.base import Condition
from scoring.conditions.pieces import keys, one_of, only, shape, some_keys, whole, yes
from scoring.conditions.wishes import all_wanted, wanted
from scoring.measures import Measure

LONGEST_WINDOW = 3660
LONGEST_IDLE = 366
MOST_TIMES = 1000
MOST_MINUTES = 100_000
MOST_FILTERS = 5

COUNTS = (measures.TIMES, measures.DAYS, measures.CHANNELS, measures.MINUTES)
# Without another property named: two actions at the same event.
EVENT = "event"

Type = Attribute.Type
_NUMBERS = ("at_least", "below", "above", "at_most")
# Operators that a property may be asked for, by the type it is compared as.
OPERATORS: dict[str, tuple[str, ...]] = {
    Type.TEXT: (
        *("is", "is_not", "one_of", "not_one_of"),
        *("contains", "contains_not", "starts_with", "starts_with_not"),
    ),
    Type.NUMBER: ("is", "is_not", "one_of", "not_one_of", *_NUMBERS),
    Type.BOOLEAN: ("is", "is_not"),
    properties.ANY: ("known", "unknown"),
}

Asked = tuple[Measure, int, int]


def read(data: dict[str, Any]) -> Asked:
    """What is measured, the number that it must reach, and by how many properties activities
    are told apart. Raises Refused."""
    for names, reader in _READERS:
        if data["op"] in names:
            return reader(data)
    raise AssertionError(data["op"])


def _did(data: dict[str, Any]) -> Asked:
    names = ("types", "channels", "campaigns", "times", "within_days", "where", "count")
    only(data, "op", *names, "since_recycle", "since_types")
    count = one_of(data.get("count", measures.TIMES), "count", COUNTS)
    most = MOST_MINUTES if count == measures.MINUTES else MOST_TIMES
    measure = replace(
        _such(data),
        of=count,
        since_recycle=yes(data.get("since_recycle", False), "since_recycle"),
        since_types=keys(data, "since_types"),
    )
    return measure, whole(data.get("times", 1), "times", 1, most), len(measure.where)


def _edge(data: dict[str, Any]) -> Asked:
    only(data, "op", "types", "channels", "campaigns", "where", "within_days")
    of = measures.FIRST if data["op"].startswith("first") else measures.LATEST
    measure = replace(_such(data), of=of)
    if not (measure.types or measure.channels or measure.campaigns or measure.where):
        raise shape(_("Say which activity it is: its type, channel, campaign or a property."))
    return measure, 1, len(measure.where)


def _both(data: dict[str, Any]) -> Asked:
    only(data, "op", "types", "and_types", "same", "within_days")
    types, and_types = some_keys(data, "types"), some_keys(data, "and_types")
    if set(types) & set(and_types):
        raise shape(_("The two actions must be of different types."), "and_types")
    same = _property(data.get("same", EVENT), "same")
    measure = Measure(types, of=measures.BOTH, and_types=and_types, same=same, **_window(data))
    return measure, 1, 0


def _idle(data: dict[str, Any]) -> Asked:
    only(data, "op", "days", "types", "channels")
    days = whole(data.get("days"), "days", 1, LONGEST_IDLE)
    measure = Measure(keys(data, "types"), _channels(data), of=measures.IDLE, days=days)
    return measure, 1, 0


def _unanswered(data: dict[str, Any]) -> Asked:
    only(data, "op", "kinds", "value", "within_days")
    kinds = keys(data, "kinds")
    unknown = [kind for kind in kinds if kind not in Touch.Kind.values]
    if unknown:
        raise Refused(
            "unknown_touch",
            _("There is no kind of touch “%(kind)s”.") % {"kind": unknown[0]},
            _("Use one of: %(kinds)s.") % {"kinds": ", ".join(Touch.Kind.values)},
            field="kinds",
        )
    measure = Measure(of=measures.UNANSWERED, kinds=kinds, **_window(data))
    return measure, whole(data.get("value"), "value", 1, MOST_TIMES), 0


def _entered(data: dict[str, Any]) -> Asked:
    only(data, "op", "stages", "times", "within_days")
    measure = Measure(of=measures.ENTERED, stages=some_keys(data, "stages"), **_window(data))
    return measure, whole(data.get("times", 1), "times", 1, MOST_TIMES), 0


def _recycled(data: dict[str, Any]) -> Asked:
    only(data, "op", "times", "within_days")
    measure = Measure(of=measures.RECYCLED, **_window(data))
    return measure, whole(data.get("times", 1), "times", 1, MOST_TIMES), 0


_READERS: list[tuple[tuple[str, ...], Callable[[dict[str, Any]], Asked]]] = [
    (("did", "did_not"), _did),
    (("first_was", "first_was_not", "latest_was", "latest_was_not"), _edge),
    (("did_both", "did_not_both"), _both),
    (("idle", "not_idle"), _idle),
    (("unanswered_at_least", "unanswered_below"), _unanswered),
    (("entered", "not_entered"), _entered),
    (("recycled", "not_recycled"), _recycled),
]


def _such(data: dict[str, Any]) -> Measure:
    """Activities of these types, channels, campaigns and properties, in the window."""
    return Measure(
        types=keys(data, "types"),
        channels=_channels(data),
        campaigns=keys(data, "campaigns"),
        where=_filters(data),
        **_window(data),
    )


def _window(data: dict[str, Any]) -> dict[str, int | None]:
    days = data.get("within_days")
    within = None if days is None else whole(days, "within_days", 1, LONGEST_WINDOW)
    return {"within_days": within}


def _channels(data: dict[str, Any]) -> tuple[str, ...]:
    kinds = keys(data, "channels")
    unknown = [kind for kind in kinds if kind not in Channel.Kind.values]
    if unknown:
        raise Refused(
            "unknown_channel",
            _("There is no kind of channel “%(kind)s”.") % {"kind": unknown[0]},
            _("Use one of: %(kinds)s.") % {"kinds": ", ".join(Channel.Kind.values)},
            field="channels",
        )
    return kinds


def _filters(data: dict[str, Any]) -> tuple[Condition, ...]:
    found = data.get("where") or []
    if not isinstance(found, list) or len(found) > MOST_FILTERS:
        message = _("Ask for at most %(most)d properties.") % {"most": MOST_FILTERS}
        raise shape(message, "where")
    return tuple(_filter(each) for each in found)


def _filter(data: Any) -> Condition:
    """A property of the activity, asked for as a lead's fields are."""
    if not isinstance(data, dict):
        raise shape(_("A property is asked for with an operator and a value."), "where")
    only(data, "property", "op", "value")
    op, value = data.get("op"), data.get("value")
    key = _property(data.get("property"), "property")
    asked = properties.spec(key, _type(op, value))
    if not isinstance(op, str) or op not in OPERATORS[asked.type]:
        raise Refused(
            "operator_does_not_fit",
            _("“%(op)s” does not fit the property “%(property)s” and this value.")
            % {"op": op, "property": asked.label},
            _("Use one of: %(operators)s.") % {"operators": ", ".join(OPERATORS[asked.type])},
            field="where",
        )
    return _made(op, asked, data)


def _made(op: str, asked: properties.PropertySpec, data: Mapping[str, Any]) -> Condition:
    value = data.get("value")
    if op in tables.PRESENCE:
        if "value" in data:
            raise shape(_("“%(key)s” has no meaning here.") % {"key": "value"}, "value")
        return tables.PRESENCE[op](asked)
    if op in tables.CHOICES:
        return tables.CHOICES[op](asked, *all_wanted(asked, value, op))
    return tables.COMPARISONS[op](asked, *wanted(asked, value, op))


def _type(op: Any, value: Any) -> str:
    """What a property is compared as: what the value is, or what the operator compares."""
    if op in tables.PRESENCE:
        return properties.ANY
    if op in _NUMBERS:
        return Type.NUMBER
    values = value if isinstance(value, list) else [value]
    if all(isinstance(each, bool) for each in values):
        return Type.BOOLEAN
    if all(isinstance(each, int) and not isinstance(each, bool) for each in values):
        return Type.NUMBER
    if any(not isinstance(each, str) for each in values):
        raise shape(_("Give one kind of values: texts, whole numbers, or true or false."), "value")
    return Type.TEXT


def _property(key: Any, name: str) -> str:
    if not isinstance(key, str) or not properties.KEY.match(key):
        raise shape(_("“%(name)s” names a property of the activity.") % {"name": name}, name)
    return key
