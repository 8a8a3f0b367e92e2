"""Stage entries that count: not those that were undone by then, nor their undoing."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from scoring.measures.scopes import Scope
from scoring.models import StageEntry

Cause = StageEntry.Cause


def entries(scope: Scope) -> QuerySet[StageEntry]:
    """Entries by then. An undoing takes back what stands directly before it: one entry, or those
    of one claim, which come at one moment. `scoring.facts.undone` says the same in Python."""
    earlier = StageEntry.objects.filter(lead=OuterRef("lead_id"))
    between = earlier.filter(pk__gt=OuterRef(OuterRef("pk")), pk__lt=OuterRef("pk"))
    between = between.exclude(Q(cause=Cause.CLAIMED) & Q(at=OuterRef(OuterRef("at"))))
    undoing = earlier.filter(pk__gt=OuterRef("pk"), cause=Cause.UNDONE, at__lte=scope.moments.at)
    found = StageEntry.objects.filter(scope.of, at__lte=scope.moments.at)
    return found.exclude(cause=Cause.UNDONE).filter(~Exists(undoing.filter(~Exists(between))))
