"""What templates of the agreement need to show what is said about a section."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.filter
def talk_at(places: dict[str, Any] | str | None, key: str) -> Any:
    """What is said at the section of the document with this key, if anything can be."""
    return places.get(key) if isinstance(places, dict) else None
