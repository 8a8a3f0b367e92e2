"""Who is calling: a bearer token, and nothing else."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from leads import tokens
from leads.models import User


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer TOKEN`. Cookies don't count: no page calls on a visitor's behalf."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        scheme, _blank, plain = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != "bearer":
            return None
        user = tokens.authenticate(plain.strip(), at=timezone.now())
        if user is None:
            message = _("This token is unknown or revoked, or its owner may no longer sign in.")
            raise AuthenticationFailed(message, code="bad_token")
        return user, None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Baton"'


class BearerScheme(OpenApiAuthenticationExtension):
    """How the schema describes the token."""

    target_class = BearerAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
