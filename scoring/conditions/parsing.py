"""From the agreement's JSON to conditions; refuses what it cannot mean, saying what to do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from leads.fields import FieldSpec
from leads.models import Attribute
from leads.refusals import Refused
from scoring.conditions import (
    activities,
    counts,
    groups,
    idleness,
    pairs,
    passages,
    personas,
    profile,
    scores,
    tables,
    touches,
)
from scoring.conditions.base import Condition
from scoring.conditions.measured import OnMeasure
from scoring.conditions.pieces import only, shape, whole
from scoring.conditions.readings import FoldedText, reading
from scoring.conditions.unreadable import Unreadable
from scoring.conditions.vocabulary import Vocabulary
from scoring.conditions.wishes import all_wanted, wanted

PROFILE, ACTIVITIES, SCORE = "profile", "activities", "score"
EVERYTHING = frozenset({PROFILE, ACTIVITIES, SCORE})

DEEPEST = 5
MOST_PARTS = 100
HIGHEST_SCORE = 100_000

GROUPS = {"all": groups.All, "any": groups.AnyOf, "none": groups.NoneOf}
PERSONAS = {"persona": personas.Persona, "not_persona": personas.NotPersona}
MEASURED = {
    "did": activities.Did,
    "did_not": activities.DidNot,
    "first_was": activities.FirstWas,
    "first_was_not": activities.FirstWasNot,
    "latest_was": activities.LatestWas,
    "latest_was_not": activities.LatestWasNot,
    "did_both": pairs.DidBoth,
    "did_not_both": pairs.DidNotBoth,
    "idle": idleness.Idle,
    "not_idle": idleness.NotIdle,
    "unanswered_at_least": touches.UnansweredAtLeast,
    "unanswered_below": touches.UnansweredBelow,
    "entered": passages.Entered,
    "not_entered": passages.NotEntered,
    "recycled": passages.Recycled,
    "not_recycled": passages.NotRecycled,
}
SCORES = {"score_at_least": scores.ScoreAtLeast, "score_below": scores.ScoreBelow}

Type = Attribute.Type
_EQUAL = ("is", "is_not", "one_of", "not_one_of")
_TEXT = (*_EQUAL, "contains", "contains_not", "starts_with", "starts_with_not")
OPERATORS: dict[str, tuple[str, ...]] = {
    Type.TEXT: _TEXT,
    Type.EMAIL: _TEXT,
    Type.NUMBER: (*_EQUAL, "at_least", "below", "above", "at_most"),
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
    return (() if unfolded else OPERATORS[field.type]) + tuple(tables.PRESENCE)


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
            raise shape(_("A condition is an object with a group or an operator."))
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
        only(data, group)
        parts = data[group]
        if not isinstance(parts, list) or not parts:
            raise shape(_("The group “%(group)s” needs conditions.") % {"group": group})
        return GROUPS[group](tuple(self.parse(part, depth + 1) for part in parts))

    def _operator(self, data: dict[str, Any]) -> Condition:
        op = data.get("op")
        readers: list[tuple[Mapping[str, Any], str, Callable[[dict[str, Any], Any], Condition]]] = [
            (tables.COMPARISONS, PROFILE, self._comparison),
            (tables.CHOICES, PROFILE, self._choice),
            (tables.PRESENCE, PROFILE, self._presence),
            (tables.FREE_MAIL, PROFILE, self._free_mail),
            (PERSONAS, PROFILE, self._persona),
            (MEASURED, ACTIVITIES, self._measured),
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
        only(data, "op", "field", "value")
        field = self._field(data)
        return made(field, *wanted(field, data.get("value"), data["op"]))

    def _choice(self, data: dict[str, Any], made: type[profile.WithValues]) -> Condition:
        only(data, "op", "field", "value")
        field = self._field(data)
        return made(field, *all_wanted(field, data.get("value"), data["op"]))

    def _presence(self, data: dict[str, Any], made: type[profile.OnField]) -> Condition:
        only(data, "op", "field")
        return made(self._field(data))

    def _free_mail(self, data: dict[str, Any], made: type[profile.OnField]) -> Condition:
        only(data, "op")
        return made(self.vocabulary.fields["email_domain"])

    def _persona(self, data: dict[str, Any], made: type[personas.OnPersona]) -> Condition:
        only(data, "op", "persona")
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

    def _measured(self, data: dict[str, Any], made: type[OnMeasure]) -> Condition:
        measure, times, filters = counts.read(data)
        self.count += filters
        return made(measure, times, self.vocabulary)

    def _score(self, data: dict[str, Any], made: type[scores.OnScore]) -> Condition:
        only(data, "op", "which", "value")
        which = data.get("which", "total")
        if which not in scores.WHICH:
            raise shape(
                _("Choose one of: %(names)s.") % {"names": ", ".join(scores.WHICH)}, "which"
            )
        return made(which, whole(data.get("value"), "value", -HIGHEST_SCORE, HIGHEST_SCORE))

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
