"""Jobs: work for later, tried until it is done, on pgqueuer.

A job is queued in the transaction that needs it (``work.enqueue``) and may run more than once: what
makes an effect happen once is a unique key in the room that owns it. Jobs are fetched, marked and
completed many at a time; each has its own tries and its own trouble.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from time import perf_counter
from typing import Any, Final, Protocol
from uuid import uuid4

import asyncpg
import msgspec
import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job as Picked
from pgqueuer.domain.models import TracebackRecord
from pgqueuer.domain.types import JobId, QueueEntrypoint, QueueManagerId
from pgqueuer.ports.repository import EntrypointExecutionParameter

from voltway.kernel.errors import Outage, Trouble
from voltway.runtime import queue
from voltway.runtime.alone import Alone
from voltway.runtime.database import Database
from voltway.runtime.database_trouble import BROKEN, is_passing
from voltway.runtime.metrics import counter, histogram
from voltway.runtime.together import Together
from voltway.runtime.work import BeginWork, Work

# A worker that says nothing for so long is taken for dead, and its jobs are run by another.
SILENCE_S_MAX: Final = 6.0
#: New jobs are told by NOTIFY, and the next one that waits for its moment is asked for; this is
#: for the jobs of a worker that died.
POLL_S: Final = 4.0
SOLE_POLL_S: Final = 20.0
BATCH: Final = 100
AT_ONCE_MAX: Final = 500
#: How many jobs of one kind are at work at once, where its handler says nothing else.
OF_A_KIND_MAX: Final = 20
#: How many batches of one kind are under way: while one waits for the world, another computes.
BATCHES_MAX: Final = 3
RECONNECT_S: Final = 1.0
#: What another process is at work with still is looked at again after so long.
LOOK_AGAIN: Final = timedelta(seconds=SILENCE_S_MAX / 2)
BACK_OFF_S: Final = 1.0
BACK_OFF_S_MAX: Final = 600.0
OUTAGE_TRIES_MAX: Final = 60  # with the pauses above, some nine hours
FAULT_TRIES_MAX: Final = 5

DONE: Final = counter("voltway_jobs", "Jobs that ran, by what became of them", "kind", "outcome")
SECONDS: Final = histogram("voltway_job_seconds", "How long jobs ran", "kind")

log = structlog.get_logger("voltway.jobs")
# pgqueuer logs each failure with its trace; we say the same in our words, once.
logging.getLogger("pgqueuer").setLevel(logging.CRITICAL)


class Handler(Protocol):
    """Does one job. An ``Outage`` is tried again, later and later; harmless when repeated."""

    def __call__(self, begin: BeginWork, body: Mapping[str, str]) -> Awaitable[None]: ...


class BatchHandler(Protocol):
    """Does many jobs at once; by its place, the trouble of each that was not done."""

    def __call__(
        self, begin: BeginWork, bodies: Sequence[Mapping[str, str]]
    ) -> Awaitable[Sequence[Exception | None]]: ...


class _PutOff(RetryRequested):
    """A job was not tried, and is no nearer to being given up: its time has not come yet."""


class _Queries(Queries):
    """pgqueuer's statements. It tells nobody of a job that is to be tried again, so we do: else it
    would wait for the next look at the queue. Where that cannot be noted, for the disk is full, it
    takes the job for one that failed; so it is noted again until it is kept. When the connection
    is gone, and our sign of life with it, another takes the job."""

    async def retry_job(
        self, job: Picked, delay: timedelta, traceback_record: TracebackRecord | None
    ) -> None:
        while True:
            try:
                if traceback_record and traceback_record.exception_type == _PutOff.__name__:
                    await self.driver.execute(queue.PUT_OFF, job.id, delay)
                else:
                    await super().retry_job(job, delay, traceback_record)
            except Exception as trouble:
                if not is_passing(trouble):
                    raise
                log.warning("job_cannot_wait", id=job.id, trouble=str(trouble))
                await asyncio.sleep(RECONNECT_S)
            else:
                break
        await self.driver.notify(queue.NAMES.channel, queue.changed())


class _Manager(QueueManager):
    """pgqueuer's worker, which picks no more of a kind while enough of it are at work here: a
    slow mail server must not keep settlements waiting."""

    def __init__(self, queries: Queries, limits: Mapping[str, int], busy: Counter[str]) -> None:
        super().__init__(queries)
        self._limits = limits
        self._busy = busy

    def entrypoints_below_capacity_limits(self) -> set[QueueEntrypoint]:
        return {kind for kind in self.entrypoint_registry if self._busy[kind] < self._limits[kind]}


class GaveUp(Exception):
    """A job was tried often enough: its last trouble, in words."""


class Jobs:
    """The worker of this process.

    ``sole`` says that no other process works on this database (an embedded one, whose folder we
    hold): then what is at work at the start was a killed process's, and runs again at once.
    """

    def __init__(
        self, database: Database, *, back_off_s: float = BACK_OFF_S, sole: bool = False
    ) -> None:
        self._database = database
        self._sole = sole
        self._back_off_s = back_off_s
        self._kinds: dict[str, Together[Mapping[str, str], None]] = {}
        self._limits: dict[str, int] = {}
        self._in_all: dict[str, int] = {}
        self._alone_kinds: set[str] = set()
        self._alone: Alone | None = None
        self._busy: Counter[str] = Counter()
        self._keys = Together(self._take_keys_off, at_most=BATCH)
        self._manager: QueueManager | None = None
        self._worker: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._id = QueueManagerId(uuid4())

    def handle(self, kind: str, handler: Handler, *, at_once: int = OF_A_KIND_MAX) -> None:
        """Do jobs of this kind so, one by one, ``at_once`` of them side by side."""

        async def do(bodies: Sequence[Mapping[str, str]]) -> Sequence[None]:
            await handler(self._database.begin, bodies[0])
            return [None]

        self._plug(kind, Together(do, at_most=1, at_once=at_once), at_once)

    def handle_many(
        self,
        kind: str,
        handler: BatchHandler,
        *,
        at_most: int = BATCH,
        in_all: int = 0,
        alone: bool = False,
    ) -> None:
        """Do jobs of this kind so, many in one go. At most so many are at work ``in_all`` processes
        together (0: any number), so that they are done nearly in their order. What cannot be done
        twice without harm wants to be ``alone``: nobody takes a job from a worker that is silent,
        and lives (``Alone``)."""

        async def do(bodies: Sequence[Mapping[str, str]]) -> Sequence[Exception | None]:
            return await handler(self._database.begin, bodies)

        together = Together(do, at_most=at_most, at_once=BATCHES_MAX)
        self._plug(kind, together, at_most * BATCHES_MAX)
        self._in_all[kind] = in_all
        if alone:
            self._alone_kinds.add(kind)

    def _plug(self, kind: str, how: Together[Mapping[str, str], None], limit: int) -> None:
        assert kind not in self._kinds, f"two handlers for jobs of kind {kind}"
        self._kinds[kind] = how
        self._limits[kind] = limit

    async def start(self) -> None:
        """Begin to work."""
        if self._sole:
            await free_jobs(self._database.begin)
        self._worker = asyncio.create_task(self._keep_working())

    async def stop(self) -> None:
        """Finish the jobs at hand; the rest waits in the queue."""
        self._stopping.set()
        if self._manager is not None:
            self._manager.shutdown.set()
        if self._worker is not None:
            await self._worker
            self._worker = None
        await self._keys.stop()
        for kind in self._kinds.values():
            await kind.stop()

    async def catch_up(self) -> int:
        """Do all jobs that are due by the house clock, and those that they queue; how many.

        For tests and replays that do not ``start``. An outage is raised after the job was queued
        again, and so is a fault.
        """
        done = 0
        connection = await self._database.connect()
        try:
            queries = self._queries(connection)
            while True:
                now = msgspec.to_builtins(self._database.clock.now())
                await connection.execute(queue.BRING_FORWARD, now)
                picked = await self._dequeue(queries)
                if not picked:
                    return done
                for job in picked:
                    await self._do_alone(queries, job)
                    done += 1
        finally:
            await connection.close()

    async def trim(self, keep: timedelta) -> int:
        """Forget the log of jobs that ended longer ago than this; how many lines."""
        async with self._database.begin() as work:
            await work.run(queue.TRIM_STATISTICS, keep)
            return await work.run(queue.TRIM, keep)

    async def _keep_working(self) -> None:
        """Work until told to stop, through losses of the database."""
        while not self._stopping.is_set():
            try:
                await self._work()
            except Exception as trouble:  # noqa: BLE001 - the worker outlives whatever ends a run
                log.warning("jobs_interrupted", trouble=str(trouble) or type(trouble).__name__)
                with suppress(TimeoutError):
                    async with asyncio.timeout(RECONNECT_S):
                        await self._stopping.wait()

    async def _work(self) -> None:
        connection = await self._database.connect()
        try:
            manager = _Manager(self._queries(connection), self._limits, self._busy)
            for kind in self._kinds:
                manager.entrypoint(
                    kind,
                    concurrency_limit=self._in_all.get(kind, 0),
                    on_failure="hold",
                    accepts_context=False,
                )(self._do)
            self._manager = manager
            # Else the loss would be seen with the next look at the queue only.
            connection.add_termination_listener(lambda _: manager.shutdown.set())
            if not self._stopping.is_set():
                await manager.run(
                    dequeue_timeout=timedelta(seconds=SOLE_POLL_S if self._sole else POLL_S),
                    batch_size=BATCH,
                    max_concurrent_tasks=AT_ONCE_MAX,
                    shutdown_on_listener_failure=True,
                    heartbeat_timeout=timedelta(seconds=SILENCE_S_MAX),
                )
        finally:
            with suppress(*BROKEN):
                await connection.close(timeout=1)

    def _queries(self, connection: "asyncpg.Connection[Any]") -> Queries:
        driver = AsyncpgDriver(connection)
        self._alone = Alone(driver)
        return _Queries(driver)

    async def _do(self, job: Picked) -> None:
        """Do one job, if nobody else is at work with it that must be alone."""
        if str(job.entrypoint) not in self._alone_kinds:
            await self._do_it(job)
            return
        alone = self._alone
        assert alone is not None, "it is set before jobs are picked"
        try:
            is_ours = await alone.take(job)
        except BROKEN as trouble:
            raise _PutOff(LOOK_AGAIN, "The database did not say whose it is.") from trouble
        if not is_ours:
            raise _PutOff(LOOK_AGAIN, "Another process is at work with it.")
        try:
            await self._do_it(job)
        finally:
            await alone.give(job)

    async def _do_it(self, job: Picked) -> None:
        """See Note [Queued once, and never lost]."""
        kind, began = str(job.entrypoint), perf_counter()
        outcome = "done"
        self._busy[kind] += 1
        try:
            await self._keys.add(job.id)
            payload = msgspec.json.decode(job.payload or b"", type=queue.Payload)
            await self._kinds[kind].add(payload.body)
        except asyncio.CancelledError:
            # Told to hurry: it runs again at the next start. Cancelled, it would be forgotten.
            outcome = "interrupted"
            raise _PutOff(reason="Voltway was stopped meanwhile.") from None
        except Exception as trouble:
            tries = job.attempts + 1
            tries_max = OUTAGE_TRIES_MAX if isinstance(trouble, Outage) else FAULT_TRIES_MAX
            words = str(trouble)
            if not isinstance(trouble, Trouble):
                words = f"{type(trouble).__name__}: {trouble}"
            if tries >= tries_max:
                outcome = "dead"
                log.exception("job_gave_up", kind=kind, tries=tries)
                raise GaveUp(words) from trouble
            outcome = "tried"
            delay_s = min(self._back_off_s * 2.0**job.attempts, BACK_OFF_S_MAX)
            log.warning("job_waits", kind=kind, tries=tries, trouble=words, delay_s=delay_s)
            raise RetryRequested(timedelta(seconds=delay_s), words) from trouble
        finally:
            self._busy[kind] -= 1
            DONE.labels(kind, outcome).inc()
            SECONDS.labels(kind).observe(perf_counter() - began)

    async def _take_keys_off(self, jobs: Sequence[JobId]) -> Sequence[None]:
        async with self._database.begin() as work:
            await work.run(queue.TAKE_KEYS_OFF, jobs)
        return [None] * len(jobs)

    async def _dequeue(self, queries: Queries) -> list[Picked]:
        return await queries.dequeue(
            batch_size=BATCH,
            entrypoints={
                QueueEntrypoint(kind): EntrypointExecutionParameter(concurrency_limit=0)
                for kind in self._kinds
            },
            queue_manager_id=self._id,
            global_concurrency_limit=None,
            heartbeat_timeout=timedelta(seconds=SILENCE_S_MAX),
        )

    async def _do_alone(self, queries: Queries, job: Picked) -> None:
        """Do a picked job in the calling task, and raise its trouble."""
        try:
            await self._do(job)
        except RetryRequested as again:
            record = TracebackRecord.from_exception(again, job.id)
            await queries.retry_job(job, again.delay, record)
            raise (again.__cause__ or again) from None
        except GaveUp as end:
            record = TracebackRecord.from_exception(end, job.id)
            await queries.log_jobs([(job, "failed", record)])
            raise (end.__cause__ or end) from None
        await queries.log_jobs([(job, "successful", None)])


async def free_jobs(begin: BeginWork) -> None:
    """Where nobody can be at work: what is called so was a killed process's, and waits again."""
    async with begin() as work:
        await work.run(queue.FREE)


async def waiting(work: Work) -> dict[str, int]:
    """How many jobs there are in each state, for metrics and the console."""
    return {row["status"]: row["count"] for row in await work.all(queue.COUNT)}
