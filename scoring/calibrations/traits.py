"""Conditions that some leads may have in common: everything the language can ask of what is known
of them, with the values that occur among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from leads.folding import fold
from leads.models import Attribute, Channel
from leads.refusals import Refused
from scoring.conditions import Condition, Vocabulary, parse
from scoring.documents import Body, ConditionJSON, item
from scoring.facts import Facts

SIZES = (10, 20, 50, 100, 200, 250, 500, 1000, 5000)
DAYS = (7, 14, 30, 60, 90)
TIMES = (2, 3)
SILENT = (2, 3, 5)
# Scores are asked for in steps of ten.
SCORE_STEP = 10
PLAIN = ("seniority", "function", "industry", "country")
SHORTEST_WORD = 4


@dataclass(frozen=True)
class Trait:
    """A condition, with the group of a criterion it would be in. `rank` orders what says the same
    of the leads at hand: what the agreement asks for already, then the plainest."""

    json: ConditionJSON
    when: Condition
    group: str
    rank: int

    def words(self) -> str:
        return self.when.words()

    @property
    def subject(self) -> str:
        """What it looks at: of several conditions on the same, one says enough."""
        ops = {self.json.get("op"), OPPOSITES.get(self.json.get("op"))} - {None}
        named = [self.json.get(name) for name in ("field", "which", "types", "persona")]
        return f"{sorted(map(str, ops))} {named}"


def of(body: Body, stage: str, facts: Iterable[Facts]) -> list[Trait]:
    """All traits that are worth asking of these leads, each both ways round, without repeats.
    `facts` carry scores."""
    facts = list(facts)
    vocabulary = Vocabulary(body)
    asked = [*_agreed(body, stage), *_profile(facts, vocabulary), *_actions(facts), *_scores(facts)]
    found: dict[str, Trait] = {}
    for rank, (json, group) in enumerate(asked):
        trait = _trait(json, group, rank, body, vocabulary)
        if trait is not None:
            found.setdefault(trait.words(), trait)
            negative = _turned(trait, vocabulary, body)
            if negative is not None:
                found.setdefault(negative.words(), negative)
    return list(found.values())


def read(json: ConditionJSON, body: Body, vocabulary: Vocabulary) -> Condition | None:
    """The condition, if the language can say it today."""
    try:
        return parse(json, vocabulary=vocabulary.including(body), personas=body["personas"])
    except Refused:
        return None


def opposite(json: ConditionJSON) -> ConditionJSON | None:
    """The condition turned round, if one operator says so."""
    op = json.get("op")
    return json | {"op": OPPOSITES[op]} if op in OPPOSITES else None


OPPOSITES = {
    "is": "is_not",
    "one_of": "not_one_of",
    "contains": "contains_not",
    "did": "did_not",
    "first_was": "first_was_not",
    "latest_was": "latest_was_not",
    "known": "unknown",
    "free_mail": "not_free_mail",
    "persona": "not_persona",
    "recycled": "not_recycled",
    "unanswered_at_least": "unanswered_below",
    "score_at_least": "score_below",
    "at_least": "below",
}
OPPOSITES |= {other: op for op, other in OPPOSITES.items()}

Asked = Iterator[tuple[ConditionJSON, str]]


def _trait(
    json: ConditionJSON, group: str, rank: int, body: Body, vocabulary: Vocabulary
) -> Trait | None:
    when = read(json, body, vocabulary)
    return Trait(json, when, group, rank) if when else None


def _turned(trait: Trait, vocabulary: Vocabulary, body: Body) -> Trait | None:
    json = opposite(trait.json)
    return _trait(json, trait.group, trait.rank, body, vocabulary) if json else None


def _agreed(body: Body, stage: str) -> Asked:
    """What the text asks for already: personas, criteria of the stage, rules."""
    for persona in body["personas"]:
        yield {"op": "persona", "persona": persona["key"]}, "profile"
    place = item(body["stages"], stage)
    for criterion in (place["criteria"] or []) if place else []:
        yield criterion["when"], criterion["group"]
    for rule in body["score"]["rules"]:
        yield rule["when"], rule["group"]


def _profile(facts: list[Facts], vocabulary: Vocabulary) -> Asked:
    for key in PLAIN:
        for value in _values(facts, key):
            yield {"op": "is", "field": key, "value": value}, "profile"
        yield {"op": "known", "field": key}, "profile"
    for size in SIZES:
        yield {"op": "at_least", "field": "company_size", "value": size}, "profile"
    for key in ("title", "company_size", "company_name", "email", "phone"):
        yield {"op": "known", "field": key}, "profile"
    yield {"op": "free_mail"}, "undesirable"
    for word in _words(facts):
        yield {"op": "contains", "field": "title", "value": word}, "profile"
    for key, field in vocabulary.registered.items():
        if field.column is None and field.type in (Attribute.Type.CHOICE, Attribute.Type.BOOLEAN):
            for value in _values(facts, key):
                yield {"op": "is", "field": key, "value": value}, "profile"


def _values(facts: Iterable[Facts], key: str) -> list[Any]:
    """Values that occur, the commonest spelling of each, in order."""
    found = {}
    for each in facts:
        value = each.profile.get(key)
        if value not in (None, ""):
            found.setdefault(fold(value) if isinstance(value, str) else value, value)
    return sorted(found.values(), key=str)


def _words(facts: Iterable[Facts]) -> list[str]:
    """Words that stand in more than one role."""
    seen: dict[str, tuple[str, int]] = {}
    for each in facts:
        for word in dict.fromkeys(str(each.profile.get("title") or "").split()):
            spelt, times = seen.get(fold(word), (word, 0))
            seen[fold(word)] = spelt, times + 1
    return sorted(w for f, (w, n) in seen.items() if n > 1 and len(f) >= SHORTEST_WORD)


def _actions(facts: list[Facts]) -> Asked:
    for kind in (Channel.Kind.INBOUND, Channel.Kind.EVENT, Channel.Kind.ENGAGEMENT):
        yield {"op": "first_was", "channels": [kind.value]}, "channel"
        yield _did([], 1, None, [kind.value]), "channel"
    for days in (None, *DAYS):
        yield _did([], 1, days), "actions"
        for times in TIMES:
            yield _did([], times, days), "actions"
    for key in sorted({deed.type for each in facts for deed in each.seen}):
        for days in (None, *DAYS):
            yield _did([key], 1, days), "actions"
        for times in TIMES:
            yield _did([key], times, None), "actions"
    for times in SILENT:
        yield {"op": "unanswered_at_least", "value": times}, "undesirable"
    yield {"op": "recycled", "times": 1}, "undesirable"


def _did(types: list[str], times: int, days: int | None, channels: Sequence[str] = ()) -> Any:
    """As the editor writes it."""
    named = {"types": types, "channels": list(channels), "campaigns": []}
    return {"op": "did", **named, "times": times, "within_days": days}


def _scores(facts: list[Facts]) -> Asked:
    for which in ("fit", "engagement", "total"):
        points = [getattr(each.score, which) for each in facts if each.score]
        if not points:
            continue
        low, high = min(points) // SCORE_STEP, max(points) // SCORE_STEP
        for step in range(low + 1, high + 1):
            value = step * SCORE_STEP
            yield {"op": "score_at_least", "which": which, "value": value}, "score"
