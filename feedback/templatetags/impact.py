"""Figures of an impact: how they are said, and the way to the leads behind them."""

from __future__ import annotations

from typing import Any, Protocol

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from feedback import predictions
from feedback.funnels.shares import Share
from feedback.predictions import Past, Prediction
from leads.templatetags.baton import number
from scoring.impacts import Count
from scoring.models import AgreementVersion, Crossing

register = template.Library()

SIGNS = {"gained": "+", "lost": "−", "moved": "↷"}


class _Subject(Protocol):
    section: str
    is_input: bool

    def address(self, what: str) -> str: ...


@register.filter
def sign(change: str) -> str:
    return SIGNS[change]


@register.filter
def change_name(change: str) -> str:
    return str(Crossing.Change(change).label)


@register.filter
def counts(share: Share) -> str:
    """“94 of 109”."""
    return _("%(part)s of %(whole)s") % {"part": number(share.part), "whole": number(share.whole)}


@register.filter
def rate(value: float | str | None) -> str:
    """How many a week: from ten on whole ones, below that to a tenth; a dash for nothing."""
    if value is None or value == "":
        return "–"
    return number(round(value)) if value >= 10 else number_format(value, 1)


@register.simple_tag(takes_context=True)
def prediction_of(context: dict[str, Any], version: AgreementVersion) -> Prediction | None:
    """What was predicted of a version, for whoever reads the page. Pages of the agreement know
    nothing of predictions: this is how they come by one, for a few queries."""
    return predictions.read(version, context["user"])


@register.simple_tag
def spread(count: Count, before: str = "") -> SafeString:
    """“118”, or of a sample “≈ 118 (90–150)”."""
    if count.is_exact:
        return format_html("<b>{}{}</b>", before if count.n else "", number(count.n))
    low, high = number(count.low), number(count.high)
    said = format_html("<b>{}{}</b>", before if count.n else "", number(count.n))
    return format_html('{} <small class="nowrap">({}–<wbr>{})</small>', said, low, high)


@register.simple_tag
def behind(subject: _Subject, name: str, count: Count, before: str = "") -> SafeString:
    """A figure that leads to its leads."""
    return _leading(subject, name, spread(count, before)) if count.n else spread(count, before)


@register.simple_tag
def kept_of(past: Past, subject: _Subject, name: str) -> SafeString:
    """“94 of 109”, both leading to their leads."""
    part, whole = past.share(name)
    kept = "returned_spared" if name == "returned" else f"{name}_kept"
    return format_html(_("{} of {}"), _counted(subject, kept, part), _counted(subject, name, whole))


@register.simple_tag
def unanswered(past: Past, subject: _Subject) -> SafeString:
    return _counted(subject, "unknown", len(past.sets["unknown"]))


def _counted(subject: _Subject, name: str, many: int) -> SafeString:
    said = format_html("<b>{}</b>", number(many))
    return _leading(subject, name, said) if many else said


def _leading(subject: _Subject, name: str, said: Any) -> SafeString:
    """A link; of input not saved a button that sends the form along, to a page of its own."""
    address = f"{subject.address('leads')}?set={name}"
    if not subject.section:
        return format_html('<a class="figure" href="{}">{}</a>', address, said)
    return format_html(
        '<button class="figure" type="submit" form="section-form" formtarget="_blank"'
        ' formaction="{}" formnovalidate>{}</button>',
        address,
        said,
    )
