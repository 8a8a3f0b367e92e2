"""Handoffs for other systems: read them, answer them, and write down what came of them."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback import contacts, handoffs, qualifications
from feedback.api.serializers import (
    AcceptanceSerializer,
    ClaimSerializer,
    ContactSerializer,
    HandoffQuerySerializer,
    HandoffSerializer,
    QualificationSerializer,
    ReturnSerializer,
)
from feedback.api.states import any_of
from feedback.models import Handoff, HandoffEvent
from feedback.models.handoffs import HandoffQuerySet
from leads.api.refusals import EVERYWHERE, WITH_BODY, refusals
from leads.clock import database_now
from leads.models import User
from leads.nudges import nudge
from leads.refusals import Refused

NOT_YOURS = {404: "There is no such handoff, or it is not yours to know of."}
NO_LEAD = {404: "There is no such lead, or it is not yours to know of."}
NOT_BELOW = {409: "Somebody has the lead, or it stands beyond the bar."}
MOVED_ON = {409: "Somebody was faster, or the handoff is not at this point."}
SHOWN = ["lead", "entry__stage", "pool", "owner", "answered_by", "reason", "evidence"]
SHOWN_IN_SETS = ["version", "lead__identities"]


class HandoffPages(CursorPagination):
    """Latest first. Pages stay what they were while new handoffs come in."""

    page_size = 50
    ordering = "-id"

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor = super().decode_cursor(request)
        if cursor and cursor.position is not None and not cursor.position.isdecimal():
            raise NotFound(self.invalid_cursor_message)
        return cursor


@extend_schema(
    summary="Handoffs that the token's owner may see, latest first",
    parameters=[HandoffQuerySerializer],
    responses={200: HandoffSerializer(many=True)}
    | refusals(EVERYWHERE, {404: "The cursor is none of ours."}, {422: "A filter is at fault."}),
    tags=["handoffs"],
)
class HandoffList(ListAPIView):
    serializer_class = HandoffSerializer
    pagination_class = HandoffPages
    queryset = Handoff.objects.none()

    def get_queryset(self) -> HandoffQuerySet:
        query = HandoffQuerySerializer(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        return _asked_for(_visible(self.request.user), query.validated_data)


class AcceptanceView(APIView):
    @extend_schema(
        summary="Accept a handoff, with its checklist",
        request=AcceptanceSerializer,
        responses={200: HandoffSerializer} | refusals(EVERYWHERE, WITH_BODY, NOT_YOURS, MOVED_ON),
        tags=["handoffs"],
    )
    def post(self, request: Request, pk: int) -> Response:
        handoff = _one(request.user, pk)
        sent = _read(AcceptanceSerializer, request)
        handoffs.accept(
            handoff,
            by=request.user,
            at=database_now(),
            confirmed=set(sent["confirmed"]),
            answers=sent.get("answers"),
            next_step=sent.get("next_step", ""),
        )
        return _answered(request.user, pk)


class ReturnView(APIView):
    @extend_schema(
        summary="Return a handoff with a reason, at the door or after contact",
        request=ReturnSerializer,
        responses={200: HandoffSerializer} | refusals(EVERYWHERE, WITH_BODY, NOT_YOURS, MOVED_ON),
        tags=["handoffs"],
    )
    def post(self, request: Request, pk: int) -> Response:
        handoff = _one(request.user, pk)
        sent = _read(ReturnSerializer, request)
        handoffs.give_back(
            handoff,
            by=request.user,
            at=database_now(),
            reason=sent["reason"],
            text=sent["text"],
            disputed=sent.get("disputed", ""),
            back_on=sent.get("back_on"),
        )
        return _answered(request.user, pk)


class ContactView(APIView):
    @extend_schema(
        summary="Write down a try to reach the lead of an accepted handoff",
        request=ContactSerializer,
        responses={200: HandoffSerializer} | refusals(EVERYWHERE, WITH_BODY, NOT_YOURS, MOVED_ON),
        tags=["handoffs"],
    )
    def post(self, request: Request, pk: int) -> Response:
        handoff = _one(request.user, pk)
        sent = _read(ContactSerializer, request)
        contacts.log(handoff, by=request.user, at=database_now(), **sent)
        return _answered(request.user, pk)


class QualificationView(APIView):
    @extend_schema(
        summary="Qualify an accepted handoff, with its checklist: an opportunity opens",
        request=QualificationSerializer,
        responses={200: HandoffSerializer} | refusals(EVERYWHERE, WITH_BODY, NOT_YOURS, MOVED_ON),
        tags=["handoffs"],
    )
    def post(self, request: Request, pk: int) -> Response:
        handoff = _one(request.user, pk)
        sent = _read(QualificationSerializer, request)
        qualifications.qualify(handoff, by=request.user, at=database_now(), **sent)
        return _answered(request.user, pk)


class ClaimView(APIView):
    @extend_schema(
        summary="Claim a lead that was not handed over, with a reason",
        request=ClaimSerializer,
        responses={201: HandoffSerializer} | refusals(EVERYWHERE, WITH_BODY, NO_LEAD, NOT_BELOW),
        tags=["handoffs"],
    )
    def post(self, request: Request, pk: int) -> Response:
        lead = handoffs.claimable_by(request.user).filter(pk=pk).first()
        if lead is None:
            raise Refused("not_found", _("There is no such lead."), status=404)
        reason = _read(ClaimSerializer, request)["reason"]
        handoff = handoffs.claim(lead, by=request.user, at=database_now(), reason=reason)
        return _answered(request.user, handoff.pk, status=201)


def _visible(user: User) -> HandoffQuerySet:
    shown = Handoff.objects.visible_to(user).select_related(*SHOWN)
    return shown.defer("evidence__criteria").prefetch_related(*SHOWN_IN_SETS)


def _asked_for(found: HandoffQuerySet, query: dict[str, Any]) -> HandoffQuerySet:
    if query.get("state"):
        found = found.filter(any_of(query["state"]))
    if "owner" in query:
        found = found.filter(owner__email=query["owner"].lower())
    if "updated_since" in query:
        since = query["updated_since"]
        steps = HandoffEvent.objects.filter(handoff=OuterRef("pk"), recorded_at__gte=since)
        found = found.filter(Exists(steps))
    return found


def _one(user: User, pk: int) -> Handoff:
    handoff = Handoff.objects.visible_to(user).filter(pk=pk).first()
    if handoff is None:
        raise Refused("not_found", _("There is no such handoff."), status=404)
    return handoff


def _read(serializer: type[Any], request: Request) -> dict[str, Any]:
    sent = serializer(data=request.data)
    sent.is_valid(raise_exception=True)
    return sent.validated_data


def _answered(user: User, pk: int, *, status: int = 200) -> Response:
    nudge("feedback.tasks.deliver_events")
    nudge("feedback.tasks.release_waiting")
    nudge("scoring.tasks.rescore_stale")
    return Response(HandoffSerializer(_visible(user).get(pk=pk)).data, status=status)
