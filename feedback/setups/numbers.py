"""Five numbers that every agreement has: the first ones two teams talk about."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from leads.models import User
from scoring import agreements
from scoring.checks import structure
from scoring.documents import Body, ConditionJSON, ItemJSON, item
from scoring.models import AgreementVersion

HOUR = 60
USUAL_SUPPLY = 20


@dataclass(frozen=True)
class Number:
    """One of the five: the sentence around it, its bounds, and the section it stands in."""

    key: str
    section: str
    before: str | Promise
    after: str | Promise
    least: int
    most: int


NUMBERS = (
    Number(
        "bar",
        "stages",
        gettext_lazy("Marketing hands a lead over from"),
        gettext_lazy("points."),
        1,
        structure.MOST_POINTS,
    ),
    Number(
        "answer",
        "clocks",
        gettext_lazy("Sales accepts or returns it within"),
        gettext_lazy("working hours."),
        1,
        400,
    ),
    Number(
        "first_contact",
        "clocks",
        gettext_lazy("After accepting, sales tries to reach the lead within"),
        gettext_lazy("working hours."),
        1,
        400,
    ),
    Number(
        "rest",
        "reasons",
        gettext_lazy("A lead that comes back because the time is not right rests for"),
        gettext_lazy("days."),
        0,
        structure.MOST_REST_DAYS,
    ),
    Number(
        "supply",
        "supply",
        gettext_lazy("Marketing hands over at least"),
        gettext_lazy("leads a month."),
        1,
        10_000,
    ),
)


def read(body: Body) -> dict[str, int]:
    """The numbers as the text has them; a usual one where it promises nothing yet. Times are
    rounded up to whole hours."""
    found = {"supply": (body.get("supply") or {}).get("handoffs", USUAL_SUPPLY)}
    for leaf in _bars(body):
        found.setdefault("bar", leaf["value"])
    for reason in _timely(body):
        found.setdefault("rest", reason["rest_days"])
    for key in ("answer", "first_contact"):
        clock = item(body["clocks"], key)
        if clock:
            found[key] = -(-clock["minutes"] // HOUR)
    return found


def write(body: Body, numbers: dict[str, int]) -> Body:
    """The text with these numbers; one that stayed as it was leaves the text as it was."""
    new, was = deepcopy(body), read(body)
    changed = {key: value for key, value in numbers.items() if was.get(key) != value}
    for leaf in _bars(new) if "bar" in changed else ():
        leaf["value"] = changed["bar"]
        break
    for reason in _timely(new) if "rest" in changed else ():
        reason["rest_days"] = changed["rest"]
    for key in ("answer", "first_contact"):
        clock = item(new["clocks"], key)
        if clock and key in changed:
            clock["minutes"] = changed[key] * HOUR
    if "supply" in numbers:
        new["supply"] = (new.get("supply") or {}) | {"handoffs": numbers["supply"]}
    return new


def agree(
    version: AgreementVersion,
    numbers: dict[str, int],
    *,
    by: User,
    at: datetime,
    sha256: str = "",
    despite: Collection[str] = (),
) -> AgreementVersion:
    """Write the numbers into the draft and put it before both sides. Raises what
    `agreements.edit` and `agreements.propose` raise, `edited_meanwhile` (409) where the text is no
    longer the one with `sha256` that the numbers were read from; then nothing has changed."""
    with transaction.atomic():
        version.refresh_from_db()
        expected = sha256 or version.sha256
        new = write(version.body, numbers)
        for section in dict.fromkeys(number.section for number in NUMBERS):
            version = agreements.edit(
                version,
                section=section,
                value=new.get(section),
                by=by,
                at=at,
                expected_sha256=expected,
            ).version
            expected = version.sha256
        if version.status == AgreementVersion.Status.DRAFT:
            version = agreements.propose(version, by=by, at=at, despite=despite)
    return version


def _bars(body: Body) -> Iterator[ConditionJSON]:
    """The bars on the whole score before a handoff, first to last."""
    for stage in body["stages"]:
        if stage["kind"] == "handoff":
            for criterion in stage["criteria"] or []:
                yield from _scores(criterion["when"])


def _scores(when: Any) -> Iterator[ConditionJSON]:
    if not isinstance(when, dict):
        return
    if when.get("op") == "score_at_least" and when.get("which", "total") == "total":
        yield when
    for part in when.get("all") or when.get("any") or []:
        yield from _scores(part)


def _timely(body: Body) -> list[ItemJSON]:
    """Reasons of which only the time is wrong; without any, the first that leads to nurturing."""
    back = [each for each in body["reasons"] if each["then"] == "nurture"]
    return [each for each in back if each["group"] == "timing"] or back[:1]
