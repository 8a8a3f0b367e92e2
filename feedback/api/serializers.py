"""Handoffs as other systems read and answer them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from feedback import terms
from feedback.api.states import STATES
from feedback.models import Handoff
from leads.api.fields import MomentField, StrictSerializer
from leads.models import Identity, Lead, Touch
from scoring import documents, glances, grades, promises
from scoring.checks.structure import BACK_TO, COLLECTED_TYPES


class HandoffQuerySerializer(StrictSerializer):
    """Which handoffs are asked for."""

    state = serializers.MultipleChoiceField(
        choices=STATES, required=False, help_text="May be given several times."
    )
    owner = serializers.EmailField(
        required=False, help_text="The e-mail address of the rep who has it."
    )
    updated_since = MomentField(
        required=False,
        help_text="Only what was offered, answered, contacted, … at or after this moment. "
        "Write the + of a time zone as %2B.",
    )
    cursor = serializers.CharField(
        required=False, help_text="Continues a list: follow `next` and `previous` instead."
    )


class IdentitySerializer(serializers.ModelSerializer):
    """How a system recognises the lead."""

    class Meta:
        model = Identity
        fields = ["source", "kind", "value"]
        read_only_fields = fields


class HandedLeadSerializer(serializers.ModelSerializer):
    """The person who is handed over."""

    identities = IdentitySerializer(many=True, read_only=True)

    class Meta:
        model = Lead
        fields = [
            "id",
            "first_name",
            "last_name",
            "title",
            "company_name",
            "email",
            "phone",
            "city",
            "country",
            "identities",
        ]
        read_only_fields = fields


class TermSerializer(serializers.Serializer):
    """An item of a list in the agreement."""

    key = serializers.CharField()
    label = serializers.CharField()


class AskedSerializer(serializers.Serializer):
    """What an item of the checklist collects."""

    label = serializers.CharField()
    type = serializers.ChoiceField(choices=COLLECTED_TYPES)
    choices = serializers.ListField(child=serializers.CharField())


class ItemSerializer(TermSerializer):
    """An item of the checklist; `asks` is null where it is only confirmed."""

    asks = AskedSerializer(allow_null=True)


class ReasonSerializer(TermSerializer):
    """A reason for a return, and what follows: days of rest, whether what the lead did before
    counts no more, the nurture track, and whether it comes back to who returned it."""

    rest_days = serializers.IntegerField()
    resets = serializers.BooleanField()
    track = serializers.CharField(allow_blank=True)
    back_to = serializers.ChoiceField(choices=["", *BACK_TO], allow_blank=True)


class ClockSerializer(serializers.Serializer):
    """What is owed next, and by when."""

    key = serializers.ChoiceField(choices=Handoff.Clock.values, source="clock")
    due_at = MomentField()
    warn_at = MomentField(allow_null=True)
    breached_at = MomentField(allow_null=True)


class HandoffSerializer(serializers.ModelSerializer):
    """A handoff as it stands, with what an answer may name."""

    state = serializers.ChoiceField(choices=STATES, read_only=True)
    lead = HandedLeadSerializer(read_only=True)
    stage = serializers.CharField(source="entry.stage.key", read_only=True)
    grade = serializers.SerializerMethodField(
        help_text="The score as a grade: A to D for the fit, 1 to 4 for the engagement."
    )
    agreement = serializers.IntegerField(source="version.number", read_only=True)
    pool = serializers.CharField(source="pool.name", read_only=True)
    owner = serializers.SerializerMethodField()
    clock = serializers.SerializerMethodField()
    answered_by = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()
    opened_at = MomentField(read_only=True)
    offered_at = MomentField(read_only=True, allow_null=True)
    answered_at = MomentField(read_only=True, allow_null=True)
    first_contact_at = MomentField(read_only=True, allow_null=True)
    rests_until = MomentField(
        read_only=True, allow_null=True, help_text="Put off, or returned to come back, until then."
    )
    conversation_at = MomentField(read_only=True, allow_null=True)
    closed_at = MomentField(read_only=True, allow_null=True)
    checklist = serializers.SerializerMethodField(
        help_text="What an acceptance confirms: send the keys, and answers to what it asks."
    )
    track = serializers.SerializerMethodField(
        help_text="The nurture track a returned lead goes on, by the agreement's reason."
    )
    reasons = serializers.SerializerMethodField(
        help_text="The reasons a return may give: send a key."
    )

    class Meta:
        model = Handoff
        fields = [
            "id",
            "state",
            "lead",
            "stage",
            "score",
            "grade",
            "agreement",
            "pool",
            "owner",
            "claimed",
            "speed_lane",
            "clock",
            "rests_until",
            "opened_at",
            "offered_at",
            "answered_at",
            "answered_by",
            "attempts",
            "first_contact_at",
            "conversation_at",
            "closed_at",
            "reason",
            "disputed",
            "back_on",
            "track",
            "checklist",
            "reasons",
        ]
        read_only_fields = fields

    def get_grade(self, handoff: Handoff) -> str | None:
        evidence = getattr(handoff, "evidence", None)
        if evidence is None or not evidence.ledger:
            return None
        return str(grades.of(glances.sums(evidence.ledger), handoff.version.body))

    def get_owner(self, handoff: Handoff) -> str | None:
        return handoff.owner.email if handoff.owner else None

    @extend_schema_field(ClockSerializer(allow_null=True))
    def get_clock(self, handoff: Handoff) -> dict[str, Any] | None:
        return ClockSerializer(handoff).data if handoff.due_at else None

    def get_answered_by(self, handoff: Handoff) -> str | None:
        return handoff.answered_by.email if handoff.answered_by else None

    def get_reason(self, handoff: Handoff) -> str | None:
        return handoff.reason.key if handoff.reason else None

    def get_track(self, handoff: Handoff) -> str:
        reason = handoff.reason and promises.reason(handoff.version, handoff.reason.key)
        return documents.text(reason.get("track")) if reason else ""

    @extend_schema_field(ItemSerializer(many=True))
    def get_checklist(self, handoff: Handoff) -> list[dict[str, Any]]:
        items = terms.checklist(handoff.version, terms.ACCEPTANCE)
        return [_named(item) | {"asks": _asked(item)} for item in items]

    @extend_schema_field(ReasonSerializer(many=True))
    def get_reasons(self, handoff: Handoff) -> list[dict[str, Any]]:
        return [
            _named(reason)
            | {
                "rest_days": reason["rest_days"],
                "resets": reason.get("resets", False),
                "track": documents.text(reason.get("track")),
                "back_to": reason.get("back_to", ""),
            }
            for reason in handoff.version.body.get("reasons", [])
        ]


def _named(item: dict[str, Any]) -> dict[str, Any]:
    return {"key": item["key"], "label": documents.text(item["label"])}


def _asked(item: dict[str, Any]) -> dict[str, Any] | None:
    collects = item.get("collects")
    if not collects:
        return None
    label, choices = documents.text(collects["label"]), collects.get("choices") or []
    return {"label": label, "type": collects["type"], "choices": choices}


class AcceptanceSerializer(StrictSerializer):
    """The lead is taken on: every item of the checklist confirmed."""

    confirmed = serializers.ListField(
        child=serializers.CharField(max_length=60),
        max_length=50,
        help_text="Keys of the handoff's `checklist`, all of them.",
    )
    answers = serializers.DictField(
        child=serializers.CharField(max_length=200),
        required=False,
        help_text="What was said of those items that ask for something, by key.",
    )
    next_step = serializers.CharField(
        max_length=2000, required=False, allow_blank=True, help_text="Shown to marketing."
    )


class ReturnSerializer(StrictSerializer):
    """The lead comes back: at the door, or after contact, never without a reason."""

    reason = serializers.CharField(max_length=60, help_text="A key of the handoff's `reasons`.")
    text = serializers.CharField(max_length=2000, help_text="A sentence for marketing.")
    disputed = serializers.CharField(
        max_length=60,
        required=False,
        allow_blank=True,
        help_text="The key of the criterion that did not hold, if one did not.",
    )
    back_on = serializers.DateField(
        required=False, allow_null=True, help_text="Offer the lead again on this day."
    )


class ContactSerializer(StrictSerializer):
    """A try to reach the lead, whether somebody answered or not."""

    kind = serializers.ChoiceField(choices=Touch.Kind.values, help_text="How.")
    outcome = serializers.ChoiceField(
        choices=Touch.Outcome.values,
        help_text="What came of it; `conversation` is a conversation held.",
    )
    text = serializers.CharField(
        max_length=2000, required=False, allow_blank=True, help_text="What was said."
    )
    occurred_at = MomentField(
        required=False,
        help_text="When it was, since the acceptance; by default now. Clocks go by when it is "
        "written down.",
    )
    external_id = serializers.RegexField(
        r"^[A-Za-z0-9_.:-]{1,60}$",
        required=False,
        help_text="Your number of it: sent again, it is not written down again.",
    )


class QualificationSerializer(StrictSerializer):
    """The qualification checklist is complete, and an opportunity opens."""

    answers = serializers.DictField(
        child=serializers.CharField(max_length=200),
        help_text="What was said of every item of the checklist, by key.",
    )
    amount = serializers.DecimalField(
        max_digits=14,
        decimal_places=2,
        required=False,
        allow_null=True,
        help_text="What the deal may bring; null or left out: not known yet.",
    )
    currency = serializers.RegexField(
        r"^[A-Z]{3}$",
        required=False,
        help_text="Three letters; by default the currency of the agreement's goals.",
    )


class ClaimSerializer(StrictSerializer):
    """A rep takes a lead that was not handed over."""

    reason = serializers.CharField(max_length=2000, help_text="Why now: shown to marketing.")
