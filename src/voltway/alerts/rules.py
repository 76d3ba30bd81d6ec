"""When an alert is tried again, and when it is given up."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from voltway.alerts.model import Alert, AlertState

#: 5 s, 10 s, 20 s … up to two hours apart: four days of outages pass before we give up.
TRIES_MAX: Final = 60
FIRST_PAUSE: Final = timedelta(seconds=5)
PAUSE_MAX: Final = timedelta(hours=2)


def sent(alert: Alert, now: datetime, note: str | None = None) -> Alert:
    """The alert when the mail server has taken it; ``note`` is what was left out of the mail."""
    return replace(
        alert,
        state=AlertState.SENT,
        tries=alert.tries + 1,
        sent_at=now,
        next_try_at=None,
        last_trouble=note,
    )


def not_sent(alert: Alert, trouble: str, now: datetime, *, for_good: bool) -> Alert:
    """The alert after a try that failed: queued for later, or a dead letter."""
    tries = alert.tries + 1
    tried = replace(alert, tries=tries, last_trouble=trouble)
    if for_good or tries >= TRIES_MAX:
        return replace(tried, state=AlertState.FAILED, next_try_at=None)
    return replace(tried, next_try_at=now + pause(tries))


def pause(tries: int) -> timedelta:
    return min(FIRST_PAUSE * (1 << min(tries - 1, 16)), PAUSE_MAX)


def dropped(alert: Alert, why: str) -> Alert:
    """The alert when nobody would want it any more, or nobody is there to take it."""
    return replace(alert, state=AlertState.DROPPED, next_try_at=None, last_trouble=why)


def undelivered(alert: Alert, trouble: str) -> Alert:
    """The alert when who carried it says that it did not arrive: a dead letter."""
    if alert.state not in (AlertState.QUEUED, AlertState.SENT):
        return alert
    return replace(alert, state=AlertState.FAILED, next_try_at=None, last_trouble=trouble)


def read(alert: Alert, now: datetime) -> Alert:
    """The alert when a person has looked at it, and so it was shown."""
    return replace(seen(alert, now), read_at=alert.read_at or now)


def seen(alert: Alert, now: datetime) -> Alert:
    """The alert when it was shown, or taken by who it was for."""
    if alert.state not in (AlertState.QUEUED, AlertState.SENT):
        return alert
    return replace(
        alert,
        state=AlertState.DELIVERED,
        sent_at=alert.sent_at or now,
        next_try_at=None,
        delivered_at=now,
    )
