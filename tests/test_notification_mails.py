"""Mails: once, in one's language, together, and never twice."""

from datetime import timedelta

import pytest
from django.core import mail

from feedback import clocks, deliveries, handoffs, notifications
from feedback.models import Absence, Evidence, Handoff, Letter, Notification
from feedback.notifications import mails
from feedback.notifications.wishes import SETTLED
from leads.models import Event
from tests.factories import MONDAY, HandoffFactory, PoolFactory, PoolMemberFactory
from tests.mailservers import mail_server
from tests.test_handoffs import ALL, returned
from tests.test_notifications import FRIDAY_EVENING, tell

pytestmark = pytest.mark.django_db

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
State = Letter.State


@pytest.fixture
def pool(sam):
    pool = PoolFactory(team=sam.team)
    PoolMemberFactory(pool=pool, user=sam)
    return pool


@pytest.fixture
def server(settings):
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_TIMEOUT = 2
        yield server


def breached(**facts) -> Handoff:
    handoff = HandoffFactory(**facts)
    clocks.sweep(at=MONDAY + 5 * HOUR)
    deliveries.deliver(at=MONDAY + 5 * HOUR)
    return handoff


AT = MONDAY + 5 * HOUR


def named(handoff: Handoff) -> str:
    return f"{handoff.lead} ({handoff.lead.company_name})"


def states() -> list[tuple[str, str]]:
    return list(Letter.objects.order_by("pk").values_list("state", "problem"))


# What they say


def test_a_breach_is_told_to_who_leads_the_team_by_mail(lena, sam, mark):
    handoff = breached()
    assert notifications.send_mails(at=AT) == 1
    [letter] = mail.outbox
    assert letter.to == ["lena@baton.example"]
    said = f"Nobody has answered {named(handoff)} yet, due 13:00."
    assert letter.subject == said
    assert letter.body == (
        "Hello Lena,\n\n"
        f"{said}\n"
        f"http://localhost:8000/handoffs/{handoff.pk}/\n\n"
        "-- \n"
        f"You get this because you lead {lena.team}.\n"
        "Choose when Baton writes to you, or that it does not: "
        "http://localhost:8000/notifications/preferences/\n"
    )
    assert notifications.send_mails(at=AT + HOUR) == 0
    assert len(mail.outbox) == 1
    assert states() == [("sent", "")]


def test_an_offer_says_by_when_it_is_to_be_answered_in_the_readers_language(pool, sam):
    sam.language = "de"
    sam.save()
    handoff = HandoffFactory(pool=pool)
    tell("handoff.offered", handoff)
    assert notifications.send_mails(at=MONDAY) == 0  # A minute, for what comes together.
    assert notifications.send_mails(at=MONDAY + MINUTE) == 1
    [letter] = mail.outbox
    assert letter.subject == f"{named(handoff)} wartet auf Antwort."
    assert "Antwort bis 13:00." in letter.body


def test_an_offer_that_is_told_too_late_says_so_and_what_speaks_for_the_lead(pool, sam):
    """The worker stood still from nine to after one."""
    handoff = HandoffFactory(pool=pool, owner=sam)
    ledger = [
        {"kind": "rule", "key": "a", "words": "Opened a mail", "points": 2},
        {"kind": "rule", "key": "b", "words": "Asked for a demo", "points": 30},
    ]
    Evidence.objects.create(handoff=handoff, ledger=ledger, criteria=[])
    tell("handoff.assigned", handoff, to=sam.pk)
    assert notifications.send_mails(at=MONDAY + 3 * HOUR) == 1
    assert "Answer by 13:00." in mail.outbox[0].body
    tell("handoff.offered", handoff)
    assert notifications.send_mails(at=MONDAY + 5 * HOUR) == 1
    assert mail.outbox[1].body.splitlines()[2:5] == [
        f"{named(handoff)} waits for an answer.",
        "Above all: Asked for a demo.",
        "The answer was due 13:00.",
    ]


def test_ten_offers_within_a_minute_are_one_mail(pool, sam):
    for n in range(10):
        tell("handoff.offered", HandoffFactory(pool=pool), at=MONDAY + n * timedelta(seconds=6))
    assert notifications.send_mails(at=MONDAY + MINUTE) == 1
    [letter] = mail.outbox
    assert letter.subject == "10 leads wait for an answer."
    assert letter.body.count("/handoffs/") == 10
    assert notifications.send_mails(at=MONDAY + 3 * MINUTE) == 0


def test_the_mail_of_a_day_has_all_of_it_by_kind(pool, sam, maya):
    notifications.choose(sam, mode="digest", digest_hour=16, any_hour=False, at=MONDAY)
    offered = [HandoffFactory(pool=pool) for _ in range(3)]
    for handoff in offered:
        tell("handoff.offered", handoff)
    tell("handoff.replied", offered[0], actor=maya)
    assert notifications.send_mails(at=MONDAY + 6 * HOUR) == 0
    assert notifications.send_mails(at=MONDAY + 7 * HOUR) == 1  # 16:00 in Berlin.
    [letter] = mail.outbox
    assert letter.subject == "3 leads wait for an answer. And 1 more."
    assert "Maya Lindner wrote about" in letter.body


