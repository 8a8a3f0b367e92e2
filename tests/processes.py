"""Baton's real processes, for tests that kill them.

with Installation(data, database_url, redis_url) as baton:
    worker = baton.start_worker()
    baton.kill(worker)
    address = baton.start_web()
    baton.clear()
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import connection

from config import guardian, services
from config.management.commands.up import answers
from config.supervisor import Service

START_SECONDS = 90
WEB = {"DJANGO_SETTINGS_MODULE": "tests.web"}


class Installation:
    """Processes on one database and one broker: Redis, or files below `data` without one. The web
    server keeps nothing between two requests, so that it may stay for the next test."""

    def __init__(self, data: Path, database_url: str, redis_url: str = "") -> None:
        self.data = data
        self.environment = os.environ | {
            "BATON_DATA": str(data),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
        }
        self.running: list[subprocess.Popen] = []
        self.web: subprocess.Popen | None = None
        self.address = ""
        self.log = data / "processes.log"

    def __enter__(self) -> "Installation":
        return self

    def __exit__(self, *_: object) -> None:
        for process in list(self.running):
            self.kill(process)

    def start_worker(self, **environment: str) -> subprocess.Popen:
        """Start a Celery worker and wait until it takes messages."""
        ready = self.said().count(" ready.")
        worker = self._start(services.worker(data=self.data, loglevel="info"), environment)
        self._until(lambda: self.said().count(" ready.") > ready, "the worker is ready")
        return worker

    def start_beat(self, **environment: str) -> subprocess.Popen:
        return self._start(services.beat(), environment)

    def start_web(self) -> str:
        """Start the web server, unless it runs, and return its address, without a slash at the
        end."""
        if self.web is None:
            with socket.create_server(("127.0.0.1", 0)) as listener:
                self.address = f"http://127.0.0.1:{listener.getsockname()[1]}"
                self.web = self._start(services.web(fd=listener.fileno()), WEB)
        self._until(lambda: answers(f"{self.address}/healthz/"), "the web server answers")
        return self.address

    def clear(self) -> None:
        """For another test: nothing runs but the web server, and no message waits."""
        for process in self.running[:]:
            if process is not self.web:
                self.kill(process)
        empty_broker(self.data, self.environment["REDIS_URL"])
        self.log.open("w").close()

    def kill(self, process: subprocess.Popen) -> None:
        """kill -9, with everything the process has started."""
        guardian.kill_group(process.pid)
        process.wait()
        self.running.remove(process)

    def stop(self, process: subprocess.Popen, seconds: float = 15) -> None:
        """Ask the process to end, as at a deployment, and wait for it."""
        process.send_signal(signal.SIGTERM)
        process.wait(seconds)
        self.kill(process)

    def said(self) -> str:
        """All that the processes have said so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _start(self, service: Service, environment: dict[str, str]) -> subprocess.Popen:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                service.command,
                cwd=settings.BASE_DIR,
                env=self.environment | service.environment | environment,
                pass_fds=service.inherits,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.running.append(process)
        return process

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        wait_until(condition, what, says=self.said)


def wait_until(
    condition: Callable[[], object],
    what: str,
    *,
    seconds: float = START_SECONDS,
    says: Callable[[], str] = str,
) -> None:
    """Ask until `condition()` holds; fail naming `what`, and what `says` says, after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"After {seconds} s it still does not hold that {what}.\n{says()[-4000:]}")
        time.sleep(0.1)


def database_url() -> str:
    """The address of the database the tests use right now."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    user = database["USER"] + (f":{database['PASSWORD']}" if database["PASSWORD"] else "")
    port = f":{database['PORT']}" if database["PORT"] else ""
    place = f"/{database['HOST']}" if database["HOST"].startswith("/") else database["HOST"] + port
    return f"postgres://{user}@{place}/{database['NAME']}"


def end_connections() -> None:
    """Those that killed processes and threads of tests have left: while one is there, PostgreSQL
    drops no database."""
    if connection.vendor == "sqlite":
        return
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")


def redis_url(worker: str) -> str:
    """A Redis database for one pytest worker; "" without Redis."""
    if not settings.REDIS_URL:
        return ""
    base, _, number = settings.REDIS_URL.rpartition("/")
    return f"{base}/{int(number) - 1 - int(worker.removeprefix('gw') or 0)}"


def empty_broker(data: Path, redis_url: str) -> None:
    """No message of Celery's is left, nor what beat remembers."""
    for place in [
        *data.glob("queues/**/*"),
        *data.glob("taken/**/*"),
        *data.glob("beat-schedule*"),
    ]:
        if place.is_file():
            place.unlink()
    if redis_url:
        client = redis.Redis.from_url(redis_url)
        for key in ["celery", *client.scan_iter("unacked*"), *client.scan_iter("_kombu.*")]:
            client.delete(key)
