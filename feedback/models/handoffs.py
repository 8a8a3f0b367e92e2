"""The handoff: one offer of one lead, its answer, its outcome."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from feedback.models.pools import Pool, RoutingRule
from leads.models import Lead, Side, User
from scoring.models import AgreementVersion, Reason, StageEntry

# What is lost first comes first.
ORDER_OF_LOSS = (F("speed_lane").desc(), "due_at", F("score").desc(), "id")


class HandoffQuerySet(models.QuerySet["Handoff"]):
    """Sets of handoffs."""

    def visible_to(self, user: User) -> HandoffQuerySet:
        """Handoffs of the leads this person may see; a rep sees only the own team's pools, and no
        claim that was undone: it would show a lead to whom it was not given."""
        if not user.is_active:
            return self.none()
        if user.is_manager or user.side == Side.MARKETING:
            return self
        if user.side != Side.SALES:
            return self.none()
        undone = Q(claimed=True, answer="withdrawn")
        return self.filter(~undone, pool__in=Pool.objects.filter(team_id=user.team_id))

    def unclosed(self) -> HandoffQuerySet:
        return self.filter(closed_at=None)

    def waiting(self) -> HandoffQuerySet:
        """Not yet released to the pool: it has no room."""
        return self.filter(closed_at=None, offered_at=None)

    def awaiting_answer(self) -> HandoffQuerySet:
        return self.filter(closed_at=None, answer="").exclude(offered_at=None)

    def in_order_of_loss(self) -> HandoffQuerySet:
        """What is lost first comes first: deadline, then score."""
        return self.order_by(F("due_at").asc(nulls_last=True), "-score", "id")


class Handoff(models.Model):
    """One offer of one lead to a pool, optionally with an owner.

    Written by `feedback.handoffs` (answer, outcome, owner), `feedback.releases` and
    `feedback.routing` (offer, first owner) and `feedback.clocks` (deadline, breach) alone.
    `rule` is the routing rule that chose the pool (none: the one for all others); in the
    `speed_lane` the lead skips the queue and the first to take it has it. `assigned_at` is when the
    present owner got it, `unassigned_since` since when nobody is eligible. Until `rests_until` its
    owner has put it off, or, returned, wants it back then; since `paused_at` the clock is paused.
    `due_at` is the deadline of the clock that runs now (`clock`), in working time of the pool;
    null means none runs. On a closed handoff only marketing's clock runs, `answer_return`.
    `term_minutes` is what the clock was started with, `pauses` how often it was paused; at
    `warn_at`, if the agreement says so, who owes the answer is warned, once (`warned_at`); after a
    breach the next of the agreement's `escalations` is due at `escalate_at`. `trigger_at` is the
    activity that led here: what the buyer felt starts there.
    """

    class Answer(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        RETURNED = "returned", _("Returned")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Outcome(models.TextChoices):
        QUALIFIED = "qualified", _("Qualified")
        RETURNED = "returned", _("Returned after contact")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Clock(models.TextChoices):
        ANSWER = "answer", _("Answer")
        FIRST_CONTACT = "first_contact", _("First contact")
        QUALIFY = "qualify", _("Qualify or return")
        ANSWER_RETURN = "answer_return", _("Answer a return")

        @property
        def side(self) -> str:
            """Who promised it."""
            returns = type(self).ANSWER_RETURN
            return str(Side.MARKETING if self == returns else Side.SALES)

    # Found by the index that begins with it.
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="handoffs", db_index=False)
    entry = models.OneToOneField(
        StageEntry, models.PROTECT, related_name="handoff", verbose_name=_("stage entry")
    )
    version = models.ForeignKey(AgreementVersion, models.PROTECT, related_name="handoffs")
    # Lists look for open ones of a pool: an index of all misleads PostgreSQL to read it whole.
    pool = models.ForeignKey(Pool, models.PROTECT, related_name="handoffs", db_index=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="handoffs"
    )
    rule = models.ForeignKey(
        RoutingRule,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="handoffs",
        verbose_name=_("routing rule"),
    )
    speed_lane = models.BooleanField(_("speed lane"), default=False)
    assigned_at = models.DateTimeField(_("assigned at"), null=True, blank=True)
    unassigned_since = models.DateTimeField(_("unassigned since"), null=True, blank=True)
    transfers = models.PositiveSmallIntegerField(_("transfers"), default=0)
    credited = models.BooleanField(_("turn given back"), default=False)
    channel = models.ForeignKey(
        "leads.Channel", models.PROTECT, null=True, blank=True, related_name="+"
    )
    score = models.IntegerField(_("score"))
    claimed = models.BooleanField(_("claimed"), default=False)
    trigger_at = models.DateTimeField(_("trigger at"))
    opened_at = models.DateTimeField(_("opened at"))
    offered_at = models.DateTimeField(_("offered at"), null=True, blank=True)

    answer = models.CharField(_("answer"), max_length=9, choices=Answer, blank=True, default="")
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    answer_seconds = models.PositiveBigIntegerField(
        _("working seconds to the answer"), null=True, blank=True
    )
    attempts = models.PositiveSmallIntegerField(_("attempts to reach"), default=0)
    first_contact_at = models.DateTimeField(_("first contact at"), null=True, blank=True)
    conversation_at = models.DateTimeField(_("conversation at"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=9, choices=Outcome, blank=True, default="")
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    reason = models.ForeignKey(
        Reason, models.PROTECT, null=True, blank=True, related_name="handoffs"
    )
    disputed = models.CharField(_("disputed criterion"), max_length=60, blank=True)
    back_on = models.DateField(_("offer again on"), null=True, blank=True)

    clock = models.CharField(_("clock"), max_length=13, choices=Clock, blank=True, default="")
    clock_started_at = models.DateTimeField(null=True, blank=True)
    term_minutes = models.PositiveIntegerField(null=True, blank=True)
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    breached_at = models.DateTimeField(_("breached at"), null=True, blank=True)
    warn_at = models.DateTimeField(_("warn at"), null=True, blank=True)
    warned_at = models.DateTimeField(_("warned at"), null=True, blank=True)
    rests_until = models.DateTimeField(_("rests until"), null=True, blank=True)
    paused_at = models.DateTimeField(_("paused at"), null=True, blank=True)
    pauses = models.PositiveSmallIntegerField(_("pauses"), default=0)
    escalations = models.PositiveSmallIntegerField(_("escalations"), default=0)
    escalate_at = models.DateTimeField(_("escalate at"), null=True, blank=True)

    objects = HandoffQuerySet.as_manager()

    class Meta:
        verbose_name = _("handoff")
        verbose_name_plural = _("handoffs")
        constraints = [
            models.UniqueConstraint(
                fields=["lead"], condition=Q(closed_at=None), name="one_open_handoff_a_lead"
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_at=None)
                | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="answer_has_moment",
            ),
            models.CheckConstraint(
                condition=~Q(answer__in=["accepted", "returned"]) | Q(answered_by__isnull=False),
                name="answer_has_author",
            ),
            models.CheckConstraint(
                condition=Q(outcome="") | Q(answer="accepted"), name="outcome_follows_acceptance"
            ),
            models.CheckConstraint(
                condition=~(Q(answer="returned") | Q(outcome="returned")) | Q(reason__isnull=False),
                name="return_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, answer="")
                | Q(closed_at=None, answer="accepted", outcome="")
                | Q(closed_at__isnull=False, answer__in=["returned", "withdrawn"])
                | (Q(closed_at__isnull=False, answer="accepted") & ~Q(outcome="")),
                name="open_until_answered_or_closed",
            ),
            models.CheckConstraint(
                condition=~Q(answer="accepted") | Q(owner__isnull=False), name="accepted_has_owner"
            ),
            models.CheckConstraint(
                condition=Q(paused_at=None) | (Q(rests_until__isnull=False) & ~Q(clock="")),
                name="pause_has_end_and_clock",
            ),
            models.CheckConstraint(
                condition=Q(unassigned_since=None) | Q(owner=None, closed_at=None),
                name="unassigned_has_no_owner",
            ),
        ]
        indexes = [
            # Lists of the inbox: one's own, a pool's, and those of each queue for all.
            models.Index(
                "owner", *ORDER_OF_LOSS, condition=Q(closed_at=None), name="handoff_inbox"
            ),
            models.Index(
                "pool", *ORDER_OF_LOSS, condition=Q(closed_at=None), name="handoff_pool_inbox"
            ),
            models.Index(
                *ORDER_OF_LOSS,
                condition=Q(closed_at=None, answer="", offered_at__isnull=False),
                name="handoff_to_answer",
            ),
            models.Index(
                *ORDER_OF_LOSS,
                condition=Q(closed_at=None, answer="accepted", first_contact_at=None),
                name="handoff_to_contact",
            ),
            models.Index(
                *ORDER_OF_LOSS,
                condition=Q(closed_at=None, answer="accepted", first_contact_at__isnull=False),
                name="handoff_to_qualify",
            ),
            models.Index(
                *ORDER_OF_LOSS,
                condition=Q(closed_at=None, unassigned_since__isnull=False),
                name="handoff_unassigned",
            ),
            models.Index(
                *ORDER_OF_LOSS,
                condition=Q(closed_at=None, offered_at=None),
                name="handoff_without_room",
            ),
            models.Index(
                "pool",
                *ORDER_OF_LOSS,
                condition=Q(closed_at=None, answer="", owner=None, offered_at__isnull=False),
                name="handoff_unowned",
            ),
            models.Index(
                "pool",
                F("score").desc(),
                "opened_at",
                "id",
                condition=Q(closed_at=None, offered_at=None),
                name="handoff_waiting",
            ),
            models.Index(
                fields=["owner", "rests_until", "id"],
                condition=Q(rests_until__isnull=False),
                name="handoff_resting",
            ),
            models.Index(
                fields=["rests_until", "id"],
                condition=Q(rests_until__isnull=False),
                name="handoff_all_resting",
            ),
            models.Index(
                fields=["answered_by", "-answered_at", "-id"],
                condition=Q(answered_by__isnull=False),
                name="handoff_answered",
            ),
            models.Index(
                fields=["-answered_at", "-id"],
                condition=Q(answered_by__isnull=False),
                name="handoff_all_answered",
            ),
            # Sweeps, and who is assigned how many a day.
            models.Index(
                fields=["owner", "assigned_at"],
                condition=Q(assigned_at__isnull=False),
                name="handoff_assigned",
            ),
            models.Index(
                fields=["due_at"],
                condition=Q(breached_at=None, due_at__isnull=False),
                name="handoff_due",
            ),
            models.Index(
                fields=["escalate_at"],
                condition=Q(escalate_at__isnull=False),
                name="handoff_to_escalate",
            ),
            models.Index(
                fields=["warn_at"],
                condition=Q(warned_at=None, warn_at__isnull=False),
                name="handoff_to_warn",
            ),
            models.Index(
                fields=["rests_until"],
                condition=Q(paused_at__isnull=False),
                name="handoff_paused",
            ),
            models.Index(fields=["offered_at"]),
            models.Index(fields=["lead", "opened_at"]),
        ]

    def __str__(self) -> str:
        return _("Handoff %(number)s") % {"number": self.pk}

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def state(self) -> str:
        """waiting, offered, accepted, qualified, returned (at the door), returned_after_contact
        or withdrawn."""
        if self.outcome == self.Outcome.RETURNED:
            return "returned_after_contact"
        if self.outcome or self.answer:
            return self.outcome or self.answer
        return "offered" if self.offered_at else "waiting"

    @property
    def state_label(self) -> str:
        """The state, as people read it."""
        return str(STATE_LABELS[self.state])


STATE_LABELS = {
    "waiting": _("Waiting for room"),
    "offered": _("Not answered yet"),
    "accepted": _("Accepted"),
    "qualified": _("Qualified"),
    "returned": _("Returned at the door"),
    "returned_after_contact": _("Returned after contact"),
    "withdrawn": _("Withdrawn"),
}
