"""Two processes on one database hear of each other, by either wire, and get on without it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest

from tests.nats_server import NatsServer, a_nats_server
from tests.runtime.test_bus import Counted, counted
from tests.simulation.waiting import comes_true
from voltway.kernel.errors import Outage
from voltway.kernel.facts import Fact
from voltway.kernel.ids import PartyId
from voltway.runtime.bus import Bus
from voltway.runtime.database import Database, open_database
from voltway.runtime.relay import Relay
from voltway.runtime.wire import Brought, Wire
from voltway.runtime.wire_nats import NatsWire
from voltway.runtime.wire_notify import NotifyWire
from voltway.runtime.work import Work

WITHIN_S = 15.0
STATION = "019cae6b-6600-78b8-92d9-b4edca327155"


async def hears(work: Work, fact: Fact) -> None: ...


@dataclass
class Process:
    """What a process has of these parts."""

    database: Database
    bus: Bus
    wire: Wire
    relay: Relay

    async def touch(self, *subjects: str) -> None:
        async with self.database.begin() as work:
            work.touch(*subjects)


@asynccontextmanager
async def a_process(
    url: str, nats: str = "", *, hears_facts: bool = False
) -> AsyncIterator[Process]:
    database = await open_database(url, connections=4, connections_min=1)
    bus = Bus(database)
    bus.watch("test", [Counted], hears)
    wire = NatsWire(nats) if nats else NotifyWire(database)
    relay = Relay(wire, bus, hears_facts=hears_facts)
    await relay.start()
    database.when_kept(relay.carry)
    try:
        yield Process(database, bus, wire, relay)
    finally:
        await relay.stop()
        await database.close()


@pytest.fixture(params=["notify", "nats"])
async def nats(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The address of a NATS, or nothing, where the database is the wire."""
    if request.param == "notify":
        yield ""
        return
    async with a_nats_server() as server:
        yield server.url


@pytest.fixture
async def pair(database_url: str, nats: str) -> AsyncIterator[tuple[Process, Process]]:
    async with (
        a_process(database_url, nats, hears_facts=True) as here,
        a_process(database_url, nats) as there,
    ):
        yield here, there


async def until_known(process: Process, subject: str) -> None:
    """Wait until the process knows that another wants to hear of this subject."""

    async def is_known() -> bool:
        return subject in process.relay.wanted_elsewhere

    assert await comes_true(is_known, WITHIN_S, every_s=0.01)


async def test_a_touch_reaches_the_page_of_another_process(pair: tuple[Process, Process]) -> None:
    here, there = pair
    async with here.bus.touches.listen("session:1", "wall:*") as told:
        await until_known(there, "session:1")
        await there.touch("session:1", "session:2", "wall:3")
        heard: set[str] = set()
        async with asyncio.timeout(WITHIN_S):
            while heard != {"session:1", "wall:3"}:
                heard |= await anext(told) - {"wall:*"}


async def test_only_what_somebody_looks_at_is_carried(pair: tuple[Process, Process]) -> None:
    here, there = pair
    async with here.bus.touches.listen("session:1") as told:
        await until_known(there, "session:1")
        await there.touch(*(f"station:{number}" for number in range(10_000)))
        assert there.relay.waiting == 0
        await there.touch("session:1")
        assert await asyncio.wait_for(anext(told), WITHIN_S) == {"session:1"}


async def test_more_touches_than_can_be_named_are_told_as_many(
    pair: tuple[Process, Process],
) -> None:
    here, there = pair
    async with here.bus.touches.listen("station:*") as told:
        await until_known(there, "station:*")
        await there.touch(*(f"station:{number}" for number in range(10_000)))
        async with asyncio.timeout(WITHIN_S):
            while "station:*" not in await anext(told):
                pass


async def test_a_page_that_began_to_look_just_now_misses_nothing(
    pair: tuple[Process, Process],
) -> None:
    here, there = pair
    async with here.bus.touches.listen("session:1") as told:
        await there.touch("session:1")  # the other process does not know of the page yet
        assert await asyncio.wait_for(anext(told), WITHIN_S) == {"session:1"}


