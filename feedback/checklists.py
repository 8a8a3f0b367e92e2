"""What a rep confirms and writes down, item by item: kept with the handoff, and known of the lead
from then on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from feedback.models import ChecklistAnswer, Handoff
from leads import changes, fields
from leads.models import Lead, Note, User
from leads.refusals import Refused

SOURCE = "sales"
Item = dict[str, Any]


def given(
    items: list[Item], confirmed: Iterable[str], answers: Mapping[str, str]
) -> dict[str, str]:
    """What was said of which item: of those that collect something, what is not blank; of the
    others, whether they were confirmed."""
    ticked = set(confirmed) | {key for key, value in answers.items() if value.strip()}
    said = {}
    for item in items:
        key = item["key"]
        value = answers.get(key, "").strip() if item.get("collects") else "yes"
        if value and key in ticked:
            said[key] = value
    return said


def complete(
    handoff: Handoff,
    checklist: str,
    items: list[Item],
    said: Mapping[str, str],
    *,
    by: User,
    at: datetime,
) -> None:
    """Keep the answers to a complete checklist; what it collects becomes knowledge about the
    lead, with sales as its source. Raises Refused `unreadable_value`, naming the item.

    The fields exist since the agreement came into force; under a later one they may have been
    removed, and the answer alone is kept.
    """
    _learn(handoff, items, said, by=by, at=at)
    kept = [
        ChecklistAnswer(
            handoff=handoff,
            checklist=checklist,
            item=item["key"],
            value=_words(handoff.lead, said[item["key"]], by=by, at=at)
            if item.get("collects")
            else None,
            by=by,
            at=at,
        )
        for item in items
    ]
    ChecklistAnswer.objects.bulk_create(kept)


def _words(lead: Lead, words: str, *, by: User, at: datetime) -> Note:
    return Note.objects.create(lead=lead, text=words, author=by, written_at=at)


def _learn(
    handoff: Handoff, items: list[Item], said: Mapping[str, str], *, by: User, at: datetime
) -> None:
    collecting = {item["collects"]["attribute"]: item for item in items if item.get("collects")}
    if not collecting:
        return
    known = fields.registry()
    learnt = {key: said[item["key"]] for key, item in collecting.items() if key in known}
    try:
        changes.record(handoff.lead, learnt, source=SOURCE, known_at=at, by=by)
    except Refused as refused:
        if refused.field in collecting:
            refused.field = collecting[refused.field]["key"]
        raise
