"""What comes back: handoffs, answers, clocks, opportunities, notifications."""

from feedback.models.calendars import Calendar, DayOff, WorkingHours
from feedback.models.handoffs import ChecklistAnswer, Evidence, Handoff, HandoffEvent
from feedback.models.notifications import Notification
from feedback.models.opportunities import Opportunity, OpportunityContact
from feedback.models.pools import Pool, PoolMember

__all__ = [
    "Calendar",
    "ChecklistAnswer",
    "DayOff",
    "Evidence",
    "Handoff",
    "HandoffEvent",
    "Notification",
    "Opportunity",
    "OpportunityContact",
    "Pool",
    "PoolMember",
    "WorkingHours",
]
