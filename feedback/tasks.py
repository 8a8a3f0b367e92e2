"""Wake-up calls. What must happen is in rows; each task calls one verb that finds them.

All of them ask the database's clock: a worker whose own clock is wrong offers nothing in the past,
and calls nobody late.
"""

from celery import shared_task

from feedback import clocks, deliveries, escalations, notifications, releases
from leads.clock import database_now


@shared_task
def deliver_events() -> None:
    deliveries.deliver(at=database_now())


@shared_task
def release_waiting() -> None:
    releases.release(at=database_now())


@shared_task
def sweep() -> None:
    """What time alone brings about."""
    now = database_now()
    clocks.carry_over_all(due_by=now)
    clocks.wake(at=now)
    clocks.sweep(at=now)
    clocks.warn(at=now)
    escalations.escalate(at=now)


@shared_task
def carry_over() -> None:
    """Deadlines that a change of hours has not reached."""
    clocks.carry_over_all()


@shared_task
def send_mails() -> None:
    notifications.send_mails(at=database_now())


@shared_task
def forget_notifications() -> None:
    notifications.forget(at=database_now())
