"""The inputs with which one lead is tried out: its values, and what it did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback.lab import tries
from leads import activity_names, fields, values
from leads.fields import FieldSpec
from leads.models import ActivityType, Channel
from leads.refusals import Refused
from scoring.facts import Deed, Facts, Properties

ROWS, MOST_ROWS, LISTED = 1, 10, 12
UNKNOWN = gettext_lazy("not known")


class ProfileForm(forms.Form):
    """The values of a lead, one input for each field; an empty one means not known."""

    def __init__(
        self, data: Any = None, *, asked: Iterable[FieldSpec], known: Mapping[str, Any]
    ) -> None:
        self.asked = list(asked)
        super().__init__(data, prefix="value", auto_id="%s")
        for spec in self.asked:
            self.fields[spec.key] = _input(spec)
            self.initial[spec.key] = _shown(known.get(spec.key))

    def clean(self) -> dict[str, Any]:
        for spec in self.asked:
            try:
                self.cleaned_data[spec.key] = fields.canonical(
                    spec, self.cleaned_data.get(spec.key) or None
                )
            except Refused as refusal:
                self.add_error(spec.key, str(refusal))
        return self.cleaned_data


class DeedForm(forms.Form):
    """An activity that the lead did not do. All empty: none."""

    type = forms.ChoiceField(label=gettext_lazy("Activity"), required=False)
    on = forms.DateTimeField(
        label=gettext_lazy("When"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False)
    properties = forms.CharField(
        label=gettext_lazy("Properties"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("As in: minutes=30; share_watched=80; event=Spring fair"),
    )

    def __init__(
        self,
        *args: Any,
        at: datetime,
        types: dict[str, str],
        channels: dict[str, Channel],
        **kw: Any,
    ) -> None:
        super().__init__(*args, auto_id="%s", **kw)
        self.at, self.channels = at, channels
        self.fields["type"].choices = [("", _("none")), *types.items()]
        named = [(key, each.name) for key, each in channels.items()]
        self.fields["channel"].choices = [("", _("none")), *named]
        self.initial.setdefault("on", timezone.localtime(at))

    def clean_on(self) -> datetime | None:
        moment = self.cleaned_data["on"]
        if moment and moment > self.at:
            raise forms.ValidationError(_("This lies ahead. Choose a moment that is past."))
        return moment

    def clean_properties(self) -> dict[str, Any]:
        found = {}
        for part in filter(str.strip, self.cleaned_data["properties"].split(";")):
            key, equals, value = (each.strip() for each in part.partition("="))
            if not (key and equals and value):
                words = _("“%(part)s” is no property: write name=value, with a semicolon between.")
                raise forms.ValidationError(words % {"part": part.strip()})
            found[key] = _plain(value)
        return found

    def clean(self) -> dict[str, Any]:
        if not self.cleaned_data.get("type") and self.cleaned_data.get("properties"):
            self.add_error("type", _("Choose what the lead did."))
        return self.cleaned_data

    def deed(self) -> Deed | None:
        given = self.cleaned_data
        if not given.get("type"):
            return None
        moment, channel = given["on"] or self.at, self.channels.get(given["channel"])
        return Deed(
            given["type"],
            channel.kind if channel else "",
            "",
            moment,
            moment,
            channel.key if channel else "",
            timezone.localdate(moment),
            Properties(given["properties"]),
        )


class Trying:
    """The whole form: a lead's values, the activities to leave out, and some to add."""

    def __init__(
        self,
        data: Any,
        *,
        at: datetime,
        asked: Iterable[FieldSpec],
        types: Iterable[str],
        known: Facts,
    ) -> None:
        self.known, self.data = known, data
        self.profile = ProfileForm(data, asked=asked, known=known.profile)
        named = {each.key: each.said for each in ActivityType.objects.order_by("name")}
        rest = {key: activity_names.said(key) for key in sorted(types) if key not in named}
        offered = named | rest
        channels = {each.key: each for each in Channel.objects.order_by("name")}
        self.types = offered
        self.deeds = [
            DeedForm(data, prefix=f"deed-{n}", at=at, types=offered, channels=channels)
            for n in range(self._rows())
        ]
        self.without = set(data.getlist("without")) if data is not None else set()

    @cached_property
    def done(self) -> list[dict[str, Any]]:
        """The latest of what the lead did."""
        return [
            {
                "name": tries.name_of(deed),
                "label": self.types.get(deed.type, deed.type),
                "at": deed.occurred_at,
                "left_out": tries.name_of(deed) in self.without,
            }
            for deed in self.known.seen[:LISTED]
        ]

    def is_valid(self) -> bool:
        return all([self.profile.is_valid(), *(each.is_valid() for each in self.deeds)])

    def values(self) -> dict[str, Any]:
        return {spec.key: self.profile.cleaned_data[spec.key] for spec in self.profile.asked}

    def more(self) -> list[Deed]:
        return [deed for form in self.deeds if (deed := form.deed())]

    def _rows(self) -> int:
        if self.data is None:
            return ROWS
        told = self.data.get("rows", "")
        rows = min(int(told), MOST_ROWS) if told.isdecimal() and len(told) < 3 else ROWS
        return min(max(rows, ROWS) + bool(self.data.get("add")), MOST_ROWS)


def _input(spec: FieldSpec) -> forms.Field:
    label = str(spec.label)
    label = label[:1].upper() + label[1:]
    if spec.type == "boolean":
        choices = [("", UNKNOWN), ("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))]
        return forms.ChoiceField(label=label, required=False, choices=choices)
    if spec.type == "choice":
        choices = [("", UNKNOWN), *((each, each) for each in spec.choices)]
        return forms.ChoiceField(label=label, required=False, choices=choices)
    kind = {"date": "date", "number": "text"}.get(spec.type, "text")
    return forms.CharField(
        label=label, required=False, widget=forms.TextInput(attrs={"type": kind})
    )


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _plain(value: str) -> Any:
    """A number, yes or no, else text."""
    if value.lower() in ("true", "yes", "false", "no"):
        return value.lower() in ("true", "yes")
    try:
        return values.number(value)
    except values.Unreadable:
        return value
