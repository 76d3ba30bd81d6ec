"""From a phone to a text to a mail: what goes on where the way before did not reach anybody."""

from collections.abc import Mapping, Sequence
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
#: By what somebody is told next whom this way did not reach, the first of which there is one.
_THEN: Final[Mapping[Channel, Sequence[Channel]]] = {
    Channel.PUSH: (Channel.SMS, Channel.MAIL),
    Channel.SMS: (Channel.MAIL,),
}


async def hasten(work: Work, lost: Alert) -> None:
    """A text did not arrive, or the last browser is gone: what waits for that goes now."""
    if lost.event is None or lost.channel not in _THEN:
        return
    if lost.channel is Channel.PUSH and await store.is_on_its_way(work, lost):
        return
    for channel in _THEN[lost.channel]:
        if waiting := await store.waiting_beside(work, lost, channel):
            await _go_now(work, waiting)
            return


async def _go_now(work: Work, alerts: Sequence[Alert]) -> None:
    for waiting in alerts:
        if waiting.next_try_at is not None and waiting.next_try_at <= work.now:
            continue  # its job is under way
        now = replace(waiting, tries=waiting.tries + 1, next_try_at=work.now)
        await store.save(work, now)
        await work.enqueue(job(now))
