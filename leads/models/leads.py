"""Leads: the person, how we recognise them, and every change of what we know."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from leads.models.people import Side, Team, User


class Company(models.Model):
    """A company that leads act for. Recognised by its folded name."""

    name = models.CharField(_("name"), max_length=200)
    name_folded = models.CharField(max_length=200, unique=True, editable=False)
    domain = models.CharField(_("domain"), max_length=200, blank=True, db_index=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="companies",
        verbose_name=_("owner"),
    )

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Attribute(models.Model):
    """A lead field of the customer's own. `key` names the value in `Lead.attributes`."""

    class Type(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        BOOLEAN = "boolean", _("Yes or no")
        CHOICE = "choice", _("Choice")
        EMAIL = "email", _("E-mail")
        COUNTRY = "country", _("Country")

    key = models.SlugField(_("key"), max_length=60, unique=True)
    label = models.CharField(_("label"), max_length=120)
    type = models.CharField(_("type"), max_length=8, choices=Type)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    purpose = models.CharField(
        _("purpose"), max_length=200, blank=True, help_text=_("Why this is collected.")
    )
    in_use = models.BooleanField(
        _("in use"),
        default=False,
        editable=False,
        help_text=_("An agreement names this field: it cannot be deleted or retyped."),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("lead field")
        verbose_name_plural = _("lead fields")
        ordering = ["label"]

    def __str__(self) -> str:
        return self.label


class LeadQuerySet(models.QuerySet["Lead"]):
    """Sets of leads."""

    def visible_to(self, user: User) -> LeadQuerySet:
        """Marketing and managers see all; a rep sees own leads and those shown to the team."""
        if not user.is_active:
            return self.none()
        if user.is_manager or user.side == Side.MARKETING:
            return self
        if user.side != Side.SALES:
            return self.none()
        shown = TeamAccess.objects.filter(team_id=user.team_id).values("lead_id")
        return self.filter(Q(owner=user) | Q(pk__in=shown))

    def unowned_visible_to(self, user: User) -> LeadQuerySet:
        """Those of them that nobody owns. A rep's can only be those shown to the team: asked for
        like this, the database begins with them."""
        if user.is_manager or user.side != Side.SALES:
            return self.visible_to(user).filter(owner=None)
        shown = TeamAccess.objects.filter(team_id=user.team_id).values("lead_id")
        return self.filter(owner=None, pk__in=shown) if user.is_active else self.none()


class Lead(models.Model):
    """A person who may buy. The row is the projection of its `LeadChange` log.

    `*_folded` columns hold case- and accent-folded text for conditions; they and all
    profile columns are written by `leads.changes` alone. `attributes` maps a registered
    attribute's key to its typed, canonical value; `attributes_folded` the text ones, folded.
    """

    first_name = models.CharField(_("first name"), max_length=120, blank=True)
    last_name = models.CharField(_("last name"), max_length=120, blank=True)
    title = models.CharField(_("role"), max_length=200, blank=True)
    seniority = models.CharField(_("seniority"), max_length=60, blank=True)
    function = models.CharField(_("function"), max_length=60, blank=True)
    company_name = models.CharField(_("company"), max_length=200, blank=True)
    company_size = models.PositiveIntegerField(_("company size"), null=True, blank=True)
    industry = models.CharField(_("industry"), max_length=120, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    phone = models.CharField(_("phone"), max_length=60, blank=True)
    website = models.CharField(_("website"), max_length=200, blank=True)
    social_profile = models.CharField(_("social profile"), max_length=200, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)

    name_folded = models.CharField(max_length=250, blank=True, editable=False)
    title_folded = models.CharField(max_length=200, blank=True, editable=False)
    seniority_folded = models.CharField(max_length=60, blank=True, editable=False)
    function_folded = models.CharField(max_length=60, blank=True, editable=False)
    company_name_folded = models.CharField(max_length=200, blank=True, editable=False)
    industry_folded = models.CharField(max_length=120, blank=True, editable=False)
    city_folded = models.CharField(max_length=120, blank=True, editable=False)
    email_domain = models.CharField(max_length=254, blank=True, editable=False)
    attributes_folded = models.JSONField(default=dict, blank=True, editable=False)

    company = models.ForeignKey(
        Company, models.SET_NULL, null=True, blank=True, related_name="leads"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="owned_leads",
        verbose_name=_("owner"),
    )
    unmapped_owner = models.ForeignKey(
        "leads.UnmappedOwner", models.SET_NULL, null=True, blank=True, related_name="leads"
    )
    first_channel = models.ForeignKey(
        "leads.Channel", models.PROTECT, null=True, blank=True, related_name="+"
    )
    latest_channel = models.ForeignKey(
        "leads.Channel", models.PROTECT, null=True, blank=True, related_name="+"
    )
    latest_activity_at = models.DateTimeField(null=True, blank=True)
    dormant_since = models.DateTimeField(
        null=True,
        blank=True,
        help_text=_("Came in as history: only an activity after this may hand it over."),
    )
    created_at = models.DateTimeField(_("created at"))

    objects = LeadQuerySet.as_manager()

    class Meta:
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        indexes = [
            models.Index(fields=["name_folded"]),
            models.Index(fields=["company"]),
            models.Index(fields=["owner"]),
            models.Index(fields=["-created_at"]),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """First and last name, else e-mail, else the lead's number."""
        full = f"{self.first_name} {self.last_name}".strip()
        return full or self.email or _("Lead %(number)s") % {"number": self.pk}


class Identity(models.Model):
    """How we recognise a lead. E-mail addresses are folded and of no source."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        EXTERNAL_ID = "external_id", _("External id")
        VISITOR = "visitor", _("Visitor")
        ROW = "row", _("Line of a source")

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="identities")
    source = models.CharField(_("source"), max_length=60, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    value = models.CharField(_("value"), max_length=254)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = [
            models.UniqueConstraint(fields=["source", "kind", "value"], name="identity_unique"),
            models.CheckConstraint(condition=~Q(value=""), name="identity_has_value"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.value}"


class LeadChange(models.Model):
    """One write to a lead's profile: which keys got which values, from whom, known since when.

    `values` maps a field key (built-in or attribute) to its new canonical value; null clears it.
    Append-only. The projection takes, per key, the value latest by (known_at, id).
    """

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="changes")
    values = models.JSONField(_("values"))
    source = models.CharField(_("source"), max_length=60)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    known_at = models.DateTimeField(_("known at"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    class Meta:
        verbose_name = _("lead change")
        verbose_name_plural = _("lead changes")
        indexes = [models.Index(fields=["lead", "known_at", "id"])]

    def __str__(self) -> str:
        return f"{self.source}: {', '.join(self.values)}"


class StaleLead(models.Model):
    """A lead whose score may be out of date. `counter` rises with every cause;
    whoever rescored clears the row only if the counter is still the one read.

    `since` is the first cause, `not_before` the latest one (by its own clock) or when a failed
    attempt is repeated: a lead is rescored only when everything that made it stale is known.
    After `leads.stale.MOST_ATTEMPTS` failures the lead is set aside, with the `problem`.
    """

    lead = models.OneToOneField(Lead, models.CASCADE, primary_key=True, related_name="stale")
    counter = models.PositiveIntegerField(default=1)
    since = models.DateTimeField(_("since"))
    not_before = models.DateTimeField(_("not before"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    problem = models.CharField(_("problem"), max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["since"])]

    def __str__(self) -> str:
        return str(self.lead_id)


class TeamAccess(models.Model):
    """A lead was shown to a team: it was offered to one of its pools, or claimed."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="team_access")
    team = models.ForeignKey(Team, models.CASCADE, related_name="lead_access")
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "lead"], name="team_access_once")]

    def __str__(self) -> str:
        return f"{self.team} · {self.lead_id}"
