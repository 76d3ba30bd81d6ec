"""Migrations are applied once, in order, each whole or not at all, and never edited."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.conftest import TestServer
from voltway.runtime.database import connect_owner
from voltway.runtime.migrate import (
    NAME,
    DatabaseNewer,
    Migration,
    MigrationChanged,
    migrate,
    shipped,
)

FIRST = Migration("0001_runtime.sql", "CREATE TABLE first (n int)")
SECOND = Migration("0002_parties_more.sql", "ALTER TABLE first ADD m int")


@pytest.fixture
async def empty(server: TestServer) -> AsyncIterator[str]:
    """The address of a database without any table."""
    url = await server.fresh_database(template="template1")
    yield url
    await server.drop(url)


@pytest.fixture
async def owner(empty: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    connection = await connect_owner(empty)
    yield connection
    await connection.close()


async def test_each_is_applied_once_and_in_order(owner: "asyncpg.Connection[Any]") -> None:
    assert await migrate(owner, [FIRST]) == [FIRST.name]
    assert await migrate(owner, [FIRST, SECOND]) == [SECOND.name]
    assert await migrate(owner, [FIRST, SECOND]) == []


async def test_one_that_fails_leaves_nothing_of_itself(owner: "asyncpg.Connection[Any]") -> None:
    broken = Migration("0002_parties.sql", "CREATE TABLE half (n int); SELECT no_such_thing()")

    with pytest.raises(asyncpg.UndefinedFunctionError) as failed:
        await migrate(owner, [FIRST, broken])

    assert "in the migration 0002_parties.sql" in failed.value.__notes__
    assert await owner.fetchval("SELECT to_regclass('half')") is None
    assert await migrate(owner, [FIRST, SECOND]) == [SECOND.name]


async def test_one_that_was_edited_after_it_was_applied_is_refused(
    owner: "asyncpg.Connection[Any]",
) -> None:
    await migrate(owner, [FIRST])

    with pytest.raises(MigrationChanged, match=FIRST.name):
        await migrate(owner, [Migration(FIRST.name, "CREATE TABLE first (n bigint)")])


async def test_a_database_of_a_newer_voltway_is_refused(owner: "asyncpg.Connection[Any]") -> None:
    await migrate(owner, [FIRST, SECOND])

    with pytest.raises(DatabaseNewer, match=SECOND.name):
        await migrate(owner, [FIRST])


async def test_two_processes_that_start_together_migrate_once(empty: str) -> None:
    owners = [await connect_owner(empty) for _ in range(3)]
    try:
        applied = await asyncio.gather(*(migrate(owner) for owner in owners))
    finally:
        for owner in owners:
            await owner.close()

    assert sorted(map(len, applied)) == [0, 0, len(shipped())]


def test_every_shipped_file_is_named_for_its_room() -> None:
    assert shipped()
    for migration in shipped():
        found = NAME.fullmatch(migration.name)
        assert found
    numbers = [migration.name[:4] for migration in shipped()]
    assert len(numbers) == len(set(numbers)), "two migrations share a number"
