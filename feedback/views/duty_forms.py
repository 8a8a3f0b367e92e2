"""Forms of duty: absences, pools, members, working hours."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from holidays import list_supported_countries

from feedback import pools, workweek_words
from feedback.models import Calendar, Pool, PoolMember, WorkingHours
from feedback.models.calendars import MIDNIGHT
from feedback.pools import Terms
from feedback.workweeks import Week
from leads import countries
from leads.models import Side, Team, User
from leads.refusals import Refused
from scoring.forms.numbers import WholeNumber

MOST_HANDOFFS, MOST_WEIGHT = 1000, 10
SPAN = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(?:-|–|—|to|bis)\s*(\d{1,2})(?:[:.](\d{2}))?\Z")
DAY_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y")


class RefusableForm(forms.Form):
    """A form that can say beside its fields why a verb declined."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, use_required_attribute=False, **kwargs)

    def refuse(self, refusal: Refused) -> None:
        self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget)


class AbsenceForm(RefusableForm):
    first_day = _day(gettext_lazy("First day"))
    last_day = _day(gettext_lazy("Last day"))


class PoolForm(RefusableForm):
    """A new pool, or one that is there: that one keeps its team."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    team = forms.ModelChoiceField(
        label=gettext_lazy("Team"), queryset=Team.objects.none(), empty_label=None
    )
    calendar = forms.ModelChoiceField(
        label=gettext_lazy("Working hours"), queryset=Calendar.objects.none(), empty_label=None
    )

    def __init__(self, *args: Any, pool: Pool | None = None, **kwargs: Any) -> None:
        shown = {"name": pool.name, "calendar": pool.calendar_id} if pool else {}
        super().__init__(*args, initial=shown, **kwargs)
        self.fields["team"].queryset = Team.objects.filter(side=Side.SALES)
        self.fields["calendar"].queryset = Calendar.objects.order_by("name")
        if pool:
            del self.fields["team"]


class NewMemberForm(RefusableForm):
    user = forms.ModelChoiceField(
        label=gettext_lazy("Add somebody"), queryset=User.objects.none(), empty_label=None
    )

    def __init__(self, *args: Any, pool: Pool, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"pool{pool.pk}_%s", **kwargs)
        self.fields["user"].queryset = pools.candidates(pool)

    @classmethod
    def among(cls, people: Iterable[User], *, pool: Pool) -> NewMemberForm:
        """To choose among people who are known already."""
        form = cls(pool=pool)
        form.fields["user"].choices = [(user.pk, str(user)) for user in people]
        return form


class MemberForm(RefusableForm):
    capacity = WholeNumber(
        label=gettext_lazy("At a time"),
        min_value=0,
        max_value=MOST_HANDOFFS,
        help_text=gettext_lazy("Unanswered leads; with 0 only leads that are theirs anyhow come."),
    )
    daily_capacity = WholeNumber(
        label=gettext_lazy("A day"),
        required=False,
        min_value=0,
        max_value=MOST_HANDOFFS,
        help_text=gettext_lazy("New leads a day; empty: as many as come."),
    )
    weight = WholeNumber(
        label=gettext_lazy("Weight"),
        min_value=1,
        max_value=MOST_WEIGHT,
        help_text=gettext_lazy("1 to 10: with 2 one gets twice as many as with 1."),
    )
    calendar = forms.ModelChoiceField(
        label=gettext_lazy("Own hours"), queryset=Calendar.objects.none(), required=False
    )

    def __init__(self, *args: Any, member: PoolMember, **kwargs: Any) -> None:
        shown = {
            name: getattr(member, name) for name in ("capacity", "daily_capacity", "weight")
        } | {"calendar": member.calendar_id}
        super().__init__(*args, initial=shown, **kwargs)
        self.fields["calendar"].queryset = Calendar.objects.order_by("name")
        hours = _("those of the pool: %(calendar)s") % {"calendar": member.pool.calendar}
        self.fields["calendar"].empty_label = hours

    def terms(self) -> Terms:
        return Terms(**self.cleaned_data)


class HoursField(forms.CharField):
    """The working time of a day: "8:00–12:00, 13:00–17:00"; empty: none."""

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str | None) else _spans_written(value)

    def clean(self, value: Any) -> list[tuple[time, time]]:
        parts = [part.strip() for part in (super().clean(value) or "").split(",") if part.strip()]
        return [_span(part) for part in parts]


class DaysField(forms.CharField):
    """Days off, one a line, each with its name if wished: "2026-12-24 Christmas Eve"."""

    widget = forms.Textarea(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str | None):
            return value
        return "\n".join(f"{day.isoformat()} {name}".strip() for day, name in value)

    def clean(self, value: Any) -> list[tuple[date, str]]:
        lines = [line.strip() for line in (super().clean(value) or "").splitlines()]
        found = dict(_day_off(line) for line in lines if line)
        return sorted(found.items())


class WeekForm(RefusableForm):
    """Weekly hours, days off, zone and place of a calendar."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"))
    country = forms.ChoiceField(label=gettext_lazy("Public holidays of"), required=False)
    region = forms.CharField(
        label=gettext_lazy("Region"),
        required=False,
        max_length=6,
        help_text=gettext_lazy("State or province, for holidays of its own: BY, NW, …"),
    )
    days_off = DaysField(
        label=gettext_lazy("Days off besides"),
        required=False,
        max_length=8000,
        help_text=gettext_lazy("One a line, such as 2026-12-24 Christmas Eve."),
    )

    def __init__(self, *args: Any, week: Week | None = None, **kwargs: Any) -> None:
        super().__init__(*args, initial=_shown(week) if week else {}, **kwargs)
        for day, label in WorkingHours.Weekday.choices:
            self.fields[f"day{day}"] = HoursField(label=label, required=False, max_length=200)
        known = [code for code in list_supported_countries(include_aliases=False) if len(code) == 2]
        named = sorted((countries.name(code), code) for code in known)
        self.fields["country"].choices = [("", _("none")), *[(code, name) for name, code in named]]
        zones = sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")
        self.fields["time_zone"].choices = [(zone, zone.replace("_", " ")) for zone in zones]

    def weekdays(self) -> list[forms.BoundField]:
        return [self[f"day{day}"] for day in range(7)]

    def clean_region(self) -> str:
        return self.cleaned_data["region"].upper()

    def week(self) -> Week:
        given = self.cleaned_data
        hours = ((day, *span) for day in range(7) for span in given[f"day{day}"])
        facts = (given[name] for name in ("name", "time_zone", "country", "region"))
        return Week(*facts, tuple(sorted(hours)), tuple(given["days_off"]))


