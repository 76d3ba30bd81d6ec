"""Row-level security: work for one party sees and writes that party's rows, and no others."""

from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest

from voltway.kernel.ids import PartyId
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database, connect_owner, open_database
from voltway.runtime.migrate import Migration, migrate, shipped
from voltway.runtime.work import BeginWork, Work

ANN, BEN = PartyId(UUID(int=1)), PartyId(UUID(int=2))
NOTES = Migration(
    "9000_test.sql",
    """
    CREATE TABLE note (party_id uuid NOT NULL, words text NOT NULL);
    CREATE INDEX note_of_party ON note (party_id);
    SELECT protect('note');
    CREATE TABLE town (name text PRIMARY KEY);
    SELECT share('town');
    CREATE TABLE diary (words text);
    CREATE VIEW note_view AS SELECT words FROM note;
    CREATE TABLE reading (party_id uuid NOT NULL, at timestamptz NOT NULL, wh bigint)
        PARTITION BY RANGE (at);
    SELECT protect('reading');
    """,
)


@pytest.fixture
async def begin(database_url: str, clock: JumpingClock) -> AsyncIterator[BeginWork]:
    """Work on a database with notes of Ann and of Ben."""
    owner = await connect_owner(database_url)
    try:
        await migrate(owner, [*shipped(), NOTES])
    finally:
        await owner.close()
    database: Database = await open_database(database_url, clock, connections_min=1)
    async with database.begin() as work:
        await work.copy("note", ["party_id", "words"], [(ANN, "of Ann"), (BEN, "of Ben")])
    yield database.begin
    await database.close()


async def words(work: Work, table: str = "note") -> list[str]:
    return [row["words"] for row in await work.all(f"SELECT words FROM {table} ORDER BY words")]


async def test_a_party_sees_its_own_rows_only(begin: BeginWork) -> None:
    async with begin(ANN) as work:
        assert await words(work) == ["of Ann"]
    async with begin(BEN) as work:
        assert await words(work) == ["of Ben"]
    async with begin() as work:
        assert await words(work) == ["of Ann", "of Ben"]


async def test_a_view_sees_with_the_eyes_of_who_asks(begin: BeginWork) -> None:
    async with begin(ANN) as work:
        assert await words(work, "note_view") == ["of Ann"]


async def test_a_party_cannot_write_rows_of_another(begin: BeginWork) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with begin(ANN) as work:
            await work.run("INSERT INTO note VALUES ($1, 'forged')", BEN)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with begin(ANN) as work:
            await work.run("UPDATE note SET party_id = $1", BEN)
    async with begin(ANN) as work:
        assert await work.run("UPDATE note SET words = 'mine' WHERE words = 'of Ben'") == 0
        assert await work.run("DELETE FROM note") == 1
    async with begin() as work:
        assert await words(work) == ["of Ben"]


async def test_the_next_work_on_a_connection_does_not_inherit_the_party(begin: BeginWork) -> None:
    with pytest.raises(ValueError, match="undone"):
        async with begin(ANN):
            raise ValueError("undone")
    async with begin() as work:
        assert await words(work) == ["of Ann", "of Ben"]


async def test_a_party_copies_rows_too(begin: BeginWork) -> None:
    async with begin(ANN) as work:
        await work.copy("note", ["party_id", "words"], [(ANN, "copied")])
        assert await words(work) == ["copied", "of Ann"]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with begin(ANN) as work:
            await work.copy("note", ["party_id", "words"], [(BEN, "forged")])


async def test_what_belongs_to_no_party_is_shared_to_be_read_or_not_seen(begin: BeginWork) -> None:
    async with begin() as work:
        await work.run("INSERT INTO town VALUES ('Oulu')")
    async with begin(ANN) as work:
        assert await work.all("SELECT name FROM town")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with begin(ANN) as work:
            await work.run("INSERT INTO town VALUES ('Turku')")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with begin(ANN) as work:
            await work.all("SELECT words FROM diary")


async def test_an_app_without_a_party_sees_nothing(begin: BeginWork) -> None:
    async with begin(ANN) as work:
        assert await words(work)
    async with begin() as work:
        await work.run("SET LOCAL ROLE voltway_app")
        assert await words(work) == []


async def test_the_house_makes_the_partition_of_a_day_at_work(begin: BeginWork) -> None:
    async with begin(ANN) as work:
        for _ in range(2):
            await work.one("SELECT ensure_day('reading', '2026-03-02')")
        await work.run("INSERT INTO reading VALUES ($1, '2026-03-02 23:59:59Z', 5)", ANN)
    async with begin() as work:
        row = await work.one("SELECT count(*) AS n FROM reading_20260302")
        assert row is not None
        assert row["n"] == 1
    async with begin(BEN) as work:
        assert await work.all("SELECT wh FROM reading") == []
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with begin(BEN) as work:
            await work.all("SELECT wh FROM reading_20260302")


async def test_the_wall_lets_an_index_on_the_party_be_used(begin: BeginWork) -> None:
    async with begin(ANN) as work:
        await work.run("SET LOCAL enable_seqscan = off")
        rows = await work.all("EXPLAIN SELECT words FROM note")

    assert any("note_of_party" in row["QUERY PLAN"] for row in rows)
