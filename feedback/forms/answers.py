"""What else is done with a handoff: a return, a contact, a rest, another owner, a message."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from feedback.models import Handoff
from feedback.postponements import Later
from leads.models import Touch, User
from scoring import documents


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
        label=_("Back to me, with my notes, on"),
        help_text=_("Empty: it comes back when it does something new, to whoever is next."),
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

    occurred_at = forms.DateTimeField(
        required=False,
        label=_("When, if not just now"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
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


class LaterForm(forms.Form):
    """Put off until a moment that is offered, or one of one's own, with a reason. `later` says
    which are, and whether the clock may be paused meanwhile."""

    OTHER = "other"

    # Plain text to the form: what was offered when the page was drawn may lie behind by now, which
    # the verb says better.
    until = forms.CharField(widget=forms.RadioSelect, label=_("Until when"))
    moment = forms.DateTimeField(
        required=False,
        label=_("Day and time"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    reason = forms.CharField(
        required=False,
        max_length=1000,
        label=_("Reason"),
        widget=forms.Textarea(attrs={"rows": 2, "required": True}),
    )

    pause = forms.BooleanField(required=False)

    def __init__(self, later: Later, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usual = [(choice.at.isoformat(), choice.words) for choice in later.choices]
        self.fields["until"].widget.choices = [*usual, (self.OTHER, _("Another time"))]
        self.fields["until"].initial = usual[0][0] if usual else self.OTHER
        self.pausable = later.pause_days is not None
        if not self.pausable:
            return
        self.fields["pause"].label = later.pause
        self.fields["pause"].initial = later.is_late(later.choices[0].at) if usual else False
        # The page presets it anew with every choice.
        self.fields["pause"].widget.attrs["data-after"] = later.due_at.isoformat()

    def clean(self) -> None:
        """`chosen` is until when."""
        chosen = self.cleaned_data.get("until", "")
        if chosen == self.OTHER:
            self.chosen = self.cleaned_data.get("moment")
        else:
            self.chosen = _moment(chosen)
        if self.chosen is None and not self.errors:
            self.add_error("moment", _("Say until when."))


class AssignmentForm(forms.Form):
    """Whose handoff it shall be: somebody of the pool's team."""

    to = forms.ModelChoiceField(User.objects.none(), label=_("Assign to"))

    def __init__(self, handoff: Handoff, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = User.objects.filter(team_id=handoff.pool.team_id, is_active=True)
        self.fields["to"].queryset = team
        self.fields["to"].initial = handoff.owner_id


class MessageForm(forms.Form):
    """A line in the thread between both teams."""

    text = forms.CharField(
        max_length=4000, label=_("Message"), widget=forms.Textarea(attrs={"rows": 2})
    )


class UndoForm(forms.Form):
    """The step to be undone, as it was shown."""

    step = forms.IntegerField(required=False, min_value=1)


def _moment(text: str) -> datetime | None:
    """A moment that a form offered; None for what is none."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found and timezone.is_aware(found) else None
