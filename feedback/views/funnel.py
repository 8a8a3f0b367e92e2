"""The funnel and the leads behind its figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from feedback import glances
from feedback.funnels import pictures, reports, sets, stages
from feedback.funnels.periods import DEFAULT_WEEKS, WEEKS, Period, last_weeks
from leads.models import Channel, Side, User
from scoring import agreements, documents
from scoring.models import AgreementVersion

ROWS = 50
RELATED = ("lead", "owner", "reason", "channel")


@dataclass(frozen=True)
class Filters:
    """What the address asks for. Anything unknown falls back to the default."""

    weeks: int
    channel: str

    @property
    def query(self) -> dict[str, object]:
        return {"weeks": self.weeks, "channel": self.channel}

    def period(self, at: datetime) -> Period:
        return last_weeks(self.weeks, at=at)


def funnel(request: HttpRequest) -> HttpResponse:
    user, at, filters = _reader(request), timezone.now(), _filters(request)
    version = agreements.in_force()
    if version is None:
        return render(request, "feedback/funnel_empty.html")
    period = filters.period(at)
    handoffs = sets.handoffs(user, period=period, channel=filters.channel)
    total = reports.tally(handoffs)
    weeks = reports.by_week(handoffs, period=period)
    versions = reports.by_version(handoffs)
    path = stages.counts(user, version.body, period=period, channel=filters.channel)
    context = {
        "filters": filters.query,
        "choices": {"weeks": WEEKS, "channels": Channel.objects.all()},
        "period": period,
        "total": total,
        "figures": [(name, title, total[name]) for name, title in sets.TITLES.items()],
        "stages": path,
        "weeks": weeks,
        "channels": reports.by_channel(handoffs),
        "promises": reports.promises(total, body=version.body),
        "reasons": reports.reasons(handoffs, body=version.body),
        "overdue": reports.overdue(user, at=at),
        "money": reports.money(handoffs),
        "versions": versions,
        "change": reports.latest_change(versions),
        "flow": pictures.flow(total),
        "bars": pictures.stage_bars(path),
        "trends": pictures.trends(
            weeks,
            total=total,
            marks=pictures.marks(period),
            answer_minutes=documents.minutes(version.body, "answer"),
        ),
    }
    return render(request, "feedback/funnel.html", context)


def funnel_leads(request: HttpRequest) -> HttpResponse:
    """The leads behind one figure: as many rows as the figure says."""
    user, at, filters = _reader(request), timezone.now(), _filters(request)
    rows, title, of_handoffs = _behind(request, user, filters, at=at)
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    (glances.of_handoffs if of_handoffs else glances.of_leads)(page)
    context = {
        "title": title,
        "page": page,
        "of_handoffs": of_handoffs,
        "filters": filters.query,
        "query": query.urlencode(),
        "back": urlencode(filters.query),
    }
    return render(request, "feedback/funnel_leads.html", context)


def _reader(request: HttpRequest) -> User:
    user = request.user
    if not (user.is_superuser or user.side in Side.values):
        raise Http404
    return user


def _filters(request: HttpRequest) -> Filters:
    weeks = request.GET.get("weeks", "")
    count = int(weeks) if weeks.isdecimal() and int(weeks) in WEEKS else DEFAULT_WEEKS
    return Filters(weeks=count, channel=request.GET.get("channel", ""))


def _behind(
    request: HttpRequest, user: User, filters: Filters, *, at: datetime
) -> tuple[QuerySet[Any], str, bool]:
    name, period = request.GET.get("set", ""), filters.period(at)
    if name == "stage":
        return *_behind_stage(request, user, filters, period), False
    if name == "overdue":
        return _overdue(request, user, at=at), _("Overdue now"), True
    if name not in sets.SETS:
        raise Http404
    if monday := _monday(request.GET.get("week", "")):
        if monday not in period.mondays():
            raise Http404
        period = period.week(monday)
    if since := _since_version(request.GET.get("since_version", "")):
        period = Period(since, at)
    found = sets.handoffs(user, period=period, channel=filters.channel).filter(sets.SETS[name])
    if reason := request.GET.get("reason"):
        found = found.filter(reason__key=reason)
    if version := request.GET.get("version", ""):
        found = found.filter(version__number=int(version) if version.isdecimal() else 0)
    if request.GET.get("channel_blank"):
        found = found.filter(channel=None)
    rows = found.select_related(*RELATED).order_by("-opened_at", "-id")
    return rows, str(sets.TITLES[name]), True


def _overdue(request: HttpRequest, user: User, *, at: datetime) -> QuerySet[Any]:
    owner, clock = request.GET.get("owner", ""), request.GET.get("clock", "")
    found = reports.overdue_handoffs(user, at=at)
    if owner.isdecimal():
        found = found.filter(late_owner=int(owner) or None)
    if clock:
        found = found.filter(clock=clock)
    return found.select_related(*RELATED).order_by("due_at", "id")


def _behind_stage(
    request: HttpRequest, user: User, filters: Filters, period: Period
) -> tuple[QuerySet[Any], str]:
    key, following = request.GET.get("stage", ""), request.GET.get("on", "")
    names = {stage["key"]: stage["name"] for stage in _body()["stages"]}
    if key not in names or (following and following not in names):
        raise Http404
    within = {"period": period, "channel": filters.channel}
    title = _("Entered %(stage)s") % {"stage": documents.text(names[key])}
    found = stages.entered(user, key, **within)
    if following:
        words = {"stage": documents.text(names[key]), "next": documents.text(names[following])}
        title = _("Entered %(stage)s and went on to %(next)s") % words
        found = stages.went_on(user, key, following, **within)
    return found.select_related("owner", "standing__stage", "score").order_by("-id"), title


def _since_version(pk: str) -> datetime | None:
    """When a version took effect: its history counts from there on."""
    if not pk.isdecimal():
        return None
    return get_object_or_404(AgreementVersion, pk=pk, in_force_at__isnull=False).in_force_at


def _body() -> dict[str, Any]:
    version = agreements.in_force()
    if version is None:
        raise Http404
    return version.body


def _monday(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Http404 from error
