"""What is written down of a handoff: every step, what it was made on, what was confirmed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from feedback.models.handoffs import Handoff
from leads.models import Note


class HandoffEvent(models.Model):
    """One step of a handoff. Append-only; replaying the steps gives the row.

    Kinds: opened, offered, hurried, assigned, unassigned, claimed, accepted, returned, withdrawn,
    contacted, conversation, qualified, message, undone, put_off, taken_up, taken_back; of a clock:
    clock_started, clock_met, warned, breached, escalated, paused, resumed, deadline_moved.
    `data` holds codes and moments only; words stand in `note`.
    """

    # Found by the index that begins with it.
    handoff = models.ForeignKey(Handoff, models.PROTECT, related_name="steps", db_index=False)
    kind = models.CharField(_("kind"), max_length=20)
    at = models.DateTimeField(_("at"))
    # Most steps are Baton's own, without words: those are left out of the indexes.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    data = models.JSONField(_("data"), default=dict)
    note = models.ForeignKey(
        Note, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("handoff step")
        verbose_name_plural = _("handoff steps")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["handoff", "id"]),
            models.Index(fields=["by"], condition=Q(by__isnull=False), name="step_by"),
            models.Index(fields=["note"], condition=Q(note__isnull=False), name="step_note"),
        ]

    def __str__(self) -> str:
        return self.kind


class Evidence(models.Model):
    """What a handoff was made on, frozen: the ledger in words and the criteria with evidence.

    `ledger` is a list of lines (`scoring.ledgers.Line` as dicts), its points summing to the
    handoff's score; `criteria` a list of `scoring.explanations.Criterion` as dicts.
    Erasable, unlike the handoff that refers to it.
    """

    handoff = models.OneToOneField(Handoff, models.CASCADE, related_name="evidence")
    ledger = models.JSONField()
    criteria = models.JSONField()

    def __str__(self) -> str:
        return str(self.handoff_id)


class ChecklistAnswer(models.Model):
    """An item of the acceptance or qualification checklist, confirmed, with what it collected."""

    handoff = models.ForeignKey(Handoff, models.PROTECT, related_name="checklist_answers")
    checklist = models.CharField(_("checklist"), max_length=16)
    item = models.CharField(_("item"), max_length=60)
    value = models.ForeignKey(Note, models.SET_NULL, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["handoff", "checklist", "item"], name="checklist_item_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.checklist}: {self.item}"
