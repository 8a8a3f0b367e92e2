"""What the pages of the inbox read, as SQL written by hand: counts, a list, the handoff in hand.

The statements know beforehand who asks and for what. Rows are fetched and thrown away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection

OPEN = "h.closed_at IS NULL"
AWAKE = "(h.rests_until IS NULL OR h.rests_until <= %(at)s)"
OFFERED = f"{OPEN} AND h.answer = '' AND h.offered_at IS NOT NULL"
ACCEPTED = f"{OPEN} AND h.answer = 'accepted'"
# Looked up row by row: an EXISTS beside an OR would read the leads of all open handoffs.
ALONE = (
    "(SELECT o.id FROM feedback_handoff o WHERE o.lead_id = h.lead_id AND o.closed_at IS NULL "
    "LIMIT 1) IS NULL"
)
QUEUES = {
    "answer": f"{OFFERED} AND {AWAKE}",
    "contact": f"{ACCEPTED} AND h.first_contact_at IS NULL AND {AWAKE}",
    "qualify": f"{ACCEPTED} AND h.first_contact_at IS NOT NULL AND {AWAKE}",
    "resting": f"h.rests_until > %(at)s AND ({OPEN} OR {ALONE})",
    "pool": f"{OFFERED} AND h.owner_id IS NULL AND h.unassigned_since IS NULL",
    "unassigned": f"{OPEN} AND h.unassigned_since IS NOT NULL",
    "waiting": f"{OPEN} AND h.offered_at IS NULL",
    "answered": "h.answered_by_id IS NOT NULL",
}
PERSONAL = ("answer", "contact", "qualify", "resting", "answered")
LANE = (
    "OR (h.owner_id IS NULL AND h.speed_lane AND h.pool_id IN "
    "(SELECT pool_id FROM feedback_poolmember WHERE user_id = %(user)s))"
)
SEEN = "h.pool_id IN (SELECT id FROM feedback_pool WHERE team_id = %(team)s)"
LOSS = "h.speed_lane DESC, h.due_at ASC NULLS LAST, h.score DESC, h.id"
ORDERS = {"resting": "h.rests_until, h.id", "answered": "h.answered_at DESC, h.id DESC"}
FOLLOWING = (
    "h.speed_lane = %(lane)s AND h.due_at >= %(due)s AND (h.due_at > %(due)s "
    "OR h.score < %(score)s OR (h.score = %(score)s AND h.id > %(pk)s))"
)
DONE = """(SELECT t.name FROM leads_activity a JOIN leads_activitytype t ON t.id = a.type_id
WHERE a.lead_id = h.lead_id AND a.occurred_at <= h.trigger_at AND a.known_at < '9999-01-01'
{also} ORDER BY a.occurred_at DESC, a.id DESC LIMIT 1)"""
WEEK, WORDS = {
    "postgresql": ("h.trigger_at - interval '7 days'", "a.properties ->> 'words'"),
    "sqlite": ("datetime(h.trigger_at, '-7 days')", "json_extract(a.properties, '$.words')"),
}[connection.vendor]
ASKED = f"""AND a.occurred_at > {WEEK} AND ({WORDS} > '' OR t.key IN ('add_on_requested',
'contact_requested', 'demo_requested', 'follow_up_requested', 'hand_raised', 'meeting_requested',
'quote_requested', 'renewal_requested'))"""
TRIGGER = f"COALESCE({DONE.format(also=ASKED)}, {DONE.format(also='')})"
ROWS = f"""SELECT h.*, l.first_name, l.last_name, l.title, l.company_name, u.first_name,
u.last_name, p.name, p.calendar_id, m.calendar_id, e.ledger, {TRIGGER}
FROM feedback_handoff h JOIN leads_lead l ON l.id = h.lead_id
JOIN feedback_pool p ON p.id = h.pool_id LEFT JOIN leads_user u ON u.id = h.owner_id
LEFT JOIN feedback_poolmember m ON m.pool_id = h.pool_id AND m.user_id = h.owner_id
LEFT JOIN feedback_evidence e ON e.handoff_id = h.id
WHERE {{where}} ORDER BY {{order}} LIMIT 26"""
HAND = (
    """SELECT h.*, l.*, e.ledger, e.criteria, v.body, p.name, u.first_name, u.last_name
