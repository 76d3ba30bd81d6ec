"""Jobs run soon after the commit that queued them, are tried again, and are never lost."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from pgqueuer.domain.errors import RetryRequested

from voltway.kernel.errors import Outage
from voltway.kernel.ids import PartyId
from voltway.runtime import jobs as runtime_jobs
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database, connect_owner, retrying
from voltway.runtime.jobs import Jobs, waiting
from voltway.runtime.jobs_seen import seen, try_again
from voltway.runtime.work import BeginWork, Job


@dataclass(eq=False)
class ProviderSilent(Outage):
    """The provider does not answer."""


@dataclass(slots=True)
class Doer:
    """Does jobs by remembering them, and fails as often as it is told to."""

    done: list[str] = field(default_factory=list)
    troubles: list[Exception] = field(default_factory=list)
    waits_for: int = 1
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, begin: BeginWork, body: Mapping[str, str]) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.done.append(body["name"])
        if len(self.done) >= self.waits_for:
            self.enough.set()


def greeting(name: str, key: str = "") -> Job:
    return Job(kind="greet", key=key or name, body={"name": name})


async def enqueue(begin: BeginWork, *jobs: Job) -> None:
    async with begin() as work:
        await work.enqueue(*jobs)


async def test_a_job_runs_within_a_tenth_of_a_second_of_its_commit(
    database: Database, begin: BeginWork
) -> None:
    doer = Doer()
    jobs = Jobs(database)
    jobs.handle("greet", doer)
    await jobs.start()
    await enqueue(begin, greeting("first"))
    await asyncio.wait_for(doer.enough.wait(), 10)

    took_s = []
    for n in range(5):
        doer.enough.clear()
        doer.waits_for += 1
        began = asyncio.get_running_loop().time()
        await enqueue(begin, greeting(f"n{n}"))
        await asyncio.wait_for(doer.enough.wait(), 10)
        took_s.append(asyncio.get_running_loop().time() - began)
    await jobs.stop()

    assert sorted(took_s)[2] < 0.1, f"a worker that idles starts at once, not after {took_s}"
    async with begin() as work:
        assert await waiting(work) == {}, "stopping keeps what was done"


async def test_a_job_of_work_that_is_undone_does_not_run(
    database: Database, begin: BeginWork
) -> None:
    doer = Doer()
    jobs = Jobs(database)
    jobs.handle("greet", doer)

    async def change_my_mind() -> None:
        async with begin() as work:
            await work.enqueue(greeting("nobody"))
            raise ValueError("changed my mind")

    with pytest.raises(ValueError, match="changed my mind"):
        await change_my_mind()

    assert await jobs.catch_up() == 0


async def test_a_key_that_waits_is_queued_once_and_undoes_nothing(
    database: Database, begin: BeginWork
) -> None:
    doer = Doer()
    jobs = Jobs(database)
    jobs.handle("greet", doer)

    await enqueue(begin, greeting("a", "same"), greeting("b", "same"))
    await enqueue(begin, greeting("c", "same"), greeting("d", "other"))

    assert await jobs.catch_up() == 2
    assert doer.done == ["b", "d"]


async def test_a_key_queued_while_its_job_runs_runs_again(
    database: Database, begin: BeginWork
) -> None:
    runs = []

    async def handler(begin: BeginWork, body: Mapping[str, str]) -> None:
        runs.append(body["name"])
        if len(runs) == 1:
            await enqueue(begin, greeting("again", "same"))

    jobs = Jobs(database)
    jobs.handle("greet", handler)
    await enqueue(begin, greeting("first", "same"))

    assert await jobs.catch_up() == 2
    assert runs == ["first", "again"]


async def test_a_waiting_job_is_not_picked_while_a_later_work_counts_on_it(
    database: Database, begin: BeginWork
) -> None:
    doer = Doer()
    jobs = Jobs(database)
    jobs.handle("greet", doer)
    await enqueue(begin, greeting("first", "same"))

    async with begin() as work:
        await work.enqueue(greeting("second", "same"))
        await work.flush()  # type: ignore[attr-defined] # what the commit does first
        assert await jobs.catch_up() == 0, "it would not see what this work is about to keep"

    assert await jobs.catch_up() == 1


async def test_a_job_waits_for_its_moment_by_the_house_clock(
    database: Database, begin: BeginWork, clock: JumpingClock
) -> None:
    doer = Doer()
    jobs = Jobs(database)
    jobs.handle("greet", doer)
    later = clock.now() + timedelta(hours=1)
    await enqueue(begin, Job("greet", "later", {"name": "later"}, not_before=later))

    assert await jobs.catch_up() == 0
    clock.jump(timedelta(minutes=59))
    assert await jobs.catch_up() == 0
    clock.jump(timedelta(minutes=1))
    assert await jobs.catch_up() == 1


async def test_an_outage_is_tried_again_until_it_is_over(
    database: Database, begin: BeginWork
) -> None:
    doer = Doer(troubles=[ProviderSilent(), ProviderSilent(), ProviderSilent()])
    jobs = Jobs(database, back_off_s=0.001)
    jobs.handle("greet", doer)
    await jobs.start()
    await enqueue(begin, greeting("patient"))
    await asyncio.wait_for(doer.enough.wait(), 10)
    await jobs.stop()

    assert doer.done == ["patient"]


async def test_a_job_that_fails_and_fails_rests_where_an_operator_sees_it(
    database: Database, begin: BeginWork
) -> None:
    doer = Doer(troubles=[ValueError("broken") for _ in range(runtime_jobs.FAULT_TRIES_MAX)])
    jobs = Jobs(database, back_off_s=0.0)
    jobs.handle("greet", doer)
    await enqueue(begin, greeting("unlucky"))

    for _ in range(runtime_jobs.FAULT_TRIES_MAX):
        with pytest.raises(ValueError, match="broken"):
            await jobs.catch_up()
    async with begin() as work:
        (dead,) = await seen(work, None, ["failed"])
    assert (dead.kind, dead.key, dead.body) == ("greet", "unlucky", {"name": "unlucky"})
    assert dead.trouble == "ValueError: broken"
    assert dead.tries == runtime_jobs.FAULT_TRIES_MAX
    assert await jobs.catch_up() == 0

    async with begin() as work:
        assert await try_again(work, None, id=dead.id) == 1
    assert await jobs.catch_up() == 1
    assert doer.done == ["unlucky"]
    async with begin() as work:
        assert await seen(work, None) == []


async def test_a_party_may_queue_jobs_too(database: Database, begin: BeginWork) -> None:
    doer = Doer()
    jobs = Jobs(database)
    jobs.handle("greet", doer)
    async with begin(PartyId(UUID(int=1))) as work:
        await work.enqueue(greeting("from a party"))

    assert await jobs.catch_up() == 1


async def test_a_job_of_a_worker_that_died_runs_again_at_once_in_a_sole_house(
    database: Database, begin: BeginWork
) -> None:
    doer = Doer()
    await enqueue(begin, greeting("left behind"))
    async with begin() as work:
        await work.run("UPDATE pgqueuer SET status = 'picked', queue_manager_id = $1", uuid4())

    jobs = Jobs(database, sole=True)
    jobs.handle("greet", doer)
    await jobs.start()
    await asyncio.wait_for(doer.enough.wait(), 2)
    await jobs.stop()

    assert doer.done == ["left behind"]


async def test_a_job_of_a_worker_that_is_silent_is_taken_over(
    database: Database, begin: BeginWork
) -> None:
    doer = Doer()
    await enqueue(begin, greeting("left behind"))
    async with begin() as work:
        await work.run(
            """
            UPDATE pgqueuer
               SET status = 'picked', queue_manager_id = $1,
                   heartbeat = now() - make_interval(secs => $2)
            """,
            uuid4(),
            runtime_jobs.SILENCE_S_MAX + 1,
        )

    jobs = Jobs(database)
    jobs.handle("greet", doer)
    await jobs.start()
    await asyncio.wait_for(doer.enough.wait(), 5)
    await jobs.stop()

    assert doer.done == ["left behind"]


async def test_a_worker_outlives_the_loss_of_its_connection(
    database: Database, begin: BeginWork
) -> None:
    doer = Doer()
    jobs = Jobs(database)
    jobs.handle("greet", doer)
    await jobs.start()
    await enqueue(begin, greeting("before"))
    await asyncio.wait_for(doer.enough.wait(), 5)
    doer.enough.clear()
    doer.waits_for = 2

    owner = await connect_owner(database.url)
    await owner.execute(
        """
        SELECT pg_terminate_backend(pid)
          FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()
        """
    )
    await owner.close()
    await retrying(begin, None, lambda work: work.enqueue(greeting("after")))
    await asyncio.wait_for(doer.enough.wait(), 10)
    await jobs.stop()

    assert doer.done == ["before", "after"]


async def test_the_log_of_jobs_is_forgotten_in_time(database: Database, begin: BeginWork) -> None:
    jobs = Jobs(database)
    jobs.handle("greet", Doer())
    await enqueue(begin, greeting("old"))
    await jobs.catch_up()
    async with begin() as work:
        await work.run(
            "INSERT INTO pgqueuer_statistics (created, count, priority, status, entrypoint)"
            " VALUES (now() - interval '1 minute', 1, 0, 'successful', 'greet')"
        )

    assert await jobs.trim(timedelta(hours=1)) == 0
    assert await jobs.trim(timedelta(0)) == 3, "queued, picked, done"
    async with begin() as work:
        assert not await work.all(
            "SELECT FROM pgqueuer_statistics UNION ALL SELECT FROM pgqueuer_log"
        )


async def test_a_worker_finishes_the_job_at_hand_before_it_stops(
    database: Database, begin: BeginWork
) -> None:
    running, may_end = asyncio.Event(), asyncio.Event()
    ended = []

    async def slow(begin: BeginWork, body: Mapping[str, str]) -> None:
        running.set()
        await may_end.wait()
        ended.append(body["name"])

    jobs = Jobs(database)
    jobs.handle("greet", slow)
    await jobs.start()
    await enqueue(begin, greeting("slow"))
    await asyncio.wait_for(running.wait(), 10)
    stopping = asyncio.create_task(jobs.stop())
    may_end.set()
    await asyncio.wait_for(stopping, 10)

    assert ended == ["slow"]
    async with begin() as work:
        assert await waiting(work) == {}


async def test_many_jobs_of_a_kind_are_done_in_one_go_and_each_has_its_own_trouble(
    database: Database, begin: BeginWork
) -> None:
    batches: list[list[str]] = []
    done, failed, enough = set(), asyncio.Event(), asyncio.Event()

    async def greet_many(
        begin: BeginWork, bodies: Sequence[Mapping[str, str]]
    ) -> list[Exception | None]:
        names = [body["name"] for body in bodies]
        batches.append(names)
        outcomes: list[Exception | None] = []
        for name in names:
            unlucky = name == "n7" and not failed.is_set()
            outcomes.append(ProviderSilent() if unlucky else None)
            if unlucky:
                failed.set()
            else:
                done.add(name)
        if len(done) == 40:
            enough.set()
        return outcomes

    jobs = Jobs(database, back_off_s=0.001)
    jobs.handle_many("greet", greet_many)
    await enqueue(begin, *(greeting(f"n{n}") for n in range(40)))
    await jobs.start()
    await asyncio.wait_for(enough.wait(), 10)
    await jobs.stop()

    assert max(map(len, batches)) > 10, "what waits together is done together"
    assert sum(name == "n7" for names in batches for name in names) == 2
    assert sum(map(len, batches)) == 41, "nobody else was done twice"
    async with begin() as work:
        assert await waiting(work) == {}


async def test_a_kind_that_is_slow_keeps_no_other_kind_waiting(
    database: Database, begin: BeginWork
) -> None:
    may_end = asyncio.Event()
    slow_ones = 0

    async def slow(begin: BeginWork, body: Mapping[str, str]) -> None:
        nonlocal slow_ones
        slow_ones += 1
        await may_end.wait()

    doer = Doer()
    jobs = Jobs(database)
    jobs.handle("mail", slow, at_once=3)
    jobs.handle("greet", doer)
    await enqueue(begin, *(Job("mail", f"m{n}", {"name": "m"}) for n in range(700)))
    await jobs.start()
    await enqueue(begin, greeting("quick"))
    await asyncio.wait_for(doer.enough.wait(), 10)

    assert slow_ones == 3
    may_end.set()
    await jobs.stop()


async def test_what_must_be_done_alone_is_left_to_a_worker_that_is_silent_and_lives(
    database: Database, begin: BeginWork
) -> None:
    begun, may_end, done = asyncio.Event(), asyncio.Event(), list[str]()

    async def slowly(
        begin: BeginWork, bodies: Sequence[Mapping[str, str]]
    ) -> Sequence[Exception | None]:
        begun.set()
        await may_end.wait()
        done.extend(body["name"] for body in bodies)
        return [None] * len(bodies)

    first, second = Jobs(database), Jobs(database)
    for each in (first, second):
        each.handle_many("greet", slowly, alone=True)
    await first.start()
    await enqueue(begin, greeting("once"))
    await asyncio.wait_for(begun.wait(), 5)
    begun.clear()
    async with begin() as work:
        await work.run(
            "UPDATE pgqueuer SET heartbeat = now() - make_interval(secs => $1)",
            runtime_jobs.SILENCE_S_MAX + 1,
        )

    with pytest.raises(RetryRequested, match="Another process"):
        await asyncio.wait_for(second.catch_up(), 5)
    assert not begun.is_set()
    async with begin() as work:
        (job,) = await seen(work, None)
    assert job.tries == 0, "who does not try a job brings it no nearer to being given up"
    may_end.set()
    await first.stop()

    assert done == ["once"]
    async with begin() as work:
        assert await waiting(work) == {}
