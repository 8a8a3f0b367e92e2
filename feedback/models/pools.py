"""Pools of reps, when they are away, and the rules by which leads come to them."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from feedback.models.calendars import Calendar
from leads.models import Team


class Pool(models.Model):
    """Reps who may answer the same handoffs. A lead that no routing rule sends elsewhere goes to
    the first. `turn` is how far the turns of its members have come (`feedback.routing`)."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    team = models.ForeignKey(Team, models.PROTECT, related_name="pools", verbose_name=_("team"))
    calendar = models.ForeignKey(
        Calendar, models.PROTECT, related_name="pools", verbose_name=_("calendar")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    turn = models.BigIntegerField(default=0, editable=False)

    history = HistoricalRecords(excluded_fields=["turn"])

    class Meta:
        verbose_name = _("pool")
        verbose_name_plural = _("pools")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class PoolMember(models.Model):
    """A rep in a pool: on duty or not, in which hours, how many handoffs at a time and a day.

    `weight` is the rep's share of the turns, `turn` how far they have come, `credits` how many
    turns the rep is owed for leads that came back through no fault of theirs.
    """

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="pool_memberships"
    )
    on_duty = models.BooleanField(_("on duty"), default=True)
    capacity = models.PositiveSmallIntegerField(
        _("capacity"), default=10, help_text=_("Unanswered handoffs at a time.")
    )
    daily_capacity = models.PositiveSmallIntegerField(
        _("a day"),
        null=True,
        blank=True,
        help_text=_("New handoffs a day; empty: as many as come."),
    )
    weight = models.PositiveSmallIntegerField(
        _("weight"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text=_("1 to 10: with 2 a rep gets twice as many as with 1."),
    )
    calendar = models.ForeignKey(
        Calendar,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="members",
        verbose_name=_("own hours"),
        help_text=_("Empty: the hours of the pool."),
    )
    last_assigned_at = models.DateTimeField(null=True, blank=True, editable=False)
    turn = models.BigIntegerField(default=0, editable=False)
    credits = models.PositiveSmallIntegerField(default=0, editable=False)

    history = HistoricalRecords(excluded_fields=["last_assigned_at", "turn", "credits"])

    class Meta:
        verbose_name = _("pool member")
        verbose_name_plural = _("pool members")
        constraints = [
            models.UniqueConstraint(fields=["pool", "user"], name="pool_member_once"),
            models.CheckConstraint(
                condition=Q(weight__gte=1, weight__lte=10), name="weight_from_one_to_ten"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.pool}"


class Absence(models.Model):
    """Days on which a rep is not there, both included, in the rep's own working hours. Entered by
    the rep or by who leads the team; why they are away is nobody's business here."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="absences", verbose_name=_("who")
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("entered by")
    )
    entered_at = models.DateTimeField(_("entered at"))

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ["first_day", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="absence_ends_after_start"
            ),
        ]
        indexes = [models.Index(fields=["user", "last_day"])]

    def __str__(self) -> str:
        return f"{self.user} {self.first_day}–{self.last_day}"


class RoutingRule(models.Model):
    """The first active rule whose condition a lead meets decides which pool it is offered to, and
    whose it becomes there. `when` is a condition as in agreements; null means every lead."""

    class Strategy(models.TextChoices):
        ROUND_ROBIN = "round_robin", _("Take turns, by weight")
        LEAST_LOADED = "least_loaded", _("Who has least to do")
        FIRST_TO_TAKE = "first_to_take", _("Speed lane: first to take it has it")

    name = models.CharField(_("name"), max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    active = models.BooleanField(_("active"), default=True)
    when = models.JSONField(_("for leads"), null=True, blank=True)
    pool = models.ForeignKey(
        Pool, models.PROTECT, related_name="rules", verbose_name=_("offered to")
    )
    keeps_lead_owner = models.BooleanField(_("the lead’s owner keeps it"), default=True)
    keeps_company_owner = models.BooleanField(_("the company’s owner gets it"), default=True)
    owner_any_hour = models.BooleanField(
        _("owners get it outside of their hours too"), default=False
    )
    strategy = models.CharField(
        _("all others"), max_length=14, choices=Strategy, default=Strategy.ROUND_ROBIN
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("routing rule")
        verbose_name_plural = _("routing rules")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name
