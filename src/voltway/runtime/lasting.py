"""Tasks that last for as long as the house is open, whatever they meet.

A task that fails while nobody waits for it is missed by nobody: no sweep is done any more, or no
watcher told, and the process looks well. So what it did not expect is told, and it begins again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

BEGIN_AGAIN_S: Final = 0.5

log = structlog.get_logger("voltway.lasting")


async def lasting(name: str, part: Callable[[], Awaitable[None]]) -> None:
    """Run a part until it ends by itself or is cancelled; after a failure it begins again."""
    while True:
        try:
            await part()
        except Exception:  # the other parts go on, and so must this one
            log.exception("part_failed", part=name)
            await asyncio.sleep(BEGIN_AGAIN_S)
        else:
            return
