"""What people fill in when they answer a handoff. Choices come from the handoff's own version."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from feedback import terms
from feedback.models import Handoff
from leads import fields
from leads.models import Touch, User
from scoring import corrections, documents

YES_NO = [("", "—"), ("yes", _("Yes")), ("no", _("No"))]
TOO_LONG = _("At most 15 digits, and 5 after the point.")
NUMBER_ERRORS = dict.fromkeys(("max_digits", "max_decimal_places", "max_whole_digits"), TOO_LONG)


class ChecklistForm(forms.Form):
    """The items of a checklist that collect something, each with an input of its kind."""

    def add_items(self, items: list[dict[str, Any]]) -> None:
        self.items = items
        for item in items:
            self.fields[f"item_{item['key']}"] = _item_field(item)

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

    def __init__(self, handoff: Handoff, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        items = terms.checklist(handoff.version, terms.ACCEPTANCE)
        self.fields["confirmed"].choices = [
            (item["key"], documents.text(item["label"]))
            for item in items
            if not item.get("collects")
        ]
        self.add_items([item for item in items if item.get("collects")])

    def mark_missing(self) -> None:
        super().mark_missing()
        if len(self.cleaned_data["confirmed"]) < len(self.fields["confirmed"].choices):
            self.add_error("confirmed", _("Confirm each of these."))


class ReturnForm(forms.Form):
    """A return: the reason, the criterion it disputes if any, a sentence, a date if wished."""

    # Plain text to the form: the verb knows the reasons, and says them to whoever misses one.
    reason = forms.CharField(required=False, widget=forms.RadioSelect, label=_("Reason"))
    disputed = forms.CharField(
        required=False, widget=forms.Select, label=_("Criterion you dispute")
    )
    text = forms.CharField(
        required=False,
        max_length=4000,
        label=_("What should marketing know?"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    back_on = forms.DateField(
        required=False,
        label=_("Offer again on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, handoff: Handoff, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].widget.choices = [
            (reason["key"], documents.text(reason["label"]))
            for reason in handoff.version.body["reasons"]
        ]
        evidence = getattr(handoff, "evidence", None)
        criteria = evidence.criteria if evidence else []
        self.fields["disputed"].widget.choices = [
            ("", _("None")),
            *((each["key"], documents.text(each["words"])) for each in criteria),
        ]


class ContactForm(forms.Form):
    """A try to reach the lead, or a contact that came about."""

    kind = forms.ChoiceField(choices=Touch.Kind.choices, initial=Touch.Kind.CALL, label=_("How"))
    outcome = forms.ChoiceField(
        choices=[choice for choice in Touch.Outcome.choices if choice[0] != "conversation"],
        initial=Touch.Outcome.NOT_REACHED,
        label=_("What came of it"),
    )
    text = forms.CharField(
        required=False,
        max_length=4000,
        label=_("Note"),
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": _("Optional")}),
    )


class ConversationForm(forms.Form):
    """The conversation was held."""

    kind = forms.ChoiceField(choices=Touch.Kind.choices, initial=Touch.Kind.CALL, label=_("How"))
    text = forms.CharField(
        required=False,
        max_length=4000,
        label=_("What was said"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class QualificationForm(ChecklistForm):
    """The qualification checklist: an item is ticked, or filled in where it collects something."""

    amount = forms.DecimalField(
        required=False,
        min_value=Decimal("0.01"),
        max_digits=14,
        decimal_places=2,
        label=_("Amount in euro, if known"),
    )

    def __init__(self, handoff: Handoff, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        amount = self.fields.pop("amount")
        self.add_items(terms.checklist(handoff.version, terms.QUALIFICATION))
        self.fields["amount"] = amount


class WinForm(forms.Form):
    """The opportunity was won, with amount or without."""

    amount = forms.DecimalField(
        required=False,
        min_value=Decimal("0.01"),
        max_digits=14,
        decimal_places=2,
        label=_("Amount in euro, if known"),
    )


class LossForm(forms.Form):
    """The opportunity was lost."""

    because = forms.CharField(max_length=200, label=_("Lost because"))


class AssignmentForm(forms.Form):
    """Whose handoff it shall be: somebody of the pool's team."""

    to = forms.ModelChoiceField(User.objects.none(), label=_("Assign to"))

    def __init__(self, handoff: Handoff, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = User.objects.filter(team_id=handoff.pool.team_id, is_active=True)
        self.fields["to"].queryset = team
        self.fields["to"].initial = handoff.owner_id


class CorrectionForm(forms.Form):
    """Points given or taken by hand. What may be given, and until when, is the verb's business:
    all that it would refuse is said at once, each beside its field."""

    points = forms.IntegerField(
        label=_("Points"),
        help_text=_("To take points, write a minus before them."),
        widget=forms.NumberInput(attrs={"step": 1, "min": -1000, "max": 1000}),
    )
    until = forms.DateField(
        label=_("Counts until"),
        help_text=_("This day included, within a year."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = forms.CharField(
        required=False,
        max_length=1000,
        label=_("Reason"),
        help_text=_("Everybody who sees the lead reads it in the ledger."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at

    def clean(self) -> None:
        for refused in corrections.refusals(self.cleaned_data, at=self.at):
            self.add_error(refused.field, str(refused))


class EndingForm(forms.Form):
    """A correction ends before its day."""

    reason = forms.CharField(
        required=False,
        max_length=1000,
        label=_("Why it ends now"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class MessageForm(forms.Form):
    """A line in the thread between both teams."""

    text = forms.CharField(
        max_length=4000, label=_("Message"), widget=forms.Textarea(attrs={"rows": 2})
    )


def _item_field(item: dict[str, Any]) -> forms.Field:
    """A box to tick, or the input for what the item collects."""
    label = documents.text(item["label"])
    collects = item.get("collects")
    if not collects:
        return forms.BooleanField(required=False, label=label)
    said = {"required": False, "label": label, "help_text": documents.text(collects["label"])}
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
            return forms.ChoiceField(**said, choices=[("", "—"), *_choices(collects)])
    return forms.CharField(**said, max_length=200)


def _choices(collects: dict[str, Any]) -> list[tuple[str, str]]:
    """Those of the agreement, else all that the lead field has."""
    offered = collects.get("choices") or ()
    if not offered and (known := fields.registry().get(collects["attribute"])):
        offered = known.choices
    return [(each, each) for each in offered]
