"""`manage.py api_token EMAIL`: make a key to the API and print it once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from leads import tokens
from leads.models import User
from leads.refusals import Refused


class Command(BaseCommand):
    help = "Make an API token that sees what its owner sees. It is printed once and kept as a hash."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the owner's e-mail address")
        parser.add_argument("--label", default="", help="what the token is for")

    def handle(self, *args: Any, email: str, label: str, **options: Any) -> None:
        try:
            token, plain = tokens.issue(_owner(email), label=label[:80], at=timezone.now())
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        notice = _("Token %(token)s of %(user)s. It is shown this once: keep it safe.")
        self.stderr.write(notice % {"token": token, "user": token.user.email})
        self.stdout.write(plain)


def _owner(email: str) -> User:
    try:
        return User.objects.get_by_natural_key(email)
    except User.DoesNotExist:
        message = _("Nobody here has the e-mail address %(email)s.") % {"email": email}
        remedy = _("Check the spelling, or add the user in the administration.")
        raise Refused("unknown_user", message, remedy) from None
