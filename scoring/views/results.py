"""What the result of a closed round shows."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from leads.models import Lead, Side
from scoring import agreements, calibrations, journeys
from scoring.calibrations import Verdict
from scoring.documents import text
from scoring.models import Calibration

SIDES = (Side.MARKETING, Side.SALES)


@dataclass(frozen=True)
class Row:
    """A lead of the result: its votes, one line about it, its name if that may be said, and its
    page if this person may open it."""

    verdict: Verdict
    line: str
    name: str
    address: str


def result(request: HttpRequest, calibration: Calibration) -> HttpResponse:
    found = calibrations.find(calibration)
    ids = [each.subject.lead_id for each in found.verdicts]
    seen = Lead.objects.visible_to(request.user).filter(pk__in=ids)
    seen = set(seen.values_list("pk", flat=True))
    sides = [(each, found.agreement.against_text[each.value]) for each in SIDES]
    context = {
        "calibration": calibration,
        "stage": stage_name(calibration),
        "found": found,
        "sides": sides,
        "rows": [_row(each, found.lines, calibration, seen) for each in found.ordered],
        "may_edit": agreements.may_edit(request.user),
        "unsettled": agreements.unsettled(),
    }
    return render(request, "scoring/calibration/result.html", context)


def _row(verdict: Verdict, lines: dict[int, str], calibration: Calibration, seen: set[int]) -> Row:
    """Where names were hidden from the room, the wall does not say them afterwards."""
    lead = verdict.subject.lead
    name = "" if calibration.hides_names else lead.name
    address = reverse("lead", args=[lead.pk]) if lead.pk in seen else ""
    return Row(verdict, lines.get(lead.pk, ""), name, address)


def stage_name(calibration: Calibration) -> str:
    found = journeys.stage(calibration.body, calibration.stage)
    return text(found["name"]) if found else calibration.stage
