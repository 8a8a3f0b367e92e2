"""Signing in and out, and a person's own settings."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from leads.forms import OtherPassword, PreferencesForm, SignInForm
from leads.models import User


class SignInView(LoginView):
    """The door. People who are in already are led on."""

    authentication_form = SignInForm
    template_name = "sign_in.html"
    redirect_authenticated_user = True
    extra_context = {"demo": settings.DEMO}

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """Where nobody is here yet, the door says how the first person comes in."""
        first = not settings.DEMO and not User.objects.exists()
        return super().get_context_data(**more) | {"first": first}


sign_in = SignInView.as_view()
sign_out = LogoutView.as_view(next_page="sign_in")


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Language and look."""
    # A copy: while a form is wrong, the page around it keeps what was stored.
    preferences = PreferencesForm(
        request.POST or None, instance=User.objects.get(pk=request.user.pk)
    )
    if request.method == "POST" and preferences.is_valid():
        user = preferences.save()
        with translation.override(user.language or request.LANGUAGE_CODE):
            messages.success(request, _("Saved."))
        return redirect("account")
    return _page(request, preferences=preferences)


@require_POST
@sensitive_post_parameters()
def account_password(request: HttpRequest) -> HttpResponse:
    """A new password; other browsers are signed out, this one stays."""
    password = OtherPassword(request.user, request.POST)
    if password.is_valid():
        update_session_auth_hash(request, password.save())
        messages.success(request, _("Your password is changed. Other browsers are signed out."))
        return redirect("account")
    return _page(request, password=password)


def _page(
    request: HttpRequest,
    *,
    preferences: PreferencesForm | None = None,
    password: OtherPassword | None = None,
) -> HttpResponse:
    context = {
        "preferences": preferences or PreferencesForm(instance=request.user),
        "password": password or OtherPassword(request.user),
        "time_zone": settings.TIME_ZONE,
    }
    at_fault = any(form.errors for form in (context["preferences"], context["password"]))
    return render(request, "account.html", context, status=422 if at_fault else 200)
