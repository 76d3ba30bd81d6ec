"""Several gateways on one database: the dead are noticed, the living let alone."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import pytest

from tests.ocpp.gateway_floor import WITHIN_S, Dialled, Door, a_door, dial
from tests.ocpp.test_gateway_orders import comes_to, place, ready
from voltway.ocpp.gateways import GatewayWatch
from voltway.ocpp.server import OcppServer
from voltway.runtime.bus import Bus
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.runtime.settings import Settings
from voltway.stations import actions as stations
from voltway.stations.orders import OrderState, Unlock

SILENCE_S = 0.2
NOON = "2026-03-02T12:00:00Z"


@asynccontextmanager
async def a_second_door(door: Door, database: Database, clock: JumpingClock) -> AsyncIterator[Door]:
    """Another gateway on the same database, as in another process: it hears no touches of ours."""
    bus = Bus(database)
    lazily = replace(database, is_lazy=True).begin
    server = OcppServer(lazily, bus.touches, clock, Settings(ocpp="127.0.0.1:0"), settle_s=0.0)
    url = await server.start()
    try:
        yield Door(server, database.begin, clock, url, door.home, bus)
    finally:
        await server.drain()


@pytest.fixture
async def door(database: Database, clock: JumpingClock) -> AsyncIterator[Door]:
    async with a_door(database, clock) as opened:
        yield opened


async def test_a_starting_gateway_leaves_the_stations_of_the_living_ones_alone(
    door: Door, database: Database, clock: JumpingClock
) -> None:
    station = await door.add("CS1")
    async with dial(door, "CS1") as line:
        await line.boot()
        async with a_second_door(door, database, clock):
            async with door.begin() as work:
                assert (await stations.station(work, station.id)).connected
            await line.call("Heartbeat", {})


async def test_the_old_gateway_closes_the_socket_of_a_station_that_came_to_another(
    door: Door, database: Database, clock: JumpingClock
) -> None:
    station = await door.add("CS1")
    async with a_second_door(door, database, clock) as other, dial(door, "CS1") as old:
        await old.boot()
        async with dial(other, "CS1") as new:
            await new.boot()
            assert await old.end() == 1008
            await new.call("Heartbeat", {})
            (row,) = await door.read("SELECT * FROM station_view WHERE id = $1", station.id)
            assert (row["connected"], row["takeovers"]) == (True, 1)


async def test_a_gateway_whose_beats_stand_still_is_called_dead_and_one_that_wakes_begins_anew(
    door: Door, database: Database
) -> None:
    station = await door.add("CS1")
    watch = GatewayWatch(database.begin, silence_s=SILENCE_S, look_s=0.02)
    async with dial(door, "CS1") as line:
        await line.boot()
        # The gateway beats once a second, and to this watcher that is death.
        watching = asyncio.create_task(watch.run())
        try:
            await door.until_read(
                "SELECT 1 FROM station_view WHERE id = $1 AND NOT connected", station.id
            )
        finally:
            watching.cancel()
        before = door.server.gateway.id

        await door.until_read("SELECT 1 FROM station_view WHERE id = $1 AND connected", station.id)
        assert door.server.gateway.id != before
        await line.call("Heartbeat", {})


async def test_a_watcher_that_was_held_up_itself_calls_nobody_dead(
    door: Door, database: Database
) -> None:
    watch = GatewayWatch(database.begin, silence_s=SILENCE_S, look_s=0.01)
    await watch.look()
    before = await _gateways(database)
    loop = asyncio.get_running_loop()
    until = loop.time() + 2 * SILENCE_S
    while loop.time() < until:
        pass  # nothing of this process can run, as when the machine is overloaded
    await watch.look()
    assert await _gateways(database) == before


async def test_a_gateway_that_ends_in_order_leaves_no_name_behind(
    database: Database, clock: JumpingClock
) -> None:
    async with asyncio.timeout(WITHIN_S), a_door(database, clock):
        assert await _gateways(database) == 1
    assert await _gateways(database) == 0


async def test_a_stopping_gateway_waits_for_the_answer_to_what_it_asked(
    database: Database, clock: JumpingClock
) -> None:
    async with a_door(database, clock) as door:
        station = await door.add("CS1")
        async with dial(door, "CS1") as line:
            await ready(line)
            order = await place(door, station.id, Unlock(1))
            sent = await line.hear()
            draining = asyncio.create_task(door.server.drain())
            await line.say('[2,"9","Heartbeat",{}]')
            assert (await line.hear())[:2] == [3, "9"], "it is still served"
            await line.say(json.dumps([3, sent[1], {"status": "Unlocked"}]))
            assert await line.end() == 1012
            await draining
        await comes_to(door, order, OrderState.DONE)


async def test_stations_are_sent_away_at_a_pace_and_all_within_the_time(
    database: Database, clock: JumpingClock
) -> None:
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        door = await stack.enter_async_context(a_door(database, clock, drain_per_s=20, drain_s=5))
        lines = []
        for number in range(20):
            await door.add(f"CS{number}")
            lines.append(await stack.enter_async_context(dial(door, f"CS{number}")))
            await lines[-1].boot()
        began = loop.time()
        draining = asyncio.create_task(door.server.drain())

        async def gone(line: Dialled) -> float:
            assert await line.end() == 1012
            return loop.time() - began

        times = sorted(await asyncio.gather(*(gone(line) for line in lines)))
        await draining

    assert times[0] < 0.5
    assert 0.7 < times[-1] < 5


async def _gateways(database: Database) -> int:
    async with database.begin() as work:
        return len(await stations.gateway_beats(work))


async def test_a_start_is_not_taken_by_the_gateway_that_its_station_has_left(
    door: Door, database: Database, clock: JumpingClock
) -> None:
    station = await door.add("CS1")
    start = {"connectorId": 1, "idTag": "04A1", "meterStart": 5, "timestamp": NOON}
    async with a_second_door(door, database, clock) as other, dial(door, "CS1") as old:
        await old.boot()
        async with dial(other, "CS1") as new:
            await new.boot()
            await old.say(json.dumps([2, "1", "StartTransaction", start]))
            assert await old.end() == 1008, "it is hung up on, and not answered"
            assert await door.read("SELECT id FROM session_view") == []

            told = await new.call("StartTransaction", start)

            (row,) = await door.read("SELECT ref, station_id FROM session_view")
            assert (row["ref"], row["station_id"]) == (str(told["transactionId"]), station.id)
