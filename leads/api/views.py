"""Leads and activities from other systems."""

from __future__ import annotations

from typing import Any, NoReturn

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from leads import intake
from leads.api import items
from leads.api.refusals import EVERYWHERE, WITH_BODY, RefusalSerializer, one_of, refusals
from leads.api.serializers import (
    ActivitiesResultSerializer,
    ActivityResultSerializer,
    ActivitySerializer,
    LeadResultSerializer,
    LeadSerializer,
)
from leads.changes import LeadRow
from leads.intake import Report
from leads.models import User
from leads.nudges import nudge
from leads.refusals import Refused

TWO_LEADS = {409: "The identities belong to two leads, or the id to another lead's activity."}


class LeadsView(APIView):
    @extend_schema(
        summary="Tell what is known about a person",
        description="The person is recognised by any of the identities; one nobody knows yet "
        "becomes a lead. Needs a token of somebody who sees all leads.",
        request=LeadSerializer,
        responses={
            200: OpenApiResponse(LeadResultSerializer, description="The lead was known."),
            201: OpenApiResponse(LeadResultSerializer, description="The lead is new."),
        }
        | refusals(EVERYWHERE, WITH_BODY, TWO_LEADS),
        tags=["leads"],
    )
    def post(self, request: Request) -> Response:
        intake.require_writer(request.user)
        now = timezone.now()
        serializer = LeadSerializer(data=request.data, context={"now": now})
        serializer.is_valid(raise_exception=True)
        sent = serializer.validated_data
        known_at = sent.get("known_at", now)
        news = intake.News(
            LeadRow(sent["keys"], sent["values"], known_at, dated="known_at" in sent),
            source=sent["source"],
            channel=sent.get("channel"),
            campaign=sent.get("campaign"),
            owner=sent.get("owner", ""),
        )
        lead, result, changed = intake.take_lead(news, by=request.user, at=now)
        nudge("scoring.tasks.rescore_stale")
        body = {"id": lead.pk, "result": result, "changed": sorted(changed)}
        return Response(body, 201 if result == "created" else 200)


class ActivitiesView(APIView):
    @extend_schema(
        summary="Tell what people did: one activity, or a list of up to 500",
        description="Each names the person by an identity; one nobody knows yet becomes a lead. "
        "Of a list, the good items go in together and the others are named with their index: "
        "200 means that all went in, 207 that some were refused, 422 that none went in. "
        "Needs a token of somebody who sees all leads.",
        request=one_of("OneOrManyActivities", ActivitySerializer, ActivitySerializer(many=True)),
        responses={
            200: OpenApiResponse(
                one_of("OneOrManyResults", ActivityResultSerializer, ActivitiesResultSerializer),
                description="A repeat changed nothing; or all items of a list went in.",
            ),
            201: OpenApiResponse(ActivityResultSerializer, description="The activity is new."),
            207: OpenApiResponse(ActivitiesResultSerializer, description="Some were refused."),
        }
        | refusals(EVERYWHERE, WITH_BODY, TWO_LEADS)
        | {
            422: OpenApiResponse(
                one_of("RefusedActivities", RefusalSerializer, ActivitiesResultSerializer),
                description="The activity, or every item of the list, was refused.",
            )
        },
        tags=["activities"],
    )
    def post(self, request: Request) -> Response:
        intake.require_writer(request.user)
        take = _take_list if isinstance(request.data, list) else _take_one
        body, status = take(request.data, request.user)
        nudge("scoring.tasks.rescore_stale")
        return Response(body, status)


def _take_one(data: Any, user: User) -> tuple[dict[str, Any], int]:
    now = timezone.now()
    taken = intake.take_activities([items.read_one(data, now=now)], by=user, at=now)[0]
    if taken.refusal:
        raise taken.refusal
    return items.result(taken), 201 if taken.status == "created" else 200


def _take_list(data: list[Any], user: User) -> tuple[dict[str, Any], int]:
    now = timezone.now()
    read = items.read_many(data, now=now)
    reports = [item for item in read if isinstance(item, Report)]
    return items.results(read, intake.take_activities(reports, by=user, at=now))


@extend_schema(exclude=True)
class Nowhere(APIView):
    """An address of the API that isn't one. It answers in the API's shape, whoever calls."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def http_method_not_allowed(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        message = _("The API has nothing at %(path)s.") % {"path": request.path}
        remedy = _("Its addresses begin with /api/v1/ and end with a slash; see /api/docs/.")
        raise Refused("not_found", message, remedy, status=404)

    options = http_method_not_allowed
