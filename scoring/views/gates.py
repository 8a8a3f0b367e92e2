"""Who may read the agreement."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse

from leads.models import User

View = Callable[..., HttpResponse]


def may_read(user: User) -> bool:
    """Everybody who works for a side, and administrators."""
    return bool(user.side) or user.is_superuser


def readers(view: View) -> View:
    """For readers of the agreement; nobody else learns that there is one."""

    @wraps(view)
    def gated(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not may_read(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return gated
