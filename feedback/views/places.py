"""Where in the inbox a handoff is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from feedback import queues
from feedback.models import Handoff
from feedback.views import desks
from feedback.views.desks import View
from leads.models import User


def find(user: User, view: View, handoff: Handoff) -> View:
    """The view itself, if the handoff is in its list; else the queue that it is in, without any
    filter; of everybody's, if it is not one's own."""
    holding = (each for each in _nearest(view) if _has(user, each, handoff))
    return next(holding, view)


def _nearest(view: View) -> Iterator[View]:
    yield view
    whole = replace(view, terms=(), after="")
    for everyones in dict.fromkeys((view.everyones, True)):
        for queue in queues.QUEUES.values():
            yield replace(whole, queue=queue, everyones=everyones)


def _has(user: User, view: View, handoff: Handoff) -> bool:
    return desks.listed(user, view).filter(pk=handoff.pk).exists()
