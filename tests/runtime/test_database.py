"""Transactions on a real PostgreSQL: kept whole or not at all, and only one party's rows."""

import asyncio
from uuid import UUID

import pytest

from tests.conftest import TestServer
from voltway.kernel.ids import PartyId
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database, connect_owner, open_database, retrying
from voltway.runtime.database_trouble import (
    DatabaseKeepsNothing,
    DatabaseNotFound,
    DatabaseTooSlow,
    DatabaseUnreachable,
    WorkCollided,
)
from voltway.runtime.work import BeginWork, Work


async def test_work_is_kept_at_the_end_of_its_block(begin: BeginWork) -> None:
    async with begin() as work:
        await work.run("INSERT INTO watcher VALUES ('w', '1', '1')")

    async with begin() as work:
        row = await work.one("SELECT name FROM watcher")
        assert row is not None
        assert row["name"] == "w"


async def test_columns_of_json_hold_python_values(begin: BeginWork) -> None:
    async with begin() as work:
        row = await work.one("""SELECT '{"a": [1]}'::jsonb AS j, $1::jsonb AS k""", {"b": 2})
        assert row is not None
        assert row["j"] == {"a": [1]}
        assert row["k"] == {"b": 2}


async def test_every_table_with_a_party_is_behind_the_wall(begin: BeginWork) -> None:
    async with begin() as work:
        left_open = await work.all(
            """
            SELECT c.oid::regclass::text AS name
              FROM pg_class c
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'party_id'
             WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT c.relrowsecurity
               AND c.relnamespace = 'public'::regnamespace
            """
        )
        assert [row["name"] for row in left_open] == [], "end its migration with protect('table')"


async def test_work_is_undone_when_its_block_raises(begin: BeginWork) -> None:
    async def fail() -> None:
        async with begin() as work:
            await work.run("INSERT INTO watcher VALUES ('w', '1', '1')")
            raise ValueError("undone")

    with pytest.raises(ValueError, match="undone"):
        await fail()

    async with begin() as work:
        assert await work.all("SELECT FROM watcher") == []


async def _at_work(begin: BeginWork) -> asyncio.Task[None]:
    """Who has written something, and waits for what takes long."""
    started = asyncio.Event()

    async def wait() -> None:
        async with begin() as work:
            await work.run("INSERT INTO watcher VALUES ('w', '1', '1')")
            started.set()
            await work.run("SELECT pg_sleep(60)")

    task = asyncio.create_task(wait())
    await asyncio.wait_for(started.wait(), 5)
    return task


async def test_work_that_is_cancelled_is_undone_and_its_connection_serves_again(
    database: Database, begin: BeginWork
) -> None:
    task = await _at_work(begin)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async with begin() as work:
        assert await work.all("SELECT FROM watcher") == []


async def test_work_that_is_cancelled_again_and_again_is_undone_in_peace(
    database_url: str, clock: JumpingClock
) -> None:
    told = list[str]()
    asyncio.get_running_loop().set_exception_handler(lambda _, what: told.append(what["message"]))
    alone = await open_database(database_url, clock, connections=1, connections_min=1)
    task = await _at_work(alone.begin)
    while not task.done():
        task.cancel()
        await asyncio.sleep(0)

    try:
        async with alone.begin() as work:  # on the same connection
            assert await work.all("SELECT FROM watcher") == []
        assert told == []
    finally:
        await alone.close()


async def test_who_is_stopped_while_a_failed_work_is_undone_is_stopped(begin: BeginWork) -> None:
    async def fail() -> None:
        this = asyncio.current_task()
        assert this is not None
        async with begin() as work:
            await work.run("INSERT INTO watcher VALUES ('w', '1', '1')")
            asyncio.get_running_loop().call_soon(this.cancel)  # when it waits for the ROLLBACK
            raise ValueError("undone")

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(fail())

    async with begin() as work:
        assert await work.all("SELECT FROM watcher") == []


async def test_how_many_rows_were_touched_is_told(begin: BeginWork) -> None:
    async with begin() as work:
        await work.run_many(
            "INSERT INTO watcher VALUES ($1, '1', '1')", [(f"w{n}",) for n in range(3)]
        )
        assert await work.run("UPDATE watcher SET tries = 1 WHERE name <> 'w1'") == 2
        assert await work.run("SET LOCAL work_mem = '4MB'") == 0


async def test_the_moment_of_work_is_the_house_clock_s(
    begin: BeginWork, clock: JumpingClock
) -> None:
    async with begin(PartyId(UUID(int=1))) as work:
        assert work.now == clock.now()
        assert work.party == PartyId(UUID(int=1))


async def test_rows_are_copied_with_their_json_and_their_arrays(begin: BeginWork) -> None:
    async with begin() as work:
        await work.run("CREATE TEMPORARY TABLE t (n int, body jsonb, words text[])")
        await work.copy("t", ["n", "body", "words"], [(1, {"a": ["ü"]}, ["x", "y"])])
        (row,) = await work.all("SELECT n, body, words FROM t")
        assert dict(row) == {"n": 1, "body": {"a": ["ü"]}, "words": ["x", "y"]}


