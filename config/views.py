"""The front door, and the answer to those who ask whether Baton is well."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from feedback import setups
from leads.models import Side

FRONT_ROOMS = {Side.MARKETING: "agreement", Side.SALES: "inbox", Side.OPERATIONS: "funnel"}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Lead people to the page where their day begins."""
    if request.user.is_superuser and setups.may_continue(request.user):
        return redirect("setup")
    elsewhere = "admin:index" if request.user.is_staff else "account"
    return redirect(FRONT_ROOMS.get(request.user.side, elsewhere))


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the web server reaches its database, 503 otherwise."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "the database does not answer"}, status=503)
    return JsonResponse({"status": "ok"})
