"""Writes that are put off: done together in their work, where they touch what they must."""

from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest

from tests.simulation.faults.wire import Deed, Moment, Wire, open_wire_to
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database, open_database
from voltway.runtime.database_trouble import DatabaseUnreachable
from voltway.runtime.merged import Later, merge
from voltway.runtime.pgwork import COPY_FROM
from voltway.runtime.work import BeginWork, Overtaken, Work

WATCHER = "INSERT INTO watcher VALUES ($1, '1', '1')"
RENAME = "UPDATE watcher SET name = $2 WHERE name = $1"


@pytest.fixture(params=["at once", "when needed"])
def begin(database: Database, request: pytest.FixtureRequest) -> BeginWork:
    """Begins its transactions at once, as everybody does, or when a statement needs one, as the
    ingest does."""
    return replace(database, is_lazy=request.param == "when needed").begin


async def names(begin: BeginWork) -> list[str]:
    async with begin() as work:
        return [row["name"] for row in await work.all("SELECT name FROM watcher ORDER BY name")]


def test_statements_are_merged_with_their_values_in_their_places() -> None:
    sql, values = merge(
        [
            Later("INSERT INTO a VALUES ($1, $2)", (1, 2)),
            Later("UPDATE b SET c = $2 WHERE d = $1", (3, 4), 1),
            Later("SELECT FROM e WHERE f = $1 FOR SHARE", (5,), 2),
        ]
    )

    assert sql == (
        "WITH part0 AS (INSERT INTO a VALUES ($1, $2)),"
        " part1 AS (UPDATE b SET c = $4 WHERE d = $3 RETURNING 1),"
        " part2 AS (SELECT FROM e WHERE f = $5 FOR SHARE)"
        " SELECT must_touch((SELECT count(*) FROM part1), $6),"
        " must_touch((SELECT count(*) FROM part2), $7)"
    )
    assert values == [1, 2, 3, 4, 5, 1, 2]


def test_more_than_nine_places_keep_their_numbers_apart() -> None:
    ten = f"SELECT {', '.join(f'${n}' for n in range(1, 11))}"

    sql, values = merge([Later(ten, range(10)), Later(ten, range(10))])

    assert "$20" in sql
    assert "$21" not in sql
    assert len(values) == 20


async def test_what_is_put_off_is_kept_at_the_end_of_the_work(begin: BeginWork) -> None:
    async with begin() as work:
        work.later(WATCHER, "a")
        work.later(WATCHER, "b")

    assert await names(begin) == ["a", "b"]


async def test_the_next_statement_sees_what_was_put_off_before_it(begin: BeginWork) -> None:
    async with begin() as work:
        work.later(WATCHER, "a")
        assert await work.run(RENAME, "a", "b") == 1
        assert [row["name"] for row in await work.all("SELECT name FROM watcher")] == ["b"]


async def test_asking_sees_what_is_kept_and_not_what_is_put_off(begin: BeginWork) -> None:
    async with begin() as work:
        work.later(WATCHER, "a")

        assert await work.ask("SELECT FROM watcher") == []


async def test_all_of_it_is_undone_with_its_work(begin: BeginWork) -> None:
    async def fail() -> None:
        async with begin() as work:
            work.later(WATCHER, "a")
            assert await work.ask("SELECT 1 AS one") != []
            raise ValueError("undone")

    with pytest.raises(ValueError, match="undone"):
        await fail()

    assert await names(begin) == []


async def touch_too_few(begin: BeginWork, *, first: str | None = None) -> None:
    async with begin() as work:
        if first:
            await work.run(WATCHER, first)
        work.later(WATCHER, "a")
        work.later(RENAME, "nobody", "b", rows=1)


async def test_a_write_that_touches_other_than_its_rows_undoes_them_all(begin: BeginWork) -> None:
    with pytest.raises(Overtaken):
        await touch_too_few(begin)
    with pytest.raises(Overtaken):
        await touch_too_few(begin, first="c")

    assert await names(begin) == []


async def test_rows_that_a_select_must_find_are_insisted_on_too(begin: BeginWork) -> None:
    async def insist(name: str) -> None:
        async with begin() as work:
            work.later(WATCHER, "b")
            work.later("SELECT FROM watcher WHERE name = $1 FOR SHARE", name, rows=1)

    async with begin() as work:
        work.later(WATCHER, "a")
    await insist("a")
    with pytest.raises(Overtaken):
        await insist("nobody")

    assert await names(begin) == ["a", "b"]


