"""What templates of all apps share: icons, the rail, signed numbers, spans of time, money."""

from __future__ import annotations

import re
from contextlib import suppress
from decimal import Decimal
from typing import Any, Protocol
from urllib.parse import urlsplit

from django import template
from django.urls import Resolver404, resolve, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.icons import ICONS

register = template.Library()

# The first number of what people write, up to an extension or the next number.
DIALLED = re.compile(r"(?P<plus>\+?)(?P<number>[(\s]*\d[\d\s()/.‐–-]*)")

# Each place of the rail: its icon and its name.
PLACES = {
    "inbox": ("inbox", gettext_lazy("Inbox")),
    "returns": ("back", gettext_lazy("Returns")),
    "leads": ("lead", gettext_lazy("Leads")),
    "near_misses": ("step", gettext_lazy("Near misses")),
    "agreement": ("doc", gettext_lazy("Agreement")),
    "funnel": ("funnel", gettext_lazy("Funnel")),
    "lab": ("flask", gettext_lazy("Lab")),
    "routing": ("fork", gettext_lazy("Routing")),
    "duty": ("clock", gettext_lazy("Duty")),
    "notifications": ("bell", gettext_lazy("Notifications")),
    "account": ("person", gettext_lazy("Account")),
    "admin:index": ("gear", gettext_lazy("Administration")),
}

# Pages below a place, by the name of their address.
BELOW = {
    "handoff": "inbox",
    "lead": "leads",
    "quarantine": "leads",
    "near_miss_leads": "near_misses",
    "funnel_leads": "funnel",
    "goals": "funnel",
    "goal_leads": "funnel",
    "lab_replay": "lab",
    "lab_replay_leads": "lab",
    "lab_impact": "lab",
    "lab_impact_leads": "lab",
    "lab_try": "lab",
    "impact_saved": "agreement",
    "impact_saved_leads": "agreement",
    "impact_leads": "agreement",
    "inbox_pulse": "inbox",
    "inbox_returns": "inbox",
    "opportunity": "leads",
    "lead_score": "leads",
    "duty_absence": "duty",
    "duty_absences": "duty",
    "duty_handoffs": "duty",
    "duty_pool": "duty",
    "duty_pool_new": "duty",
    "duty_members": "duty",
    "duty_member": "duty",
    "duty_member_deletion": "duty",
    "duty_calendar": "duty",
    "duty_calendar_new": "duty",
    "routing_history": "routing",
    "routing_try": "routing",
    "routing_rule_new": "routing",
    "routing_rule": "routing",
    "routing_rule_deletion": "routing",
    "lead_correction": "leads",
    "correction_ending": "leads",
}
HUES = {"marketing": "mkt", "sales": "sal"}
SIDES = {"marketing": gettext_lazy("Marketing"), "sales": gettext_lazy("Sales")}


class _Share(Protocol):
    part: int
    whole: int
    percent: int | None


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of 16 by 16, drawn in the colour of the text around it; silent to readers."""
    # The drawings are constants of our own.
    drawing = mark_safe(ICONS[name])
    return format_html('<svg class="i" viewBox="0 0 16 16" aria-hidden="true">{}</svg>', drawing)


@register.inclusion_tag("_rail_item.html", takes_context=True)
def rail(
    context: dict[str, Any],
    place: str,
    *,
    label: str = "",
    count: int | str = 0,
    over: int | str = 0,
    draft: int = 0,
    status: str = "",
    oob: bool = False,
) -> dict[str, Any]:
    """A place of the application in the navigation, with what waits in it; `oob`: to take its
    own place in a page that stays."""
    icon_name, name = PLACES[place]
    return {
        "place": place,
        "url": reverse(place),
        "label": label or name,
        "icon": icon_name,
        "count": count,
        "over": over,
        "draft": draft,
        "status": status,
        "oob": oob,
        "current": _place(context) == place,
    }


def _place(context: dict[str, Any]) -> str:
    """Where the reader is: what is sent from a page without leaving it draws the rail anew."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    page = getattr(getattr(request, "htmx", None), "current_url_abs_path", None)
    if page and request.method == "POST":
        with suppress(Resolver404):
            match = resolve(urlsplit(page).path)
    here = (match.view_name or "") if match else ""
    return BELOW.get(here) or ("agreement" if here.startswith("agreement") else here)


@register.filter
def hue(side: str) -> str:
    """The class of a side's colour: mkt, sal, or nothing."""
    return HUES.get(str(side), "")


@register.simple_tag
def side(value: str, text: str = "") -> SafeString:
    """A side's mark, square for marketing and round for sales, before its name or `text`."""
    return format_html('<span class="team {}">{}</span>', hue(value), text or SIDES.get(value, ""))


@register.filter
def signed(value: int | None) -> str:
    """+15, −8 with a true minus sign, 0; in groups of thousands."""
    if value is None:
        return ""
    return f"+{number(value)}" if value > 0 else number(value)


@register.filter
def number(value: int | None) -> str:
    """A whole number in groups of thousands, with a true minus sign where it is below zero."""
    if value is None or value == "":
        return ""
    return number_format(value, 0, force_grouping=True).replace("-", "−")


@register.filter
def phone(given: str) -> SafeString:
    """A number to be dialled, as it was given; what is no number stands alone. Of “+49 (0) 40” the
    zero is not dialled."""
    found = DIALLED.search(given)
    if found is None:
        return format_html("{}", given)
    digits = re.sub(r"\D", "", found["number"].replace("(0)", "") if found["plus"] else found[0])
    return format_html('<a href="tel:{}{}">{}</a>', found["plus"], digits, given)


@register.filter
def share(value: _Share | None) -> str:
    """“84 % of 58”, or “3 of 7” where there are too few to speak of a percentage."""
    if value is None or not value.whole:
        return ""
    part, whole = number(value.part), number(value.whole)
    words = {"part": part, "percent": value.percent, "whole": whole}
    pattern = _("%(part)s of %(whole)s")
    if value.percent is not None:
        pattern = _("%(percent)s %% of %(whole)s")
    return pattern % words


@register.filter
def duration(seconds: float | None) -> str:
    """A wall-clock span in at most two units: 2 d 4 h, 3 h 20 min."""
    if seconds is None:
        return ""
    days, rest = divmod(int(seconds), 86400)
    hours, minutes = divmod(rest // 60, 60)
    return _in_units((days, _("%(n)s d")), (hours, _("%(n)s h")), (minutes, _("%(n)s min")))


@register.filter
def working(seconds: float | None) -> str:
    """A span of working time in hours and minutes: a working day has no 24 hours."""
    if seconds is None:
        return ""
    hours, minutes = divmod(int(seconds) // 60, 60)
    return _in_units((hours, _("%(n)s h")), (minutes, _("%(n)s min")))


def _in_units(*units: tuple[int, str]) -> str:
    """The first unit that is not zero and the one after it, in one line."""
    first = next((at for at, (number, _pattern) in enumerate(units) if number), len(units) - 1)
    shown = [pattern % {"n": number} for number, pattern in units[first : first + 2] if number]
    said = " ".join(shown) or units[-1][1] % {"n": 0}
    return said.replace(" ", "\xa0")


@register.filter
def money(amount: Decimal | None, currency: str = "EUR") -> str:
    """12,500 EUR; empty for an unknown amount."""
    if amount is None:
        return ""
    places = 0 if amount == int(amount) else 2
    return f"{number_format(amount, places, use_l10n=True, force_grouping=True)} {currency}"
