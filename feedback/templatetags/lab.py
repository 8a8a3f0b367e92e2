"""Figures of a replay: what they are read by, and links to the leads behind them."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from feedback.funnels.shares import Share
from feedback.lab.verdicts import VERDICTS
from leads.models import Lead
from leads.templatetags.baton import number as grouped
from scoring.models import Replay

register = template.Library()


@register.filter
def first_day(replay: Replay) -> date:
    return timezone.localdate(replay.starts_at)


@register.filter
def last_day(replay: Replay) -> date:
    """The last whole day of the period, which ends at the midnight after it."""
    return timezone.localdate(replay.ends_at - timedelta(microseconds=1))


@register.filter
def verdict(lead: Lead) -> str:
    return str(VERDICTS[lead.verdict])


@register.simple_tag
def behind_replay(replay: Replay, name: str, band: str = "") -> str:
    """The address of the list behind a figure: the set's name, and a band of scores."""
    query = {"set": name} | ({"band": band} if band else {})
    return f"{reverse('lab_replay_leads', args=[replay.pk])}?{urlencode(query)}"


@register.simple_tag
def share_cell(replay: Replay, share: Share, part: str, whole: str, band: str = "") -> SafeString:
    """“34 of 48” with both numbers leading to their leads; from 20 cases on also the percentage
    and what chance allows."""
    counts = format_html(
        _("{} of {}"),
        _figure(replay, share.part, part, band),
        _figure(replay, share.whole, whole, band),
    )
    if share.few:
        return counts
    low, high = (round(100 * bound) for bound in share.interval)
    said = _("%(percent)s %% (%(low)s–%(high)s)")
    said = said % {"percent": share.percent, "low": low, "high": high}
    return format_html('{}<br><span class="soft small nowrap">{}</span>', counts, said)


def _figure(replay: Replay, number: int, name: str, band: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', behind_replay(replay, name, band), grouped(number))
