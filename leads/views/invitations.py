"""Invite colleagues, and come in by an invitation."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.mail import send_mail
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from leads import invitations
from leads.forms import ChosenPassword, InvitationForm
from leads.models import User
from leads.refusals import Refused

DOOR = "leads.backends.PeopleBackend"
# Backends that reach nobody.
SILENT = ("console", "dummy")


@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """For managers: invite a colleague, and see who has not come yet."""
    if not invitations.teams_of(request.user).exists():
        raise Http404
    form = InvitationForm(request.POST or None, by=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            user = invitations.invite(**form.cleaned_data, by=request.user, at=timezone.now())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            tell(request, user)
            return redirect("people_invitation")
    waiting = [(each, link_of(each)) for each in invitations.open_ones(request.user)]
    context = {"form": form, "waiting": waiting}
    return render(request, "people/invitation.html", context, status=422 if form.errors else 200)


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, who: str, token: str) -> HttpResponse:
    """An invited person sets a password and is in. Every key that does not fit looks the same."""
    user = invitations.invited(who, token)
    if user is None:
        return render(request, "people/used_up.html", status=404)
    form = ChosenPassword(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        password = form.cleaned_data["new_password1"]
        invitations.accept(user, password=password, at=timezone.now())
        user.refresh_from_db()
        login(request, user, backend=DOOR)
        return redirect("agreement_draft" if user.signs_for else "home")
    context = {"form": form, "invited": user}
    return render(request, "people/join.html", context, status=422 if form.errors else 200)


def link_of(user: User) -> str:
    """The address to hand to the invited person, whole."""
    return settings.BATON_URL + reverse("invitation", args=invitations.key_of(user))


def tell(request: HttpRequest, user: User) -> None:
    """Mail the link where mail is set up; say on the next page what became of it."""
    if mails_reach_people() and _mailed(user, str(request.user)):
        messages.success(
            request, _("The invitation is on its way to %(mail)s.") % {"mail": user.email}
        )
    else:
        messages.success(
            request, _("Invited. Copy the link and send it to %(name)s.") % {"name": user}
        )


def mails_reach_people() -> bool:
    return not any(word in settings.EMAIL_BACKEND for word in SILENT)


def _mailed(user: User, host: str) -> bool:
    said = _("%(host)s invites you to Baton, where marketing and sales agree what a lead is.")
    more = _("Set your password here; the link holds for three days:")
    try:
        send_mail(
            subject=_("Your invitation to Baton"),
            message=f"{said % {'host': host}}\n\n{more}\n{link_of(user)}\n",
            from_email=None,
            recipient_list=[user.email],
        )
    except OSError:
        return False
    return True
