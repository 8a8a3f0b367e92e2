"""Outlives a killed supervisor, and ends the processes it left running.

Run as a script with a pipe as standard input. Each line names a process that leads a group of
its own: `+ID` it runs, `-ID` it has ended. The pipe closes when the supervisor is gone, in
whatever way; what still runs then is ended. Works wherever there are pipes and process groups.
"""

import contextlib
import os
import signal
import sys
import time

GRACE_SECONDS = 5


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    running: set[int] = set()
    for line in sys.stdin:
        change = running.add if line[0] == "+" else running.discard
        change(int(line[1:]))
    end(running)


def end(leaders: set[int]) -> None:
    """Ask the leaders to stop; kill what is left of their groups after GRACE_SECONDS."""
    for leader in leaders:
        with contextlib.suppress(ProcessLookupError):
            os.kill(leader, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline and any(map(stands, leaders)):
        time.sleep(0.1)
    for leader in leaders:
        kill_group(leader)


def stands(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True


def kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


if __name__ == "__main__":
    main()
