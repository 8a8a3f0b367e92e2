"""Working time changes while clocks run: what was worked stays worked, the rest runs anew.

A change is made at once; the deadlines follow one by one. Which ones still have to is written down
in the change's transaction (`Carryover`). Whoever answers such a lead, passes it on or sweeps
brings its deadline along first (`settle`, `settled`), so none by the old hours ever counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import uniform
from time import monotonic, sleep

from django.db import OperationalError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable

from feedback.calendars import CHANGES
from feedback.clocks.running import AHEAD, carry_over
from feedback.clocks.schedules import Difference, Schedule
from feedback.models import Carryover, Handoff, HandoffEvent, HoursChange
from feedback.models.handoffs import HandoffQuerySet
from leads.refusals import Refused

BATCH = 500
# So many deadlines follow while the page saves; more do so afterwards.
AT_ONCE = 500
LONGEST = "300ms"
TRIES, PAUSE = 40, (0.05, 0.2)
READ = (
    *("pool", "owner", "clock", "breached_at", *AHEAD),
    *("warned_at", "rests_until", "paused_at"),
)


@dataclass
class Rewritten:
    """How many running deadlines moved, and how many are left to follow; known when the block is
    left."""

    moved: int = 0
    left: int = 0


@contextmanager
def rewriting(*, at: datetime) -> Iterator[Rewritten]:
    """Within it calendars may be changed in any way: hours, days off, zone, place; whose they are,
    a pool's or a member's own. Every deadline that runs at `at` then lies where the rest of its
    time ends in the new hours, never before `at`; what is over already stays over. A few follow
    at once, many when `carry_over_all` comes round.

    Whatever changes working time must do so in here, and lock rows of its own in here only. `at` is
    when it was asked for: what it waits for others comes on top. Raises Refused: busy.
    """
    with transaction.atomic():
        at += _take_turn()
        before, rewritten = Schedule.read(), Rewritten()
        yield rewritten
        difference = Difference.between(before, Schedule.read())
        change = _write_down(difference, at=at) if difference else None
        if change and change.number <= AT_ONCE:
            rewritten.moved = _carry_over(change.left.all())
        rewritten.left = change.left.count() if change else 0
        if change and not rewritten.left:
            change.delete()


def carry_over_all(*, due_by: datetime | None = None) -> int:
    """Let deadlines follow the changes of hours that have not reached them: all, or those of which
    something is due by `due_by`. What somebody has in hand right now is left to them. It may stop
    at any moment, and goes on from there. Returns how many moved."""
    if not HoursChange.objects.exists():
        return 0
    todo = Carryover.objects.all()
    if due_by:
        due = Q(handoff__due_at__lte=due_by) | Q(handoff__warn_at__lte=due_by)
        todo = todo.filter(due | Q(handoff__rests_until__lte=due_by))
    moved = _carry_over(todo)
    HoursChange.objects.filter(~Exists(_left())).delete()
    return moved


def settle(handoff: Handoff) -> None:
    """Bring the deadline of a locked row along, where hours have changed; before it is asked for
    or changed in any other way."""
    _follow([handoff])


def settled(found: HandoffQuerySet) -> HandoffQuerySet:
    """Those of them whose deadline goes by the hours of now. To be asked behind `calendars.hold`:
    else hours may change between the question and what is done."""
    return found.filter(~Exists(Carryover.objects.filter(handoff=OuterRef("pk"))))


@dataclass(frozen=True)
class Following:
    """How many deadlines have to follow changes of hours, and how many of them have not yet."""

    number: int
    left: int


def pending() -> Following | None:
    """None where all deadlines go by the hours of now."""
    changes = list(HoursChange.objects.values_list("number", flat=True))
    left = Carryover.objects.count() if changes else 0
    return Following(sum(changes), left) if left else None


def _left() -> QuerySet[Carryover]:
    return Carryover.objects.filter(change=OuterRef("pk"))


def _take_turn() -> timedelta:
    """Wait until nobody is making a deadline of hours, and let nobody begin before the change is
    there; give way again and again, so that no answer waits for somebody who waits. Returns for how
    long we had to. On SQLite we are the one writer."""
    if connection.vendor != "postgresql":
        return timedelta(0)
    began = monotonic()
    for turn in range(TRIES):
        try:
            with transaction.atomic():
                _try_turn()
        except OperationalError as problem:
            if not isinstance(problem.__cause__, LockNotAvailable):
                raise
            sleep(uniform(*PAUSE))
        else:
            return timedelta(seconds=monotonic() - began) if turn else timedelta(0)
    raise Refused(
        "busy",
        _("Others are at work on leads right now, so nothing was changed."),
        _("Try again in a moment."),
        status=409,
    )


def _try_turn() -> None:
    """Waiting no longer than a deadlock takes to be found (a second): the other side is never the
    one that is ended."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        [before] = cursor.fetchone()
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LONGEST])
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHANGES])
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [before])


