"""Many people answer at once, on real connections: one wins, and history stays legal."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from time import sleep
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from feedback import clocks, contacts, deliveries, handoffs, qualifications, releases
from feedback.clocks import rewritings
from feedback.models import DayOff, Handoff, HandoffEvent, Notification
from leads.models import Event
from leads.refusals import Refused
from scoring import stages
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
        self.row |= {"claimed": False, "attempts": 0, "pauses": 0, "transfers": 0}
        self.past: list[tuple[Any, dict[str, Any]]] = []
        for step in handoff.steps.order_by("pk"):
            self.past.append((step, dict(self.row)))
            getattr(self, f"_{step.kind}")(step)

    def _opened(self, step) -> None:
        assert self.row["opened_at"] is None
        self.row["opened_at"] = step.at

    def _offered(self, step) -> None:
        assert self.row["offered_at"] is None
        assert self._is_open
        self.row["offered_at"] = step.at

    def _hurried(self, step) -> None:
        assert self._is_open
        assert self.row["answer"] == ""

    def _assigned(self, step) -> None:
        assert self._is_open
        assert step.data["from"] == self.row["owner_id"]
        self._own(step.data["to"], step)

    def _unassigned(self, step) -> None:
        assert self._is_open
        assert self.row["answer"] == ""
        self._own(None, step)
        self.row["unassigned_since"] = step.at

    def _claimed(self, step) -> None:
        assert self.row["answer"] == "accepted"
        assert step.by_id == self.row["owner_id"]
        self.row["claimed"] = True

    def _accepted(self, step) -> None:
        assert self._is_open
        assert self.row["answer"] == ""
        assert self.row["offered_at"]
        self._answered("accepted", step)
        self.row |= {"owner_id": step.data["owner"], "unassigned_since": None}

    def _returned(self, step) -> None:
        assert self._is_open
        assert self.row["offered_at"]
        assert step.data["after_contact"] == (self.row["answer"] == "accepted")
        self._close("returned", step)
        said = ("reason__key", step.data["reason"]), ("disputed", step.data["disputed"])
        self.row |= dict(said)
        if step.data["back_on"]:
            self.row["owner_id"] = step.by_id
            self.row["rests_until"] = morning(step.data["back_on"])

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
        self.row["attempts"] += 1
        if self.row["first_contact_at"] is None:
            self.row["first_contact_at"] = step.at
            self._clear()

    def _conversation(self, step) -> None:
        assert self.row["conversation_at"] is None
        self.row["conversation_at"] = step.at
        self.row["first_contact_at"] = self.row["first_contact_at"] or step.at

    def _undone(self, step) -> None:
        """Back to the row before the step that is undone, and before it ended a clock; but what a
        breach says stays said. A claim that is undone is closed. That hours changed since is no
        step of anybody's."""
        number = next(n for n, (each, _) in enumerate(self.past) if each.pk == step.data["step"])
        taken, since = self.past[number][0], [each for each, _ in self.past[number + 1 : -1]]
        after = [each for each in since if not self._is_of_hours(each)]
        assert taken.kind == step.data["kind"]
        assert {each.kind for each in after} <= {"clock_started", "conversation"}
        assert {each.at for each in after} <= {taken.at}
        if taken.kind == "claimed":
            assert self._is_open
            self.row |= {"answer": "withdrawn", "closed_at": step.at}
            self._clear()
            return
        breached_at = None
        while self._ended_by(taken, self.past[number - 1][0]):
            number -= 1
            if self.past[number][0].kind == "breached":
                breached_at = self.past[number][0].at
        self.row = dict(self.past[number][1])
        self.row["breached_at"] = breached_at or self.row["breached_at"]

    @staticmethod
    def _ended_by(taken, before) -> bool:
        """A breach tells the same, whoever was first to see it."""
        ends = before.kind in ("clock_met", "deadline_moved") and before.at == taken.at
        return (ends and not Replay._is_of_hours(before)) or before.kind == "breached"

    @staticmethod
    def _is_of_hours(step) -> bool:
        return step.kind == "deadline_moved" and step.data["cause"] == "calendar"

    def _put_off(self, step) -> None:
        assert self._is_open
        self.row["rests_until"] = datetime.fromisoformat(step.data["until"])

    def _paused(self, step) -> None:
        assert self.row["paused_at"] is None
        assert self.row["clock"] == step.data["clock"]
        self._moved(step)
        self.row["rests_until"] = datetime.fromisoformat(step.data["until"])
        self.row["paused_at"] = step.at
        self.row["pauses"] += 1

    def _resumed(self, step) -> None:
        assert self.row["paused_at"]
        self._moved(step)
        self.row |= {"rests_until": None, "paused_at": None}

    def _taken_up(self, step) -> None:
        assert self._is_open
        assert self.row["rests_until"] > step.at
        assert self.row["paused_at"] is None
        self.row["rests_until"] = None

    def _deadline_moved(self, step) -> None:
        self._moved(step)

    def _moved(self, step) -> None:
        assert datetime.fromisoformat(step.data["old"]) == self.row["due_at"]
        self.row["due_at"] = datetime.fromisoformat(step.data["new"])

    def _clock_started(self, step) -> None:
        assert self._is_open == (step.data["clock"] != "answer_return")
        due_at = datetime.fromisoformat(step.data["due_at"])
        self.row |= {"clock": step.data["clock"], "due_at": due_at, "breached_at": None}
        self.row["pauses"] = 0

    def _clock_met(self, step) -> None:
        assert self.row["clock"] == step.data["clock"]
        assert self.row["breached_at"] is None
        assert step.at <= self.row["due_at"]
        rests_until = self.row["rests_until"]
        self._clear()
        if step.data["clock"] == "answer_return":
            self.row["rests_until"] = rests_until

    def _breached(self, step) -> None:
        assert self.row["clock"] == step.data["clock"]
        assert self.row["breached_at"] is None
        assert step.at == self.row["due_at"]
        self.row["breached_at"] = step.at

    def _warned(self, step) -> None:
        assert self.row["breached_at"] is None

    def _taken_back(self, step) -> None:
        """At the breach of its clock; the next owner has one of their own."""
        assert step.data["from"] == self.row["owner_id"]
        assert self.row["breached_at"]
        self._clear()
        self.row["owner_id"] = None
        self.row["transfers"] += 1

    def _escalated(self, step) -> None:
        assert self.row["breached_at"]

    def _message(self, step) -> None:
        """Anybody may speak at any time. Marketing's answer ends its clock, also when it is late;
        until when the lead rests is not theirs to say."""
        if step.data.get("ends"):
            self.row |= {"clock": "", "due_at": None}

    @property
    def _is_open(self) -> bool:
        return self.row["closed_at"] is None

    def _own(self, owner: int | None, step) -> None:
        self.row["transfers"] += self.row["owner_id"] is not None
        self.row |= {"owner_id": owner, "unassigned_since": None}

    def _answered(self, answer: str, step) -> None:
        self.row |= {"answer": answer, "answered_at": step.at, "answered_by_id": step.by_id}
        self.row["answer_seconds"] = step.data["answer_seconds"]
        self._clear()

    def _close(self, result: str, step) -> None:
        if self.row["answer"]:
            self.row["outcome"] = result
        else:
            self._answered(result, step)
        self.row |= {"closed_at": step.at, "unassigned_since": None}
        self._clear()

    def _clear(self) -> None:
        self.row |= {"clock": "", "due_at": None, "rests_until": None, "paused_at": None}


