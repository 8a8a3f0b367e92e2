"""Who had a lead before."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from feedback.models import Handoff, HandoffEvent
from feedback.routing import codes
from scoring import promises
from scoring.models import AgreementVersion

# With these steps a handoff went from somebody to somebody else, or to nobody.
GONE = ("assigned", "taken_back", "unassigned")


@dataclass
class Past:
    """Whoever gave the lead back last, whom the reason of then offers it again to, whether they
    asked for it back on a day; and who had this very handoff, as a reason to skip them."""

    returner: int | None = None
    back_to: str = ""
    asked_back: bool = False
    had_it: dict[int, str] = field(default_factory=dict)


def of(handoffs: Collection[Handoff]) -> dict[int | None, Past]:
    """The past of each, by its number; of a handoff that is not written yet by None. Two queries,
    two more where leads were returned before."""
    found = {handoff.pk: Past() for handoff in handoffs}
    for handoff in handoffs:
        if handoff.pk and handoff.owner_id:
            found[handoff.pk].had_it[handoff.owner_id] = codes.PASSED_ON
    _read_gone(found)
    _read_returns(handoffs, found)
    return found


def _read_gone(found: dict[int | None, Past]) -> None:
    """Who gave it away does not get it back by itself, nor does who let the time pass. Whom a
    manager took it from may."""
    steps = HandoffEvent.objects.filter(handoff__in=[pk for pk in found if pk], kind__in=GONE)
    for pk, kind, by, data in steps.order_by("pk").values_list("handoff", "kind", "by", "data"):
        had_it, owner = found[pk].had_it, data.get("from")
        if owner is None or (by is not None and by != owner):
            continue
        taken = kind == "taken_back"
        had_it[owner] = codes.TAKEN_BACK if taken else had_it.get(owner, codes.PASSED_ON)


def _read_returns(handoffs: Collection[Handoff], found: dict[int | None, Past]) -> None:
    closed = Handoff.objects.filter(lead__in={handoff.lead_id for handoff in handoffs})
    closed = closed.filter(closed_at__isnull=False).select_related("reason")
    last = {earlier.lead_id: earlier for earlier in closed.order_by("closed_at", "pk")}
    returned = [each for each in last.values() if each.reason_id]
    if not returned:
        return
    versions = AgreementVersion.objects.in_bulk({each.version_id for each in returned})
    steps = HandoffEvent.objects.filter(handoff__in=returned, kind="returned").order_by("pk")
    who = dict(steps.values_list("handoff", "by"))
    for handoff in handoffs:
        earlier = last.get(handoff.lead_id)
        if earlier in returned and earlier.pk in who:
            past, version = found[handoff.pk], versions[earlier.version_id]
            past.returner, past.asked_back = who[earlier.pk], earlier.back_on is not None
            back_to = promises.reason(version, earlier.reason.key).get("back_to", "")
            past.back_to = "" if past.asked_back else back_to
