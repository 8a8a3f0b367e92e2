"""What applies to every page: who must have signed in, and what a person has chosen."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth import middleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _


class LoginRequiredMiddleware(middleware.LoginRequiredMiddleware):
    """Leads a stranger to the door, and from there back.

    What is sent after a session has ended goes back to the page it was sent from: where it went
    to there may be nothing to read. A part of a page that asks by itself, or a button in it, gets
    a bare 401: the page stays with all that is typed in it, and says so (static/js/keys.js).
    """

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponse]
    ) -> HttpResponse:
        if "HX-Request" in request.headers:
            return HttpResponse(status=401)
        if request.method != "POST":
            return super().handle_no_permission(request, view_func)
        said = _("You were signed out, so nothing was sent. Sign in and do it again.")
        messages.warning(request, said)
        return redirect_to_login(_page_of(request), self.get_login_url(view_func))


def _page_of(request: HttpRequest) -> str:
    """The page of Baton's on which something was sent; the first one where nobody says."""
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}):
        return "/"
    place = urlsplit(page)
    return place.path + (f"?{place.query}" if place.query else "")


class LanguageMiddleware:
    """Speaks the language a signed-in person chose; all others get what their browser asks for.

    Stands after Django's LocaleMiddleware and AuthenticationMiddleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and request.user.language:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)
