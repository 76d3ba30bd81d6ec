"""What billing does when nobody does anything: wake settlements whose job was lost."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from voltway.billing import settling, store
from voltway.runtime.work import BeginWork

LOST_AFTER: Final = timedelta(seconds=60)


async def wake_resting(begin: BeginWork) -> int:
    """Queue again what should have gone on a while ago and did not."""
    async with begin() as work:
        overdue = await store.overdue(work, work.now - LOST_AFTER)
        woken = [
            replace(each, tries=each.tries + 1, next_try_at=work.now)
            for each in overdue
            if each.next is not None
        ]
        if woken:
            await store.save(work, *woken)
            await work.enqueue(*(settling.job(each) for each in woken))
    return len(overdue)
