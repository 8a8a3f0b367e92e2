"""`manage.py up`: three processes that live together, and leave nothing behind."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from config import guardian
from config.demo.cast import PASSWORD
from config.management.commands.up import Command, answers
from tests.processes import wait_until
from tests.test_tables import assert_like_ours

pytestmark = [
    pytest.mark.skipif(not Path("/proc").exists(), reason="finds processes by /proc"),
    pytest.mark.skipif(
        bool(settings.REDIS_URL), reason="starts the embedded default: once is enough"
    ),
]


# All tables are made at a first start, which takes a minute where others work too.
A_LONG_WAIT = 240


class Up:
    """A started `manage.py up`, recognised by the data directory in its environment."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self.log = data / "up.log"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        here = {"BATON_DATA": str(data), "DATABASE_URL": "", "REDIS_URL": "", "DEMO": "0"}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=settings.BASE_DIR,
                env=os.environ | here | {"PORT": str(self.port)} | environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_until_it_runs(self) -> None:
        wait_until(
            lambda: "Baton runs at" in self.said(),
            "it says where it runs",
            seconds=A_LONG_WAIT,
            says=self.said,
        )
        wait_until(lambda: len(self.commands()) >= 8, "all processes run", says=self.said)

    def commands(self) -> dict[int, str]:
        """Every living process of this installation, with its command line."""
        mark = f"BATON_DATA={self.data}\0".encode()
        return {
            int(place.name): command
            for place in Path("/proc").glob("[0-9]*")
            if mark in read(place / "environ") + b"\0"
            and (command := read(place / "cmdline").replace(b"\0", b" ").decode())
        }

    def leader(self, word: str) -> int:
        """The process that runs `word`: of those with it in their command line the one that leads
        a session, as every service does. Numbers say nothing of age: they start over."""
        named = [pid for pid, command in self.commands().items() if word in command.split()]
        return next((pid for pid in named if leads_session(pid)), 0)

    def kill_all(self) -> None:
        for pid in self.commands():
            os.kill(pid, signal.SIGKILL)
        self.process.wait()


def leads_session(pid: int) -> bool:
    try:
        return os.getsid(pid) == pid
    except ProcessLookupError:
        return False


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.fixture
def up(tmp_path) -> Iterator[Callable[..., Up]]:
    started = []

    def start(**environment: str) -> Up:
        started.append(Up(tmp_path, **environment))
        return started[-1]

    yield start
    for one in started:
        one.kill_all()


def test_a_first_start_makes_the_tables_the_dead_are_restarted_and_nothing_is_left_behind(db, up):
    baton = up()
    baton.wait_until_it_runs()
    with closing(sqlite3.connect(baton.data / "baton.sqlite3")) as made:
        assert_like_ours(made.cursor())
    assert f"http://localhost:{baton.port}/" in baton.said()
    for name in ("gunicorn", "worker", "beat"):
        before = baton.leader(name)
        os.kill(before, signal.SIGKILL)
        wait_until(
            lambda name=name, before=before: baton.leader(name) not in (0, before),
            f"{name} runs again",
            says=baton.said,
        )
    os.kill(baton.leader(guardian.__file__), signal.SIGKILL)
    wait_until(lambda: baton.leader(guardian.__file__), "another guardian stands by")
    assert baton.said().count("killed by SIGKILL. It starts again in 0.5 s.") == 3
    wait_until(lambda: answers(f"http://127.0.0.1:{baton.port}/healthz/"), "the web answers again")

    baton.process.kill()
    baton.process.wait()
    wait_until(lambda: not baton.commands(), "nothing is left behind")


@pytest.fixture
def migrated(db, tmp_path) -> None:
    """The tests' own empty database, as Baton left it when it ran the last time."""
    ours = sqlite3.connect(connection.settings_dict["NAME"])
    theirs = sqlite3.connect(tmp_path / "baton.sqlite3")
    with closing(ours), closing(theirs):
        ours.backup(theirs)


def test_ctrl_c_ends_everything(up, migrated):
    baton = up()
    baton.wait_until_it_runs()
    assert f"http://localhost:{baton.port}/setup/ with this code:" in baton.said(), (
        "nobody can sign in yet: it says how"
    )
    baton.process.send_signal(signal.SIGINT)
    assert baton.process.wait(A_LONG_WAIT) == 0
    assert "Stopped." in baton.said()
    assert baton.commands() == {}
    assert "Traceback" not in baton.said()


def test_a_crash_loop_is_reported_and_stops_everything(up, migrated):
    baton = up(GUNICORN_CMD_ARGS="--config /no/such/file")
    assert baton.process.wait(A_LONG_WAIT) == 1
    assert "Crash loop: The web server stopped 5 times" in baton.said()
    assert "Everything has been stopped." in baton.said()
    assert baton.commands() == {}


def test_a_taken_port_is_a_clear_sentence(up):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        baton = up(PORT=str(port))
        assert baton.process.wait(A_LONG_WAIT) == 1
    assert f"Port {port} is taken by another program." in baton.said()
    assert "Traceback" not in baton.said()


@pytest.mark.parametrize("port", ["web", "99999"])
def test_what_is_no_port_is_a_clear_sentence(up, port):
    baton = up(PORT=port)
    assert baton.process.wait(A_LONG_WAIT) == 1
    assert f"PORT must be a number between 1 and 65535, not {port}." in baton.said()
    assert "Traceback" not in baton.said()


def test_accounts_are_said_at_once_even_into_a_pipe(sam, monkeypatch, settings):
    settings.DEMO = True
    monkeypatch.setattr("config.management.commands.up.answers", lambda address: True)
    reading, writing = os.pipe()
    with open(reading, "rb", buffering=0) as pipe, open(writing, "w") as stdout:
        Command(stdout=stdout).announcement("http://localhost:8000/")()
        said = pipe.read(65536).decode()
    assert "Baton runs at http://localhost:8000/" in said
    assert f"(password: {PASSWORD})" in said
    assert sam.email in said
