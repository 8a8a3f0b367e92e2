"""Loads the demo story into an empty database, or prints its accounts."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.demo import cast, story
from leads.models import Lead, User


class Command(BaseCommand):
    help = "Loads the demo story into an empty database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--accounts", action="store_true", help="Only print the demo's accounts."
        )

    def handle(self, *args: object, **options: object) -> None:
        if options["accounts"]:
            self.print_accounts()
            return
        if User.objects.exists() or Lead.objects.exists():
            raise CommandError(
                "The demo goes into an empty database only. This one has people or leads in it: "
                "set DATABASE_URL to another one."
            )
        story.tell(at=timezone.now())

    def print_accounts(self) -> None:
        there = set(User.objects.values_list("email", flat=True))
        accounts = [each for each in cast.ACCOUNTS if each.email in there]
        if not accounts:
            return
        self.stdout.write(f"Sign in as one of these (password: {cast.PASSWORD}):")
        for each in accounts:
            self.stdout.write(f"  {each.email:<22} {each.first_name}, {each.what}")
