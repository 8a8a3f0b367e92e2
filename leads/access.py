"""Which teams a lead was shown to."""

from datetime import datetime

from leads.models import Lead, Team, TeamAccess


def show(lead: Lead, *, team: Team, at: datetime) -> None:
    """The team may see the lead from now on. Showing it again changes nothing."""
    TeamAccess.objects.bulk_create(
        [TeamAccess(lead=lead, team=team, since=at)], ignore_conflicts=True
    )
