"""Handoffs as other systems read and answer them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from feedback import terms
from feedback.api.states import STATES
from feedback.models import Handoff
from leads.api.fields import MomentField, StrictSerializer
from leads.models import Identity, Lead
from scoring import documents, glances, grades


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


class ClockSerializer(serializers.Serializer):
    """What is owed next, and by when."""

    key = serializers.ChoiceField(choices=Handoff.Clock.values, source="clock")
    due_at = MomentField()
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
    conversation_at = MomentField(read_only=True, allow_null=True)
    closed_at = MomentField(read_only=True, allow_null=True)
    checklist = serializers.SerializerMethodField(
        help_text="What an acceptance confirms: send the keys."
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
            "clock",
            "opened_at",
            "offered_at",
            "answered_at",
            "answered_by",
            "first_contact_at",
            "conversation_at",
            "closed_at",
            "reason",
            "disputed",
            "back_on",
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

    @extend_schema_field(TermSerializer(many=True))
    def get_checklist(self, handoff: Handoff) -> list[dict[str, str]]:
        return _terms(terms.checklist(handoff.version, terms.ACCEPTANCE))

    @extend_schema_field(TermSerializer(many=True))
    def get_reasons(self, handoff: Handoff) -> list[dict[str, str]]:
        return _terms(handoff.version.body.get("reasons", []))


def _terms(items: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{"key": item["key"], "label": documents.text(item["label"])} for item in items]


class AcceptanceSerializer(StrictSerializer):
    """The lead is taken on: every item of the checklist confirmed."""

    confirmed = serializers.ListField(
        child=serializers.CharField(max_length=60),
        max_length=50,
        help_text="Keys of the handoff's `checklist`, all of them.",
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
