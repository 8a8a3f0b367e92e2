"""Links from a figure of the funnel to the leads behind it, under the page's own filters."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse

register = template.Library()


@register.simple_tag(takes_context=True)
def behind(context: dict[str, Any], name: str, **narrower: object) -> str:
    """The address of the list behind a figure: the set's name, the page's filters, and what
    narrows them (`week`, `channel`, `reason`, `version`, `stage`, `on`)."""
    query = {"set": name, **context["filters"], **narrower}
    wanted = {key: value for key, value in query.items() if value not in ("", None, False)}
    return f"{reverse('funnel_leads')}?{urlencode(wanted)}"
