"""Many people answer at once, on real connections: one wins, and history stays legal."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from feedback import clocks, contacts, deliveries, handoffs, qualifications, releases
from feedback.models import Handoff, HandoffEvent, Notification
from leads.models import Event
from leads.refusals import Refused
from scoring.models import StageEntry
from tests.factories import (
    MONDAY,
    HandoffFactory,
    LeadFactory,
    PoolFactory,
    PoolMemberFactory,
    UserFactory,
    entry_for,
    version_in_force,
)
from tests.test_handoffs import ALL, ANSWERS

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

HOUR = timedelta(hours=1)


def at_once(*verbs: Callable[[], Any]) -> list[Any]:
    """What each verb gave or how it was refused; all start together, each on its connection."""
    start = Barrier(len(verbs))

    def run(verb: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            start.wait(timeout=30)
            return verb()
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(verbs)) as threads:
        return list(threads.map(run, verbs))


def fifty_reps() -> list:
    return UserFactory.create_batch(50)


# One answer


def test_of_fifty_who_accept_at_once_one_wins_and_the_others_are_told_who():
    handoff, reps = HandoffFactory(), fifty_reps()
    results = at_once(
        *(
            lambda rep=rep: handoffs.accept(handoff, by=rep, at=MONDAY + HOUR, confirmed=ALL)
            for rep in reps
        )
    )
    [won] = [result for result in results if isinstance(result, Handoff)]
    refusals = [result for result in results if isinstance(result, Refused)]
    assert len(refusals) == 49
    sentence = f"{won.owner} accepted this lead at 10:00."
    assert {(r.code, r.message) for r in refusals} == {("already_answered", sentence)}
    assert Handoff.objects.get().answered_by == won.owner
    assert HandoffEvent.objects.filter(kind="accepted").count() == 1
    assert Event.objects.filter(kind="handoff.accepted").count() == 1


def test_the_same_fifty_without_a_guard_would_all_win():
    """The control: whoever reads, finds it free and writes, wins, as often as they interleave."""
    handoff, reps = HandoffFactory(), fifty_reps()
    all_have_read = Barrier(len(reps))

    def accept_unguarded(rep) -> str:
        row = Handoff.objects.get(pk=handoff.pk)
        if row.answer:
            return "refused"
        all_have_read.wait(timeout=30)
        row.answer, row.answered_by, row.owner, row.answered_at = "accepted", rep, rep, MONDAY
        row.save()
        return "won"

    results = at_once(*(lambda rep=rep: accept_unguarded(rep) for rep in reps))
    assert results.count("won") == 50


# Every answer against every other


class Replay:
    """The row of a handoff, told from its steps; fails on a step that was not legal there."""

    def __init__(self, handoff: Handoff) -> None:
        self.row: dict[str, Any] = dict.fromkeys(REPLAYED)
        self.row |= {"answer": "", "outcome": "", "clock": "", "disputed": ""}
        for step in handoff.steps.order_by("pk"):
            getattr(self, f"_{step.kind}")(step)

    def _opened(self, step) -> None:
        assert self.row["opened_at"] is None
        self.row["opened_at"] = step.at

    def _offered(self, step) -> None:
        assert self.row["offered_at"] is None
        assert self._is_open
        self.row["offered_at"] = step.at

    def _assigned(self, step) -> None:
        assert self._is_open
        assert step.data["from"] == self.row["owner_id"]
        self.row["owner_id"] = step.data["to"]

    def _accepted(self, step) -> None:
        assert self._is_open
        assert self.row["answer"] == ""
        assert self.row["offered_at"]
        self._answered("accepted", step)
        self.row["owner_id"] = step.data["owner"]

    def _returned(self, step) -> None:
        assert self._is_open
        assert self.row["offered_at"]
        assert step.data["after_contact"] == (self.row["answer"] == "accepted")
        self._close("returned", step)
        said = ("reason__key", step.data["reason"]), ("disputed", step.data["disputed"])
        self.row |= dict(said)

    def _withdrawn(self, step) -> None:
        assert self._is_open
        self._close("withdrawn", step)

    def _qualified(self, step) -> None:
        assert self._is_open
        assert self.row["answer"] == "accepted"
        self._close("qualified", step)

    def _contacted(self, step) -> None:
        assert self._is_open
        assert self.row["answer"] == "accepted"
        if self.row["first_contact_at"] is None:
            self.row["first_contact_at"] = step.at
            self._clear()

    def _conversation(self, step) -> None:
        assert self.row["conversation_at"] is None
        self.row["conversation_at"] = step.at
        self.row["first_contact_at"] = self.row["first_contact_at"] or step.at

    def _clock_started(self, step) -> None:
        assert self._is_open == (step.data["clock"] != "answer_return")
        due_at = datetime.fromisoformat(step.data["due_at"])
        self.row |= {"clock": step.data["clock"], "due_at": due_at, "breached_at": None}

    def _clock_met(self, step) -> None:
        assert self.row["clock"] == step.data["clock"]
        assert self.row["breached_at"] is None
        assert step.at <= self.row["due_at"]
        self._clear()

    def _breached(self, step) -> None:
        assert self.row["clock"] == step.data["clock"]
        assert self.row["breached_at"] is None
        assert step.at == self.row["due_at"]
        self.row["breached_at"] = step.at

    def _message(self, step) -> None:
        """Anybody may speak at any time."""

    @property
    def _is_open(self) -> bool:
        return self.row["closed_at"] is None

    def _answered(self, answer: str, step) -> None:
        self.row |= {"answer": answer, "answered_at": step.at, "answered_by_id": step.by_id}
        self.row["answer_seconds"] = step.data["answer_seconds"]
        self._clear()

    def _close(self, result: str, step) -> None:
        if self.row["answer"]:
            self.row["outcome"] = result
        else:
            self._answered(result, step)
        self.row["closed_at"] = step.at
        self._clear()

    def _clear(self) -> None:
        self.row |= {"clock": "", "due_at": None}


REPLAYED = [
    "opened_at",
    "offered_at",
    "owner_id",
    "answer",
    "answered_at",
    "answered_by_id",
    "answer_seconds",
    "first_contact_at",
    "conversation_at",
    "outcome",
    "closed_at",
    "reason__key",
    "disputed",
    "clock",
    "due_at",
    "breached_at",
]


def replays_to_its_row(handoff: Handoff) -> None:
    row = Handoff.objects.filter(pk=handoff.pk).values(*REPLAYED).get()
    assert Replay(handoff).row == row


def test_every_answer_against_every_other_leaves_one_legal_history(sam, tom, lena, maya):
    winners = set()
    for _ in range(25):
        handoff = HandoffFactory()
        late = handoff.due_at + timedelta(seconds=1)

        def accept(handoff=handoff, late=late):
            return handoffs.accept(handoff, by=sam, at=late, confirmed=ALL)

        def give_back(handoff=handoff, late=late):
            said = {"reason": "no_budget", "text": "Nothing left this year."}
            return handoffs.give_back(handoff, by=tom, at=late, **said)

        def withdraw(handoff=handoff, late=late):
            return handoffs.withdraw(handoff, by=maya, at=late, cause="recalled")

        def assign(handoff=handoff, late=late):
            return handoffs.assign(handoff, to=tom, by=lena, at=late)

        def sweep(late=late):
            return clocks.sweep(at=late)

        at_once(accept, give_back, withdraw, assign, sweep, sweep)
        handoff.refresh_from_db()
        replays_to_its_row(handoff)
        assert handoff.steps.filter(kind="breached").count() == 1
        assert Event.objects.filter(kind="clock.breached", lead=handoff.lead).count() == 1
        assert StageEntry.objects.filter(lead=handoff.lead).count() >= 3
        winners.add(handoff.answer)
        if handoff.is_open:
            handoffs.withdraw(handoff, at=late, cause="erased")
            replays_to_its_row(handoff)
    assert len(winners) > 1  # Else this was no race.


def test_what_follows_acceptance_races_as_legally(sam, lena):
    ends = set()
    for _ in range(12):
        handoff = handoffs.accept(HandoffFactory(), by=sam, at=MONDAY + HOUR, confirmed=ALL)
        at = MONDAY + 2 * HOUR

        def qualify(handoff=handoff, at=at):
            return qualifications.qualify(handoff, by=sam, at=at, answers=ANSWERS)

        def give_back(handoff=handoff, at=at):
            said = {"reason": "not_reached", "text": "Five tries."}
            return handoffs.give_back(handoff, by=lena, at=at, **said)

        def contact(handoff=handoff, at=at):
            return contacts.log(handoff, by=sam, at=at, kind="call", outcome="reached")

        def converse(handoff=handoff, at=at):
            return contacts.hold_conversation(handoff, by=sam, at=at)

        at_once(qualify, give_back, contact, converse)
        handoff.refresh_from_db()
        replays_to_its_row(handoff)
        ends.add(handoff.outcome)
    assert ends <= {"qualified", "returned"}


# Sweepers and workers beside each other


def test_four_sweepers_flag_every_breach_once():
    long_ago = timezone.now() - timedelta(days=30)
    late = [HandoffFactory(opened_at=long_ago) for _ in range(60)]
    counts = at_once(*[clocks.sweep] * 4)
    assert sum(counts) + clocks.sweep() == 60
    assert HandoffEvent.objects.filter(kind="breached").count() == 60
    assert Event.objects.filter(kind="clock.breached").count() == 60
    assert all(Handoff.objects.get(pk=h.pk).breached_at == h.due_at for h in late)


def test_four_workers_deliver_every_event_once_and_fill_the_pool_exactly(sales, sam, tom):
    pool = PoolFactory(team=sales)
    for rep in (sam, tom):
        PoolMemberFactory(pool=pool, user=rep, capacity=5)
    version = version_in_force()
    for _ in range(30):
        entry_for(LeadFactory(), version)
    at_once(*[lambda: deliveries.deliver(at=MONDAY)] * 4)
    deliveries.deliver(at=MONDAY)
    releases.release(at=MONDAY)
    assert Handoff.objects.count() == 30
    offered = Handoff.objects.awaiting_answer()
    assert [offered.filter(owner=rep).count() for rep in (sam, tom)] == [5, 5]
    assert offered.count() == 10
    assert not Event.objects.filter(delivered_at=None).exists()
    assert not Event.objects.exclude(problem="").exists()
    assert Notification.objects.filter(event__kind="handoff.offered").count() == 10
    for handoff in Handoff.objects.all():
        replays_to_its_row(handoff)
