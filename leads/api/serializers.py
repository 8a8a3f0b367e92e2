"""Leads and activities as other systems send them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from leads import fields, identities
from leads.api.fields import MomentField, PlainValuesField, StrictSerializer
from leads.api.refusals import ProblemSerializer
from leads.identities import IdentityKey
from leads.models import Attribute

# Clocks of senders may run ahead a little; what lies further ahead has not happened.
AHEAD = timedelta(minutes=5)

LEAD_RESULTS = ["created", "updated", "unchanged"]
ACTIVITY_RESULTS = ["created", "unchanged"]
ITEM_RESULTS = ["created", "unchanged", "refused"]


class IdentifiedSerializer(StrictSerializer):
    """Somebody, by an e-mail address, an id in the sender's system, or a visitor's number."""

    email = serializers.EmailField(
        required=False, max_length=identities.LONGEST_VALUE, help_text="An e-mail address."
    )
    external_id = serializers.CharField(
        required=False,
        max_length=identities.LONGEST_VALUE,
        help_text="The person's id in the system `source`.",
    )
    visitor = serializers.CharField(
        required=False,
        max_length=identities.LONGEST_VALUE,
        help_text="The visitor's number in the system `source`.",
    )
    source = serializers.CharField(
        required=False,
        max_length=identities.LONGEST_SOURCE,
        help_text="The system this comes from. Needed with `external_id` and `visitor`; "
        "without it, it is `api`.",
    )

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        if not any(sent.get(name) for name in ("email", "external_id", "visitor")):
            problem = _("Nothing says who this is. Send email, external_id or visitor.")
            raise serializers.ValidationError({"email": problem})
        if not sent.get("source") and (sent.get("external_id") or sent.get("visitor")):
            problem = _("Name the system that gave the external_id or visitor.")
            raise serializers.ValidationError({"source": problem})
        return sent | {"source": sent.get("source", "api"), "keys": keys(sent)}


def keys(sent: dict[str, Any]) -> tuple[IdentityKey, ...]:
    """The identities that a body names."""
    named = []
    if sent.get("email"):
        named.append(identities.email(sent["email"]))
    if sent.get("external_id"):
        named.append(identities.external(sent["source"], sent["external_id"]))
    if sent.get("visitor"):
        named.append(identities.visitor(sent["source"], sent["visitor"]))
    return tuple(named)


class LeadSerializer(IdentifiedSerializer):
    """What is known about a person. What is not sent stays; null or an empty text clears."""

    attributes = PlainValuesField(
        required=False, help_text="Values of the lead fields that this installation registered."
    )
    channel = serializers.CharField(
        required=False,
        allow_null=True,
        max_length=60,
        help_text="Where the lead came from, by key or name; a new one becomes *unclassified*. "
        "Kept as an activity *inquiry*.",
    )
    campaign = serializers.CharField(
        required=False, allow_null=True, max_length=80, help_text="By key or name."
    )
    owner = serializers.EmailField(
        required=False, help_text="The e-mail address of the rep whose lead this is."
    )
    known_at = MomentField(
        required=False,
        help_text="Since when this is known: a value known later wins. Now, if not sent.",
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        return super().get_fields() | {
            key: _profile_field(spec)
            for key, spec in fields.built_in().items()
            if key != "email" and not spec.derived
        }

    def validate_known_at(self, moment: datetime) -> datetime:
        if moment > self.context["now"] + AHEAD:
            raise serializers.ValidationError(_("This moment lies ahead. Check the date."))
        return min(moment, self.context["now"])

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        sent = super().validate(sent)
        profile = fields.built_in().keys() & sent.keys()
        return sent | {"values": {key: sent[key] for key in profile} | sent.get("attributes", {})}


def _profile_field(spec: fields.FieldSpec) -> serializers.Field:
    optional = {"required": False, "allow_null": True, "help_text": spec.label}
    if spec.type == Attribute.Type.NUMBER:
        return serializers.IntegerField(min_value=0, max_value=2**31 - 1, **optional)
    if spec.type == Attribute.Type.COUNTRY:
        optional["help_text"] = _("Two-letter code, or the name in English or German.")
        return serializers.CharField(max_length=80, allow_blank=True, **optional)
    return serializers.CharField(max_length=spec.length, allow_blank=True, **optional)


class LeadResultSerializer(serializers.Serializer):
    """What became of it."""

    id = serializers.IntegerField(help_text="The lead's number in Baton.")
    result = serializers.ChoiceField(choices=LEAD_RESULTS)
    changed = serializers.ListField(
        child=serializers.CharField(), help_text="The fields that have a new value."
    )


class ActivitySerializer(IdentifiedSerializer):
    """One thing a person did. A person nobody knows yet becomes a lead."""

    id = serializers.CharField(
        required=False,
        max_length=120,
        help_text="The activity's own id in the system `source`: sent twice, it counts once.",
    )
    type = serializers.CharField(
        max_length=60, help_text="What was done, by key or name: `pricing_page`."
    )
    occurred_at = MomentField(help_text="When it was done, with time zone.")
    channel = serializers.CharField(
        required=False,
        allow_null=True,
        max_length=60,
        help_text="Where it came through, by key or name; a new one becomes *unclassified*.",
    )
    campaign = serializers.CharField(
        required=False, allow_null=True, max_length=80, help_text="The campaign, by key or name."
    )
    properties = PlainValuesField(
        required=False,
        help_text="What else is known: `words` (what the person wrote), `minutes`, "
        "`share_watched` (0 to 100), `follow_up`, `content`, … With clicks send `link`, "
        "`delivered_at` and `user_agent`: by them machines are recognised and set aside. "
        "The user agent is not kept.",
    )

    def validate_occurred_at(self, moment: datetime) -> datetime:
        if moment > self.context["now"] + AHEAD:
            problem = _("This moment lies ahead. Send what has happened, and check the time zone.")
            raise serializers.ValidationError(problem)
        return min(moment, self.context["now"])


class ActivityResultSerializer(serializers.Serializer):
    """What became of one activity."""

    result = serializers.ChoiceField(choices=ACTIVITY_RESULTS)
    activity = serializers.IntegerField(help_text="The activity's number in Baton.")
    lead = serializers.IntegerField(help_text="The lead's number in Baton.")
    lead_result = serializers.ChoiceField(choices=LEAD_RESULTS)


class ItemResultSerializer(serializers.Serializer):
    """What became of one item of a list; a refused one says why and has changed nothing."""

    index = serializers.IntegerField(help_text="Its place in the list, from 0.")
    result = serializers.ChoiceField(choices=ITEM_RESULTS)
    activity = serializers.IntegerField(required=False)
    lead = serializers.IntegerField(required=False)
    lead_result = serializers.ChoiceField(choices=LEAD_RESULTS, required=False)
    code = serializers.CharField(required=False)
    message = serializers.CharField(required=False)
    remedy = serializers.CharField(required=False)
    field = serializers.CharField(required=False)
    errors = ProblemSerializer(many=True, required=False)


class ActivitiesResultSerializer(serializers.Serializer):
    """What became of a list."""

    created = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = ItemResultSerializer(many=True)
