"""The end of a process: asked to stop, its parts stop one after the other, within a time."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

import structlog

#: What is left, when the time for all is over, for a part that must not be skipped.
LAST_S: Final = 0.5

log = structlog.get_logger("voltway.drain")


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    stop: Callable[[], Awaitable[None]]


class Drain:
    """Parts register as they start, and stop in the opposite order: doors first, database last."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._parts: list[_Part] = []
        self._asked = asyncio.Event()

    def part(self, name: str, stop: Callable[[], Awaitable[None]]) -> None:
        """Stop this part before those that were registered earlier."""
        self._parts.append(_Part(name, stop))

    def listen_to_signals(self) -> None:
        """SIGTERM and Ctrl-C ask to stop. A second Ctrl-C does not: stopping has its time limit."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.ask)

    def ask(self) -> None:
        """Ask the process to stop."""
        self._asked.set()

    async def asked(self) -> None:
        """Returns when somebody asked the process to stop."""
        await self._asked.wait()

    async def stop(self) -> list[str]:
        """Stop all parts; the names of those that did not stop in time or failed to."""
        deadline = monotonic() + self._seconds
        failed: list[str] = []
        while self._parts:
            part = self._parts.pop()
            try:
                async with asyncio.timeout(max(deadline - monotonic(), LAST_S)):
                    await part.stop()
            except TimeoutError:
                log.warning("part_did_not_stop_in_time", part=part.name)
                failed.append(part.name)
            except Exception:
                log.exception("part_failed_to_stop", part=part.name)
                failed.append(part.name)
        return failed