def test_what_is_answered_in_the_meantime_is_left_out(pool, sam, tom):
    handoffs_ = [HandoffFactory(pool=pool, owner=sam) for _ in range(2)]
    for handoff in handoffs_:
        tell("handoff.offered", handoff)
    handoffs.accept(handoffs_[0], by=sam, at=MONDAY, confirmed=ALL)
    assert notifications.send_mails(at=MONDAY + MINUTE) == 1
    [letter] = mail.outbox
    assert letter.subject == f"{named(handoffs_[1])} waits for an answer."
    assert str(handoffs_[0].lead) not in letter.body


def test_a_lead_somebody_got_after_all_is_no_mail(pool, sam, lena):
    """At night nobody can take it; in the morning somebody does before the mail goes."""
    solved, open_still = (
        HandoffFactory(pool=pool, unassigned_since=FRIDAY_EVENING) for _ in range(2)
    )
    for handoff in (solved, open_still):
        tell("handoff.unassigned", handoff, at=FRIDAY_EVENING)
    solved.owner, solved.unassigned_since = sam, None
    solved.save()
    assert notifications.send_mails(at=MONDAY) == 0
    assert notifications.send_mails(at=MONDAY + SETTLED) == 1
    [letter] = mail.outbox
    assert letter.subject == f"Nobody can take {named(open_still)} now."


def test_what_cannot_wait_comes_first(pool, sam):
    handoff = HandoffFactory(pool=pool)
    tell("handoff.offered", HandoffFactory(pool=pool))
    tell("clock.warning", handoff, clock="answer", due_at=MONDAY.isoformat())
    assert notifications.send_mails(at=MONDAY) == 1
    assert mail.outbox[0].subject.startswith(f"The time is nearly up for {handoff.lead}")
    assert mail.outbox[0].subject.endswith("And 1 more.")


def test_nothing_left_to_say_is_no_mail(pool, sam):
    handoff = HandoffFactory(pool=pool, owner=sam)
    tell("handoff.offered", handoff)
    handoffs.accept(handoff, by=sam, at=MONDAY, confirmed=ALL)
    assert notifications.send_mails(at=MONDAY + MINUTE) == 0
    assert not mail.outbox
    assert not Letter.objects.exists()


def test_outside_of_ones_hours_no_mail_goes_whatever_was_planned(pool, sam):
    """The worker stood still, or an absence was entered: hours are looked at when the mail goes."""
    handoff = HandoffFactory(pool=pool)
    tell("handoff.offered", handoff, at=FRIDAY_EVENING - 3 * HOUR)
    assert notifications.send_mails(at=FRIDAY_EVENING) == 0
    assert Notification.objects.get().mail_at == MONDAY + SETTLED
    Absence.objects.create(
        user=sam, first_day=MONDAY, last_day=MONDAY, entered_by=sam, entered_at=MONDAY
    )
    assert notifications.send_mails(at=MONDAY + SETTLED) == 0
    assert notifications.send_mails(at=MONDAY + timedelta(days=1) + SETTLED) == 1


def test_who_has_left_gets_no_mail(pool, sam):
    tell("handoff.offered", HandoffFactory(pool=pool))
    sam.is_active = False
    sam.save()
    assert notifications.send_mails(at=MONDAY + MINUTE) == 0
    assert not Notification.objects.filter(mail_due=True).exists()


def test_returns_reach_marketing_by_mail(sam, maya, mark):
    handoff = returned(HandoffFactory(), sam)
    deliveries.deliver(at=MONDAY + HOUR)
    assert notifications.send_mails(at=MONDAY + HOUR + MINUTE) == 2
    assert {letter.to[0] for letter in mail.outbox} == {"maya@baton.example", "mark@baton.example"}
    assert mail.outbox[0].subject == f"Sam Okafor returned {handoff.lead}: No budget this year."


def test_a_return_says_its_reason_in_the_readers_language(sam, maya, mark):
    mark.language = "de"
    mark.save()
    handoff = returned(HandoffFactory(), sam)
    deliveries.deliver(at=MONDAY + HOUR)
    assert notifications.send_mails(at=MONDAY + HOUR + MINUTE) == 2
    [to_mark] = [letter for letter in mail.outbox if letter.to == [mark.email]]
    assert (
        to_mark.subject
        == f"Sam Okafor hat {handoff.lead} zurückgegeben: Kein Budget in diesem Jahr."
    )


# What the server says


