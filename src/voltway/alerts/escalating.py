"""From a phone to a text to a mail: what goes on where the way before did not reach anybody."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from voltway.alerts import store
from voltway.alerts.model import Alert
from voltway.alerts.model_events import Channel
from voltway.alerts.queueing import job
from voltway.runtime.work import Work

#: So long a text may take to arrive before a mail follows it.
TEXT_WITHIN: Final = timedelta(minutes=5)


async def hasten(work: Work, failed: Alert) -> None:
    """A text did not arrive: the mail that waits for that goes now."""
    if failed.channel is not Channel.SMS or failed.event is None:
        return
    for waiting in await store.waiting_beside(work, failed, Channel.MAIL):
        now = replace(waiting, tries=waiting.tries + 1, next_try_at=work.now)
        await store.save(work, now)
        await work.enqueue(job(now))
