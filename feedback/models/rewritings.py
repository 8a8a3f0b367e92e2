"""Working hours have changed, and running deadlines still have to follow."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from feedback.models.handoffs import Handoff


class HoursChange(models.Model):
    """A change of working time as of `at`, gone once all deadlines have followed. `hours` says
    whose were what before and are what now (`feedback.clocks.schedules`); `number` is of how many
    deadlines it was."""

    at = models.DateTimeField(_("at"))
    hours = models.JSONField()
    number = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.pk)


class Carryover(models.Model):
    """A running deadline that a change of hours has not reached yet. Whoever needs the deadline
    brings it along first; whoever does deletes this row with it.

    Hundreds of thousands are written while everybody waits, so the keys are not checked: handoffs
    are never deleted, and a change not before its last row.
    """

    change = models.ForeignKey(
        HoursChange, models.PROTECT, related_name="left", db_index=False, db_constraint=False
    )
    handoff = models.ForeignKey(
        Handoff, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["handoff", "change"], name="carried_over_once")
        ]

    def __str__(self) -> str:
        return f"{self.change_id}: {self.handoff_id}"
