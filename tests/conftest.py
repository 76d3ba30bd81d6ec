"""What all tests share: a real PostgreSQL, a fresh database for each test, a clock that jumps.

One server for each test process, with its durability switched off; the tables are made once in a
template, and each test gets a copy of it.
"""

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg
import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings

from voltway.kernel.ids import PartyId
from voltway.parties import passwords
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database, connect_owner, open_database
from voltway.runtime.migrate import migrate
from voltway.runtime.postgres import EmbeddedPostgres
from voltway.runtime.work import BeginWork

# How fast a property is tried says more of the machine than of the property.
settings.register_profile("voltway", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("voltway")

# A strong hash takes a fifth of a second, and half of the tests of pages sign somebody in.
passwords.use(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))

FREE_BYTES_MIN = 1 << 30
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


#: Whole houses, worlds and browsers: a test takes seconds, of which it mostly waits.
LONG: Final = ("simulation", "operating", "bench", "browser", "stories", "cli")
#: Those that load the whole machine stand in a row: no two of a row at the same time.
ROWS: Final = {"simulation": "worlds", "operating": "machines", "bench": "machines"}
#: Of the ways through the pages, those that are gone each day; the others are walks.
EACH_DAY: Final = {"test_app", "test_driver", "test_eyes"}
HERE: Final = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests go first, else a worker begins one when the others are done. The many short ones
    go file by file: handing out each by itself takes longer than running it.
    """
    items.sort(key=lambda item: _turn(_folder(item)))
    for item in items:
        folder = _folder(item)
        if folder == "browser" and item.path.stem not in EACH_DAY:
            item.add_marker(pytest.mark.walk)
        if folder in ROWS:
            item.add_marker(pytest.mark.xdist_group(ROWS[folder]))
        elif folder not in LONG:
            item.add_marker(pytest.mark.xdist_group(str(item.path.relative_to(HERE))))


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).parts[0]


def _turn(folder: str) -> int:
    return LONG.index(folder) if folder in LONG else len(LONG)


@dataclass(frozen=True, slots=True)
class TestServer:
    """A PostgreSQL that gives out fresh databases."""

    __test__ = False

    postgres: EmbeddedPostgres
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def fresh_database(self, *, template: str = "voltway") -> str:
        """The address of a new copy of the template.

        By copying files: 10 ms in memory; by the log, PostgreSQL's default, 150 ms.
        """
        name = f"test_{os.getpid()}_{next(self.numbers)}"  # a fork counts on from the same number
        await self._order(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return self.postgres.address(name)

    async def drop(self, url: str) -> None:
        name = url.split("?", 1)[0].rsplit("/", 1)[1]
        await self._order(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    async def _order(self, sql: str) -> None:
        connection = await asyncpg.connect(self.postgres.address("postgres"))
        try:
            await connection.execute(sql)
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def server() -> Iterator[TestServer]:
    """A running server whose database ``voltway`` is the migrated template."""
    with tempfile.TemporaryDirectory(prefix="vw-", dir=_quick_folder()) as folder:
        Path(folder).chmod(0o755)
        postgres = EmbeddedPostgres(Path(folder), durable=False, connections=200)
        address = postgres.start()
        try:
            asyncio.run(_migrate(address))
            yield TestServer(postgres)
        finally:
            postgres.stop()


def _quick_folder() -> Path | None:
    """Memory, where there is enough: copying a database there takes 10 ms, on a disk up to 300."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > FREE_BYTES_MIN:
        return memory
    return None


async def _migrate(address: str) -> None:
    owner = await connect_owner(address)
    try:
        await migrate(owner)
    finally:
        await owner.close()


@pytest.fixture
def data_folder() -> Iterator[Path]:
    """A new folder that the server's account can reach, which pytest's own folders are not."""
    with tempfile.TemporaryDirectory(prefix="vw-", dir=_quick_folder()) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
async def database_url(server: TestServer) -> AsyncIterator[str]:
    """The address of this test's own migrated database."""
    url = await server.fresh_database()
    yield url
    await server.drop(url)


@pytest.fixture
def clock() -> JumpingClock:
    """Stands at noon of a Monday until the test moves it."""
    return JumpingClock(NOON)


@pytest.fixture
async def database(database_url: str, clock: JumpingClock) -> AsyncIterator[Database]:
    """This test's own database, open."""
    opened = await open_database(database_url, clock, connections_min=1)
    yield opened
    await opened.close()


@pytest.fixture
def begin(database: Database) -> BeginWork:
    """Begins work on this test's database."""
    return database.begin


@pytest.fixture
async def party(begin: BeginWork) -> PartyId:
    """A party of this test's own."""
    from tests.network import a_party  # where tests have one, it stands above all rooms

    async with begin() as work:
        return (await a_party(work)).id