async def test_what_one_of_them_refuses_keeps_none(begin: BeginWork) -> None:
    async def twice() -> None:
        async with begin() as work:
            work.later(WATCHER, "a")
            work.later(WATCHER, "a")

    with pytest.raises(asyncpg.UniqueViolationError):
        await twice()

    assert await names(begin) == []
    async with begin() as work:  # and the connection serves again
        work.later(WATCHER, "a")
    assert await names(begin) == ["a"]


async def append(work: Work, count: int) -> None:
    rows = [(f"{n:04}", n % 2 == 0, None) for n in range(count)]
    await work.append(
        "watcher_of_test", (("name", "text"), ("even", "boolean"), ("rest", "int")), rows
    )


@pytest.mark.parametrize("count", [0, 1, COPY_FROM - 1, COPY_FROM, COPY_FROM + 1])
async def test_rows_are_appended_however_many_they_are(begin: BeginWork, count: int) -> None:
    async with begin() as work:
        await work.run("CREATE TEMP TABLE watcher_of_test (name text, even boolean, rest int)")
        await append(work, count)
        rows = await work.all("SELECT name, even, rest FROM watcher_of_test ORDER BY name")

    assert [tuple(row.values()) for row in rows] == [
        (f"{n:04}", n % 2 == 0, None) for n in range(count)
    ]


async def test_rows_that_are_copied_do_not_write_what_was_put_off_before_them(
    begin: BeginWork,
) -> None:
    asked = "SELECT count(*) AS n FROM watcher WHERE name = 'a'"
    async with begin() as work:
        await work.run("CREATE TEMP TABLE watcher_of_test (name text, even boolean, rest int)")
        work.later(WATCHER, "a")
        await append(work, COPY_FROM)

        assert (await work.ask(asked))[0]["n"] == 0
        assert (await work.ask("SELECT count(*) AS n FROM watcher_of_test"))[0]["n"] == COPY_FROM

    assert await names(begin) == ["a"]


async def test_a_work_that_only_asks_and_puts_off_is_its_own_transaction(
    database: Database,
) -> None:
    lazily = replace(database, is_lazy=True).begin
    async with lazily() as work:
        first = await work.ask("SELECT txid_current() AS id")
        second = await work.ask("SELECT txid_current() AS id")
        work.later(WATCHER, "a")

        assert first[0]["id"] != second[0]["id"], "no transaction is open"

    assert await names(database.begin) == ["a"]


@pytest.fixture
async def wired(database_url: str, clock: JumpingClock) -> AsyncIterator[tuple[Wire, Database]]:
    """The same database over a wire that can break."""
    async with open_wire_to(database_url) as (wire, url):
        opened = await open_database(url, clock, connections_min=1)
        yield wire, opened
        await opened.close()


async def put_off_two(begin: BeginWork, *, renamed: str = "a") -> None:
    """Tell of "a", which is there, and of "b", in one statement."""
    async with begin() as work:
        work.later(RENAME, renamed, "a", rows=1)
        work.later(WATCHER, "b")


@pytest.mark.parametrize(("moment", "kept"), [(Moment.BEFORE, ["a"]), (Moment.AFTER, ["a", "b"])])
async def test_of_a_lone_statement_that_was_not_heard_of_again_nobody_knows_whether_it_is_kept(
    database: Database, wired: tuple[Wire, Database], moment: Moment, kept: list[str]
) -> None:
    wire, over_wire = wired
    async with database.begin() as work:
        await work.run(WATCHER, "a")
    wire.breaks_at = (Deed.STATEMENT, moment)

    with pytest.raises(DatabaseUnreachable):
        await put_off_two(replace(over_wire, is_lazy=True).begin)

    assert wire.broken == 1
    assert await names(database.begin) == kept
    assert await names(over_wire.begin) == kept, "another connection took its place"


async def test_a_wire_breaks_at_no_statement_that_is_refused(
    wired: tuple[Wire, Database],
) -> None:
    wire, over_wire = wired
    wire.breaks_at = (Deed.STATEMENT, Moment.AFTER)

    with pytest.raises(Overtaken):
        await put_off_two(replace(over_wire, is_lazy=True).begin, renamed="nobody")

    assert wire.broken == 0
    assert await names(over_wire.begin) == []


@pytest.mark.parametrize("moment", Moment)
async def test_a_wire_breaks_at_no_statement_that_a_commit_keeps(
    wired: tuple[Wire, Database], moment: Moment
) -> None:
    wire, over_wire = wired
    async with over_wire.begin() as work:
        await work.run(WATCHER, "a")
    wire.breaks_at = (Deed.STATEMENT, moment)

    await put_off_two(over_wire.begin)

    assert wire.broken == 0
    assert await names(over_wire.begin) == ["a", "b"]
