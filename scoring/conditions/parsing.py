"""From the agreement's JSON to conditions; refuses what it cannot mean, saying what to do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from leads.fields import FieldSpec
from leads.models import Attribute, Channel
from leads.refusals import Refused
from scoring.conditions import activities, groups, personas, profile, scores
from scoring.conditions.base import Condition
from scoring.conditions.readings import FoldedText, reading
from scoring.conditions.unreadable import Unreadable
from scoring.conditions.vocabulary import Vocabulary
from scoring.measures import Measure

PROFILE, ACTIVITIES, SCORE = "profile", "activities", "score"
EVERYTHING = frozenset({PROFILE, ACTIVITIES, SCORE})

DEEPEST = 5
MOST_PARTS = 100
MOST_VALUES = 200
LONGEST_WINDOW = 3660
MOST_TIMES = 1000
HIGHEST_SCORE = 100_000

GROUPS = {"all": groups.All, "any": groups.AnyOf, "none": groups.NoneOf}
COMPARISONS = {
    "is": profile.Is,
    "is_not": profile.IsNot,
    "contains": profile.Contains,
    "contains_not": profile.ContainsNot,
    "at_least": profile.AtLeast,
    "below": profile.Below,
    "on_or_after": profile.OnOrAfter,
    "before": profile.Before,
}
CHOICES = {"one_of": profile.OneOf, "not_one_of": profile.NotOneOf}
PRESENCE = {"known": profile.Known, "unknown": profile.Unknown}
FREE_MAIL = {"free_mail": profile.FreeMail, "not_free_mail": profile.NotFreeMail}
PERSONAS = {"persona": personas.Persona, "not_persona": personas.NotPersona}
DEEDS = {"did": activities.Did, "did_not": activities.DidNot}
SCORES = {"score_at_least": scores.ScoreAtLeast, "score_below": scores.ScoreBelow}

Type = Attribute.Type
_EQUAL = ("is", "is_not", "one_of", "not_one_of")
_TEXT = (*_EQUAL, "contains", "contains_not")
OPERATORS: dict[str, tuple[str, ...]] = {
    Type.TEXT: _TEXT,
    Type.EMAIL: _TEXT,
    Type.NUMBER: (*_EQUAL, "at_least", "below"),
    Type.DATE: ("is", "is_not", "on_or_after", "before"),
    Type.BOOLEAN: ("is", "is_not"),
    Type.CHOICE: _EQUAL,
    Type.COUNTRY: _EQUAL,
}


def operators(field: FieldSpec) -> tuple[str, ...]:
    """The operators a condition on this field may have.

    Names, numbers to call and links are kept as written, without folded text to compare:
    only their presence says anything.
    """
    unfolded = field.type == Type.TEXT and not isinstance(reading(field), FoldedText)
    return (() if unfolded else OPERATORS[field.type]) + tuple(PRESENCE)


def parse(
    data: Any,
    *,
    vocabulary: Vocabulary | None = None,
    personas: Sequence[Mapping[str, Any]] = (),
    about: Collection[str] = EVERYTHING,
) -> Condition:
    """The condition that `data` says. Raises Refused for what the language cannot say.

    `personas` are those of the agreement; `about` limits what a condition may look at
    (PROFILE, ACTIVITIES, SCORE). Without `vocabulary` a new one is made.
    """
    return _Parser(vocabulary or Vocabulary(), personas, about).parse(data)


def read(
    data: Any,
    *,
    vocabulary: Vocabulary,
    personas: Sequence[Mapping[str, Any]] = (),
    about: Collection[str] = EVERYTHING,
) -> Condition:
    """Like `parse`, for a text that was accepted once: what can no longer be understood,
    because a field or a persona has gone, never holds and says so."""
    try:
        return parse(data, vocabulary=vocabulary, personas=personas, about=about)
    except Refused as refusal:
        return Unreadable(refusal.message)


@dataclass
class _Parser:
    vocabulary: Vocabulary
    personas: Sequence[Mapping[str, Any]]
    about: Collection[str]
    count: int = 0

    def parse(self, data: Any, depth: int = 1) -> Condition:
        self.count += 1
        if not isinstance(data, dict):
            raise _shape(_("A condition is an object with a group or an operator."))
        if depth > DEEPEST or self.count > MOST_PARTS:
            limits = {"deep": DEEPEST, "parts": MOST_PARTS}
            raise Refused(
                "condition_too_large",
                _("This condition is too large to be read by people."),
                _("Use at most %(deep)d levels and %(parts)d parts.") % limits,
            )
        group = next((name for name in GROUPS if name in data), None)
        return self._group(group, data, depth) if group else self._operator(data)

    def _group(self, group: str, data: dict[str, Any], depth: int) -> Condition:
        _only(data, group)
        parts = data[group]
        if not isinstance(parts, list) or not parts:
            raise _shape(_("The group “%(group)s” needs conditions.") % {"group": group})
        return GROUPS[group](tuple(self.parse(part, depth + 1) for part in parts))

    def _operator(self, data: dict[str, Any]) -> Condition:
        op = data.get("op")
        readers: list[tuple[Mapping[str, Any], str, Callable[[dict[str, Any], Any], Condition]]] = [
            (COMPARISONS, PROFILE, self._comparison),
            (CHOICES, PROFILE, self._choice),
            (PRESENCE, PROFILE, self._presence),
            (FREE_MAIL, PROFILE, self._free_mail),
            (PERSONAS, PROFILE, self._persona),
            (DEEDS, ACTIVITIES, self._deed),
            (SCORES, SCORE, self._score),
        ]
        for classes, subject, reader in readers:
            if isinstance(op, str) and op in classes:
                self._allow(subject)
                return reader(data, classes[op])
        raise Refused(
            "unknown_operator",
            _("There is no operator “%(op)s”.") % {"op": op},
            _("Use one of: %(operators)s.")
            % {"operators": ", ".join(name for classes, *_rest in readers for name in classes)},
            field="op",
        )

    def _allow(self, subject: str) -> None:
        if subject not in self.about:
            raise Refused(
                "condition_out_of_place",
                {
                    ACTIVITIES: _("What a lead did cannot stand here."),
                    SCORE: _("A condition on the score can stand in criteria only."),
                    PROFILE: _("What is known of a lead cannot stand here."),
                }[subject],
                _("Leave this condition out."),
            )

    def _comparison(self, data: dict[str, Any], made: type[profile.WithValue]) -> Condition:
        _only(data, "op", "field", "value")
        field = self._field(data)
        return made(field, *_wanted(field, data.get("value"), data["op"]))

    def _choice(self, data: dict[str, Any], made: type[profile.WithValues]) -> Condition:
        _only(data, "op", "field", "value")
        field, values = self._field(data), data.get("value")
        if not isinstance(values, list) or not 1 <= len(values) <= MOST_VALUES:
            raise _shape(_("Give a list of 1 to %(most)d values.") % {"most": MOST_VALUES}, "value")
        written = dict(_wanted(field, value, data["op"]) for value in values)
        return made(field, tuple(written), tuple(written.values()))

    def _presence(self, data: dict[str, Any], made: type[profile.OnField]) -> Condition:
        _only(data, "op", "field")
        return made(self._field(data))

    def _free_mail(self, data: dict[str, Any], made: type[profile.OnField]) -> Condition:
        _only(data, "op")
        return made(self.vocabulary.fields["email_domain"])

    def _persona(self, data: dict[str, Any], made: type[personas.OnPersona]) -> Condition:
        _only(data, "op", "persona")
        key = data.get("persona")
        found = next((each for each in self.personas if each["key"] == key), None)
        if found is None:
            raise Refused(
                "unknown_persona",
                _("There is no persona “%(key)s”.") % {"key": key},
                _("Describe the persona first, or choose another."),
                field="persona",
            )
        # Without personas of its own: a persona never refers to another, nor to itself.
        inner = _Parser(self.vocabulary, (), {PROFILE}).parse(found["when"])
        return made(found["key"], found["name"], inner)

    def _deed(self, data: dict[str, Any], made: type[activities.OnActivities]) -> Condition:
        _only(data, "op", "types", "channels", "campaigns", "times", "within_days")
        channels = _keys(data, "channels")
        unknown = [kind for kind in channels if kind not in Channel.Kind.values]
        if unknown:
            raise Refused(
                "unknown_channel",
                _("There is no kind of channel “%(kind)s”.") % {"kind": unknown[0]},
                _("Use one of: %(kinds)s.") % {"kinds": ", ".join(Channel.Kind.values)},
                field="channels",
            )
        days = data.get("within_days")
        measure = Measure(
            types=_keys(data, "types"),
            channels=channels,
            campaigns=_keys(data, "campaigns"),
            within_days=None if days is None else _whole(days, "within_days", 1, LONGEST_WINDOW),
        )
        times = _whole(data.get("times", 1), "times", 1, MOST_TIMES)
        return made(measure, times, self.vocabulary)

    def _score(self, data: dict[str, Any], made: type[scores.OnScore]) -> Condition:
        _only(data, "op", "which", "value")
        which = data.get("which", "total")
        if which not in scores.WHICH:
            raise _shape(
                _("Choose one of: %(names)s.") % {"names": ", ".join(scores.WHICH)}, "which"
            )
        return made(which, _whole(data.get("value"), "value", -HIGHEST_SCORE, HIGHEST_SCORE))

    def _field(self, data: dict[str, Any]) -> FieldSpec:
        key, op = data.get("field"), data["op"]
        field = self.vocabulary.fields.get(key) if isinstance(key, str) else None
        if field is None:
            raise Refused(
                "unknown_field",
                _("There is no lead field “%(key)s”.") % {"key": key},
                _("Choose another field, or add this one to the lead fields first."),
                field="field",
            )
        if op not in operators(field):
            raise Refused(
                "operator_does_not_fit",
                _("“%(op)s” does not fit the field “%(field)s”.")
                % {"op": op, "field": field.label},
                _("Use one of: %(operators)s.") % {"operators": ", ".join(operators(field))},
                field="op",
            )
        return field


def _wanted(field: FieldSpec, raw: Any, op: str) -> tuple[Any, Any]:
    """The value to compare with, and the value to show."""
    if isinstance(raw, float | list | dict):
        raise _shape(_("Write the value as text, as a whole number, or as true or false."), "value")
    read_as = reading(field)
    if not isinstance(read_as, FoldedText):
        value = read_as.wanted(raw)
        return value, value
    part = op.startswith("contains")
    return (read_as.wanted_part(raw) if part else read_as.wanted(raw)), str(raw).strip()


def _only(data: dict[str, Any], *keys: str) -> None:
    surplus = sorted(set(data) - set(keys))
    if surplus:
        raise _shape(_("“%(key)s” has no meaning here.") % {"key": surplus[0]}, surplus[0])


def _keys(data: dict[str, Any], name: str) -> tuple[str, ...]:
    """Keys in alphabetical order: the same set is the same measure."""
    keys = data.get(name) or []
    good = isinstance(keys, list) and all(isinstance(key, str) and key for key in keys)
    if not good or len(keys) > MOST_VALUES or any("\x00" in key for key in keys):
        raise _shape(_("“%(name)s” needs a list of keys.") % {"name": name}, name)
    return tuple(sorted(set(keys)))


def _whole(value: Any, name: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        limits = {"name": name, "least": least, "most": most}
        message = _("“%(name)s” needs a whole number from %(least)d to %(most)d.") % limits
        raise _shape(message, name)
    return value


def _shape(message: str, field: str = "") -> Refused:
    return Refused("condition_unreadable", message, _("Correct it and try again."), field=field)