REPLAYED = [
    "opened_at",
    "offered_at",
    "owner_id",
    "unassigned_since",
    "transfers",
    "claimed",
    "answer",
    "answered_at",
    "answered_by_id",
    "answer_seconds",
    "attempts",
    "first_contact_at",
    "conversation_at",
    "outcome",
    "closed_at",
    "reason__key",
    "disputed",
    "clock",
    "due_at",
    "breached_at",
    "rests_until",
    "paused_at",
    "pauses",
]


def morning(day: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(day))


def replays_to_its_row(handoff: Handoff) -> None:
    row = Handoff.objects.filter(pk=handoff.pk).values(*REPLAYED).get()
    assert Replay(handoff).row == row


ROUNDS = 200
AT = MONDAY + HOUR


def rounds(found: list[Handoff], *verbs: Callable[[Handoff], Any]) -> list[list[Any]]:
    """What each verb gave of each handoff, in turn; with each handoff all verbs start together."""
    start = Barrier(len(verbs))

    def run(verb: Callable[[Handoff], Any]) -> list[Any]:
        given = []
        try:
            for handoff in found:
                start.wait(timeout=60)
                try:
                    given.append(verb(handoff))
                except (Refused, DatabaseError) as problem:
                    given.append(problem)
            return given
        except BaseException:
            start.abort()
            raise
        finally:
            connection.close()

    with ThreadPoolExecutor(len(verbs)) as threads:
        return list(threads.map(run, verbs))


