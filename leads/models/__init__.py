"""Who leads are and what they did."""

from leads.models.activities import (
    NEVER_KNOWN,
    Activity,
    ActivityType,
    Campaign,
    Channel,
    Quarantine,
    Touch,
)
from leads.models.events import Event, Note
from leads.models.imports import Import, UnmappedOwner
from leads.models.leads import Attribute, Company, Identity, Lead, LeadChange, StaleLead, TeamAccess
from leads.models.people import ApiToken, Side, Team, User

__all__ = [
    "NEVER_KNOWN",
    "Activity",
    "ActivityType",
    "ApiToken",
    "Attribute",
    "Campaign",
    "Channel",
    "Company",
    "Event",
    "Identity",
    "Import",
    "Lead",
    "LeadChange",
    "Note",
    "Quarantine",
    "Side",
    "StaleLead",
    "Team",
    "TeamAccess",
    "Touch",
    "UnmappedOwner",
    "User",
]
