"""A question before somebody goes on: the page asks, and posts what was posted again."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise

from scoring.agreements import locks
from scoring.agreements.locks import Unsaved
from scoring.forms import SECTIONS
from scoring.views.gates import View

# Said anew with each question.
ANEW = ("csrfmiddlewaretoken", "despite")


def unsaved(all_the_same: str | Promise) -> Callable[[View], View]:
    """Asks before a text is proposed, signed or withdrawn without what somebody has not saved yet.
    The button `all_the_same` goes on, `despite` the places named."""

    def asks(view: View) -> View:
        @wraps(view)
        def asked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except Unsaved as refusal:
                told = Unsaved(refusal.seats, asked=request.user)
                return _question(request, told, all_the_same)

        return asked

    return asks


def _question(request: HttpRequest, refusal: Unsaved, all_the_same: str | Promise) -> HttpResponse:
    context = {
        "refusal": refusal,
        "seats": [(each, SECTIONS[each.section].title) for each in refusal.seats],
        "posted": [
            (name, value)
            for name, values in request.POST.lists()
            if name not in ANEW
            for value in values
        ],
        "despite": [locks.place(each) for each in refusal.seats],
        "all_the_same": all_the_same,
    }
    return render(request, "scoring/unsaved.html", context, status=refusal.status)
