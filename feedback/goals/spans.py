"""The month, the quarter or the year that runs now, in local days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from feedback.funnels.periods import Period, midnight

MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Span:
    """What `kind` of span, from its first midnight to `at`; `ends` is its last midnight."""

    kind: str
    period: Period
    ends: datetime

    @property
    def passed(self) -> int:
        """The share of its time that has passed, in percent."""
        whole = self.ends - self.period.since
        return int(100 * (self.period.until - self.period.since) / whole)

    @property
    def words(self) -> str:
        """ "July 2026", "3rd quarter of 2026", "2026"."""
        first = timezone.localdate(self.period.since)
        if self.kind == "month":
            return date_format(first, "YEAR_MONTH_FORMAT")
        if self.kind == "quarter":
            named = {"n": (first.month + 2) // 3, "year": first.year}
            return _("quarter %(n)s of %(year)s") % named
        return str(first.year)


def running(kind: str, *, at: datetime) -> Span:
    """The span of this kind in which `at` lies, as far as it has come."""
    today, months = timezone.localdate(at), MONTHS[kind]
    month = today.month - (today.month - 1) % months
    first = date(today.year, month, 1)
    following = date(today.year + (month + months > 12), (month + months - 1) % 12 + 1, 1)
    return Span(kind, Period(midnight(first), at), midnight(following))
