"""Sweeps: named work that is done again and again, by one process at a time.

Of all processes on a database one leads, by an advisory lock that its connection holds; when it
dies the lock is free, and another leads within seconds.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import structlog

from voltway.kernel.errors import Trouble
from voltway.runtime.database import Database
from voltway.runtime.database_trouble import BROKEN
from voltway.runtime.lasting import lasting
from voltway.runtime.metrics import counter, histogram

LOCK: Final = 0x73776570  # "swep"
CANDIDATE_S: Final = 2.0
ANSWER_S_MAX: Final = 5.0

FAILED: Final = counter("voltway_sweeps_failed", "Sweeps that failed", "name")
SECONDS: Final = histogram("voltway_sweep_seconds", "How long sweeps took", "name")

log = structlog.get_logger("voltway.periodic")


@dataclass(frozen=True, slots=True)
class _Sweep:
    seconds: float
    name: str
    do: Callable[[], Awaitable[object]]


class Periodic:
    """The sweeps of the house."""

    def __init__(self, database: Database, *, candidate_s: float = CANDIDATE_S) -> None:
        self._database = database
        self._candidate_s = candidate_s
        self._sweeps: dict[str, _Sweep] = {}
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def every(self, seconds: float, name: str, do: Callable[[], Awaitable[object]]) -> None:
        """Do this so often, in one process at a time."""
        assert name not in self._sweeps, f"two sweeps are named {name}"
        self._sweeps[name] = _Sweep(seconds, name, do)

    async def start(self) -> None:
        """Begin to sweep, or to stand by."""
        self._task = asyncio.create_task(lasting("sweeps", self._stand))

    async def stop(self) -> None:
        """End after the sweeps at hand."""
        self._stopping.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def sweep(self) -> None:
        """Do every sweep once, now, in the order of their names' registration. Troubles are raised.

        For tests and replays that do not ``start``.
        """
        for sweep in self._sweeps.values():
            await sweep.do()

    async def _stand(self) -> None:
        """Try to lead, again and again."""
        while not self._stopping.is_set():
            try:
                connection = await self._database.connect()
            except Trouble as trouble:
                log.warning("sweeps_wait", trouble=str(trouble))
                await self._pause(self._candidate_s)
                continue
            try:
                if await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
                    await self._lead(connection)
                else:
                    await self._pause(self._candidate_s)
            except BROKEN:
                await self._pause(self._candidate_s)
            finally:
                with suppress(*BROKEN):
                    await connection.close(timeout=1)

    async def _lead(self, connection: "asyncpg.Connection[Any]") -> None:
        """Sweep for as long as the lock's connection lives."""
        lost = asyncio.Event()
        tasks = [asyncio.create_task(self._repeat(sweep, lost)) for sweep in self._sweeps.values()]
        try:
            while not self._stopping.is_set():
                await self._pause(self._candidate_s)
                await connection.execute("SELECT 1", timeout=ANSWER_S_MAX)
        finally:
            lost.set()
            await asyncio.gather(*tasks)

    async def _repeat(self, sweep: _Sweep, lost: asyncio.Event) -> None:
        while not (lost.is_set() or self._stopping.is_set()):
            try:
                with SECONDS.labels(sweep.name).time():
                    await sweep.do()
            except Exception as trouble:
                FAILED.labels(sweep.name).inc()
                if isinstance(trouble, Trouble):
                    log.warning("sweep_failed", name=sweep.name, trouble=str(trouble))
                else:
                    log.exception("sweep_failed", name=sweep.name)
            await self._pause(sweep.seconds, lost)

    async def _pause(self, seconds: float, lost: asyncio.Event | None = None) -> None:
        waits = [asyncio.create_task(event.wait()) for event in (self._stopping, lost) if event]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
