"""What can be done about alerts: send them, and try again what failed.

A mail server gives no way to ask whether it took a mail. So a mail whose answer was lost is sent
again under the same Message-ID: better the same receipt twice, which mail programs show once, than
none. Everything else is told once, by the alert's own key.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from voltway.alerts import guests, rules, store
from voltway.alerts.delivering import Post
from voltway.alerts.model import Alert, AlertState
from voltway.alerts.model_events import Channel
from voltway.alerts.queueing import MANY, ONE, job, jobs
from voltway.kernel.ids import AlertId
from voltway.runtime import jobs_seen
from voltway.runtime.settings import Settings
from voltway.runtime.work import BeginWork, Work

LOST_AFTER: Final = timedelta(seconds=60)

FORGET_AT_ONCE_MAX: Final = 10_000


async def send(begin: BeginWork, settings: Settings, body: Mapping[str, str]) -> None:
    """Send the alerts of one job, by lines that are opened for it alone. Raises what broke it."""
    post = Post(begin, settings)
    try:
        [trouble] = await post.send([body])
    finally:
        await post.close()
    if trouble is not None:
        raise trouble


async def seen(begin: BeginWork, id: AlertId) -> bool:
    """A browser says that it showed the alert; whether we know that. Its id is known to that
    browser alone."""
    return await _told(begin, id, rules.seen)


async def read(begin: BeginWork, id: AlertId) -> bool:
    """A browser says that somebody tapped the alert or put it away; whether we know that."""
    return await _told(begin, id, rules.read)


async def opened(work: Work, page: str, holders: Collection[str]) -> None:
    """One of these looks at this page: what was pushed to them and leads there is read."""
    unread = await store.lock_unread(work, page, holders)
    if unread:
        await store.save_many(work, [rules.read(each, work.now) for each in unread])


async def _told(begin: BeginWork, id: AlertId, became: Callable[[Alert, datetime], Alert]) -> bool:
    async with begin() as work:
        try:
            before = await store.lock(work, id)
        except store.NoSuchAlert:
            return False
        after = became(before, work.now)
        if before.channel is Channel.PUSH and after is not before:
            await store.save(work, after)
    return True


async def try_again(work: Work, id: AlertId) -> None:
    """Send a dead letter once more. What was sent is not sent twice, nor what is of no use now."""
    before = await store.lock(work, id)
    if before.state is not AlertState.FAILED:
        return
    again = replace(before, state=AlertState.QUEUED, tries=0, next_try_at=work.now)
    await store.save(work, again)
    await work.enqueue(job(again))


async def wake_waiting(begin: BeginWork) -> int:
    """Queue again the alerts whose job was lost. While jobs of alerts have been due for as long,
    the house is behind and nothing is lost: they would only go twice, and out of turn."""
    async with begin() as work:
        if await jobs_seen.is_behind(work, (ONE, MANY), LOST_AFTER):
            return 0
        overdue = await store.overdue(work, work.now - LOST_AFTER)
        woken = [replace(each, tries=each.tries + 1, next_try_at=work.now) for each in overdue]
        if woken:
            await store.save_many(work, woken)
            await work.enqueue(*jobs(woken))
    return len(woken)


async def forget_guests(begin: BeginWork) -> int:
    """Sweep: forget what guests left for one charge that is over; how many there were."""
    async with begin() as work:
        return await guests.forget_over(work)


async def forget_old_alerts(begin: BeginWork, days: int) -> int:
    """Sweep: to whom what was told is personal data, and not kept for ever (0: it is)."""
    if not days:
        return 0
    async with begin() as work:
        return await store.forget(work, work.now - timedelta(days=days), FORGET_AT_ONCE_MAX)
