"""Inviting people: an account without a password, and a link with which its owner sets one."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.encoding import force_bytes, force_str
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.utils.translation import gettext as _

from leads import events
from leads.models import Team, User
from leads.refusals import Refused


class _Tokens(PasswordResetTokenGenerator):
    """Keys of invitations fit no other door."""

    key_salt = "leads.invitations"


_tokens = _Tokens()


def teams_of(user: User) -> QuerySet[Team]:
    """The teams this person may invite into: of their own side, who leads one; all, who runs the
    operation or administers."""
    if not user.is_active or not user.is_manager:
        return Team.objects.none()
    if user.signs_for and not user.is_superuser:
        return Team.objects.filter(side=user.side)
    return Team.objects.all()


def invite(
    email: str,
    *,
    first_name: str,
    last_name: str,
    team: Team,
    leads_team: bool = False,
    by: User,
    at: datetime,
) -> User:
    """An account that its owner opens with the link. Raises Refused `may_not_invite` (403) and
    `already_here`."""
    if not teams_of(by).filter(pk=team.pk).exists():
        message = _("You cannot invite people into %(team)s.") % {"team": team}
        raise Refused("may_not_invite", message, _("Ask who leads that team."), status=403)
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                email,
                first_name=first_name,
                last_name=last_name,
                team=team,
                leads_team=leads_team,
            )
            data = {"user": user.pk, "team": team.pk}
            events.write("person.invited", at=at, actor=by, data=data)
    except IntegrityError:
        message = _("Somebody with this address has an account already.")
        raise Refused("already_here", message, _("Use another address."), field="email") from None
    return user


def key_of(user: User) -> tuple[str, str]:
    """Who is meant, and a token that holds until a password is set, for some days at most."""
    return urlsafe_base64_encode(force_bytes(user.pk)), _tokens.make_token(user)


def invited(who: str, token: str) -> User | None:
    """The person whose invitation this is; None for every key that is wrong, used up or old."""
    try:
        pk = int(force_str(urlsafe_base64_decode(who)))
    except (ValueError, OverflowError, UnicodeDecodeError):
        return None
    user = User.objects.filter(pk=pk, is_active=True).first() if pk < 2**63 else None
    return user if user and waits(user) and _tokens.check_token(user, token) else None


def waits(user: User) -> bool:
    """Has this person still to set a password?"""
    return not user.has_usable_password()


def accept(user: User, *, password: str, at: datetime) -> None:
    """The invited person sets a password; the link holds no longer. Raises Refused `used_up`
    (409) where they did already."""
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        if not waits(locked):
            message = _("This invitation is used up.")
            raise Refused("used_up", message, _("Sign in with your password."), status=409)
        locked.set_password(password)
        locked.save(update_fields=["password"])
        events.write("person.joined", at=at, actor=locked, data={"user": locked.pk})


def open_ones(by: User) -> list[User]:
    """Those who were invited into teams of `by` and have not come yet. Who has such a link can
    come in as that person: nobody but an administrator gets one of somebody who signs for a side,
    or who administers."""
    people = User.objects.filter(team__in=teams_of(by), is_active=True, last_login=None)
    if not by.is_superuser:
        people = people.filter(leads_team=False, is_staff=False, is_superuser=False)
    return [each for each in people.select_related("team") if waits(each)]