def test_a_mail_arrives_with_an_id_that_stays_and_the_way_to_fewer_of_them(lena, server):
    breached()
    assert notifications.send_mails(at=AT) == 1
    [taken] = server.taken
    assert taken["Message-ID"] == f"<{Letter.objects.get().key}@localhost>"
    assert taken["List-Unsubscribe"] == "<http://localhost:8000/notifications/preferences/>"
    assert taken["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("step", "reply"),
    [
        ("mail", "451 not now"),
        ("rcpt", "450 later"),
        ("content", "452 full"),
        ("greeting", "421 busy"),
        ("mail", "530 sign in first"),
    ],
)
def test_what_did_not_leave_is_sent_again_with_the_same_id(lena, server, step, reply):
    breached()
    server.says[step] = reply
    assert notifications.send_mails(at=AT) == 0
    letter = Letter.objects.get()
    assert (letter.state, letter.attempts, letter.retry_at) == (State.WAITING, 1, AT + MINUTE)
    server.says.clear()
    assert notifications.send_mails(at=AT) == 0  # Not before its time.
    assert notifications.send_mails(at=AT + MINUTE) == 1
    assert [taken["Message-ID"] for taken in server.taken] == [f"<{letter.key}@localhost>"]


def test_a_server_that_is_not_there_is_tried_for_a_day_and_then_it_is_said(lena, olu, settings):
    breached()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 9, 1
    notifications.choose(lena, mode="immediate", digest_hour=8, any_hour=True, at=AT)
    for hours in range(40):
        notifications.send_mails(at=AT + hours * HOUR)
    letter = Letter.objects.get()
    assert (letter.state, letter.problem) == (State.FAILED, "no_connection")
    assert letter.attempts == mails.MOST_ATTEMPTS
    deliveries.deliver(at=AT + 41 * HOUR)
    told = Notification.objects.get(user=olu, event__kind="mail.failed")
    assert notifications.sentence(told).text == "A mail to Lena Fuchs could not be sent."
    assert not told.mail_due


@pytest.mark.parametrize(("step", "code"), [("rcpt", "550"), ("content", "554")])
def test_what_is_refused_for_good_ends_at_once_and_is_shown(
    lena, olu, ada, server, signed_in, step, code
):
    breached()
    server.says[step] = f"{code} no"
    assert notifications.send_mails(at=AT) == 0
    assert states() == [("refused", code)]
    server.says.clear()
    assert notifications.send_mails(at=AT + HOUR) == 0
    assert not server.taken
    assert Event.objects.filter(kind="mail.failed").count() == 1


@pytest.mark.parametrize("step", ["content", "mail"])
def test_what_may_have_left_is_not_sent_again(lena, server, step):
    breached()
    server.says[step] = None  # Hangs up.
    assert notifications.send_mails(at=AT) == 0
    assert states() == [("unsure", "lost")]
    server.says.clear()
    assert notifications.send_mails(at=AT + 24 * HOUR) == 0
    assert len(server.taken) == (step == "content")
    event = Event.objects.get(kind="mail.unsure")
    assert event.data == {"letter": Letter.objects.get().pk, "user": lena.pk}


def test_a_server_that_falls_silent_after_the_mail_leaves_us_unsure(lena, server, settings):
    settings.EMAIL_TIMEOUT = 0.3
    breached()
    server.says["content"] = "..."
    assert notifications.send_mails(at=AT) == 0
    assert states() == [("unsure", "lost")]


def test_one_bad_address_holds_nobody_up(lena, olu, server):
    breached()
    lena.email = "lena@löwe\n.example"
    type(lena).objects.filter(pk=lena.pk).update(email=lena.email)
    tell("delivery.failed", at=AT, event=1, kind="x")
    assert notifications.send_mails(at=AT + MINUTE) == 1
    assert [taken["To"] for taken in server.taken] == ["olu@baton.example"]
    assert ("refused", "address") in states()


# Whoever took it died


def test_what_a_killed_worker_had_taken_is_given_up_and_said(lena, olu):
    breached()
    letter = write_letter()
    assert mails._claim(letter, at=AT)
    assert notifications.send_mails(at=AT + 10 * MINUTE) == 0  # Perhaps it still is at it.
    assert states() == [("sending", "")]
    assert notifications.send_mails(at=AT + 16 * MINUTE) == 0
    assert states() == [("unsure", "stopped")]
    assert not mail.outbox
    deliveries.deliver(at=AT + 16 * MINUTE)
    assert Notification.objects.filter(user=olu, event__kind="mail.unsure").count() == 1


def write_letter() -> Letter:
    from feedback.notifications import letters

    letters.write(at=AT, limit=10)
    return Letter.objects.select_related("user").get()


def test_a_letter_another_worker_has_claimed_is_left_to_it(lena):
    breached()
    letter = write_letter()
    same = Letter.objects.select_related("user").get()
    assert mails._claim(letter, at=AT)
    assert not mails._claim(same, at=AT)
    assert notifications.send_mails(at=AT + MINUTE) == 0
