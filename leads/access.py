"""Which teams a lead was shown to."""

from datetime import datetime

from leads.models import Lead, Team, TeamAccess


def show(lead: Lead, *, team: Team, at: datetime) -> None:
    """The team may see the lead from now on. Showing it again changes nothing."""
    TeamAccess.objects.bulk_create(
        [TeamAccess(lead=lead, team=team, since=at)], ignore_conflicts=True
    )


def is_shown(lead: Lead, *, team: Team) -> bool:
    """Was the lead shown to the team?"""
    return TeamAccess.objects.filter(lead=lead, team=team).exists()


def hide(lead: Lead, *, team: Team) -> None:
    """The lead was shown to the team by mistake: nobody there sees it any more because of it."""
    TeamAccess.objects.filter(lead=lead, team=team).delete()
