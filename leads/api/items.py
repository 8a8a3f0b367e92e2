"""Activities as they come in, one or many, and what is answered about each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from leads.api.refusals import body_of, invalid
from leads.api.serializers import ActivitySerializer
from leads.intake import Report, Taken
from leads.refusals import Refused

MOST = 500


def read_one(data: Any, *, now: datetime) -> Report:
    """The activity in a body. Raises a ValidationError that names its fields."""
    serializer = ActivitySerializer(data=data, context={"now": now})
    serializer.is_valid(raise_exception=True)
    return _report(serializer.validated_data)


def read_many(data: Sequence[Any], *, now: datetime) -> list[Report | dict[str, Any]]:
    """Each activity of a list, or the refusal of what is none. Raises Refused for too many."""
    if len(data) > MOST:
        message = _("A list has at most %(most)s activities.") % {"most": MOST}
        raise Refused("too_many", message, _("Send it in smaller parts."))
    read: list[Report | dict[str, Any]] = []
    for item in data:
        # One serializer an item: reading leaves its errors behind.
        serializer = ActivitySerializer(data=item, context={"now": now})
        valid = serializer.is_valid()
        read.append(_report(serializer.validated_data) if valid else invalid(serializer.errors))
    return read


def result(taken: Taken) -> dict[str, Any]:
    """What became of an activity that went in."""
    return {
        "result": taken.status,
        "activity": taken.activity.pk,
        "lead": taken.activity.lead_id,
        "lead_result": taken.lead_status,
    }


def results(
    read: Sequence[Report | dict[str, Any]], taken: Sequence[Taken]
) -> tuple[dict[str, Any], int]:
    """What became of a list, and the status that says so. `taken` are the reports of `read`."""
    outcomes = iter(taken)
    items = [
        {"index": index, **_item(next(outcomes) if isinstance(item, Report) else item)}
        for index, item in enumerate(read)
    ]
    counts = {
        status: sum(item["result"] == status for item in items)
        for status in ("created", "unchanged", "refused")
    }
    return counts | {"results": items}, _status(counts)


def _status(counts: dict[str, int]) -> int:
    if not counts["refused"]:
        return 200
    return 207 if counts["created"] or counts["unchanged"] else 422


def _item(outcome: Taken | dict[str, Any]) -> dict[str, Any]:
    if isinstance(outcome, dict):
        return {"result": "refused", **outcome}
    if outcome.refusal:
        return {"result": "refused", **body_of(outcome.refusal)}
    return result(outcome)


def _report(sent: dict[str, Any]) -> Report:
    return Report(
        keys=sent["keys"],
        type=sent["type"],
        occurred_at=sent["occurred_at"],
        channel=sent.get("channel"),
        campaign=sent.get("campaign"),
        properties=sent.get("properties", {}),
        source=sent["source"],
        external_id=sent.get("id", ""),
    )
