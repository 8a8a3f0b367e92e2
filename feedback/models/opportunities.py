"""Opportunities: of a company, with contacts. Money counts once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from feedback.models.handoffs import Handoff
from leads.models import Company, Lead, Side, UnmappedOwner, User


class OpportunityQuerySet(models.QuerySet["Opportunity"]):
    """Sets of opportunities."""

    def visible_to(self, user: User) -> OpportunityQuerySet:
        """Marketing and managers see all; a rep the own and those of leads shown to the team."""
        if not user.is_active:
            return self.none()
        if user.is_manager or user.side == Side.MARKETING:
            return self
        if user.side != Side.SALES:
            return self.none()
        leads = Lead.objects.visible_to(user)
        return self.filter(Q(owner=user) | Q(contacts__lead__in=leads)).distinct()


class Opportunity(models.Model):
    """A chance to sell. `amount` may be unknown: null, never 0 for unknown."""

    class Kind(models.TextChoices):
        NEW_BUSINESS = "new_business", _("New business")
        UPSELL = "upsell", _("Upsell")
        RENEWAL = "renewal", _("Renewal")

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")

    name = models.CharField(_("name"), max_length=200)
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="opportunities"
    )
    handoff = models.OneToOneField(
        Handoff, models.PROTECT, null=True, blank=True, related_name="opportunity"
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.NEW_BUSINESS)
    status = models.CharField(_("status"), max_length=4, choices=Status, default=Status.OPEN)
    amount = models.DecimalField(
        _("amount"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="opportunities",
    )
    unmapped_owner = models.ForeignKey(
        UnmappedOwner, models.SET_NULL, null=True, blank=True, related_name="opportunities"
    )
    source = models.CharField(_("source"), max_length=60, blank=True)
    external_id = models.CharField(_("external id"), max_length=120, blank=True)
    opened_at = models.DateTimeField(_("opened at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    lost_because = models.CharField(_("lost because"), max_length=200, blank=True)

    objects = OpportunityQuerySet.as_manager()

    class Meta:
        verbose_name = _("opportunity")
        verbose_name_plural = _("opportunities")
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=~Q(external_id=""),
                name="opportunity_external_id_once",
            ),
            models.CheckConstraint(
                condition=Q(status="open", closed_at=None)
                | (Q(status__in=["won", "lost"]) & Q(closed_at__isnull=False)),
                name="closed_opportunity_has_moment",
            ),
            models.CheckConstraint(
                condition=Q(amount=None) | Q(amount__gt=0), name="amount_positive_or_unknown"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OpportunityContact(models.Model):
    """A lead in the buying centre of an opportunity, with its role there."""

    class Role(models.TextChoices):
        DECIDER = "decider", _("Decider")
        BUYER = "buyer", _("Buyer")
        INFLUENCER = "influencer", _("Influencer")
        USER = "user", _("User")
        GATEKEEPER = "gatekeeper", _("Gatekeeper")
        UNKNOWN = "unknown", _("Unknown")

    opportunity = models.ForeignKey(Opportunity, models.CASCADE, related_name="contacts")
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="opportunity_contacts")
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.UNKNOWN)
    primary = models.BooleanField(_("primary"), default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["opportunity", "lead"], name="contact_once"),
            models.UniqueConstraint(
                fields=["opportunity"], condition=Q(primary=True), name="one_primary_contact"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead} · {self.get_role_display()}"
