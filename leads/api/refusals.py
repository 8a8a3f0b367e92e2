"""The one shape of every refusal, in answers and in the schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, PolymorphicProxySerializer
from rest_framework import serializers
from rest_framework.settings import api_settings

from leads.refusals import Refused


class ProblemSerializer(serializers.Serializer):
    """One thing at fault among several."""

    field = serializers.CharField(help_text="Where it stands, with dots: `attributes.budget`.")
    message = serializers.CharField(help_text="What is wrong with it, for people.")


class RefusalSerializer(serializers.Serializer):
    """What happened, and what to do."""

    code = serializers.CharField(help_text="Stable, for programs.")
    message = serializers.CharField(help_text="What happened, for people.")
    remedy = serializers.CharField(help_text="What to do, for people; may be empty.")
    field = serializers.CharField(help_text="The field at fault; empty if none is.")
    errors = ProblemSerializer(many=True, required=False, help_text="When fields are at fault.")


EVERYWHERE = {
    401: "There is no valid token.",
    403: "The token's owner may not do this.",
}
WITH_BODY = {
    400: "The body is not JSON.",
    413: "The body is larger than one mebibyte.",
    415: "The body is not declared as application/json.",
    422: "Something in the body cannot be used.",
}


def refusals(*described: Mapping[int, str]) -> dict[int, Any]:
    """Responses of a schema, by status: all of them one shape."""
    statuses = {status: text for mapping in described for status, text in mapping.items()}
    return {
        status: OpenApiResponse(RefusalSerializer, description=text)
        for status, text in sorted(statuses.items())
    }


def one_of(name: str, *serializers: Any) -> PolymorphicProxySerializer:
    """A body that is one of several, for the schema."""
    return PolymorphicProxySerializer(
        component_name=name, serializers=serializers, resource_type_field_name=None, many=False
    )


def body_of(refused: Refused) -> dict[str, Any]:
    """A verb's refusal."""
    return body(refused.code, refused.message, refused.remedy, refused.field)


def invalid(detail: Any) -> dict[str, Any]:
    """The refusal for a body whose fields are at fault, from what its serializer found."""
    errors = [{"field": path, "message": str(text)} for path, text in _flat(detail)]
    if len(errors) == 1:
        message, remedy = errors[0]["message"], _("Mend it and send it again.")
    else:
        message = _("%(count)s fields cannot be used.") % {"count": len(errors)}
        remedy = _("See errors, mend them and send it again.")
    return body("invalid", message, remedy, errors[0]["field"]) | {"errors": errors}


def _flat(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each message with where its field stands, with dots between the levels."""
    if isinstance(detail, dict):
        for key, inside in detail.items():
            own = "" if key == api_settings.NON_FIELD_ERRORS_KEY else str(key)
            yield from _flat(inside, ".".join(part for part in (path, own) if part))
    elif isinstance(detail, list):
        for index, inside in enumerate(detail):
            nested = isinstance(inside, dict | list)
            yield from _flat(inside, f"{path}.{index}".strip(".") if nested else path)
    else:
        yield path, detail


def body(code: str, message: str, remedy: str = "", field: str = "") -> dict[str, Any]:
    """What happened, what to do, and the field at fault if one is."""
    return {"code": code, "message": message, "remedy": remedy, "field": field}
