"""Forms that answer a handoff: where each goes, and what it brings along."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# In the inbox the whole of it is drawn anew: the list, the lead in hand, what waits elsewhere.
# While an answer is on its way no other button sends one: it would take the place of the first,
# which the server may have taken already, and be refused for it.
LIVE = mark_safe(
    ' hx-target="#main" hx-select="#main" hx-select-oob="#toasts,#navigation"'
    ' hx-swap="outerHTML" hx-disabled-elt="find button, #answer button" hx-sync="#main:replace"'
)


@register.simple_tag(takes_context=True)
def answers(context: dict[str, Any], name: str, handoff: int) -> SafeString:
    """The attributes of a form that answers a handoff, without htmx and, for those who have an
    inbox, with it."""
    url = reverse(name, args=[handoff])
    live = format_html(' hx-post="{}"{}', url, LIVE) if context.get("view") else ""
    return format_html('method="post" action="{}"{}', url, live)


@register.simple_tag(takes_context=True)
def brings(context: dict[str, Any]) -> SafeString:
    """The token, and which part of the inbox, or which other page, the answer leads back to."""
    view, back = context.get("view"), context.get("back")
    said = [("csrfmiddlewaretoken", context["csrf_token"])]
    said += getattr(view, "fields", [])
    said += [("back", back)] if back else []
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', said)
