"""Fields that the API reads more strictly than its framework would."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.validators import ProhibitSurrogateCharactersValidator

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LARGEST_NUMBER = 10**15
KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")


class StrictSerializer(serializers.Serializer):
    """Refuses keys it does not know: a misspelt field is a mistake, not a wish."""

    def to_internal_value(self, data: Any) -> Any:
        problems = self._unknown(data)
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError(error.detail | problems) from error
        if problems:
            raise serializers.ValidationError(problems)
        return values

    def _unknown(self, data: Any) -> dict[str, list[str]]:
        if not isinstance(data, dict):
            return {}
        message = _("There is no field of this name here. Known are: %(fields)s.")
        known = ", ".join(name for name, field in self.fields.items() if not field.read_only)
        return {
            str(key)[:60]: [message % {"fields": known}] for key in data if key not in self.fields
        }


class MomentField(serializers.DateTimeField):
    """A moment with its time zone, shown in UTC. Naive times are refused: whose noon was it?"""

    default_error_messages = {
        "zone": _("Add the time zone: 2026-03-01T09:30:00Z or 2026-03-01T10:30:00+01:00."),
        "early": _("This is before 1990. Check the date."),
    }

    def enforce_timezone(self, value: datetime) -> datetime:
        if timezone.is_naive(value):
            self.fail("zone")
        try:
            moment = value.astimezone(UTC)
        except OverflowError:
            self.fail("early")
        if moment < EARLIEST:
            self.fail("early")
        return moment


@extend_schema_field(
    {
        "type": "object",
        "maxProperties": 50,
        "additionalProperties": {
            "oneOf": [
                {"type": "string", "maxLength": 2000},
                {"type": "number", "minimum": -LARGEST_NUMBER, "maximum": LARGEST_NUMBER},
                {"type": "boolean"},
            ],
            "nullable": True,
        },
    }
)
class PlainValuesField(serializers.Field):
    """An object of plain values: text, number, yes or no, null; nothing nested."""

    default_error_messages = {
        "not_object": _("Send an object of names and values."),
        "too_many": _("At most 50 values go into one object."),
        "key": _("Names have letters, digits, - and _, up to 60 of them."),
        "nested": _("Send a plain value here: text, number, true, false or null."),
        "long": _("At most 2,000 characters go into one value."),
        "large": _("Numbers go up to 1,000,000,000,000,000."),
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("not_object")
        if len(data) > 50:
            self.fail("too_many")
        problems = {key[:60]: [problem] for key in data if (problem := self._problem(key, data))}
        if problems:
            raise serializers.ValidationError(problems)
        return data

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any]:
        return value

    def _problem(self, key: str, data: dict[str, Any]) -> str:
        value = data[key]
        if not KEY.fullmatch(key):
            return self.error_messages["key"]
        if isinstance(value, str):
            return self._text_problem(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            sane = math.isfinite(value) and abs(value) <= LARGEST_NUMBER
            return "" if sane else self.error_messages["large"]
        return "" if value is None or isinstance(value, bool) else self.error_messages["nested"]

    def _text_problem(self, value: str) -> str:
        if len(value) > 2000:
            return self.error_messages["long"]
        try:
            ProhibitNullCharactersValidator()(value)
            ProhibitSurrogateCharactersValidator()(value)
        except ValidationError as error:
            return error.messages[0]
        return ""
