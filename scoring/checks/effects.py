"""What a text says of its own taking effect: does it fit together?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from scoring.checks.findings import Problem
from scoring.documents import Body


def problems(body: Body) -> Iterator[Problem]:
    effect = body.get("effect") or {}
    starts, until = effect.get("starts"), effect.get("trial_until")
    if starts and not _exists(starts):
        message = _("The clocks jump over this hour on that day. Choose another hour.")
        yield Problem("effect.starts", message)
    if starts and until and until <= starts[:10]:
        message = _("The trial would be over before it begins. Choose a later day.")
        yield Problem("effect.trial_until", message)


def _exists(starts: str) -> bool:
    """Does the wall clock of the installation ever show this?"""
    wall = datetime.fromisoformat(starts)
    zone = ZoneInfo(settings.TIME_ZONE)
    there = wall.replace(tzinfo=zone).astimezone(ZoneInfo("UTC")).astimezone(zone)
    return there.replace(tzinfo=None) == wall
