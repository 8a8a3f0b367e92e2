"""The administration: the same door as everywhere, and no door at all for everybody else."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.admin import apps
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache


class AdminConfig(apps.AdminConfig):
    default_site = "config.admin_site.BatonAdminSite"


class BatonAdminSite(admin.AdminSite):
    """Administrators sign in and out as everybody does; for others these pages don't exist."""

    site_title = _("Baton administration")
    site_header = _("Baton administration")
    index_title = _("What Baton works with")

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Any:
        shown = super().admin_view(view, cacheable)

        @wraps(shown)
        def hidden_from_others(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise Http404
            return shown(request, *args, **kwargs)

        return hidden_from_others

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        from django.contrib.auth.views import redirect_to_login  # Needs the apps loaded.

        if request.user.is_authenticated and not self.has_permission(request):
            raise Http404
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    login.login_required = False

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        from django.contrib.auth.views import LogoutView  # Needs the apps loaded.

        return LogoutView.as_view(next_page="sign_in")(request)