def _write_down(difference: Difference, *, at: datetime) -> HoursChange | None:
    """The change with all whose deadlines have to follow, those due soonest first; in one
    statement, as everybody waits for it. What an earlier change has not reached may be over by
    old hours only."""
    waiting = Exists(Carryover.objects.filter(handoff=OuterRef("pk")))
    running = Handoff.objects.filter(breached_at=None, due_at__isnull=False)
    running = running.filter(Q(due_at__gte=at) | waiting).filter(difference.concerned())
    change = HoursChange.objects.create(at=at, hours=difference.to_dict())
    rows, values = running.order_by("due_at", "pk").values("pk").query.sql_with_params()
    table = Carryover._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (change_id, handoff_id) SELECT %s, found.pk FROM ({rows}) found",
            [change.pk, *values],
        )
        change.number = cursor.rowcount
    if not change.number:
        change.delete()
        return None
    change.save(update_fields=["number"])
    return change


def _carry_over(todo: QuerySet[Carryover]) -> int:
    moved = last = 0
    while some := list(todo.filter(pk__gt=last).order_by("pk")[:BATCH]):
        moved += _carry_over_some({each.handoff_id for each in some})
        last = some[-1].pk
    return moved


@transaction.atomic
def _carry_over_some(handoffs: Collection[int]) -> int:
    rows = Handoff.objects.filter(pk__in=handoffs).order_by("pk").only(*READ)
    return _follow(list(rows.select_for_update(skip_locked=True, of=("self",), no_key=True)))


def _follow(locked: Sequence[Handoff]) -> int:
    """Several changes in the order in which they were made. Read after the rows are locked: what
    somebody else has brought along is not there any more. Returns how many deadlines moved."""
    by_number = {handoff.pk: handoff for handoff in locked}
    todo = list(Carryover.objects.filter(handoff__in=by_number).order_by("change_id"))
    if not todo:
        return 0
    changes = HoursChange.objects.in_bulk({each.change_id for each in todo})
    differences = {pk: Difference.from_dict(each.hours) for pk, each in changes.items()}
    written, history = {}, []
    for each in todo:
        handoff, at = by_number[each.handoff_id], changes[each.change_id].at
        hours = differences[each.change_id].of(handoff)
        said = carry_over(handoff, *hours, at=at) if hours else None
        if said is not None:
            written[handoff.pk] = handoff
        if said:
            said |= {"cause": "calendar"}
            history.append(HandoffEvent(handoff=handoff, kind="deadline_moved", at=at, data=said))
    _write(written.values())
    HandoffEvent.objects.bulk_create(history)
    Carryover.objects.filter(pk__in=[each.pk for each in todo]).delete()
    return len({step.handoff_id for step in history})


def _write(written: Iterable[Handoff]) -> None:
    """Row by row in one go: a `bulk_update` takes far longer to be put into words than to be
    carried out."""
    columns = ", ".join(f"{name} = %s" for name in AHEAD)
    adapted = connection.ops.adapt_datetimefield_value
    rows = [(*(adapted(getattr(each, name)) for name in AHEAD), each.pk) for each in written]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {Handoff._meta.db_table} SET {columns} WHERE id = %s", rows)
