"""What comes back: handoffs, answers, clocks, opportunities, notifications."""

from feedback.models.calendars import Calendar, DayOff, WorkingHours
from feedback.models.handoffs import Handoff
from feedback.models.notifications import Letter, Notification, NotificationPreference
from feedback.models.opportunities import Opportunity, OpportunityContact
from feedback.models.pools import Absence, Pool, PoolMember, RoutingRule
from feedback.models.rewritings import Carryover, HoursChange
from feedback.models.steps import ChecklistAnswer, Evidence, HandoffEvent

__all__ = [
    "Absence",
    "Calendar",
    "Carryover",
    "ChecklistAnswer",
    "DayOff",
    "Evidence",
    "Handoff",
    "HandoffEvent",
    "HoursChange",
    "Letter",
    "Notification",
    "NotificationPreference",
    "Opportunity",
    "OpportunityContact",
    "Pool",
    "PoolMember",
    "RoutingRule",
    "WorkingHours",
]
