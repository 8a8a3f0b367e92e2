"""Handoffs that came back: what marketing reads to learn why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import BigIntegerField, Count, Exists, F, Max, OuterRef, Q, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.urls import reverse

from feedback.models import Handoff, HandoffEvent
from feedback.models.handoffs import HandoffQuerySet
from leads.models import Event, Side, User
from scoring import documents
from scoring.models import AgreementVersion

AT_THE_DOOR = Q(answer=Handoff.Answer.RETURNED)
AFTER_CONTACT = Q(outcome=Handoff.Outcome.RETURNED)
WHEN = {"door": AT_THE_DOOR, "contact": AFTER_CONTACT}


@dataclass(frozen=True)
class View:
    """Which returns the address asks for: of one reason, at the door or after contact."""

    reason: str = ""
    when: str = ""

    def url(self, **also: object) -> str:
        query = {"reason": self.reason, "when": self.when} | also
        said = urlencode({key: value for key, value in query.items() if value})
        return f"{reverse('returns')}?{said}" if said else reverse("returns")


def view_of(params: Mapping[str, str]) -> View:
    when = params.get("when", "")
    return View(reason=params.get("reason", ""), when=when if when in WHEN else "")


def listed(user: User, view: View) -> HandoffQuerySet:
    """The returns of the view: those that wait for an answer by their deadline, so what is late
    comes first; then those that `user` has not read yet, then the latest first.

    Annotated with `unread`, `words` (what the rep said) and `answered` (marketing replied).
    """
    found = _returned(user)
    if view.when:
        found = found.filter(WHEN[view.when])
    if view.reason:
        found = found.filter(reason__key=view.reason)
    steps = HandoffEvent.objects.filter(handoff=OuterRef("pk"))
    told = Event.objects.filter(kind="handoff.returned", lead=OuterRef("lead"))
    told = told.annotate(about=Cast(KT("data__handoff"), BigIntegerField()))
    unread = told.filter(
        about=OuterRef("pk"), notifications__user=user, notifications__read_at=None
    )
    replies = steps.filter(kind="message", by__team__side=Side.MARKETING)
    said = steps.filter(kind="returned").order_by("-id").values("note__text")[:1]
    related = ("lead", "reason", "owner", "answered_by", "pool__calendar")
    annotated = (
        found.select_related(*related)
        .prefetch_related("version")
        .annotate(unread=Exists(unread), answered=Exists(replies), words=Subquery(said))
    )
    owed = F("due_at").asc(nulls_last=True)
    return annotated.order_by(owed, "-unread", "-closed_at", "-id")


def reasons(user: User, view: View) -> list[dict[str, Any]]:
    """How many came back for which reason, most frequent first; as the latest of their versions
    says it, in the reader's language."""
    found = _returned(user)
    if view.when:
        found = found.filter(WHEN[view.when])
    rows = found.order_by().values(key=F("reason__key"), label=F("reason__label"))
    counted = list(rows.annotate(n=Count("pk"), latest=Max("version")))
    bodies = dict(
        AgreementVersion.objects.filter(pk__in={row["latest"] for row in counted}).values_list(
            "pk", "body"
        )
    )
    for row in counted:
        written = documents.item(bodies[row.pop("latest")]["reasons"], row["key"])
        row["label"] = documents.text(written["label"]) if written else row["label"]
        row["url"] = View(row["key"], view.when).url()
    return sorted(counted, key=lambda row: (-row["n"], row["label"]))


def counts(user: User) -> dict[str, int]:
    """Returns in all, at the door, after contact."""
    return _returned(user).aggregate(
        all=Count("pk"),
        door=Count("pk", filter=AT_THE_DOOR),
        contact=Count("pk", filter=AFTER_CONTACT),
    )


def _returned(user: User) -> HandoffQuerySet:
    return Handoff.objects.visible_to(user).filter(AT_THE_DOOR | AFTER_CONTACT)
