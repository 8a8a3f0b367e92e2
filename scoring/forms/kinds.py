"""The rows of each section: which inputs an item has."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.models import Attribute
from scoring.checks.structure import (
    FIELD_TYPES,
    NAME,
    NOTE,
    PARAGRAPH,
    PURPOSE,
)
from scoring.documents import ItemJSON
from scoring.forms.rows import Row
from scoring.forms.texts import BilingualField


class FieldRow(Row):
    """A lead field that the text brings."""

    texts = ("label", "purpose")
    blank = {"type": "text", "purpose": ""}

    label = BilingualField(label=gettext_lazy("Name"), most=NAME)
    type = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[each for each in Attribute.Type.choices if each[0] in FIELD_TYPES],
    )
    choices = forms.CharField(
        label=gettext_lazy("Choices"),
        required=False,
        max_length=5000,
        help_text=gettext_lazy("Several values are divided by commas."),
    )
    purpose = BilingualField(
        label=gettext_lazy("What it is for"), most=PURPOSE, rows=2, required=False
    )

    @property
    def brief(self) -> str:
        """The kind of values it takes."""
        return str(dict(self.fields["type"].choices)[self.item["type"]]) if self.item else ""

    def shown(self, given: ItemJSON) -> dict[str, Any]:
        return given | {"choices": ", ".join(given.get("choices") or [])}

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        parts = [part.strip() for part in given.get("choices", "").split(",")]
        given["choices"] = list(dict.fromkeys(part for part in parts if part))
        if given.get("type") == Attribute.Type.CHOICE and not given["choices"]:
            self.add_error("choices", _("Give at least one value to choose."))
        elif given.get("type") != Attribute.Type.CHOICE and given["choices"]:
            self.add_error("choices", _("Only a choice has choices. Leave this empty."))
        return given

    def value(self) -> ItemJSON:
        given = super().value()
        if not given["choices"] and not (self.item or {}).get("choices"):
            given.pop("choices")
        return given


class AboutForm(forms.Form):
    title = BilingualField(label=gettext_lazy("Title"), most=NAME)
    summary = BilingualField(label=gettext_lazy("Summary"), most=PARAGRAPH, rows=3, required=False)
    note = BilingualField(
        label=gettext_lazy("Note"),
        most=NOTE,
        rows=5,
        required=False,
        help_text=gettext_lazy("What a reader should know of how this text came about."),
    )
