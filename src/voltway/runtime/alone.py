"""Jobs with which one process alone is at work, also when another takes it for dead.

A worker that gets no turn for some seconds says nothing for as long, and pgqueuer lets another run
its jobs. Where that must not be, a job is held by a lock of the worker's own connection: it lasts
while the worker lives, and PostgreSQL lets it go with the connection, some ten seconds after a
machine that fell silent (``tcp_keepalives_*``).
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from pgqueuer.domain.models import Job
from pgqueuer.domain.types import JobId
from pgqueuer.ports.driver import Driver

from voltway.runtime.database_trouble import BROKEN
from voltway.runtime.together import Together

#: The first of the two numbers of these locks.
LOCKS: Final = 0x564A
AT_ONCE: Final = 100


class Alone:
    """Holds jobs for the worker whose connection this is."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._takes = Together(self._take, at_most=AT_ONCE)
        self._gives = Together(self._give, at_most=AT_ONCE)

    async def take(self, job: Job) -> bool:
        """Hold a job; false: another process is at work with it, and lives."""
        return await self._takes.add(job.id)

    async def give(self, job: Job) -> None:
        """Let it go. A connection that is lost has let it go already."""
        with suppress(*BROKEN):
            await self._gives.add(job.id)

    async def _take(self, jobs: Sequence[JobId]) -> list[bool]:
        return await self._ask("pg_try_advisory_lock", jobs)

    async def _give(self, jobs: Sequence[JobId]) -> list[bool]:
        return await self._ask("pg_advisory_unlock", jobs)

    async def _ask(self, what: str, jobs: Sequence[JobId]) -> list[bool]:
        rows = await self._driver.fetch(
            f"SELECT n, {what}($1::int, (id % 2147483647)::int) AS done"
            " FROM unnest($2::bigint[]) WITH ORDINALITY AS asked(id, n) ORDER BY n",
            LOCKS,
            list(jobs),
        )
        return [bool(row["done"]) for row in rows]
