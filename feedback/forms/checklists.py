"""What a rep confirms and fills in, item by item, as the handoff's own version asks for it."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from feedback import terms
from feedback.models import Handoff
from feedback.readiness import Readiness
from leads import fields
from scoring import documents

YES_NO = [("", "—"), ("yes", _("Yes")), ("no", _("No"))]
TOO_LONG = _("At most 15 digits, and 5 after the point.")
NUMBER_ERRORS = dict.fromkeys(("max_digits", "max_decimal_places", "max_whole_digits"), TOO_LONG)


class ChecklistForm(forms.Form):
    """The items of a checklist that collect something, each with an input of its kind. What is
    ready beforehand stands in it: boxes that a machine ticked, and what is known already."""

    def add_items(self, items: list[dict[str, Any]], ready: Readiness) -> None:
        self.items, registered = items, _Registered()
        for item in items:
            key = item["key"]
            field = self.fields[f"item_{key}"] = _item_field(item, registered)
            if key in ready.known:
                known = ready.known[key]
                field.initial, field.said = known.value, known.said
            elif key in ready.ticked and not item.get("collects"):
                field.initial, field.said = True, ready.ticked[key]

    def mark_missing(self) -> None:
        """Say beside each item that it is still open. For an answer refused as incomplete."""
        answered = self.answers()
        for item in self.items:
            if item["key"] not in answered:
                problem = _("Fill this in.") if item.get("collects") else _("Confirm this.")
                self.add_error(f"item_{item['key']}", problem)

    def asked(self) -> list[forms.BoundField]:
        return [self[f"item_{item['key']}"] for item in self.items]

    def answers(self) -> dict[str, str]:
        """Item key to what was filled in; a tick is `yes`, an open item is left out."""
        answered: dict[str, str] = {}
        for item in self.items:
            value = self.cleaned_data[f"item_{item['key']}"]
            if value not in (None, "", False):
                answered[item["key"]] = "yes" if value is True else str(value)
        return answered


class AcceptanceForm(ChecklistForm):
    """The acceptance checklist. Whether it is complete is the verb's business."""

    confirmed = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label=_("To accept, confirm all")
    )
    next_step = forms.CharField(
        required=False,
        max_length=1000,
        label=_("Next step, shown to marketing"),
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": _("Optional")}),
    )

    def __init__(
        self, handoff: Handoff, *args: Any, ready: Readiness | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        items = terms.checklist(handoff.version, terms.ACCEPTANCE)
        plain = [item for item in items if not item.get("collects")]
        self.ready = ready or Readiness()
        confirmed = self.fields["confirmed"]
        confirmed.choices = [(each["key"], documents.text(each["label"])) for each in plain]
        confirmed.initial = [item["key"] for item in plain if item["key"] in self.ready.ticked]
        self.add_items([item for item in items if item.get("collects")], self.ready)

    def boxes(self) -> list[tuple[forms.BoundWidget, str]]:
        """Each item to confirm, with what a machine found to be true of it."""
        found = self.ready.ticked
        return [(box, found.get(str(box.data["value"]), "")) for box in self["confirmed"]]

    def mark_missing(self) -> None:
        super().mark_missing()
        if len(self.cleaned_data["confirmed"]) < len(self.fields["confirmed"].choices):
            self.add_error("confirmed", _("Confirm each of these."))


class QualificationForm(ChecklistForm):
    """The qualification checklist: an item is ticked, or filled in where it collects something."""

    amount = forms.DecimalField(
        required=False,
        min_value=Decimal("0.01"),
        max_digits=14,
        decimal_places=2,
        label=_("Amount in euro, if known"),
    )

    def __init__(
        self, handoff: Handoff, *args: Any, ready: Readiness | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        amount = self.fields.pop("amount")
        currency = terms.currency(handoff.version)
        amount.label = _("Amount in %(currency)s, if known") % {"currency": currency}
        items = terms.checklist(handoff.version, terms.QUALIFICATION)
        self.add_items(items, ready or Readiness())
        self.fields["amount"] = amount


class _Registered:
    """The lead fields, read once and only where they are asked for."""

    @cached_property
    def fields(self) -> fields.Registry:
        return fields.registry()


def _item_field(item: dict[str, Any], registered: _Registered) -> forms.Field:
    """A box to tick, or the input for what the item collects."""
    collects = item.get("collects")
    if not collects:
        return forms.BooleanField(required=False, label=documents.text(item["label"]))
    said = {"required": False, "label": _asking(item)}
    match collects.get("type"):
        case "number":
            digits = {"max_digits": 20, "decimal_places": 5, "error_messages": NUMBER_ERRORS}
            return forms.DecimalField(**said, **digits)
        case "date":
            widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            return forms.DateField(**said, widget=widget)
        case "boolean":
            return forms.ChoiceField(**said, choices=YES_NO)
        case "choice":
            return forms.ChoiceField(**said, choices=[("", "—"), *_choices(collects, registered)])
    return forms.CharField(**said, max_length=200)


def _asking(item: dict[str, Any]) -> str:
    """The item and what it asks for, unless it names that itself."""
    label, asked = documents.text(item["label"]), documents.text(item["collects"]["label"])
    if asked.casefold() in label.casefold():
        return label
    return gettext("%(what)s: %(said)s") % {"what": label, "said": asked}


def _choices(collects: dict[str, Any], registered: _Registered) -> list[tuple[str, str]]:
    """Those of the agreement, else all that the lead field has."""
    offered = collects.get("choices") or ()
    if not offered and (known := registered.fields.get(collects["attribute"])):
        offered = known.choices
    return [(each, each) for each in offered]
