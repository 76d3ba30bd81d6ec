"""Tasks that are told to end, and do.

Libraries sometimes swallow a cancellation (the NATS client while it flushes), and the task goes on
as if nothing had been said: whoever waits for its end waits for ever. So it is said again.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

#: So long a task has to end before it is told again.
AGAIN_S: Final = 0.1


async def end(tasks: "Iterable[asyncio.Task[Any]]") -> None:
    """Cancel these tasks until all of them have ended; what they raise stays in them."""
    going = set(tasks)
    while going:
        for task in going:
            task.cancel()
        _, going = await asyncio.wait(going, timeout=AGAIN_S)
