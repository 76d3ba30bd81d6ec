"""How a gateway that stops lets its stations go: a few at a time, so that the others, who take them
over, are not run over; and each one when nothing is owed to it and nothing is expected from it.

A station that was heard is answered first. One that was asked something answers first. What it says
after that is not heard any more, so it is not answered, and the station says it again where it
comes next.
"""

import asyncio
from collections.abc import Callable, Collection
from typing import Final

from voltway.ocpp.link import Link
from voltway.ocpp.transport import Close

TICK_S: Final = 0.02

#: Of the time that there is, the stations in order take so much, and the late ones the rest.
SHARE: Final = 0.7

WORDS: Final = "Voltway restarts here; please come back at once"


async def send_away(
    links: Callable[[], Collection[Link]], *, per_s: float, within_s: float
) -> None:
    """Close the links, so many in a second, or more where time would not do; returns when all were
    told to go or the time is over."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    pace = max(per_s, len(links()) / (within_s * SHARE))
    told = 0
    leaving: set[Link] = set()
    while left := [link for link in links() if link not in leaving]:
        now_s = loop.time()
        if now_s > began_s + within_s:
            return
        for link in left:
            if told > (now_s - began_s) * pace:
                break
            if link.sent is not None:
                continue
            link.is_leaving = True
            if not link.busy:
                leaving.add(link)
                told += 1
                link.close(Close.SERVICE_RESTART, WORDS)
        await asyncio.sleep(TICK_S)