class Cast:
    """What the people of a sales team, marketing and the sweeps do to a handoff at a moment."""

    def __init__(self, sam, tom, lena, maya, *, at: datetime) -> None:
        self.sam, self.tom, self.lena, self.maya, self.at = sam, tom, lena, maya, at

    def accept(self, handoff: Handoff) -> Any:
        return handoffs.accept(handoff, by=self.sam, at=self.at, confirmed=ALL)

    def give_back(self, handoff: Handoff) -> Any:
        said = {"reason": "no_budget", "text": "Nothing left this year."}
        return handoffs.give_back(handoff, by=self.tom, at=self.at, **said)

    def assign(self, handoff: Handoff) -> Any:
        return handoffs.assign(handoff, to=self.tom, by=self.lena, at=self.at)

    def withdraw(self, handoff: Handoff) -> Any:
        return handoffs.withdraw(
            handoff, by=self.maya, at=self.at, cause="recalled", reason="Ours."
        )

    def lose(self, handoff: Handoff) -> Any:
        """The lead is merged into another, or erased: Baton closes its handoff."""
        cause = "merged" if handoff.pk % 2 else "erased"
        return handoffs.withdraw(handoff, at=self.at, cause=cause)

    def put_off(self, handoff: Handoff) -> Any:
        until = self.at + timedelta(minutes=30)
        said = {"until": until, "reason": "In a meeting.", "pause": handoff.pk % 2 == 0}
        return handoffs.put_off(handoff, by=self.lena, at=self.at, **said)

    def undo(self, handoff: Handoff) -> Any:
        return handoffs.undo(handoff, by=self.lena, at=self.at)

    def contact(self, handoff: Handoff) -> Any:
        said = {"kind": "call", "outcome": "conversation"}
        return contacts.log(handoff, by=self.lena, at=self.at, **said)

    def qualify(self, handoff: Handoff) -> Any:
        return qualifications.qualify(handoff, by=self.lena, at=self.at, answers=ANSWERS)

    def sweep(self, handoff: Handoff) -> Any:
        return clocks.sweep(at=self.at)

    def change_hours(self, handoff: Handoff) -> Any:
        """This Monday is off, or no more."""
        calendar = handoff.pool.calendar
        with clocks.rewriting(at=self.at):
            if not DayOff.objects.filter(calendar=calendar).delete()[0]:
                DayOff.objects.create(calendar=calendar, date=MONDAY.date())


def legal(found: list[Handoff], given: list[list[Any]]) -> set[str]:
    """The kinds of steps that came about; fails unless every history is one of a single handoff,
    step by step, and nothing but refusals kept the rest away."""
    problems = [each for some in given for each in some if isinstance(each, DatabaseError)]
    assert not problems
    for handoff in found:
        replays_to_its_row(handoff)
        assert handoff.steps.filter(kind="breached").count() <= 1
        standing = StageEntry.objects.filter(lead=handoff.lead).latest("pk")
        assert stages.standing(handoff.lead).entry == standing
    return set(HandoffEvent.objects.values_list("kind", flat=True))


def test_every_answer_against_every_other_leaves_one_legal_history(sam, tom, lena, maya):
    """Accepting against returning, transfer, withdrawal, putting off, undoing and the sweep, when
    the deadline has just passed: 200 rounds."""
    found = HandoffFactory.create_batch(ROUNDS)
    late = Cast(sam, tom, lena, maya, at=found[0].due_at + timedelta(seconds=1))
    verbs = (late.accept, late.give_back, late.assign, late.withdraw, late.undo, late.put_off)
    kinds = legal(found, rounds(found, *verbs, late.sweep))
    assert {"accepted", "returned", "withdrawn", "assigned", "undone", "breached"} <= kinds
    assert HandoffEvent.objects.filter(kind="breached").count() == ROUNDS
    assert Handoff.objects.filter(closed_at=None, breached_at=None, clock="answer").count() == 0


