"""Properties of activities, as fields that the operators on fields can look at."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy

from leads.fields import FieldSpec

# Of any type: its presence alone is asked for.
ANY = "any"
# What JSON paths of both databases can name.
KEY = re.compile(r'[^"\\\x00-\x1f\x7f]{1,60}\Z')
LABELS = {
    "content": gettext_lazy("content"),
    "event": gettext_lazy("event"),
    "follow_up": gettext_lazy("asked for follow-up"),
    "minutes": gettext_lazy("minutes"),
    "share_watched": gettext_lazy("share watched (%)"),
    "words": gettext_lazy("words written"),
}


@dataclass(frozen=True)
class PropertySpec(FieldSpec):
    """A property by key, of the type a condition compares it as. One of another type is
    missing. The label does not tell two apart: it depends on the language."""

    label: Any = field(compare=False)


def spec(key: str, type: str) -> PropertySpec:
    """The property of this key, to be read as a value of this type."""
    return PropertySpec(key, LABELS.get(key, key.replace("_", " ")), type)
