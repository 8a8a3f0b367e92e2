"""A broker that is down or silent never fails or delays anybody."""

import os
import socket
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.db import transaction

from leads import nudges
from tests.processes import wait_until

NUDGE_AND_TIME = """
import django, time
django.setup()
from leads.nudges import nudge
from django.db import connection
connection.ensure_connection()
for number in range(3):
    start = time.monotonic()
    nudge("feedback.tasks.sweep", number)
    print(time.monotonic() - start)
    time.sleep(0.3)
"""


@pytest.fixture
def messages(monkeypatch) -> list:
    """What reaches the broker, in order."""
    sent = []
    monkeypatch.setattr(nudges, "_send", lambda call: sent.append(call))
    return sent


def nudge_with_broker(port: int, data) -> tuple[list[float], float, str]:
    environment = {
        "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "DATABASE_URL": "sqlite://:memory:",
        "BATON_DATA": str(data),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    start = time.monotonic()
    result = subprocess.run(
        [sys.executable, "-c", NUDGE_AND_TIME],
        cwd=settings.BASE_DIR,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert result.returncode == 0, result.stderr
    return [float(line) for line in result.stdout.split()], time.monotonic() - start, result.stderr


def test_a_broker_that_is_down_delays_nobody(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    delays, lifetime, _ = nudge_with_broker(port, tmp_path)
    assert len(delays) == 3
    assert max(delays) < 0.5
    assert lifetime < 45


def test_a_broker_that_accepts_and_never_answers_delays_nobody(tmp_path):
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        delays, lifetime, _ = nudge_with_broker(silent.getsockname()[1], tmp_path)
    assert len(delays) == 3
    assert max(delays) < 0.5
    assert lifetime < 45


@pytest.mark.django_db(transaction=True)
def test_a_nudge_leaves_after_the_commit_and_not_before(messages):
    with transaction.atomic():
        nudges.nudge("scoring.tasks.rescore_stale")
        time.sleep(0.1)
        assert messages == []
    wait_until(lambda: messages, "the nudge has left")
    assert messages == [("scoring.tasks.rescore_stale", ())]


@pytest.mark.django_db(transaction=True)
def test_a_nudge_of_a_transaction_that_is_rolled_back_never_leaves(messages):
    with transaction.atomic():
        nudges.nudge("scoring.tasks.rescore_stale")
        transaction.set_rollback(True)
    nudges.nudge("feedback.tasks.sweep")
    wait_until(lambda: messages, "the second nudge has left")
    assert messages == [("feedback.tasks.sweep", ())]


def test_equal_nudges_that_wait_become_one(messages):
    sender = nudges._Sender()
    with sender._changed:  # the sending thread cannot begin while this is held
        for _ in range(5):
            sender._waiting[("feedback.tasks.sweep", ())] = None
    sender.take(("feedback.tasks.sweep", ()))
    sender.flush()
    assert messages == [("feedback.tasks.sweep", ())]


def test_after_a_failure_nudges_rest_and_one_warning_says_so(monkeypatch, caplog):
    tried = []

    def fail(call):
        tried.append(call)
        return OSError("no broker")

    monkeypatch.setattr(nudges, "_send", fail)
    sender = nudges._Sender()
    for number in range(5):
        sender.take(("feedback.tasks.sweep", (number,)))
        sender.flush()
    assert len(tried) == 1
    assert len(caplog.records) == 1
    assert "no broker" in caplog.text

    monkeypatch.setattr(sender, "_quiet_until", time.monotonic())
    sender.take(("feedback.tasks.sweep", (9,)))
    sender.flush()
    assert len(tried) == 2


def test_a_burst_of_equal_nudges_is_few_messages_and_the_last_is_heard(monkeypatch):
    sent = []
    monkeypatch.setattr(nudges, "_send", lambda call: sent.append((time.monotonic(), call)))
    sender, call, other = nudges._Sender(), ("scoring.tasks.rescore_stale", ()), ("other", ())
    start = time.monotonic()
    while time.monotonic() < start + 0.35:
        sender.take(call)
        time.sleep(0.001)
    last = time.monotonic()
    sender.take(call)
    sender.take(other)
    wait_until(lambda: [at for at, what in sent if what == call][-1] >= last, "the last is heard")
    sender.flush()
    times = [at for at, what in sent if what == call]
    assert len(times) <= (times[-1] - start) / nudges.PAUSE_SECONDS + 2
    assert [what for _at, what in sent].count(other) == 1


def test_the_first_of_equal_nudges_goes_at_once_and_the_second_waits(messages, monkeypatch):
    monkeypatch.setattr(nudges, "PAUSE_SECONDS", 60)
    sender, call = nudges._Sender(), ("scoring.tasks.rescore_stale", ())
    sender.take(call)
    wait_until(lambda: messages == [call], "the first has left", seconds=30)
    sender.take(call)
    sender.take(("other", ()))
    wait_until(lambda: len(messages) > 1, "the other has left", seconds=30)
    assert messages == [call, ("other", ())]
