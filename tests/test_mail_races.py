"""Two workers send at once, on real connections; and a worker is killed in the middle of it."""

import os
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier

import pytest
from django.conf import settings as project

from feedback import notifications
from feedback.models import Letter, Notification
from feedback.notifications import letters, mails
from leads import events
from tests.factories import MONDAY, UserFactory
from tests.mailservers import mail_server
from tests.processes import database_url, wait_until
from tests.test_handoff_races import at_once

HOUR = timedelta(hours=1)
AT = MONDAY + HOUR


@pytest.fixture
def server(settings):
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


def told(people: int) -> None:
    """So many people are to get a mail at MONDAY."""
    for user in UserFactory.create_batch(people):
        event = events.write("delivery.failed", at=MONDAY, data={"event": 1, "kind": "x"})
        Notification.objects.create(
            user=user, event=event, created_at=MONDAY, mail_due=True, mail_at=MONDAY
        )


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_four_workers_that_send_at_once_each_mail_leaves_once(server):
    told(12)
    sent = at_once(*[lambda: notifications.send_mails(at=AT)] * 4)
    notifications.send_mails(at=AT)
    assert sorted(mail["To"] for mail in server.taken) == sorted(
        Letter.objects.values_list("user__email", flat=True)
    )
    assert len(server.taken) == len({mail["Message-ID"] for mail in server.taken}) == 12
    assert set(Letter.objects.values_list("state", flat=True)) == {"sent"}
    assert sum(sent) <= 12


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_workers_without_a_claim_would_send_it_again(server, monkeypatch):
    """The control: whoever finds a letter waiting sends it."""
    told(1)
    letters.write(at=AT, limit=10)
    both_have_read = Barrier(2)

    def unclaimed(letter: Letter, *, at) -> bool:
        both_have_read.wait(timeout=30)
        return True

    monkeypatch.setattr(mails, "_claim", unclaimed)
    at_once(*[lambda: notifications.send_mails(at=AT)] * 2)
    assert len(server.taken) == 2


@contextmanager
def worker(server, tmp_path):
    """A process of its own that sends what is due, as a worker would."""
    script = (
        "import django; django.setup()\n"
        "from datetime import datetime\n"
        "from feedback import notifications\n"
        f"notifications.send_mails(at=datetime.fromisoformat('{AT.isoformat()}'))\n"
    )
    environment = os.environ | {
        "BATON_DATA": str(tmp_path),
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
    }
    command = [sys.executable, "-c", script]
    process = subprocess.Popen(command, cwd=project.BASE_DIR, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("silent_at", "state", "arrives"), [("content", "unsure", 1), ("greeting", "sent", 1)]
)
@pytest.mark.django_db(transaction=True)
def test_a_mail_arrives_once_when_the_worker_is_killed(
    server, tmp_path, settings, silent_at, state, arrives
):
    """Killed after the mail was said, it is not said again; killed before, another worker does."""
    told(1)
    server.says[silent_at] = "..."
    with worker(server, tmp_path) as process:
        wait_until(lambda: silent_at in server.met, "the worker has come so far")
        process.kill()
        process.wait()
    server.says.clear()
    notifications.send_mails(at=AT + HOUR)
    notifications.send_mails(at=AT + 2 * HOUR)
    assert len(server.taken) == arrives
    assert Letter.objects.get().state == state
