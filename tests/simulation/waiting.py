"""How a simulated crowd lives in real time: it waits for what it expects, and never for longer."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

LOOK_EVERY_S = 0.1


async def happens(event: asyncio.Event, within_s: float) -> bool:
    """Whether the event happened within the time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await event.wait()
    return event.is_set()


async def comes_true(
    is_so: Callable[[], Awaitable[bool]], within_s: float, *, every_s: float = LOOK_EVERY_S
) -> bool:
    """Whether the asked-for came true within the time; looked at again and again, for nobody in
    another process tells us."""
    deadline = asyncio.get_running_loop().time() + within_s
    never = asyncio.Event()
    while not await is_so():
        if asyncio.get_running_loop().time() > deadline:
            return False
        await happens(never, every_s)
    return True
