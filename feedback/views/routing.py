"""By which rules leads come to sales: read by managers, written by those of sales."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from feedback import rooms, rule_histories, rule_matches, rule_words, rules
from feedback.filters import LeadFilter
from feedback.models import Pool, RoutingRule
from feedback.routing import rehearse
from feedback.rule_words import Words
from feedback.views.routing_forms import RuleForm
from leads.models import Lead
from leads.nudges import nudge
from leads.refusals import Refused
from scoring.forms import steps

RECENT, PAGE_SIZE, FOUND = 8, 50, 12


@dataclass(frozen=True)
class Line:
    """A rule in sentences, and its place in the list."""

    rule: RoutingRule
    place: int
    whom: str
    handing: str


@require_safe
def routing(request: HttpRequest) -> HttpResponse:
    rooms.only(rooms.has_routing(request.user))
    return _list(request)


@require_http_methods(["GET", "HEAD", "POST"])
def new_rule(request: HttpRequest) -> HttpResponse:
    rooms.only(rooms.has_routing(request.user))
    _require_editor(request)
    return _written(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, pk: int) -> HttpResponse:
    """One rule, to be changed; its history beside it."""
    rooms.only(rooms.has_routing(request.user))
    found = get_object_or_404(RoutingRule.objects.select_related("pool"), pk=pk)
    _require_editor(request)
    return _written(request, found)


@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Whom the rule as typed would have meant."""
    rooms.only(rooms.has_routing(request.user))
    _require_editor(request)
    number = request.POST.get("rule", "")
    known = RoutingRule.objects.filter(pk=int(number)).first() if _is_number(number) else None
    words = Words.now()
    form = RuleForm(request.POST, rule=known, words=words)
    context = {"form": form, "matched": _matched(request, form, known, words)}
    return render(request, "feedback/routing/_previewed.html", context)


@require_POST
def position(request: HttpRequest, pk: int) -> HttpResponse:
    def verb(found: RoutingRule, at: datetime) -> str:
        where = rules.UP if request.POST.get("to") == rules.UP else rules.DOWN
        moved = rules.move(found, where, by=request.user, at=at)
        place = _place(moved)
        return _("“%(rule)s” stands in place %(place)s.") % {"rule": moved, "place": place}

    return _done(request, pk, verb)


