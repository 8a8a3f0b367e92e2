"""Reps of other systems: which of our people they are, if anybody has said so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.db import transaction

from leads.folding import fold
from leads.models import Lead, UnmappedOwner, User
from leads.owners import assign_free

LONGEST_NAME = 160


class Owner(NamedTuple):
    """One of our people, or else a name of a source that nobody has mapped."""

    user_id: int | None
    unmapped_id: int | None


def resolve(source: str, names: Iterable[str]) -> dict[str, Owner]:
    """Each name with its owner: the user whom somebody said it is, the only active user with
    that e-mail address or full name, else the name itself. A new name is added as unmapped."""
    wanted = set(names)
    if not wanted:
        return {}
    known = _known(source, wanted)
    people = _people()
    strangers = [n for n in sorted(wanted) if n not in known and fold(n) not in people]
    if strangers:
        rows = [UnmappedOwner(source=source, name=name) for name in strangers]
        UnmappedOwner.objects.bulk_create(rows, ignore_conflicts=True)
        known |= _known(source, strangers)
    return {
        name: Owner(people[fold(name)], None)
        if fold(name) in people and not (name in known and known[name].user_id)
        else known[name]
        for name in wanted
    }


def give(owners: Mapping[int, Owner]) -> None:
    """Give these leads, by number, their owners. One who has an owner keeps that one."""
    by_owner: dict[Owner, list[int]] = defaultdict(list)
    for lead_id, owner in owners.items():
        by_owner[owner].append(lead_id)
    for owner, lead_ids in by_owner.items():
        free = Lead.objects.filter(pk__in=lead_ids, unmapped_owner=None)
        assign_free(free, owner.user_id, unmapped_owner=owner.unmapped_id)


@transaction.atomic
def map_to(name: UnmappedOwner, user: User) -> int:
    """This rep of a source is `user`, who now owns the leads that came in under the name and
    have no owner. Returns how many."""
    name.user = user
    name.save(update_fields=["user"])
    return assign_free(Lead.objects.filter(unmapped_owner=name), user)


def _known(source: str, names: Iterable[str]) -> dict[str, Owner]:
    rows = UnmappedOwner.objects.filter(source=source, name__in=names)
    return {row.name: Owner(row.user_id, None if row.user_id else row.pk) for row in rows}


def _people() -> dict[str, int]:
    """Active users by folded address and, where only one has it, by folded full name."""
    users = list(User.objects.filter(is_active=True))
    by_name: dict[str, list[int]] = defaultdict(list)
    for user in users:
        by_name[fold(user.get_full_name())].append(user.pk)
    single = {name: ids[0] for name, ids in by_name.items() if name and len(ids) == 1}
    return single | {fold(user.email): user.pk for user in users}
