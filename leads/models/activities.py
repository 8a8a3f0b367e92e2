"""What leads did, what we did, and the channels and campaigns behind it."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from leads import activity_names

# `known_at` of an activity that is set aside: no moment ever sees it.
NEVER_KNOWN = datetime(9999, 1, 1, tzinfo=UTC)


class Channel(models.Model):
    """Where an activity came through. A name nobody knows yet is kept as *unclassified*."""

    class Kind(models.TextChoices):
        INBOUND = "inbound", _("Inbound")
        EVENT = "event", _("Event")
        ENGAGEMENT = "engagement", _("Engagement")
        UNCLASSIFIED = "unclassified", _("Unclassified")

    key = models.SlugField(_("key"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.UNCLASSIFIED)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Campaign(models.Model):
    """A marketing effort with its declared goal and cost."""

    class Goal(models.TextChoices):
        AWARENESS = "awareness", _("Awareness")
        MARKETING_LEADS = "marketing_leads", _("Marketing leads")
        SALES_LEADS = "sales_leads", _("Sales leads")
        REVENUE = "revenue", _("Revenue")

    key = models.SlugField(_("key"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=160)
    goal = models.CharField(_("goal"), max_length=16, choices=Goal, default=Goal.MARKETING_LEADS)
    channel = models.ForeignKey(
        Channel, models.PROTECT, null=True, blank=True, verbose_name=_("channel")
    )
    cost = models.DecimalField(_("cost"), max_digits=12, decimal_places=2, null=True, blank=True)
    starts_on = models.DateField(_("starts on"), null=True, blank=True)
    ends_on = models.DateField(_("ends on"), null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ActivityType(models.Model):
    """A kind of activity: `pricing_page`, `webinar_attended`, … New keys are added as they come."""

    key = models.SlugField(_("key"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("activity type")
        verbose_name_plural = _("activity types")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def said(self) -> str:
        """Its name in the reader's language, where Baton knows one and nobody chose another."""
        return activity_names.said(self.key, self.name)


class Activity(models.Model):
    """One dated thing a lead did. `known_at` is when we could know it; visible at t if known by t.

    `local_date` is the company-local date of `occurred_at`. `properties` holds plain values:
    `words` (what the lead wrote), `minutes`, `share_watched` (0–100), `follow_up`, `content`, …
    `properties_folded` holds the texts among them, folded for conditions; null without any.
    """

    lead = models.ForeignKey("leads.Lead", models.CASCADE, related_name="activities")
    type = models.ForeignKey(ActivityType, models.PROTECT, related_name="+")
    channel = models.ForeignKey(Channel, models.PROTECT, null=True, blank=True, related_name="+")
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, blank=True, related_name="activities"
    )
    occurred_at = models.DateTimeField(_("occurred at"))
    known_at = models.DateTimeField(_("known at"))
    local_date = models.DateField(_("local date"))
    source = models.CharField(_("source"), max_length=60, blank=True)
    external_id = models.CharField(_("external id"), max_length=120, blank=True)
    properties = models.JSONField(_("properties"), default=dict, blank=True)
    properties_folded = models.JSONField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=~Q(external_id=""),
                name="activity_external_id_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lead", "occurred_at"],
                include=["type", "channel", "known_at"],
                name="activity_lead_time",
            ),
            models.Index(
                fields=["known_at", "id"],
                condition=Q(known_at__gte=NEVER_KNOWN),
                name="activity_set_aside",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type_id} {self.occurred_at:%Y-%m-%d}"

    @property
    def is_set_aside(self) -> bool:
        """Does it look like a machine's doing, and count for nothing?"""
        return self.known_at >= NEVER_KNOWN


class Quarantine(models.Model):
    """An activity was set aside, or let go again. Append-only; the latest entry says how it is.

    Set aside, an activity's `known_at` is NEVER_KNOWN; `known_at` here is what it was before.
    Let go, it is known from the moment `at` of that entry. `detail` says by what it was
    recognised: the scanner's mark in the user agent, or how many links were clicked in how many
    seconds.
    """

    class Cause(models.TextChoices):
        AGENT = "agent", _("a known scanner")
        BURST = "burst", _("many links within seconds of delivery")
        HAND = "hand", _("set aside by hand")
        RELEASED = "released", _("let go")

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="quarantines")
    cause = models.CharField(_("cause"), max_length=8, choices=Cause)
    detail = models.CharField(_("detail"), max_length=120, blank=True)
    known_at = models.DateTimeField(_("known at"), null=True, blank=True)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("quarantine entry")
        verbose_name_plural = _("quarantine entries")
        indexes = [models.Index(fields=["activity", "id"])]

    def __str__(self) -> str:
        return f"{self.get_cause_display()} {self.at:%Y-%m-%d}"


class Touch(models.Model):
    """One dated thing we did to a lead, whether they reacted or not; visible at t if known by t."""

    class Kind(models.TextChoices):
        MAIL = "mail", _("Mail")
        CALL = "call", _("Call")
        MEETING = "meeting", _("Meeting")
        MESSAGE = "message", _("Message")

    class Outcome(models.TextChoices):
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        NOT_REACHED = "not_reached", _("Not reached")
        REACHED = "reached", _("Reached, no conversation")
        CONVERSATION = "conversation", _("Conversation held")

    lead = models.ForeignKey("leads.Lead", models.CASCADE, related_name="touches")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome)
    occurred_at = models.DateTimeField(_("occurred at"))
    known_at = models.DateTimeField(_("known at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, blank=True, related_name="touches"
    )
    note = models.ForeignKey("leads.Note", models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("touch")
        verbose_name_plural = _("touches")
        indexes = [models.Index(fields=["lead", "occurred_at"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.occurred_at:%Y-%m-%d}"
