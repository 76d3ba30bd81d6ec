"""Alerts into the queue: kept, and with a job of their own for each try."""

from collections.abc import Sequence

from voltway.alerts import store
from voltway.alerts.model import Alert
from voltway.runtime.work import Job, Work


async def queue(work: Work, alerts: Sequence[Alert]) -> None:
    """Keep these alerts, and send those that are new. What one is about is told once."""
    if alerts:
        fresh = await store.add(work, alerts)
        await work.enqueue(*(job(each) for each in alerts if each.id in fresh))


def job(alert: Alert) -> Job:
    """The job that sends an alert at its next time. Each try has a job of its own."""
    return Job(
        kind="send_alert",
        key=f"send_alert:{alert.id}:{alert.tries}",
        body={"alert": str(alert.id)},
        not_before=alert.next_try_at,
        party=alert.party,
    )
