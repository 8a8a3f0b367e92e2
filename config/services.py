"""The three processes Baton consists of, as commands."""

import sys
from pathlib import Path

from django.conf import settings

from config.supervisor import Service

WEB_WORKERS, WEB_THREADS, TASK_WORKERS = 2, 4, 2


def web(*, fd: int) -> Service:
    """The web server on a listening socket that someone else holds open."""
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"fd://{fd}"]
    command += ["--worker-class", "gthread", "--workers", str(WEB_WORKERS)]
    command += ["--threads", str(WEB_THREADS), "--no-control-socket", "--log-level", "warning"]
    return Service("The web server", command, inherits=(fd,))


def worker(*, data: Path | None = None, loglevel: str = "warning") -> Service:
    """The Celery worker. What it takes from a queue of files stays on that file system."""
    command = [sys.executable, "-m", "celery", "--app", "config", "--quiet", "worker"]
    command += ["--concurrency", str(TASK_WORKERS), "--loglevel", loglevel]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    taken = (data or settings.DATA_DIR) / "taken"
    taken.mkdir(exist_ok=True)
    return Service("The worker", command, environment={"TMPDIR": str(taken)})


def beat() -> Service:
    """Celery beat: the wake-up calls that come by the clock."""
    command = [sys.executable, "-m", "celery", "--app", "config", "--quiet", "beat"]
    command += ["--loglevel", "warning", "--pidfile", ""]
    return Service("The schedule", command)
