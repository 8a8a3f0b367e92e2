"""Refusals shown: once for pages, once for the API."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

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
        return Response(_body(error.code, error.message, error.remedy, error.field), error.status)
    response = exception_handler(error, context)
    if response is not None:
        response.data = _api_refusal(error, response.data)
    return response


def _api_refusal(error: Exception, data: Any) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        message = _("Some of what was sent cannot be used.")
        return _body("invalid", message, _("See errors, mend them and send it again.")) | {
            "errors": data
        }
    detail = data.get("detail", "") if isinstance(data, dict) else ""
    code = getattr(detail, "code", "") or "refused"
    return _body(code, str(detail))


def _body(code: str, message: str, remedy: str = "", field: str = "") -> dict[str, Any]:
    return {"code": code, "message": message, "remedy": remedy, "field": field}
