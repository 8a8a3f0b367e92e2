"""What a folded row holds: its input, by name, as the browser would send it back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms import BoundField

Pairs = Iterator[tuple[str, str]]


def pairs(form: forms.Form) -> Pairs:
    """Names and values of all inputs of a form, as they would be sent."""
    for each in form:
        for name, value in _sent(each):
            if value is not False:
                yield name, "on" if value is True else "" if value is None else str(value)


def _sent(each: BoundField) -> Iterator[tuple[str, Any]]:
    name, value, widget = each.html_name, each.value(), each.field.widget
    if isinstance(widget, forms.MultiWidget):
        values = value if isinstance(value, list) else widget.decompress(value)
        yield from zip((name + end for end in widget.widgets_names), values, strict=True)
    elif isinstance(value, list | tuple):
        yield from ((name, part) for part in value)
    elif isinstance(each.field, forms.BooleanField):
        yield name, bool(value)
    else:
        yield name, value