async def test_two_works_that_collide_are_both_done_in_the_end(begin: BeginWork) -> None:
    async with begin() as work:
        await work.run("INSERT INTO watcher VALUES ('a', '1', '1'), ('b', '1', '1')")
    both = asyncio.Barrier(2)
    tries = 0

    async def count(work: Work, names: tuple[str, str]) -> None:
        nonlocal tries
        tries += 1
        for n, name in enumerate(names):
            await work.run("UPDATE watcher SET tries = tries + 1 WHERE name = $1", name)
            if n == 0 and tries <= 2:
                await both.wait()

    await asyncio.gather(
        retrying(begin, None, lambda work: count(work, ("a", "b"))),
        retrying(begin, None, lambda work: count(work, ("b", "a"))),
    )

    assert tries == 3, "one of the two was chosen to begin again"
    async with begin() as work:
        assert [row["tries"] for row in await work.all("SELECT tries FROM watcher")] == [2, 2]


async def test_a_collision_that_is_not_retried_is_an_outage(begin: BeginWork) -> None:
    async with begin() as work:
        await work.run("INSERT INTO watcher VALUES ('a', '1', '1')")

    async def collide() -> None:
        async with begin() as first:
            await first.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            await first.all("SELECT FROM watcher")
            async with begin() as second:
                await second.run("UPDATE watcher SET tries = 1")
            await first.run("UPDATE watcher SET tries = 2")

    with pytest.raises(WorkCollided):
        await collide()


async def test_a_statement_that_takes_too_long_is_an_outage(begin: BeginWork) -> None:
    async def wait() -> None:
        async with begin() as work:
            await work.run("SET LOCAL statement_timeout = 5")
            await work.run("SELECT pg_sleep(10)")

    with pytest.raises(DatabaseTooSlow):
        await wait()


@pytest.mark.parametrize(
    "state", ["disk_full", "out_of_memory", "io_error", "read_only_sql_transaction"]
)
async def test_what_a_database_cannot_keep_for_want_of_its_own_is_no_fault_of_the_work(
    begin: BeginWork, state: str
) -> None:
    async def keep() -> None:
        async with begin() as work:
            await work.run(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$")

    with pytest.raises(DatabaseKeepsNothing):
        await keep()


async def test_a_database_that_goes_away_is_an_outage_and_comes_back_by_itself(
    database: Database, begin: BeginWork
) -> None:
    async def be_cut_off() -> None:
        async with begin() as work:
            row = await work.one("SELECT pg_backend_pid() AS pid")
            assert row is not None
            owner = await connect_owner(database.url)
            await owner.execute("SELECT pg_terminate_backend($1)", row["pid"])
            await owner.close()
            await work.one("SELECT 1")

    with pytest.raises(DatabaseUnreachable):
        await be_cut_off()

    async with begin() as work:
        assert await work.one("SELECT 1")


async def test_a_restart_of_the_database_is_not_felt_between_two_works(
    database: Database, begin: BeginWork
) -> None:
    all_open = asyncio.Barrier(4)

    async def use(*, together: bool) -> None:
        async with begin() as work:
            await work.one("SELECT 1")
            if together:
                await all_open.wait()

    await asyncio.gather(*(use(together=True) for _ in range(4)))
    owner = await connect_owner(database.url)
    await owner.execute(
        """
        SELECT pg_terminate_backend(pid, 5000)
          FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()
        """
    )
    await owner.close()

    await asyncio.gather(*(use(together=False) for _ in range(4)))


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        pytest.param(
            "postgresql://ann:hunter2@127.0.0.1:1/voltway",
            "The database at 127.0.0.1:1/voltway cannot be used: nobody listens there. "
            "Check VOLTWAY_DATABASE_URL.",
            id="nobody listens",
        ),
        pytest.param(
            "postgresql://ann:hunter2@/voltway?host=/nowhere",
            "The database at the local socket/voltway cannot be used: no such file or directory. "
            "Check VOLTWAY_DATABASE_URL.",
            id="no socket",
        ),
        pytest.param(
            "mysql://ann:hunter2@127.0.0.1/voltway",
            None,
            id="another kind of database",
        ),
        pytest.param("postgresql://ann:hunter2@[::1/voltway", None, id="no address at all"),
    ],
)
async def test_a_database_that_cannot_be_reached_at_the_start_is_named_without_its_password(
    url: str, sentence: str | None
) -> None:
    for attempt in (connect_owner, open_database):
        with pytest.raises(DatabaseNotFound) as refused:
            await attempt(url)

        assert "hunter2" not in str(refused.value)
        if sentence:
            assert str(refused.value) == sentence


async def test_a_database_that_does_not_exist_is_named(server: TestServer) -> None:
    with pytest.raises(DatabaseNotFound, match='database "nowhere" does not exist'):
        await open_database(server.postgres.address("nowhere"))
