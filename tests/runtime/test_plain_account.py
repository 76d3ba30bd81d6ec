"""A database of one's own, whose account is no superuser, serves as well."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from tests.runtime.test_walls import ANN, BEN, NOTES, words
from voltway.kernel.ids import PartyId
from voltway.runtime.bus import Bus
from voltway.runtime.database import connect_owner, open_database
from voltway.runtime.jobs import Jobs
from voltway.runtime.migrate import migrate, shipped
from voltway.runtime.postgres import EmbeddedPostgres
from voltway.runtime.roles import RolesMissing
from voltway.runtime.work import Job


@pytest.fixture
async def plain(data_folder: Path) -> AsyncIterator[str]:
    """The address of a database on a fresh server, as an account without any privilege."""
    postgres = EmbeddedPostgres(data_folder, durable=False)
    address = postgres.start()
    try:
        admin = await asyncpg.connect(address)
        await admin.execute("CREATE ROLE ann LOGIN")
        await admin.execute("CREATE DATABASE ours OWNER ann")
        let_in("ann", Path(await admin.fetchval("SHOW ident_file")))
        await admin.execute("SELECT pg_reload_conf()")
        await admin.close()
        yield postgres.address("ours").replace("//voltway@", "//ann@")
    finally:
        postgres.stop()


def let_in(name: str, idents: Path) -> None:
    mapped = idents.read_text()
    idents.write_text(mapped + mapped.replace(" voltway\n", f" {name}\n"))


async def as_admin(plain: str, sql: str) -> None:
    admin = await asyncpg.connect(plain.replace("//ann@", "//voltway@"))
    await admin.execute(sql)
    await admin.close()


async def test_an_account_that_may_not_make_roles_is_told_what_to_ask_for(plain: str) -> None:
    owner = await connect_owner(plain)
    with pytest.raises(RolesMissing) as refused:
        await migrate(owner)
    await owner.close()

    orders = str(refused.value).split("run\nonce: ", 1)[-1].split("once: ", 1)[-1]
    await as_admin(plain, orders)
    owner = await connect_owner(plain)
    assert await migrate(owner)
    await owner.close()


async def test_an_account_that_may_make_roles_has_all_that_the_house_needs(plain: str) -> None:
    await as_admin(plain, "ALTER ROLE ann CREATEROLE")
    owner = await connect_owner(plain)
    await migrate(owner, [*shipped(), NOTES])
    await owner.close()
    database = await open_database(plain)
    assert not database.copies, "nobody could give the house BYPASSRLS"

    async with database.begin() as work:
        await work.copy("note", ["party_id", "words"], [(ANN, "of Ann"), (BEN, "of Ben")])
        await work.one("SELECT ensure_day('reading', '2026-03-02')")
    async with database.begin(ANN) as work:
        assert await words(work) == ["of Ann"]
        await work.enqueue(Job("greet", "one"))
    async with database.begin() as work:
        assert await words(work) == ["of Ann", "of Ben"]

    jobs, bus = Jobs(database), Bus(database)

    async def greet(begin: object, body: object) -> None:
        async with database.begin(PartyId(UUID(int=3))) as work:
            assert await words(work) == []

    jobs.handle("greet", greet)
    assert await jobs.catch_up() == 1
    await bus.catch_up()
    await database.close()
