"""What to replay: a version, and the days of a period."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.validators import MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from feedback.funnels.periods import midnight
from scoring.models import AgreementVersion

DAYS = 90
EARLIEST = date(1970, 1, 1)
Status = AgreementVersion.Status


def versions() -> list[AgreementVersion]:
    """Those that can be replayed, in the order in which one would want to: the one being written,
    the one in force, earlier ones; without their texts."""
    order = [Status.DRAFT, Status.PROPOSED, Status.IN_FORCE, Status.SUPERSEDED]
    found = AgreementVersion.objects.filter(status__in=order).defer("body")
    return sorted(found, key=lambda each: (order.index(each.status), -each.number))


class ReplayForm(forms.Form):
    """Whole days, the last one included. Whether the period can be replayed is the verb's
    business."""

    version = forms.ModelChoiceField(
        AgreementVersion.objects.none(), label=_("Version"), empty_label=None
    )
    since = forms.DateField(
        label=_("From"),
        validators=[MinValueValidator(EARLIEST)],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=_("To"),
        validators=[MinValueValidator(EARLIEST)],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        choices = versions()
        yesterday = timezone.localdate(at) - timedelta(days=1)
        first = yesterday - timedelta(days=DAYS - 1)
        defaults = {"version": choices[0] if choices else None, "since": first, "until": yesterday}
        kwargs["initial"] = defaults | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        field = self.fields["version"]
        field.queryset = AgreementVersion.objects.exclude(status=Status.WITHDRAWN)
        field.choices = [(each.pk, _named(each)) for each in choices]

    def period(self) -> tuple[datetime, datetime]:
        """(starts_at, ends_at]: from the first midnight to the one after the last day."""
        since, until = self.cleaned_data["since"], self.cleaned_data["until"]
        return midnight(since), midnight(_next(until))


def last_days(at: datetime, days: int = DAYS) -> tuple[datetime, datetime]:
    """The period of so many whole days up to yesterday."""
    today = timezone.localdate(at)
    return midnight(today - timedelta(days=days)), midnight(today)


def _next(day: date) -> date:
    return day if day == date.max else day + timedelta(days=1)


def _named(version: AgreementVersion) -> str:
    return f"{version} · {version.get_status_display()}"
