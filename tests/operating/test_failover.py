"""With a synchronous standby, a "yes" is on two disks, and the house finds the new primary."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import typer

from tests.operating.failover import Fall, run
from tests.operating.servers import (
    PASSWORD,
    Server,
    a_primary,
    a_standby,
    at_any,
    ended,
    promote,
    silence,
)
from tests.simulation.house import HOST
from voltway.kernel.errors import Outage
from voltway.runtime.database import connect_owner, open_database
from voltway.runtime.database_trouble import DatabaseNotFound
from voltway.runtime.database_words import where
from voltway.runtime.hosts import HOST_S_MAX, hosts
from voltway.runtime.migrate import migrate

#: A sample of a long campaign: `make samples`.
pytestmark = pytest.mark.campaign

#: A sample; ``python -m tests.operating.failover`` is the long way.
SAMPLE = Fall(stations=8, seed=20261126)


@pytest.fixture
async def pair(data_folder: Path) -> AsyncIterator[tuple[Server, Server]]:
    primary = await a_primary(data_folder / "primary")
    with ended(primary):
        standby = await a_standby(data_folder / "standby", primary)
        with ended(standby):
            yield primary, standby
    gc.collect()  # connections to the dead go here, and not in the middle of something else


async def test_nothing_that_was_answered_is_lost_with_the_primary(data_folder: Path) -> None:
    outcome = await run(SAMPLE, data_folder, typer.echo)

    assert outcome.findings == []
    assert outcome.sessions > SAMPLE.stations, "there was something to lose"


async def test_the_primary_is_found_wherever_it_stands_in_the_address(
    pair: tuple[Server, Server],
) -> None:
    primary, standby = pair

    for url in (at_any(primary, standby), at_any(standby, primary)):
        owner = await connect_owner(url)
        assert await owner.fetchval("SELECT NOT pg_is_in_recovery()")
        await owner.close()

    primary.kill()
    with pytest.raises(DatabaseNotFound):
        await connect_owner(at_any(primary, standby))  # the standby is not to be written


async def test_a_host_that_hangs_costs_its_time_once(pair: tuple[Server, Server]) -> None:
    primary, _ = pair
    loop = asyncio.get_running_loop()
    async with await silence() as hanging:
        place = hanging.sockets[0].getsockname()[1]
        url = f"postgresql://voltway:{PASSWORD}@{HOST}:{place},{HOST}:{primary.port}/voltway"
        took = []
        for _ in range(2):
            began_s = loop.time()
            await (await connect_owner(url)).close()
            took.append(loop.time() - began_s)

        assert HOST_S_MAX <= took[0] < 2 * HOST_S_MAX
        assert took[1] < HOST_S_MAX, "where it was found, it is looked for first"


async def test_a_primary_that_hangs_is_left_when_its_time_is_over(
    pair: tuple[Server, Server],
) -> None:
    primary, standby = pair
    owner = await connect_owner(primary.url())
    await migrate(owner)
    await owner.close()
    database = await open_database(at_any(primary, standby), connections=4, answer_s=2)

    async def hang() -> None:
        async with database.begin() as work:
            primary.tell_all(signal.SIGSTOP)
            await work.one("SELECT 1")

    with pytest.raises(Outage):
        await hang()
    await standby.ask("ALTER SYSTEM RESET synchronous_standby_names")
    await promote(standby)

    async with asyncio.timeout(2 * HOST_S_MAX), database.begin() as work:
        found = await work.one("SELECT inet_server_port() AS port")

    assert found is not None
    assert found["port"] == standby.port
    primary.kill()  # what still waits for it hears of its end
    await database.close()


async def test_nothing_is_kept_on_one_disk_alone(pair: tuple[Server, Server]) -> None:
    primary, standby = pair
    owner = await connect_owner(primary.url())
    await owner.execute("CREATE TABLE told (n int)")
    standby.tell_all(signal.SIGSTOP)
    telling = asyncio.create_task(owner.execute("INSERT INTO told VALUES (1)"))

    done, _ = await asyncio.wait({telling}, timeout=1)
    assert not done, "the commit waits for the standby's disk"
    standby.tell_all(signal.SIGCONT)

    await asyncio.wait_for(telling, 30)
    await owner.close()


@pytest.mark.parametrize(
    ("url", "each"),
    [
        ("postgresql://a:b@one,two:5433/c?x=y,z", ["a:b@one/c?x=y,z", "a:b@two:5433/c?x=y,z"]),
        ("postgresql://a:b,c@one/c", ["a:b,c@one/c"]),
        ("postgresql://a:b,c@one,two/c", ["a:b,c@one/c", "a:b,c@two/c"]),
        ("postgresql://a@/c?host=/one,/two", ["a@/c?host=/one,/two"]),
        ("postgresql://one,two", ["one", "two"]),
    ],
)
def test_an_address_is_taken_apart_by_its_hosts(url: str, each: list[str]) -> None:
    assert hosts(url).addresses == [f"postgresql://{rest}" for rest in each]


async def test_hosts_that_cannot_be_reached_are_named_without_the_password() -> None:
    url = f"postgresql://voltway:hunter2@{HOST}:1,{HOST}:2/voltway"

    assert where(url) == f"{HOST}:1/voltway and {HOST}:2/voltway"
    with pytest.raises(DatabaseNotFound, match="nobody listens there") as refused:
        await open_database(url)
    assert "hunter2" not in str(refused.value)
    assert not isinstance(refused.value, Outage)
