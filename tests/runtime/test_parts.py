"""The parts of a running process: its sweeps, its health and its end."""

import asyncio
from dataclasses import dataclass
from functools import partial

from tests.simulation.faults.wire import open_wire_to
from voltway.kernel.errors import Outage
from voltway.runtime import metrics
from voltway.runtime.backlog import measure
from voltway.runtime.database import Database, open_database
from voltway.runtime.drain import Drain
from voltway.runtime.health import DatabaseHealth, Health
from voltway.runtime.periodic import Periodic
from voltway.runtime.work import Job

#: PostgreSQL, "Message Formats": an ErrorResponse that ends the connection, asked by nobody.
LAST_WORDS = b"E\x00\x00\x00\x27SFATAL\x00VFATAL\x00C57P01\x00Mterminating\x00\x00"


@dataclass(eq=False)
class Shut(Outage):
    """The shop is shut."""


async def test_a_sweep_is_done_again_and_again_though_it_fails(database: Database) -> None:
    times = 0
    often = asyncio.Event()

    async def sweep() -> None:
        nonlocal times
        times += 1
        if times == 1:
            raise Shut
        if times == 2:
            raise ValueError("a fault of ours")
        if times == 3:
            often.set()

    periodic = Periodic(database)
    periodic.every(0.001, "test", sweep)
    await periodic.start()
    await asyncio.wait_for(often.wait(), 5)
    await periodic.stop()

    assert times >= 3


async def test_of_two_processes_one_sweeps_and_the_other_follows_it(database: Database) -> None:
    swept: list[str] = []
    first_swept, second_swept = asyncio.Event(), asyncio.Event()

    async def first_sweep() -> None:
        swept.append("first")
        first_swept.set()

    async def second_sweep() -> None:
        swept.append("second")
        second_swept.set()

    first, second = (Periodic(database, candidate_s=0.01) for _ in range(2))
    first.every(0.001, "test", first_sweep)
    second.every(0.001, "test", second_sweep)
    await first.start()
    await asyncio.wait_for(first_swept.wait(), 5)
    await second.start()
    for _ in range(3):
        first_swept.clear()
        await asyncio.wait_for(first_swept.wait(), 5)
    assert "second" not in swept

    await first.stop()
    await asyncio.wait_for(second_swept.wait(), 5)
    await second.stop()


async def test_sweeps_go_on_however_their_connection_ends(database_url: str) -> None:
    swept = asyncio.Event()

    async def sweep() -> None:
        swept.set()

    async with open_wire_to(database_url) as (wire, url):
        database = await open_database(url)
        rounds = Periodic(database, candidate_s=0.05)
        rounds.every(0.01, "test", sweep)
        await rounds.start()
        for harm in (wire.reset, partial(wire.say, LAST_WORDS), wire.reset):
            harm()
            for _ in range(40):  # for longer than it takes to look whether the connection lives
                swept.clear()
                await asyncio.wait_for(swept.wait(), 10)
        await rounds.stop()
        await database.close()


async def test_readiness_names_what_is_not_well(database: Database) -> None:
    async def shop() -> None:
        raise Shut

    async def broken() -> None:
        raise ValueError("with a secret in it")

    health = Health()
    health.check("database", DatabaseHealth(database).check)
    assert (await health.readiness()).is_ready

    health.check("shop", shop)
    health.check("broken", broken)
    found = await health.readiness()
    assert not found.is_ready
    assert found.checks == {
        "database": "ok",
        "shop": "The shop is shut.",
        "broken": "ValueError.",
    }


async def test_a_database_that_may_forget_what_it_kept_is_told_of(database: Database) -> None:
    kept = DatabaseHealth(database)  # that of the tests forgets, to be fast
    health = Health()
    health.check("database", kept.check)
    health.note("what is kept", lambda: kept.trouble)

    found = await health.readiness()

    assert found.is_ready
    assert (
        "fsync, synchronous_commit, full_page_writes of the database" in found.notes["what is kept"]
    )


async def test_a_house_that_stops_is_not_ready() -> None:
    health = Health()
    health.begin_to_drain()

    assert not (await health.readiness()).is_ready


async def test_parts_stop_in_the_opposite_order_and_none_holds_up_the_others() -> None:
    stopped: list[str] = []
    drain = Drain(seconds=0.05)

    def part(name: str) -> None:
        async def stop() -> None:
            stopped.append(name)
            if name == "stuck":
                await asyncio.Event().wait()
            if name == "broken":
                raise ValueError(name)

        drain.part(name, stop)

    for name in ("database", "bus", "broken", "stuck", "web"):
        part(name)
    drain.ask()
    await drain.asked()

    assert await drain.stop() == ["stuck", "broken"]
    assert stopped == ["web", "stuck", "broken", "bus", "database"]


async def test_metrics_tell_what_waits(database: Database) -> None:
    async with database.begin() as work:
        await work.enqueue(Job("greet", "one"), Job("greet", "two"))
    await measure(database.begin)

    told = metrics.rendered()
    assert b'voltway_jobs_queued{state="queued"} 2.0' in told
    assert b"voltway_dead_facts 0.0" in told


async def test_metrics_tell_how_long_work_took(database: Database) -> None:
    async with database.begin() as work:
        await work.one("SELECT 1")

    assert b'voltway_work_seconds_count{outcome="kept"}' in metrics.rendered()
