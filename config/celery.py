"""The worker's application, and what it is woken up for when nothing else wakes it."""

import os
import warnings
from typing import Any

from celery import Celery
from celery.platforms import SecurityWarning
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# A worker in a container is root; messages are JSON, which cannot carry code.
warnings.filterwarnings("ignore", category=SecurityWarning)

TRANSPORT_ALIASES["filesystem"] = "config.queue_files:Transport"

app = Celery("baton")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()  # Threads of the web server find the application only where it is the default.
app.autodiscover_tasks()


def every(seconds: int, task: str) -> dict[str, Any]:
    """A call that goes stale before the next one is due, so that none pile up for a late worker."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


app.conf.beat_schedule = {
    task: every(seconds, task)
    for task, seconds in {
        "scoring.tasks.rescore_stale": 5,
        "feedback.tasks.deliver_events": 5,
        "feedback.tasks.send_mails": 10,
        "scoring.tasks.keep_rescoring": 10,
        "scoring.tasks.rescore_due": 15,
        "scoring.tasks.replay": 10,
        "feedback.tasks.release_waiting": 60,
        "feedback.tasks.sweep": 60,
        "feedback.tasks.carry_over": 10,
        "scoring.tasks.keep_agreement": 60,
        "feedback.tasks.forget_notifications": 3600,
    }.items()
}