@require_POST
def activity(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch a rule on or off."""

    def verb(found: RoutingRule, at: datetime) -> str:
        on = request.POST.get("on") == "yes"
        switched = rules.switch(found, active=on, by=request.user, at=at)
        said = (
            _("“%(rule)s” decides again.")
            if on
            else _("“%(rule)s” is off: leads go on to the rules below.")
        )
        return said % {"rule": switched}

    return _done(request, pk, verb)


@require_http_methods(["GET", "HEAD", "POST"])
def deletion(request: HttpRequest, pk: int) -> HttpResponse:
    """The question before, and the deed."""
    rooms.only(rooms.has_routing(request.user))
    found = get_object_or_404(RoutingRule.objects.select_related("pool"), pk=pk)
    _require_editor(request)
    if request.method == "POST":
        rules.delete(found, by=request.user, at=timezone.now())
        messages.success(request, _("Deleted: the rule “%(rule)s”.") % {"rule": found})
        return redirect("routing")
    words = Words.now()
    context = {
        "line": _line(found, _place(found), words),
        "open": found.handoffs.unclosed().count(),
    }
    return render(request, "feedback/routing/deletion.html", context)


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """Everything that was ever written about rules; of one, if asked for its number."""
    rooms.only(rooms.has_routing(request.user))
    rows, number = rule_histories.of_all(), request.GET.get("rule", "")
    if _is_number(number):
        rows = rows.filter(id=int(number))
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "entries": rule_histories.entries(page.object_list),
        "query": f"rule={number}" if _is_number(number) else "",
    }
    return render(request, "feedback/routing/history.html", context)


@require_safe
def rehearsal(request: HttpRequest) -> HttpResponse:
    """Choose a lead; then by which rule it would come to whom, if it were handed over now."""
    rooms.only(rooms.has_routing(request.user))
    visible, number = Lead.objects.visible_to(request.user), request.GET.get("lead", "")
    context: dict[str, Any] = {"q": request.GET.get("q", "").strip(), "rows": []}
    if _is_number(number):
        lead = get_object_or_404(visible.select_related("company", "owner"), pk=int(number))
        context |= {"lead": lead} | _rehearsed(lead)
    elif context["q"]:
        found = LeadFilter(request.GET, queryset=visible, request=request).qs
        rows = found.select_related("score", "standing__stage")
        rows = rows.order_by(F("score__total").desc(nulls_last=True), "-pk")
        context["rows"] = rows[:FOUND]
    return render(request, "feedback/routing/try.html", context)


def _rehearsed(lead: Lead) -> dict[str, Any]:
    """Where there is no pool, what is missing."""
    try:
        return {"trace": rehearse(lead, timezone.now())}
    except Refused as refusal:
        return {"refusal": refusal}


def _list(request: HttpRequest, *, said: str = "", status: int = 200) -> HttpResponse:
    words = Words.now()
    found = RoutingRule.objects.select_related("pool")
    lines = [_line(each, place, words) for place, each in enumerate(found, 1)]
    recent = rule_histories.of_all()[: RECENT + 1]
    context = {
        "lines": lines,
        "first_pool": Pool.objects.order_by("position", "pk").first(),
        "for_all_others": rule_words.for_all_others(),
        "may_edit": rules.may_edit(request.user),
        "entries": rule_histories.entries(recent, words)[:RECENT],
        "more_history": len(recent) > RECENT,
        "said": said,
    }
    template = "_moved" if request.htmx else "routing"
    return render(request, f"feedback/routing/{template}.html", context, status=status)


def _line(found: RoutingRule, place: int, words: Words) -> Line:
    return Line(found, place, words.whom(found.when), rule_words.handing(found))


def _place(found: RoutingRule) -> int:
    ids = list(RoutingRule.objects.values_list("pk", flat=True))
    return ids.index(found.pk) + 1


def _done(
    request: HttpRequest, pk: int, verb: Callable[[RoutingRule, datetime], str]
) -> HttpResponse:
    """Call the verb on a rule; to htmx the list, to others their way back to the rule."""
    rooms.only(rooms.has_routing(request.user))
    found = get_object_or_404(RoutingRule, pk=pk)
    said = verb(found, timezone.now())
    nudge("feedback.tasks.release_waiting")
    if request.htmx:
        return _list(request, said=said)
    messages.success(request, said)
    return redirect(f"{reverse('routing')}#rule-{pk}")


def _written(request: HttpRequest, known: RoutingRule | None) -> HttpResponse:
    words = Words.now()
    if not Pool.objects.exists():
        return redirect("routing")
    if request.method != "POST":
        return _page(request, known, RuleForm(rule=known, words=words), words)
    if "do" in request.POST:
        step = steps.read(request.POST["do"])
        form = RuleForm(request.POST, rule=known, words=words, step=step)
        form.calm()
        if request.htmx:
            context = {"form": form, "rule": known, "here": request.path}
            return render(request, "feedback/routing/_condition.html", context)
        return _page(request, known, form, words)
    form = RuleForm(request.POST, rule=known, words=words)
    if not form.is_valid():
        return _page(request, known, form, words, status=422)
    return _save(request, known, form, words)


def _save(
    request: HttpRequest, known: RoutingRule | None, form: RuleForm, words: Words
) -> HttpResponse:
    facts = {"by": request.user, "at": timezone.now()} | form.facts()
    try:
        if known is None:
            known, changed = rules.add(**facts), True
        else:
            changed = rules.change(known, seen=_seen(request), **facts)
    except Refused as refusal:
        if refusal.status == 422 and refusal.field in form.fields:
            form.add_error(refusal.field, str(refusal))
            return _page(request, known, form, words, status=422)
        if refusal.status not in (409, 422):
            raise
        return _page(request, known, form, words, refusal=refusal, status=refusal.status)
    nudge("feedback.tasks.release_waiting")
    said = _("Saved: the rule “%(rule)s”.") if changed else _("Nothing was changed.")
    messages.success(request, said % {"rule": known} if changed else said)
    return redirect(f"{reverse('routing')}#rule-{known.pk}")


def _page(
    request: HttpRequest,
    known: RoutingRule | None,
    form: RuleForm,
    words: Words,
    *,
    refusal: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    """After a refusal the page has seen what the refusal told: saving again means it."""
    overtaken = request.method != "POST" or refusal is not None
    matched = _matched(request, form, known, words) if form.is_bound or known else None
    history = rule_histories.of(known)[: RECENT + 1] if known else []
    context = {
        "form": form,
        "rule": known,
        "here": request.path,
        "seen": (rule_histories.latest(known) if overtaken else _seen(request)) if known else 0,
        "matched": matched,
        "refusal": refusal,
        "entries": rule_histories.entries(history, words)[:RECENT],
        "more_history": len(history) > RECENT,
    }
    return render(request, "feedback/routing/rule.html", context, status=status)


def _matched(
    request: HttpRequest, form: RuleForm, known: RoutingRule | None, words: Words
) -> rule_matches.Matched | None:
    """None while the condition is not complete."""
    if form.asks and form.tree.root.condition is None:
        return None
    when: Any = form.tree.root.condition if form.asks else None
    above = list(RoutingRule.objects.filter(active=True))
    if known:
        above = [each for each in above if (each.position, each.pk) < (known.position, known.pk)]
    return rule_matches.count(when, above, words.body, user=request.user, at=timezone.now())


def _require_editor(request: HttpRequest) -> None:
    if not rules.may_edit(request.user):
        raise Refused(
            "not_yours",
            _("Who leads sales or runs the operation says whom leads go to."),
            _("Ask one of them."),
            status=403,
        )


def _seen(request: HttpRequest) -> int:
    number = request.POST.get("seen", "")
    return int(number) if _is_number(number) else 0


def _is_number(given: str) -> bool:
    return given.isdecimal() and len(given) < 19
