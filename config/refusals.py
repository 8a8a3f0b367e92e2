"""Refusals shown: once for pages, once for the API."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from leads.api.refusals import body, body_of, invalid
from leads.refusals import Refused


class RefusalMiddleware:
    """Shows a Refused raised by a view: a partial to htmx, a page to everyone else."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Refused):
            return None
        return refusal(request, error)


def refusal(request: HttpRequest, error: Refused) -> HttpResponse:
    """What happened and what to do, with the refusal's own status."""
    template = "_refusal.html" if request.htmx else "refused.html"
    return render(request, template, {"refusal": error}, status=error.status)


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer every refusal of the API in one shape: code, message, remedy, field, errors."""
    if isinstance(error, Refused):
        return Response(body_of(error), error.status)
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        response.status_code = 422
        response.data = invalid(error.detail)
    else:
        response.data = body(*_told(error, response.data))
    return response


def _told(error: Exception, data: Any) -> tuple[str, str, str]:
    detail = data.get("detail", "") if isinstance(data, dict) else ""
    remedy = ""
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        remedy = _("Send the header “Authorization: Bearer TOKEN”; administrators make tokens.")
    return getattr(detail, "code", "") or "refused", str(detail), remedy
