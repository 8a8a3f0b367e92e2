"""One lead under a version's text, moment by moment, as the stage machine would have moved it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scoring import journeys, scores
from scoring.conditions import Condition
from scoring.conditions.scores import OnScore
from scoring.documents import Body
from scoring.facts import Facts, History, Points
from scoring.journeys import StageJSON
from scoring.ledgers import ScoreResult
from scoring.replays import moments
from scoring.replays.places import Place
from scoring.rulebooks import Rulebook

# The stages into which a handover of the period itself leads: the version replayed may not have
# made it.
TAKEN = ("handoff", "accepted")


class Course:
    """A text read to be replayed: its arrows, and the criteria of the stages they lead to."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self.ways: dict[str, list[StageJSON]] = defaultdict(list)
        for start, target in journeys.steps(rulebook.body):
            self.ways[start["key"]].append(target)
        self.criteria = {
            target["key"]: _in_order([each.when for each in rulebook.criteria[target["key"]]])
            for targets in self.ways.values()
            for target in targets
        }
        self.windows = moments.windows(rulebook)
        self.rising = moments.rising(rulebook, self.criteria)

    def start(self) -> str:
        return journeys.first_stage(self.rulebook.body)

    def stage_for(self, key: str, kind: str) -> str | None:
        """The stage of this text that stands for a real one: of the same key, else of the same
        kind. A free lead begins anew where there is none; one in sales' hands stands nowhere."""
        return _like(self.rulebook.body, key, kind) or (
            self.start() if kind in journeys.MACHINE_LEAVES else None
        )


@dataclass(frozen=True)
class Found:
    """The lead would have been handed over into `stage`, with this score. `before`: its criteria
    held already when the period began."""

    stage: str
    at: datetime
    score: ScoreResult
    before: bool = False


class Trial:
    """What `course` would have done with a lead within (starts_at, ends_at].

    `places` are where it really stood, in order. An import as history lets it sleep from
    `dormant_since` on, until it does something.
    """

    def __init__(
        self,
        course: Course,
        history: History,
        places: Sequence[Place],
        *,
        dormant_since: datetime | None = None,
    ) -> None:
        self.course = course
        self.history = history
        self.places = places
        self.dormant_since = dormant_since

    def run(self, starts_at: datetime, ends_at: datetime, *, anew: bool = True) -> Found | None:
        """The first upward crossing; else, with `before`, what held all along; else None. Without
        `anew` a lead whose criteria held when the period began is not followed further: it would
        have been handed over before."""
        self._begin(starts_at)
        held = self._reached(starts_at)
        before = self._found(held, starts_at, before=True) if held else None
        if before and not anew:
            return before
        windows = self.course.windows if held else self.course.rising
        for at in moments.of(self.history, self.places, windows, starts_at, ends_at):
            self._stand(at)
            reached = self._reached(at)
            if reached and not held:
                return self._found(reached, at)
            held = reached
        return before

    def _begin(self, starts_at: datetime) -> None:
        self._starts_at, self._next, self._taken = starts_at, 0, False
        self._stage: str | None = self.course.start()
        self._rests_until: datetime | None = None
        self._rested_since: datetime | None = None
        self._stand(starts_at)

    def _stand(self, at: datetime) -> None:
        """Bring the lead to where it really came by `at`, but for what the machine made of it
        within the period."""
        while self._next < len(self.places) and self.places[self._next].at <= at:
            place = self.places[self._next]
            self._next += 1
            if place.at > self._starts_at and self._is_undone(place):
                continue
            self._stage = self.course.stage_for(place.stage, place.kind)
            self._rests_until, self._rested_since = place.rests_until, place.rested_since

    def _is_undone(self, place: Place) -> bool:
        """Did the agreement of the time bring it there, which this text takes the place of?"""
        if place.machine:
            self._taken = place.kind in TAKEN
            return True
        self._taken = self._taken and place.kind in TAKEN
        return self._taken

    def _reached(self, at: datetime) -> str | None:
        """The handoff stage the machine would bring the lead to at `at`. On its way there the
        lead stays where it has come to."""
        facts = _Lazy(self.history, self.course.rulebook, at)
        while self._stage and (target := self._onward(facts)):
            if target["kind"] == "handoff":
                return target["key"]
            self._stage, self._rests_until, self._rested_since = target["key"], None, None
        return None

    def _onward(self, facts: _Lazy) -> StageJSON | None:
        targets = self.course.ways.get(self._stage or "")
        if not targets or (self._rests_until and self._rests_until > facts.at):
            return None
        if self._rested_since and not facts.active_after(self._rested_since):
            return None
        return next((each for each in targets if self._enters(each, facts)), None)

    def _enters(self, target: StageJSON, facts: _Lazy) -> bool:
        if target["kind"] == "handoff" and not self._is_awake(facts):
            return False
        plain, scored = self.course.criteria[target["key"]]
        if not all(each.holds(facts.plain) for each in plain):
            return False
        return not scored or all(each.holds(facts.scored) for each in scored)

    def _is_awake(self, facts: _Lazy) -> bool:
        since = self.dormant_since
        return since is None or facts.at < since or facts.active_after(since)

    def _found(self, stage: str, at: datetime, *, before: bool = False) -> Found:
        return Found(stage, at, _Lazy(self.history, self.course.rulebook, at).score, before)


class _Lazy:
    """What was known at a moment, and the score by it, made when asked for."""

    def __init__(self, history: History, rulebook: Rulebook, at: datetime) -> None:
        self.history, self.rulebook, self.at = history, rulebook, at
        self._plain: Facts | None = None
        self._scored: Facts | None = None
        self._score: ScoreResult | None = None

    @property
    def plain(self) -> Facts:
        if self._plain is None:
            self._plain = self.history.at(self.at)
        return self._plain

    @property
    def score(self) -> ScoreResult:
        if self._score is None:
            self._score = scores.score_of(self.plain, self.rulebook)
        return self._score

    @property
    def scored(self) -> Facts:
        if self._scored is None:
            made = self.score
            points = Points(made.fit, made.engagement, made.total, self.at)
            self._scored = self.plain.with_score(points)
        return self._scored

    def active_after(self, moment: datetime) -> bool:
        return any(deed.occurred_at > moment for deed in self.plain.seen)


def handoff_like(body: Body, key: str) -> str | None:
    """The handoff stage of a text that stands for one of another text."""
    return _like(body, key, "handoff")


def _like(body: Body, key: str, kind: str) -> str | None:
    same = journeys.stage(body, key)
    if same and same["kind"] == kind:
        return key
    return next(iter(journeys.stages_of_kind(body, kind)), None)


def _in_order(conditions: list[Condition]) -> tuple[list[Condition], list[Condition]]:
    """Those that need no score first: most leads fail one of them, and are never scored."""
    plain = [each for each in conditions if not _asks_score(each)]
    return plain, [each for each in conditions if _asks_score(each)]


def _asks_score(condition: Condition) -> bool:
    return isinstance(condition, OnScore) or any(map(_asks_score, condition.parts()))