async def test_the_process_that_tells_watchers_is_woken_by_facts_of_another(
    pair: tuple[Process, Process],
) -> None:
    here, there = pair
    await until_known(there, "Counted")
    woken = here.bus.awake("test")
    woken.clear()
    async with there.database.begin(PartyId(counted(1).party)) as work:
        await work.announce([counted(1)])
    await asyncio.wait_for(woken.wait(), WITHIN_S)


async def test_a_gateway_hears_of_an_order_placed_elsewhere(
    pair: tuple[Process, Process], nats: str
) -> None:
    gateway, desk = pair
    async with gateway.bus.touches.listen("orders:*") as told:
        gateway.relay.hold(STATION)
        if nats:
            await until_held(desk, STATION)
        else:
            await until_known(desk, "orders:*")
        desk.relay.must_reach(STATION)
        await desk.touch(f"orders:{STATION}")
        async with asyncio.timeout(WITHIN_S):
            while f"orders:{STATION}" not in await anext(told):
                pass


async def until_held(process: Process, station: str) -> None:
    async def is_held() -> bool:
        return await process.wire.bring(station) is Brought.HERE

    assert await comes_true(is_held, WITHIN_S, every_s=0.01)


@pytest.fixture
async def nats_server() -> AsyncIterator[NatsServer]:
    async with a_nats_server() as running:
        yield running


async def until_down(process: Process) -> None:
    async def is_down() -> bool:
        return bool(process.relay.trouble)

    assert await comes_true(is_down, WITHIN_S, every_s=0.01)


async def test_a_process_ends_at_whichever_moment_of_its_connecting_it_is_told_to(
    database_url: str, nats_server: NatsServer
) -> None:
    database = await open_database(database_url, connections=1, connections_min=1)
    for moments in range(40):
        relay = Relay(NatsWire(nats_server.url), Bus(database), hears_facts=False)
        await relay.start()
        for _ in range(moments):
            await asyncio.sleep(0)
        async with asyncio.timeout(WITHIN_S):
            await relay.stop()
    await database.close()


async def test_nobody_holds_a_station_that_was_let_go(
    database_url: str, nats_server: NatsServer
) -> None:
    async with (
        a_process(database_url, nats_server.url) as gateway,
        a_process(database_url, nats_server.url) as desk,
    ):
        gateway.relay.hold(STATION)
        await until_held(desk, STATION)
        gateway.relay.let_go(STATION)

        async def is_nobodys() -> bool:
            return await desk.wire.bring(STATION) is Brought.NOBODY

        assert await comes_true(is_nobodys, WITHIN_S, every_s=0.01)


async def test_without_nats_orders_are_refused_pages_look_by_themselves_and_then_all_is_well(
    database_url: str, nats_server: NatsServer
) -> None:
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(a_process(database_url, nats_server.url))
        desk = await stack.enter_async_context(a_process(database_url, nats_server.url))
        gateway.relay.hold(STATION)
        await until_held(desk, STATION)
        async with desk.bus.touches.listen("session:1") as told:
            await until_known(gateway, "session:1")

            await nats_server.kill()
            await until_down(desk)
            await until_down(gateway)

            with pytest.raises(Outage, match="Nothing was sent"):
                desk.relay.must_reach(STATION)
            gateway.relay.must_reach(STATION)  # it is here
            await gateway.touch("session:1")
            for _ in range(3):  # when it went down, and then every two seconds
                assert await asyncio.wait_for(anext(told), WITHIN_S) == {"session:1"}

            await nats_server.start()
            await until_held(desk, STATION)
            desk.relay.must_reach(STATION)
            await until_known(gateway, "session:1")


async def test_a_nats_that_comes_later_than_we_is_found(database_url: str) -> None:
    server = NatsServer()
    async with a_process(database_url, server.url) as process:

        async def is_up() -> bool:
            return not process.relay.trouble

        await until_down(process)
        await server.start()
        try:
            assert await comes_true(is_up, WITHIN_S, every_s=0.01)
        finally:
            await server.kill()