def test_what_follows_acceptance_races_as_legally(sam, tom, lena, maya):
    found = HandoffFactory.create_batch(ROUNDS // 2)
    for handoff in found:
        handoffs.accept(handoff, by=sam, at=MONDAY, confirmed=ALL)
    cast = Cast(sam, tom, lena, maya, at=AT)
    after_contact = Cast(sam, lena, lena, maya, at=AT)
    verbs = (cast.qualify, after_contact.give_back, cast.contact, cast.put_off, cast.undo)
    kinds = legal(found, rounds(found, *verbs, cast.assign, cast.withdraw))
    assert {"qualified", "returned", "contacted", "undone", "put_off", "withdrawn"} <= kinds


def test_a_lead_that_goes_while_it_is_answered_leaves_one_legal_history(sam, tom, lena, maya):
    """Its handoff is closed by whoever comes first, and stays closed."""
    found = HandoffFactory.create_batch(ROUNDS // 5)
    cast = Cast(sam, tom, lena, maya, at=AT)
    kinds = legal(found, rounds(found, cast.lose, cast.accept, cast.give_back, cast.undo))
    assert {"accepted", "returned", "withdrawn", "undone"} <= kinds
    for handoff in found:
        if handoff.steps.filter(kind="withdrawn").exists():
            assert handoff.steps.exclude(kind="clock_met").last().kind == "withdrawn"
            row = Handoff.objects.get(pk=handoff.pk)
            assert row.closed_at == AT
            assert (row.clock, row.due_at) == ("", None)


def test_hours_that_change_while_it_is_answered_and_undone_leave_one_legal_history(
    sam, tom, lena, maya, monkeypatch
):
    """No deadline follows before somebody asks for it; the clock stands still at `AT`."""
    monkeypatch.setattr(rewritings, "AT_ONCE", 0)
    monkeypatch.setattr(rewritings, "monotonic", lambda: 0)
    found = HandoffFactory.create_batch(ROUNDS // 20)
    cast = Cast(sam, tom, lena, maya, at=AT)
    kinds = legal(found, rounds(found, cast.accept, cast.undo, cast.change_hours, cast.undo))
    assert {"accepted", "undone", "deadline_moved"} <= kinds
    clocks.carry_over_all()
    # Three of its four hours were left at ten: today's, or tomorrow's.
    due_at = MONDAY + (timedelta(hours=27) if DayOff.objects.exists() else 4 * HOUR)
    unanswered = Handoff.objects.filter(clock="answer")
    assert set(unanswered.values_list("due_at", "breached_at")) == {(due_at, None)}


@pytest.mark.parametrize("names", [("withdraw", "assign"), ("lose", "undo")])
def test_without_the_lock_histories_contradict_their_rows(sam, tom, lena, maya, monkeypatch, names):
    """The control: the same verbs, with the row only read, not locked."""

    def unlocked(handoff: Handoff, *, by: Any) -> Handoff:
        sleep(0.02)  # So that all have read before one writes.
        rows = Handoff.objects.select_related("lead__company", "pool__team", "pool__calendar")
        row = rows.select_related("version", "entry__stage", "owner", "answered_by").get(
            pk=handoff.pk
        )
        sleep(0.02)
        return row

    monkeypatch.setattr("feedback.handoffs.rights.lock", unlocked)
    found = HandoffFactory.create_batch(20)
    cast = Cast(sam, tom, lena, maya, at=AT)
    verbs = [getattr(cast, name) for name in ("accept", "give_back", *names)]
    given = rounds(found, *verbs)
    with pytest.raises((AssertionError, AttributeError, KeyError)):
        legal(found, given)


def test_of_ten_who_claim_at_once_one_has_the_lead(sales):
    version = version_in_force()
    PoolFactory(team=sales)
    reps = UserFactory.create_batch(10, team=sales)
    for _ in range(5):
        lead = LeadFactory()
        stages.begin([lead.pk], version=version, at=MONDAY)
        claims = [
            lambda rep=rep, lead=lead: handoffs.claim(lead, by=rep, at=AT, reason="We met.")
            for rep in reps
        ]
        results = at_once(*claims)
        [won] = [result for result in results if isinstance(result, Handoff)]
        refusals = [result for result in results if isinstance(result, Refused)]
        sentence = f"{won.owner} has this lead already."
        assert {(r.code, r.message) for r in refusals} == {("already_open", sentence)}
        assert len(refusals) == 9
        replays_to_its_row(won)


# Sweepers and workers beside each other


def test_four_sweepers_flag_every_breach_once():
    long_ago = timezone.now() - timedelta(days=30)
    late = [HandoffFactory(opened_at=long_ago) for _ in range(60)]
    counts = at_once(*[clocks.sweep] * 4)
    assert sum(counts) + clocks.sweep() == 60
    assert HandoffEvent.objects.filter(kind="breached").count() == 60
    told = Event.objects.filter(kind="clock.breached").count()
    many = Event.objects.filter(kind="clock.breached_many").values_list("data__number", flat=True)
    assert told + sum(many) == 60
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
