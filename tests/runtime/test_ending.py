"""Tasks end when they are told to, also those that do not listen at first."""

import asyncio
from contextlib import suppress

from voltway.runtime.ending import end

WITHIN_S = 5.0


async def test_a_task_that_swallows_a_cancellation_is_told_again() -> None:
    began = asyncio.Event()

    async def is_hard_of_hearing() -> None:
        for _ in range(2):
            with suppress(asyncio.CancelledError):
                began.set()
                await asyncio.Event().wait()
        await asyncio.Event().wait()

    task = asyncio.create_task(is_hard_of_hearing())
    await began.wait()

    async with asyncio.timeout(WITHIN_S):
        await end({task})

    assert task.cancelled()


async def test_what_a_task_raises_stays_in_it() -> None:
    async def falls() -> None:
        raise ValueError("fell")

    task = asyncio.create_task(falls())
    await asyncio.wait({task})

    await end({task})

    assert isinstance(task.exception(), ValueError)


async def test_to_end_nothing_is_done_at_once() -> None:
    await end(())
