"""Numbers, durations and fixed words of the agreement, as people read them."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from scoring.conditions.groups import joined
from scoring.documents import ItemJSON

# Terms of days are read as working days of this many minutes.
WORKING_DAY = 480

GROUPS = {
    "profile": gettext_lazy("Profile"),
    "channel": gettext_lazy("Channel"),
    "actions": gettext_lazy("Actions"),
    "undesirable": gettext_lazy("Undesirables"),
    "score": gettext_lazy("Score"),
}
REASON_GROUPS = {
    "fit": gettext_lazy("Fit"),
    "authority": gettext_lazy("Authority"),
    "timing": gettext_lazy("Timing"),
    "budget": gettext_lazy("Budget"),
    "no_response": gettext_lazy("No response"),
    "bad_data": gettext_lazy("Bad data"),
    "duplicate": gettext_lazy("Duplicate"),
    "already_owned": gettext_lazy("Already owned"),
    "competitor": gettext_lazy("Competitor"),
    "other": gettext_lazy("Other"),
}
SCORES = {
    "total": gettext_lazy("Score"),
    "fit": gettext_lazy("Fit"),
    "engagement": gettext_lazy("Engagement"),
}
OFTEN = {
    "once": gettext_lazy("once"),
    "every": gettext_lazy("every time"),
    "day": gettext_lazy("once a day"),
    "week": gettext_lazy("once a week"),
    "month": gettext_lazy("once a month"),
}
FIELD_TYPES = {
    "text": gettext_lazy("text"),
    "number": pgettext_lazy("kind of answer", "number"),
    "date": gettext_lazy("date"),
    "boolean": gettext_lazy("yes or no"),
    "choice": gettext_lazy("choice"),
    "country": gettext_lazy("country"),
}
CLOCKS = {
    "answer": gettext_lazy("Accept or return a handoff"),
    "first_contact": gettext_lazy("Try to reach the lead"),
    "qualify": gettext_lazy("Qualify or return"),
    "answer_return": gettext_lazy("Answer a return"),
}
CLOCK_STARTS = {
    "answer": gettext_lazy("from the handover"),
    "first_contact": gettext_lazy("from the acceptance"),
    "qualify": gettext_lazy("from the first try"),
    "answer_return": gettext_lazy("from the return"),
}
ESCALATIONS = {
    "lead": gettext_lazy("whoever leads the team"),
    "both_leads": gettext_lazy("whoever leads either team"),
    "operations": gettext_lazy("whoever leads the team, and operations"),
}
BACK_TO = {
    "pool": gettext_lazy("to the pool, not to who returned it"),
    "same_rep": gettext_lazy("to who returned it, if on duty"),
}
METRICS = {
    "revenue": gettext_lazy("Revenue won"),
    "pipeline": gettext_lazy("Pipeline opened"),
    "velocity": gettext_lazy("Days from handover to deal"),
    "conversations": gettext_lazy("Conversations held"),
}
COUNTER_METRICS = {
    "acceptance": gettext_lazy("Accepted of those answered"),
    "qualification": gettext_lazy("Qualified of those accepted"),
    "returned_at_door": gettext_lazy("Returned at the door of those answered"),
    "answered_in_time": gettext_lazy("Answered in time"),
    "won": gettext_lazy("Won of the deals closed"),
}
# Of these, fewer is better.
AT_MOST = ("velocity", "returned_at_door")
PERIODS = {
    "month": gettext_lazy("month"),
    "quarter": gettext_lazy("quarter"),
    "year": gettext_lazy("year"),
}
WATCHES = {
    "handoffs": gettext_lazy("Handoffs"),
    "acceptance": gettext_lazy("Accepted of those answered"),
    "returned_at_door": gettext_lazy("Returned at the door of those answered"),
    "conversations": gettext_lazy("Conversations held"),
    "qualification": gettext_lazy("Qualified of those accepted"),
    "answer_time": gettext_lazy("Working time to the answer, median"),
    "answered_in_time": gettext_lazy("Answered in time"),
    "cost_per_handoff": gettext_lazy("Cost of a handoff"),
    "pipeline": gettext_lazy("Pipeline opened"),
    "revenue": gettext_lazy("Revenue won"),
    "won": gettext_lazy("Won of the deals closed"),
}
CHECKLISTS = {
    "acceptance": gettext_lazy("To accept a lead"),
    "qualification": gettext_lazy("To qualify a lead"),
}


def duration(minutes: int) -> str:
    """Working time in at most two units: "45 min", "4 h", "1 h 30 min", "2 days", "1 day 2 h"."""
    days, rest = divmod(minutes, WORKING_DAY)
    hours, left = divmod(rest, 60)
    parts = [
        ngettext("%(n)d day", "%(n)d days", days) % {"n": days} if days else "",
        _("%(n)d h") % {"n": hours} if hours else "",
        _("%(n)d min") % {"n": left} if left else "",
    ]
    return " ".join([part for part in parts if part])


def amount(value: int, currency: str = "") -> str:
    """A whole amount, thousands grouped, with its currency if it is money: "400,000 EUR"."""
    return f"{number_format(value, force_grouping=True)} {currency}".strip()


def days(count: int) -> str:
    return ngettext("%(n)d day", "%(n)d days", count) % {"n": count}


def points(value: int) -> str:
    """With its sign, a true minus sign."""
    return f"+{value}" if value > 0 else f"−{-value}" if value < 0 else "0"


def limit(value: int | None, said: str) -> str:
    """`said` with the value filled in, nothing where there is no limit."""
    return "" if value is None else said % {"n": points(value).lstrip("+")}


def often(rule: ItemJSON) -> str:
    """How often a rule gives its points: "once a day"."""
    if rule["times"] == "days":
        n = rule.get("days") or 1
        return ngettext("once in %(n)d day", "once in %(n)d days", n) % {"n": n}
    return str(OFTEN[rule["times"]])


def ages(halving: list[int]) -> str:
    """What becomes of points as they age: "halved after 7 and 30 days, gone after 90"."""
    *halved, last = halving
    if not halved:
        return ngettext("gone after %(n)d day", "gone after %(n)d days", last) % {"n": last}
    steps = joined([str(n) for n in halved], _("%(some)s and %(last)s"))
    said = _("halved after %(steps)s days, gone after %(last)s")
    return said % {"steps": steps, "last": last}


def bars(marks: str, bars: list[int] | None) -> str:
    """Grades and what they begin at: "A from 60, B from 40, C from 20"."""
    said = _("%(grade)s from %(bar)s")
    pairs = zip(marks, bars or [], strict=False)
    return ", ".join([said % {"grade": mark, "bar": bar} for mark, bar in pairs])
