"""A station that knows its key and sends nonsense: answered, counted, and in the end sent away."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from websockets.exceptions import ConnectionClosed

from tests.ocpp.gateway_floor import WITHIN_S, Dialled, Door, a_door, basic, dial
from tests.ocpp.test_gateway_lobby import knock, status
from voltway.kernel.ids import StationId
from voltway.ocpp.conduct import FAULTS_KEPT_MAX, FAULTS_MAX
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.stations import actions as stations

#: What is forgiven while the test runs, and kept meanwhile.
SLACK = 30


@pytest.fixture
async def door(database: Database, clock: JumpingClock) -> AsyncIterator[Door]:
    async with a_door(database, clock) as opened:
        yield opened


async def flood(line: Dialled, text: str) -> list[str]:
    """Send on until the line is closed; the codes of the answers."""
    codes = []
    try:
        while True:
            await line.say(text)
            codes.append((await line.hear())[2])
    except ConnectionClosed:
        return codes


async def frames(door: Door, station: StationId) -> int:
    async with door.begin() as work:
        return len(await stations.last_frames(work, station, 100_000))


async def test_garbage_is_answered_so_often_and_then_the_line_is_closed(door: Door) -> None:
    bad = await door.add("BAD")
    async with dial(door, "BAD", "ocpp2.0.1") as line:
        codes = await flood(line, "garbage")
        assert line.line.close_code == 1008

    assert set(codes) == {"RpcFrameworkError"}
    assert FAULTS_MAX - 1 <= len(codes) <= FAULTS_MAX + SLACK
    head = await knock(door, "/ocpp/BAD", **basic("BAD"))
    assert status(head) == 503
    assert "retry-after:" in head.lower()

    async def is_counted() -> bool:
        rows = await door.read("SELECT count FROM deviation_view WHERE kind = 'broken_frame'")
        return [row["count"] for row in rows] == [len(codes)]

    assert await door.until(is_counted)
    assert FAULTS_KEPT_MAX <= await frames(door, bad.id) <= 2 * FAULTS_KEPT_MAX + SLACK


async def test_others_are_served_while_one_sends_garbage(door: Door) -> None:
    for name in ("BAD", "GOOD"):
        await door.add(name)
    async with dial(door, "BAD", "ocpp2.0.1") as bad, dial(door, "GOOD") as good:
        flooding = asyncio.create_task(flood(bad, '[2,"1","MakeCoffee",{}]'))
        while not flooding.done():
            assert (await good.boot())["status"] == "Accepted"
        assert set(await flooding) == {"NotImplemented"}
        assert (await good.boot())["status"] == "Accepted"


async def test_a_long_broken_frame_counts_for_many(door: Door) -> None:
    await door.add("BAD")
    async with dial(door, "BAD") as line:
        for _ in range(2):
            await line.say("[2," + " " * 1_000_000)
        assert await line.end() == 1008


async def test_what_has_an_effect_is_kept_whatever_else_was_sent(door: Door) -> None:
    bad = await door.add("BAD")
    async with dial(door, "BAD") as line:
        for number in range(60):
            await line.say("garbage")  # which has no id, so 1.6 has no answer to it
            assert "currentTime" in await line.call("Heartbeat", {}, id=f"good-{number}")

    async with door.begin() as work:
        kept = await stations.last_frames(work, bad.id, 100_000)
    ids = {json.loads(each.text)[1] for each in kept if each.text.startswith(b"[2,")}
    assert ids == {f"good-{number}" for number in range(60)}


async def test_a_flood_of_pings_ends_the_line(door: Door) -> None:
    await door.add("BAD")
    async with dial(door, "BAD") as line:

        async def ping() -> None:
            while True:
                await (await line.line.ping())

        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(ping(), WITHIN_S)
        assert line.line.close_code == 1008


async def test_a_station_that_comes_and_goes_is_told_to_wait_a_little(door: Door) -> None:
    await door.add("FLAPS")
    heads = [status(await knock(door, "/ocpp/FLAPS", **basic("FLAPS"))) for _ in range(100)]

    assert set(heads) == {101, 503}
    assert heads[0] == 101

    async def is_let_in() -> bool:
        return status(await knock(door, "/ocpp/FLAPS", **basic("FLAPS"))) == 101

    async with asyncio.timeout(WITHIN_S):
        while not await is_let_in():
            pass
