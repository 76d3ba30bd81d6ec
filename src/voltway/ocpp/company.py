"""When a batch begins: what is heard waits a moment for company, since a commit is shared.

A commit costs as much as ten messages. So a reading waits for others, what a person waits for (a
card, a start, a stop) half as long, and nobody once enough have come together.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from voltway.kernel.ids import StationId
from voltway.ocpp.batch import Pending

#: What somebody waits for waits for company only so much of the time that a reading may wait.
URGENT_SHARE: Final = 0.5

#: A crowd that speaks in step: when as many stations as this have been answered and all of them
#: have spoken again, there is nobody left to wait for.
CROWD_MIN: Final = 16

#: So many messages are company enough: a commit costs less than a tenth of each of them.
BATCH_ENOUGH: Final = 250

#: So many that waited for a commit wait no longer: they have had their wait, and what they gain is
#: worth the CPU (docs/figures/gateway.md, latency of whole sessions).
WAITED_ENOUGH: Final = 150


class Company:
    """Sounds when the next batch is to begin; ``wait_s`` is how long a reading waits at most."""

    def __init__(self, wait_s: float) -> None:
        self._wait_s = wait_s
        self._loop = asyncio.get_running_loop()
        self._go = asyncio.Event()
        #: When it sounds, and what sounds it. uvloop's handle of a very short wait knows no time.
        self._due_s = 0.0
        self._timer: asyncio.Handle | None = None
        #: The stations that the last batch answered and that have not spoken since.
        self._silent: set[StationId] = set()

    def joins(self, pending: Pending, ready: int) -> None:
        """One more message is ready, as the last of so many."""
        if self._go.is_set():
            return
        if ready >= BATCH_ENOUGH or pending.reply_to is not None:
            self.go()  # replies are few, and a person waits for each
        elif self._are_all_back(pending):
            self.go()
        elif pending.is_patient:
            self.go(self._wait_s)
        else:
            self.go(self._wait_s * URGENT_SHARE)

    def _are_all_back(self, pending: Pending) -> bool:
        """Whether this one was the last of a crowd that speaks in step."""
        if not self._silent:
            return False
        self._silent.discard(pending.link.station)
        return not self._silent

    def was_answered(self, batch: Sequence[Pending], ready: Sequence[Pending]) -> None:
        """A batch was kept and answered, and these have become ready meanwhile."""
        self._silent = set()
        if len(batch) >= CROWD_MIN:
            self._silent = {each.link.station for each in batch}
            self._silent.difference_update(each.link.station for each in ready)
        if not ready:
            return
        are_all_back = len(batch) >= CROWD_MIN and not self._silent
        if len(ready) >= WAITED_ENOUGH or are_all_back or any(each.reply_to for each in ready):
            self.go()
        else:
            # What came meanwhile has waited for the commit already, but its answers are on their
            # way to stations that will say the next thing: a moment more is good company for both,
            # and the shorter the more have come.
            lacking = 1 - len(ready) / WAITED_ENOUGH
            self.go(self._wait_s * URGENT_SHARE * lacking)

    def go(self, after_s: float = 0.0) -> None:
        """Begin a batch after this long, if none begins before."""
        if after_s > 0:
            when = self._loop.time() + after_s
            if self._go.is_set() or (self._timer is not None and self._due_s <= when):
                return
            if self._timer is not None:
                self._timer.cancel()
            self._due_s = when
            self._timer = self._loop.call_later(after_s, self._go.set)
            return
        self._stop_timer()
        self._go.set()

    async def gathers(self) -> None:
        """Wait until the next batch is to begin."""
        await self._go.wait()
        self._go.clear()
        self._stop_timer()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
