"""Whom a text would have handed over in a period, of some leads."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db.models import QuerySet

from leads.models import Lead
from scoring import facts
from scoring.documents import Body
from scoring.replays import moments, places
from scoring.replays.trials import Course, Found, Trial
from scoring.rulebooks import Rulebook

logger = logging.getLogger(__name__)


def crossings(
    leads: QuerySet[Lead],
    body: Body,
    starts_at: datetime,
    ends_at: datetime,
    *,
    anew: bool = True,
) -> tuple[dict[int, Found], list[int]]:
    """By lead what was found within (starts_at, ends_at], and the leads that could not be
    replayed; `anew` as in `Trial.run`. For some hundreds of leads, read at once."""
    course = Course(Rulebook(body))
    looked_at = moments.concerned(leads, course.rising, starts_at, ends_at)
    histories = facts.histories(looked_at, ends_at, known=course.rulebook.vocabulary.fields)
    stood = places.of(looked_at)
    asleep = dict(leads.filter(pk__in=looked_at).values_list("pk", "dormant_since"))
    found, failed = {}, []
    for pk, history in histories.items():
        trial = Trial(course, history, stood.get(pk, ()), dormant_since=asleep[pk])
        try:
            result = trial.run(starts_at, ends_at, anew=anew)
        except Exception:
            logger.exception("Lead %s could not be replayed.", pk)
            failed.append(pk)
            continue
        if result:
            found[pk] = result
    return found, failed