def _shown(week: Week) -> dict[str, Any]:
    days = {f"day{day}": [span[1:] for span in week.hours if span[0] == day] for day in range(7)}
    plain = ("name", "time_zone", "country", "region", "days_off")
    return {name: getattr(week, name) for name in plain} | days


def _spans_written(spans: Iterable[tuple[time, time]]) -> str:
    return ", ".join(workweek_words.span(*each) for each in spans)


def _span(part: str) -> tuple[time, time]:
    found = SPAN.match(part)
    try:
        if found is None:
            raise ValueError(part)
        hour, minute, last, rest = (int(each or 0) for each in found.groups())
        end = MIDNIGHT if (last, rest) == (24, 0) else time(last, rest)
        return time(hour, minute), end
    except ValueError:
        message = _("“%(given)s” is no span of time. Write it as 8:00–12:00, 13:00–17:00.")
        raise forms.ValidationError(message % {"given": part}) from None


def _day_off(line: str) -> tuple[date, str]:
    written, _space, name = line.partition(" ")
    for pattern in DAY_FORMATS:
        try:
            return datetime.strptime(written, pattern).date(), name.strip()[:80]
        except ValueError:
            continue
    message = _("“%(given)s” is no day. Write it as 2026-12-24, then its name.")
    raise forms.ValidationError(message % {"given": line})
