"""The demo: the same story every time, and something true on every screen."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Sum

from config.demo import cast, story
from feedback.models import Handoff, HandoffEvent, Notification, Opportunity
from leads.models import Lead, StaleLead, User
from scoring.models import AgreementVersion, Score, StageEntry
from tests.tellings import NOW


def test_every_screen_has_something_true_to_show(told):
    versions = AgreementVersion.objects.order_by("number")
    assert [version.status for version in versions] == ["superseded", "in_force"]
    assert all(version.signatures.count() == 2 for version in versions)
    states = {handoff.state for handoff in Handoff.objects.all()}
    assert {"offered", "accepted", "qualified", "returned", "returned_after_contact"} <= states
    assert set(Opportunity.objects.values_list("status", flat=True)) == {"open", "won", "lost"}
    assert HandoffEvent.objects.filter(kind="breached").exists()
    assert HandoffEvent.objects.filter(kind="message").exists()
    assert not Notification.objects.filter(mail_due=True).exists()
    assert_nothing_lies_in_the_future_or_waits_for_a_worker()


def assert_nothing_lies_in_the_future_or_waits_for_a_worker():
    assert not StageEntry.objects.filter(at__gt=NOW).exists()
    assert not HandoffEvent.objects.filter(at__gt=NOW).exists()
    assert not StaleLead.objects.exists()
    assert Score.objects.count() == Lead.objects.count()
    assert not Score.objects.exclude(version__status="in_force").exists()


def test_the_same_moment_tells_the_same_story(db):
    def summary() -> tuple:
        story.tell(at=NOW, count=40)
        people = list(Lead.objects.order_by("pk").values_list("email", flat=True))
        answers = list(Handoff.objects.order_by("pk").values_list("lead__email", "answered_at"))
        return people, answers, Score.objects.aggregate(sum=Sum("total"))

    tellings = []
    for _ in range(2):
        with transaction.atomic():
            tellings.append(summary())
            transaction.set_rollback(True)
    assert tellings[0] == tellings[1]


def test_at_night_it_shows_what_sales_left_in_the_evening(db):
    sunday = NOW - timedelta(days=NOW.weekday() + 1)
    story.tell(at=sunday, count=40)
    assert not Handoff.objects.filter(unassigned_since__isnull=False).exists()
    moments = Handoff.objects.values_list("offered_at", flat=True)
    offered = [each.astimezone(ZoneInfo("Europe/Berlin")) for each in moments if each]
    assert {each.weekday() for each in offered} <= set(range(5))
    assert max(offered).date() == (sunday - timedelta(days=2)).date()


def test_it_goes_into_an_empty_database_only(db, maya):
    with pytest.raises(CommandError, match="empty database"):
        call_command("demo")
    assert User.objects.count() == 1


def test_the_accounts_are_printed_where_they_exist(db, capsys):
    call_command("demo", accounts=True)
    assert capsys.readouterr().out == ""
    cast.assemble(at=NOW)
    call_command("demo", accounts=True)
    printed = capsys.readouterr().out
    for name in ("maya", "mark", "sam", "lena", "olu", "ada"):
        assert f"{name}@baton.example" in printed
