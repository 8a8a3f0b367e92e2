"""Wake-up calls. What must happen is in rows; each task calls one verb that finds them."""

from celery import shared_task
from django.utils import timezone

from feedback import clocks, deliveries, notifications, releases


@shared_task
def deliver_events() -> None:
    deliveries.deliver(at=timezone.now())


@shared_task
def release_waiting() -> None:
    releases.release(at=timezone.now())


@shared_task
def sweep() -> None:
    """Asks the database's clock, so a worker whose clock is wrong flags and warns nobody."""
    clocks.sweep()
    clocks.warn()


@shared_task
def send_mails() -> None:
    notifications.send_mails(at=timezone.now())
