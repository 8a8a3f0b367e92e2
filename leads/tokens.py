"""Keys to the API: shown once, kept as a hash, revocable."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from leads import events
from leads.models import ApiToken, User
from leads.refusals import Refused

SCHEME = "baton_"
SHOWN = 12  # Characters kept in the clear, so that people can tell their tokens apart.
USE_RECORDED_EVERY = timedelta(minutes=1)


@transaction.atomic
def issue(user: User, *, label: str, at: datetime, by: User | None = None) -> tuple[ApiToken, str]:
    """A new token of `user` and its plain text, which nobody can see again. `by` is whoever
    made it, None at the command line. Raises Refused where the user may not sign in.
    """
    if not user.is_active:
        message = _("%(user)s may no longer sign in.") % {"user": user}
        remedy = _("Activate the account first, or make the token for somebody else.")
        raise Refused("user_inactive", message, remedy, field="user")
    plain = SCHEME + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user, label=label, prefix=plain[:SHOWN], digest=_digest(plain), created_at=at
    )
    events.write("token.issued", at=at, actor=by, data={"token": token.pk, "user": user.pk})
    return token, plain


def authenticate(plain: str, *, at: datetime) -> User | None:
    """Whose token this is; None for a token unknown or revoked, or of an inactive user."""
    tokens = ApiToken.objects.filter(revoked_at=None, user__is_active=True)
    token = tokens.select_related("user__team").filter(digest=_digest(plain)).first()
    if token is None:
        return None
    _record_use(token, at)
    return token.user


@transaction.atomic
def revoke(token: ApiToken, *, by: User, at: datetime) -> None:
    """Close this key for good. Owners may revoke their own, administrators everybody's."""
    if by != token.user and not by.is_superuser:
        message = _("This token belongs to %(user)s.") % {"user": token.user}
        raise Refused("not_yours", message, _("Ask an administrator to revoke it."), status=403)
    if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at):
        raise Refused("already_revoked", _("This token is revoked already."), status=409)
    token.revoked_at = at
    data = {"token": token.pk, "user": token.user_id}
    events.write("token.revoked", at=at, actor=by, data=data)


def _digest(plain: str) -> str:
    return hashlib.sha256(plain.encode(errors="replace")).hexdigest()


def _record_use(token: ApiToken, at: datetime) -> None:
    """Write the moment of use, but not with every request: a busy sender would queue for it."""
    if token.last_used_at is None or at - token.last_used_at >= USE_RECORDED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
