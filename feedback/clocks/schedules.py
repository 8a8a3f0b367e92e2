"""Who works when, before a change of hours and after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q

from feedback.calendars import WorkingTime
from feedback.models import Calendar, Handoff, Pool, PoolMember

MARKETINGS = Handoff.Clock.ANSWER_RETURN.value
Both = tuple[WorkingTime, WorkingTime]


@dataclass(frozen=True)
class Schedule:
    """By calendar who works when; whose calendar, by pool and by member of a pool."""

    calendars: dict[int, WorkingTime]
    pools: dict[int, int]
    members: dict[tuple[int, int], int]

    @classmethod
    def read(cls) -> Schedule:
        calendars = Calendar.objects.prefetch_related("hours", "days_off")
        own = PoolMember.objects.filter(calendar__isnull=False)
        members = own.values_list("pool_id", "user_id", "calendar_id")
        return cls(
            {calendar.pk: WorkingTime(calendar) for calendar in calendars},
            dict(Pool.objects.values_list("pk", "calendar_id")),
            {(pool, user): calendar for pool, user, calendar in members},
        )

    def of(self, pool: int, user: int | None = None) -> WorkingTime | None:
        """None for a pool that is not there."""
        own = self.members.get((pool, user)) if user else None
        return self.calendars.get(own or self.pools.get(pool, 0))


@dataclass(frozen=True)
class Difference:
    """The hours of before and of after: of pools where they are others, and of members who had or
    have their own, in such a pool also where theirs stayed."""

    pools: dict[int, Both] = field(default_factory=dict)
    members: dict[tuple[int, int], Both] = field(default_factory=dict)

    @classmethod
    def between(cls, before: Schedule, after: Schedule) -> Difference:
        def both(*key: int) -> Both | None:
            old, new = before.of(*key), after.of(*key)
            return (old, new) if old and new else None

        pools = {pk: found for pk in after.pools if (found := both(pk)) and _differ(found)}
        people = before.members.keys() | after.members.keys()
        members = {key: found for key in people if (found := both(*key))}
        return cls(
            pools,
            {key: found for key, found in members.items() if _differ(found) or key[0] in pools},
        )

    def __bool__(self) -> bool:
        return bool(self.pools or self.members)

    def of(self, handoff: Handoff) -> Both | None:
        """For the clock of this handoff. Marketing's runs in the pool's hours."""
        theirs = None if handoff.clock == MARKETINGS else handoff.owner_id
        own = self.members.get((handoff.pool_id, theirs)) if theirs else None
        return own or self.pools.get(handoff.pool_id)

    def concerned(self) -> Q:
        """Handoffs whose clock runs in these hours: of a member, or of a pool and of nobody who has
        own ones."""
        own = PoolMember.objects.filter(
            pool=OuterRef("pool"), user=OuterRef("owner"), calendar__isnull=False
        )
        found = Q(pool__in=list(self.pools)) & (Q(clock=MARKETINGS) | ~Exists(own))
        theirs: dict[int, list[int]] = {}
        for (pool, user), both in self.members.items():
            if _differ(both):
                theirs.setdefault(pool, []).append(user)
        for pool, users in theirs.items():
            found |= Q(pool=pool, owner__in=users) & ~Q(clock=MARKETINGS)
        return found

    def to_dict(self) -> dict[str, Any]:
        """As JSON, which says the same hours once."""
        known: dict[str, int] = {}
        said: list[Any] = []

        def number(hours: WorkingTime) -> int:
            place = known.setdefault(repr(hours.to_list()), len(said))
            if place == len(said):
                said.append(hours.to_list())
            return place

        pools = {str(pk): [*map(number, both)] for pk, both in self.pools.items()}
        members = [[*key, *map(number, both)] for key, both in self.members.items()]
        return {"hours": said, "pools": pools, "members": members}

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Difference:
        hours = [WorkingTime.from_list(each) for each in said["hours"]]
        return cls(
            {int(pk): (hours[old], hours[new]) for pk, (old, new) in said["pools"].items()},
            {(p, user): (hours[old], hours[new]) for p, user, old, new in said["members"]},
        )


def _differ(both: Both) -> bool:
    old, new = both
    return old != new
