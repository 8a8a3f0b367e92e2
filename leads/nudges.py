"""Wake-up calls to the worker, for edges. No caller ever waits for the broker.

What must happen next is a row already; a nudge only makes it happen sooner. So a nudge may be
lost: when the broker is down or silent, when too many wait, when the process is killed. The
beat schedule soon finds what it would have woken up for.
"""

import atexit
import logging
import threading
import time
from collections.abc import Hashable

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

MOST_WAITING = 1000
QUIET_SECONDS = 10
LAST_WAIT_SECONDS = 2
# A hundred forms in a second need no hundred calls: what follows soon is one call a while later.
PAUSE_SECONDS = 0.1

Call = tuple[str, tuple[Hashable, ...]]


def nudge(task_name: str, *args: Hashable) -> None:
    """Ask the worker to run `task_name` once the present transaction has committed.

    Returns at once and raises nothing, whatever the broker does.
    """
    transaction.on_commit(lambda: _sender.take((task_name, args)))


class _Sender:
    """Hands calls to the broker from a thread of its own; equal calls that wait become one. The
    first goes at once, an equal one after it not before PAUSE_SECONDS."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[Call, None] = {}
        self._sent: dict[Call, float] = {}
        self._sending = False
        self._thread: threading.Thread | None = None
        self._quiet_until = 0.0

    def take(self, call: Call) -> None:
        with self._changed:
            if time.monotonic() < self._quiet_until or len(self._waiting) >= MOST_WAITING:
                return
            self._waiting[call] = None
            self._changed.notify_all()
            # A fork takes this object along, but not its thread.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="nudges", daemon=True)
                self._thread.start()

    def flush(self) -> None:
        """Wait a moment until everything taken has left."""
        with self._changed:
            self._changed.wait_for(
                lambda: not self._waiting and not self._sending, LAST_WAIT_SECONDS
            )

    def _run(self) -> None:
        while True:
            with self._changed:
                while (call := self._ready()) is None:
                    self._changed.wait(PAUSE_SECONDS if self._waiting else None)
                del self._waiting[call]
                self._sending = True
            problem = _send(call)
            with self._changed:
                self._sending = False
                if problem:
                    self._rest(problem)
                self._changed.notify_all()

    def _ready(self) -> Call | None:
        """The first call that waits and was not sent just now."""
        now = time.monotonic()
        self._sent = {call: at for call, at in self._sent.items() if now < at + PAUSE_SECONDS}
        call = next((call for call in self._waiting if call not in self._sent), None)
        if call is not None:
            self._sent[call] = now
        return call

    def _rest(self, problem: Exception) -> None:
        self._waiting.clear()
        self._quiet_until = time.monotonic() + QUIET_SECONDS
        logger.warning(
            "The broker does not take messages (%s). Work goes on by the schedule; "
            "wake-up calls rest for %s s.",
            problem,
            QUIET_SECONDS,
        )


def _send(call: Call) -> Exception | None:
    name, args = call
    try:
        current_app.send_task(name, args=args, ignore_result=True, retry=False)
    except (OperationalError, OSError) as problem:
        return problem
    return None


_sender = _Sender()
atexit.register(_sender.flush)
