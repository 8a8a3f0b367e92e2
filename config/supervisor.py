"""Runs Baton's processes: starts them, restarts the dead, and leaves none behind."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings

from config import guardian

TICK_SECONDS = 0.2
STOP_SECONDS = 10
STEADY_SECONDS = 20
MOST_DEATHS = 5


class CrashLoop(Exception):
    """A service keeps dying soon after its start."""


@dataclass
class Service:
    """One process to keep running. `inherits` are file descriptors it is handed."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    inherits: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    quick_deaths: int = 0

    def start(self) -> int:
        """Start in a session of its own, so that Ctrl-C reaches only the supervisor."""
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            cwd=settings.BASE_DIR,
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            pass_fds=self.inherits,
            start_new_session=True,
        )
        return self.process.pid

    def bury(self, code: int) -> str:
        """Plan the next start and say so. Raises CrashLoop after MOST_DEATHS quick ones."""
        self.process = None
        now = time.monotonic()
        steady = now - self.started_at >= STEADY_SECONDS
        self.quick_deaths = 1 if steady else self.quick_deaths + 1
        if self.quick_deaths == MOST_DEATHS:
            raise CrashLoop(
                f"Crash loop: {self.name} stopped {MOST_DEATHS} times right after its start, "
                f"last {cause_of_death(code)}. What it said stands above."
            )
        pause = 0.5 * 2 ** (self.quick_deaths - 1)
        self.start_at = now + pause
        return f"{self.name} stopped, {cause_of_death(code)}. It starts again in {pause:g} s."


class Supervisor:
    """Keeps `services` running until a signal ends it. `say` prints one sentence."""

    def __init__(self, services: list[Service], say: Callable[[str], None]) -> None:
        self.services = services
        self.say = say
        self.signals = 0
        self.guard: subprocess.Popen[str] | None = None

    def run(self, on_tick: Callable[[], None]) -> None:
        """Return after SIGINT, SIGTERM or SIGHUP, raise CrashLoop; either way all have ended."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._count_signal)
        try:
            while not self.signals:
                self._watch_guard()
                for service in self.services:
                    self._watch(service)
                on_tick()
                time.sleep(TICK_SECONDS)
        finally:
            self._stop()

    def _count_signal(self, *_: object) -> None:
        self.signals += 1

    def _watch(self, service: Service) -> None:
        if service.process is None:
            if time.monotonic() >= service.start_at and not self.signals:
                self._tell_guard(f"+{service.start()}")
        elif (code := service.process.poll()) is not None:
            self._clear_away(service.process.pid)
            self.say(service.bury(code))

    def _clear_away(self, leader: int) -> None:
        guardian.kill_group(leader)
        self._tell_guard(f"-{leader}")

    def _watch_guard(self) -> None:
        if self.guard is None or self.guard.poll() is not None:
            self.guard = subprocess.Popen(
                [sys.executable, "-I", guardian.__file__],
                stdin=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            for service in self.services:
                if service.process:
                    self._tell_guard(f"+{service.process.pid}")

    def _tell_guard(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            print(line, file=self.guard.stdin, flush=True)

    def _stop(self) -> None:
        """Ask all to stop; kill after STOP_SECONDS, or at once after a second signal."""
        processes = [service.process for service in self.services if service.process]
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        while any(process.poll() is None for process in processes):
            if time.monotonic() > deadline or self.signals > 1:
                break
            time.sleep(0.05)
        for process in processes:
            self._clear_away(process.pid)
            process.wait()
        with contextlib.suppress(BrokenPipeError):
            self.guard.stdin.close()
        self.guard.wait()


def cause_of_death(code: int) -> str:
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"with exit code {code}"
