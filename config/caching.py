"""Pages are about people and about now: browsers keep none."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers


class FreshPagesMiddleware:
    """Forbids browsers to store pages, unless a view says otherwise.

    One address answers htmx with a fragment and everybody else with the whole page: a stored
    fragment would come back bare on the Back button.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        patch_vary_headers(response, ("HX-Request",))
        return response
