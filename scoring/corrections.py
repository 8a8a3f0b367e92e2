"""The single writer of corrections: points given or taken by hand, for a reason, until a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from leads import events, stale
from leads.models import Lead, Note, Side, User
from leads.refusals import Refused
from scoring.models import Correction

MOST_POINTS = 1000
# A second click comes within this time; the same again after it is meant.
SAME_CLICK = timedelta(minutes=1)


def may_correct(user: User) -> bool:
    """Marketing, operations and whoever leads or administers. A rep says what is wrong with a
    score in the answer to the handoff: that improves the agreement."""
    return user.is_active and (user.side == Side.MARKETING or user.is_manager)


def require_right(by: User) -> None:
    """Raises Refused (403) for whoever may not correct scores."""
    if not may_correct(by):
        raise Refused(
            "may_not_correct",
            _("Reps do not correct scores."),
            _("Return the lead with a reason, or ask marketing: what is wrong belongs into the "
              "agreement."),
            status=403,
        )  # fmt: skip


@transaction.atomic
def correct(
    lead: Lead, *, points: int, until: date, reason: str, by: User, at: datetime
) -> Correction:
    """Give the lead points, or take some, from `at` to the end of the day `until`.

    The second of two equal clicks finds what the first one wrote. Raises Refused: may_not_correct,
    points_out_of_range, until_out_of_range, reason_missing.
    """
    require_right(by)
    for refused in refusals({"points": points, "until": until, "reason": reason}, at=at):
        raise refused
    reason = reason.strip()
    _lock(lead)
    moment = end_of(until)
    written = _same_click(lead, points, moment, reason, by, at)
    return written or _write(lead, points, moment, reason, by=by, at=at)


@transaction.atomic
def end(correction: Correction, *, reason: str, by: User, at: datetime) -> Correction:
    """End a correction now: the opposite points, from `at` to the same moment.

    Raises Refused: may_not_correct, reason_missing, already_ended, not_a_correction.
    """
    require_right(by)
    reason = _required(reason)
    _lock(correction.lead)
    _require_running(correction, at=at)
    return _write(
        correction.lead,
        -correction.points,
        correction.until,
        reason,
        by=by,
        at=at,
        undoes=correction,
    )


def refusals(terms: Mapping[str, Any], *, at: datetime) -> list[Refused]:
    """All that is wrong with the terms of a correction, each by its field; terms that are not
    there are not looked at."""
    checks = {
        "points": _require_points,
        "until": partial(_require_until, at=at),
        "reason": _required,
    }
    found = []
    for name in checks.keys() & terms.keys():
        try:
            checks[name](terms[name])
        except Refused as refused:
            found.append(refused)
    return sorted(found, key=lambda refused: list(checks).index(refused.field))


def in_effect(lead: Lead, at: datetime) -> list[Correction]:
    """The corrections that count at `at`, oldest first, with author and reason; those ended by
    then, and what ended them, cancel each other out and are left out. One query."""
    found = Correction.objects.filter(lead=lead, at__lte=at, until__gt=at)
    found = list(found.select_related("by__team", "note").order_by("at", "pk"))
    ended = {each.undoes_id for each in found if each.undoes_id}
    return [each for each in found if each.pk not in ended and not each.undoes_id]


def points(corrections: Iterable[Correction], at: datetime) -> int:
    """What these corrections add to a score at `at`."""
    return sum(each.points for each in corrections if each.at <= at < each.until)


def end_of(day: date) -> datetime:
    """The moment at which a day is over here."""
    return timezone.make_aware(
        datetime.combine(day + timedelta(days=1), time()), timezone.get_default_timezone()
    )


def last_day(correction: Correction) -> date:
    """The last day on which it counts."""
    last = correction.until - timedelta(microseconds=1)
    return timezone.localdate(last, timezone.get_default_timezone())


def latest_day(at: datetime) -> date:
    """The last day until which a correction made at `at` may count."""
    today = _today(at)
    try:
        return today.replace(year=today.year + 1)
    except ValueError:
        return date(today.year + 1, 2, 28)


def _require_points(points: int) -> None:
    if not points or abs(points) > MOST_POINTS:
        raise Refused(
            "points_out_of_range",
            _("A correction gives or takes 1 to %(most)d points.") % {"most": MOST_POINTS},
            _("Write a number such as 10 or -10."),
            field="points",
        )


def _require_until(until: date, *, at: datetime) -> None:
    if not _today(at) < until <= latest_day(at):
        raise Refused(
            "until_out_of_range",
            _("A correction ends after today and within a year."),
            _("Choose a day from tomorrow on: what holds for longer belongs into the agreement."),
            field="until",
        )


def _required(reason: str) -> str:
    if not reason.strip():
        raise Refused(
            "reason_missing",
            _("A correction needs a reason."),
            _("Write a sentence: whoever reads the score will ask."),
            field="reason",
        )
    return reason.strip()


def _require_running(correction: Correction, *, at: datetime) -> None:
    if correction.undoes_id:
        raise Refused(
            "not_a_correction",
            _("This entry ended a correction."),
            _("Correct the score anew if it shall count after all."),
        )
    ended = Correction.objects.filter(undoes=correction).select_related("by").first()
    if ended or correction.until <= at:
        raise Refused(
            "already_ended",
            _("%(who)s has ended this correction.") % {"who": ended.by}
            if ended
            else _("This correction is over."),
            _("Nothing was changed."),
            status=409,
        )


def _lock(lead: Lead) -> None:
    """Of two who correct one lead at once, the second sees what the first one wrote."""
    list(Lead.objects.select_for_update(no_key=True).filter(pk=lead.pk).only("pk"))


def _same_click(
    lead: Lead, points: int, until: datetime, reason: str, by: User, at: datetime
) -> Correction | None:
    same = Correction.objects.filter(lead=lead, points=points, until=until, by=by, undoes=None)
    same = same.filter(at__gt=at - SAME_CLICK, undone_by=None, note__text=reason)
    return same.order_by("-pk").first()


def _write(
    lead: Lead,
    points: int,
    until: datetime,
    reason: str,
    *,
    by: User,
    at: datetime,
    undoes: Correction | None = None,
) -> Correction:
    note = Note.objects.create(lead=lead, text=reason, author=by, written_at=at)
    written = Correction.objects.create(
        lead=lead, points=points, at=at, until=until, by=by, note=note, undoes=undoes
    )
    told = {"correction": written.pk, "points": points}
    if undoes:
        told["undoes"] = undoes.pk
    events.write("score.corrected", at=at, lead=lead, actor=by, data=told)
    stale.mark([lead.pk], at=at)
    return written


def _today(at: datetime) -> date:
    return timezone.localdate(at, timezone.get_default_timezone())