FROM feedback_handoff h JOIN leads_lead l ON l.id = h.lead_id
JOIN feedback_pool p ON p.id = h.pool_id JOIN scoring_agreementversion v ON v.id = h.version_id
LEFT JOIN leads_user u ON u.id = h.owner_id LEFT JOIN feedback_evidence e ON e.handoff_id = h.id
WHERE h.id = %(hand)s""",
    """SELECT a.*, t.name, c.name FROM feedback_handoff h JOIN leads_activity a
ON a.lead_id = h.lead_id JOIN leads_activitytype t ON t.id = a.type_id
LEFT JOIN leads_channel c ON c.id = a.channel_id WHERE h.id = %(hand)s
AND a.known_at < '9999-01-01' ORDER BY a.occurred_at DESC, a.id DESC LIMIT 13""",
    """SELECT t.*, n.text FROM feedback_handoff h JOIN leads_touch t ON t.lead_id = h.lead_id
LEFT JOIN leads_note n ON n.id = t.note_id WHERE h.id = %(hand)s
ORDER BY t.occurred_at DESC, t.id DESC LIMIT 13""",
    """SELECT s.*, n.text, u.first_name, u.last_name FROM feedback_handoff h
JOIN feedback_handoff o ON o.lead_id = h.lead_id JOIN feedback_handoffevent s
ON s.handoff_id = o.id LEFT JOIN leads_note n ON n.id = s.note_id
LEFT JOIN leads_user u ON u.id = s.by_id WHERE h.id = %(hand)s ORDER BY s.at DESC, s.id DESC""",
)
HOURS = """SELECT calendar_id, weekday, starts, ends FROM feedback_workinghours"""
UNREAD = "SELECT count(*) FROM (SELECT id FROM feedback_notification WHERE user_id = %(user)s AND "
UNREAD += "read_at IS NULL LIMIT 100) n"


def counts(*, everyones: bool, manager: bool) -> str:
    """How many stand in each queue but the last, how many are over, and how many notifications
    are unread; none counted beyond a hundred."""
    sized = [_where(key, everyones, manager) for key in QUEUES if key != "answered"]
    sized.append(f"{_where('answer', everyones, manager)} AND h.due_at < %(at)s")
    numbers = [
        f"(SELECT count(*) FROM (SELECT 1 FROM feedback_handoff h WHERE {where} LIMIT 100) c)"
        for where in sized
    ]
    return f"SELECT {', '.join(numbers)}, ({UNREAD})"


def rows(queue: str, *, everyones: bool, manager: bool, also: str = "") -> str:
    """A page of a queue; `also` narrows it."""
    where = _where(queue, everyones, manager) + (f" AND {also}" if also else "")
    return ROWS.format(where=where, order=ORDERS.get(queue, LOSS))


def numbers(queue: str, *, everyones: bool, manager: bool) -> str:
    """The numbers of the first hundred, to find one's neighbours."""
    where = _where(queue, everyones, manager)
    order = ORDERS.get(queue, LOSS)
    return f"SELECT h.id FROM feedback_handoff h WHERE {where} ORDER BY {order} LIMIT 100"


def run(statements: Iterable[str], values: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, values)
            cursor.fetchall()


def _where(queue: str, everyones: bool, manager: bool) -> str:
    parts = [f"({QUEUES[queue]})"]
    if not manager:
        parts.append(SEEN)
    if queue in PERSONAL and not everyones:
        column = "answered_by_id" if queue == "answered" else "owner_id"
        lane = LANE if queue == "answer" else ""
        parts.append(f"(h.{column} = %(user)s {lane})")
    return " AND ".join(parts)
