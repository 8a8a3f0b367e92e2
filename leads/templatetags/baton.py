"""What templates of all apps share: icons, signed numbers, spans of time, money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

register = template.Library()

ICONS = {
    "inbox": '<path d="M2 9.5 4 3h8l2 6.5V13H2zM2 9.5h3.500l1 1.500h3l1-1.500H14"/>',
    "back": '<path d="M6 3 2.500 6.500 6 10M2.500 6.500H10a3.500 3.500 0 0 1 0 7H7"/>',
    "lead": '<circle cx="8" cy="5.200" r="2.700"/>'
    '<path d="M2.800 13.500c.6-2.700 2.600-4 5.200-4s4.600 1.300 5.200 4"/>',
    "person": '<circle cx="8" cy="8" r="6"/><circle cx="8" cy="6.500" r="2"/>'
    '<path d="M4.200 12.500c.7-1.700 2-2.500 3.800-2.500s3.100.8 3.800 2.500"/>',
    "doc": '<path d="M3.500 2h6l3 3v9h-9zM6 7.500h4M6 10.500h4"/>',
    "funnel": '<path d="M2 3.500h12M4 8h8M6.500 12.500h3"/>',
    "bell": '<path d="M4 11V7a4 4 0 0 1 8 0v4l1 1.500H3zM6.800 14.500h2.400"/>',
    "gear": '<circle cx="8" cy="8" r="2"/><path d="M8 2v2M8 12v2M2 8h2M12 8h2M3.800 3.800l1.400 1.400'
    'M10.800 10.800l1.400 1.400M12.200 3.800l-1.400 1.400M5.200 10.800l-1.400 1.400"/>',
    "out": '<path d="M9 3H3v10h6M7 8h7M11.500 5.500 14 8l-2.500 2.500"/>',
    "find": '<circle cx="7" cy="7" r="4"/><path d="m10 10 3.500 3.500"/>',
    "previous": '<path d="M10 3.500 5.500 8l4.500 4.500"/>',
    "next": '<path d="M6 3.500 10.500 8 6 12.500"/>',
    "ok": '<path d="m3.500 8.500 3 3 6-7"/>',
    "no": '<path d="m4 4 8 8M12 4l-8 8"/>',
    "baton": '<path class="fill-m" stroke="none" d="M2.200 11.700 7 6.900l2.100 2.100-4.800 4.800a1.500 1.500 0 0 '
    '1-2.100 0 1.500 1.500 0 0 1 0-2.100z"/><path class="fill-s" stroke="none" d="m7.900 6 3.800-3.800a1.500 '
    '1.500 0 0 1 2.100 0 1.500 1.500 0 0 1 0 2.100L10 8.100z"/>',
}

PLACES = {
    "inbox": gettext_lazy("Inbox"),
    "returns": gettext_lazy("Returns"),
    "leads": gettext_lazy("Leads"),
    "agreement": gettext_lazy("Agreement"),
    "funnel": gettext_lazy("Funnel"),
    "notifications": gettext_lazy("Notifications"),
}

ROOMS = {"handoff": "inbox", "lead": "leads", "funnel_leads": "funnel", "opportunity": "inbox"}


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of 16 by 16, drawn in the colour of the text around it; silent to readers."""
    return format_html(
        '<svg class="i" viewBox="0 0 16 16" aria-hidden="true">{}</svg>', mark_safe(ICONS[name])
    )


@register.inclusion_tag("_rail_item.html", takes_context=True)
def rail(
    context: dict[str, Any],
    place: str,
    icon: str,
    count: int = 0,
    over: int = 0,
    draft: int = 0,
    tag: str = "li",
) -> dict[str, Any]:
    """A room of the application in the navigation, with what waits in it."""
    match = getattr(context.get("request"), "resolver_match", None)
    here = (match.url_name or "") if match else ""
    room = ROOMS.get(here) or ("agreement" if here.startswith("agreement") else here)
    return {
        "url": reverse(place),
        "label": PLACES[place],
        "icon": icon,
        "count": count,
        "over": over,
        "draft": draft,
        "current": room == place,
        "tag": tag,
    }


@register.filter
def signed(value: int | None) -> str:
    """+15, −8 with a true minus sign, 0."""
    if value is None:
        return ""
    return f"+{value}" if value > 0 else str(value).replace("-", "−")


@register.filter
def duration(seconds: float | None) -> str:
    """A wall-clock span in at most two units: 2 d 4 h, 3 h 20 min."""
    if seconds is None:
        return ""
    days, rest = divmod(int(seconds), 86400)
    hours, minutes = divmod(rest // 60, 60)
    units = ((days, _("%(n)s d")), (hours, _("%(n)s h")), (minutes, _("%(n)s min")))
    named = [(number, pattern) for number, pattern in units if number]
    if not named:
        return _("%(n)s min") % {"n": 0}
    first = units.index(named[0])
    shown = [pattern % {"n": number} for number, pattern in units[first : first + 2] if number]
    return " ".join(shown)


@register.filter
def working(seconds: float | None) -> str:
    """A span of working time in hours and minutes: a working day has no 24 hours."""
    if seconds is None:
        return ""
    hours, minutes = divmod(int(seconds) // 60, 60)
    units = ((hours, _("%(n)s h")), (minutes, _("%(n)s min")))
    return " ".join(p % {"n": n} for n, p in units if n) or _("%(n)s min") % {"n": 0}


@register.filter
def money(amount: Decimal | None, currency: str = "EUR") -> str:
    """12,500 EUR; empty for an unknown amount."""
    if amount is None:
        return ""
    places = 0 if amount == int(amount) else 2
    return f"{number_format(amount, places, use_l10n=True, force_grouping=True)} {currency}"
