"""Which change of a criterion would settle most of what is disputed.

The text gives an answer on every lead: handed over, or not. A disputed lead is *settled* by a
change when the changed text answers as the votes of both sides together lean (`Verdict.leans`:
each side weighs the same; of a tie sales decides, who has to talk with the lead), and the present
text does not; it is *unsettled* by it when only the present text does. A lead on which the sides
agree is *broken* by a change when the present text answers as both say, and the changed one does
not; it is *mended* the other way round.

Changes are ranked by settled − unsettled − broken, then by how many they mend; of the same, what
changes less comes first. Each is one change of one criterion of the stage: a threshold, a window
or a list changed, a criterion dropped, or opened by an alternative, or a new one. Everything is
decided on what was known when the round was opened; scores stay as the text made them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import and_

from django.utils.text import capfirst

from scoring.calibrations import variants
from scoring.calibrations.cases import Case
from scoring.calibrations.traits import Trait, read
from scoring.conditions import Condition, Vocabulary
from scoring.documents import Body, ConditionJSON, ItemJSON, item

MOST = 3
CHANGED, DROPPED, ADDED, OPENED = "changed", "dropped", "added", "opened"
# What changes less comes first.
KINDS = (CHANGED, DROPPED, ADDED, OPENED)
# A new condition that settles one lead alone describes that lead.
FEWEST = {CHANGED: 1, DROPPED: 1, ADDED: 2, OPENED: 2}
# Lists that may grow by values that occur.
LISTED = ("seniority", "function", "industry", "country")

# For which of the leads something holds, a bit each, in their order.
Bits = int


@dataclass(frozen=True)
class Proposal:
    """One change of one criterion: `old` becomes `new`; either may be missing. `answers`: which
    leads the changed text hands over."""

    kind: str
    criterion: str
    group: str
    old: ConditionJSON | None
    new: ConditionJSON | None
    answers: Bits = field(repr=False)
    subject: str = ""

    @property
    def key(self) -> str:
        """What names it in a form."""
        said = json.dumps([self.kind, self.criterion, self.new], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Settlement:
    """What a change would come to, with its wording in the active language. `right` is on how many
    of the `disputed` leads the changed text answers as the votes lean. Both sides call `wanted`
    leads a lead and `unwanted` ones not; `loses` and `gains` are of them."""

    proposal: Proposal
    disputed: int
    right: int
    settled: int
    unsettled: int
    broken: int
    mended: int
    wanted: int
    loses: int
    unwanted: int
    gains: int
    before: str = ""
    after: str = ""

    @property
    def net(self) -> int:
        return self.settled - self.unsettled - self.broken


def settle(
    body: Body, stage: str, traits: Iterable[Trait], cases: Sequence[Case]
) -> list[Settlement]:
    """The best changes, at most three, each of another kind or criterion; none where no change
    settles more than it breaks."""
    search = _Search(body, stage, cases)
    if not search.disputed:
        return []
    changing = (each for each in search.proposals(traits) if each.answers != search.present)
    judged = [search.judged(each) for each in changing]
    useful = [each for each in judged if each.net >= FEWEST[each.proposal.kind]]
    useful.sort(key=lambda each: (-each.net, -each.mended, KINDS.index(each.proposal.kind)))
    return [search.said(each) for each in _different(useful)[:MOST]]


def leaning(body: Body, stage: str, cases: Sequence[Case]) -> int:
    """On how many of the disputed leads the text as it is answers as the votes lean."""
    search = _Search(body, stage, cases)
    return (search.disputed & search.right(search.present)).bit_count()


class _Search:
    """The criteria of a stage, for which of the leads each of them holds, and what was voted."""

    def __init__(self, body: Body, stage: str, cases: Sequence[Case]) -> None:
        self.body, self.cases = body, cases
        self.vocabulary = Vocabulary(body)
        place = item(body["stages"], stage)
        self.criteria: list[ItemJSON] = (place["criteria"] or []) if place else []
        self.held = {each["key"]: self._holds(self.read(each["when"])) for each in self.criteria}
        self.every = (1 << len(cases)) - 1
        self.present = self._all(self.held.values())
        self.wanted = _bits(each.wanted for each in cases)
        self.disputed = _bits(each.verdict.is_disputed for each in cases)

    def read(self, when: ConditionJSON) -> Condition | None:
        return read(when, self.body, self.vocabulary)

    def right(self, answers: Bits) -> Bits:
        """Where an answer is what the votes say."""
        return ~(answers ^ self.wanted) & self.every

    def proposals(self, traits: Iterable[Trait]) -> Iterator[Proposal]:
        held_by = [(trait, self._holds(trait.when)) for trait in traits]
        for criterion in self.criteria:
            held = self.held[criterion["key"]]
            others = self._all(some for key, some in self.held.items() if key != criterion["key"])
            if len(self.criteria) > 1:
                yield _of(DROPPED, criterion, None, others)
            yield from self._changed(criterion, others)
            old = criterion["when"]
            for trait, bits in held_by:
                new = {"any": [*old.get("any", [old]), trait.json]}
                yield _of(OPENED, criterion, new, others & (held | bits), trait.subject)
        for trait, bits in held_by:
            answers = self.present & bits
            yield Proposal(ADDED, "", trait.group, None, trait.json, answers, trait.subject)

    def judged(self, proposal: Proposal) -> Settlement:
        before, after = self.right(self.present), self.right(proposal.answers)
        mended, broken = after & ~before, before & ~after
        agreed = self.every & ~self.disputed
        wanted, unwanted = agreed & self.wanted, agreed & ~self.wanted
        return Settlement(
            proposal,
            disputed=self.disputed.bit_count(),
            right=(self.disputed & after).bit_count(),
            settled=(self.disputed & mended).bit_count(),
            unsettled=(self.disputed & broken).bit_count(),
            broken=(agreed & broken).bit_count(),
            mended=(agreed & mended).bit_count(),
            wanted=wanted.bit_count(),
            loses=(wanted & broken).bit_count(),
            unwanted=unwanted.bit_count(),
            gains=(unwanted & broken).bit_count(),
        )

    def said(self, each: Settlement) -> Settlement:
        """With its wording."""
        before, after = (self._words(json) for json in (each.proposal.old, each.proposal.new))
        return replace(each, before=before, after=after)

    def _changed(self, criterion: ItemJSON, others: Bits) -> Iterator[Proposal]:
        for variant in variants.of(criterion["when"], _values(self.cases)):
            if when := self.read(variant):
                yield _of(CHANGED, criterion, variant, others & self._holds(when))

    def _holds(self, when: Condition | None) -> Bits:
        return _bits(when.holds(each.facts) for each in self.cases) if when else 0

    def _all(self, several: Iterable[Bits]) -> Bits:
        return reduce(and_, several, self.every)

    def _words(self, json: ConditionJSON | None) -> str:
        when = self.read(json) if json else None
        return capfirst(when.words()) if when else ""


def _of(
    kind: str, criterion: ItemJSON, new: ConditionJSON | None, answers: Bits, subject: str = ""
) -> Proposal:
    key, group, old = criterion["key"], criterion["group"], criterion["when"]
    return Proposal(kind, key, group, old, new, answers, subject)


def _bits(each: Iterable[bool]) -> Bits:
    return sum(1 << n for n, holds in enumerate(each) if holds)


def _values(cases: Iterable[Case]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {key: set() for key in LISTED}
    for each in cases:
        for key in LISTED:
            if value := each.facts.profile.get(key):
                found[key].add(str(value))
    return {key: sorted(some) for key, some in found.items()}


def _different(found: Iterable[Settlement]) -> list[Settlement]:
    """Without those that answer as a better one does, and with one only on each subject."""
    kept, answers, subjects = [], set(), set()
    for each in found:
        proposal = each.proposal
        subject = proposal.criterion, proposal.kind, proposal.subject
        opened = proposal.kind == OPENED and ("", OPENED, "") in subjects
        if proposal.answers in answers or subject in subjects or opened:
            continue
        answers.add(proposal.answers)
        subjects |= {subject, ("", proposal.kind, "")}
        kept.append(each)
    return kept
