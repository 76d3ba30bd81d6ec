"""Both transports, picows and the fallback, under the same gateway."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import connect

from tests.ocpp.gateway_floor import WITHIN_S, Dialled, Door, a_door, basic, dial
from tests.ocpp.test_gateway_lobby import knock, status
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.stations import actions as stations
from voltway.stations.orders import Reset

TRANSPORTS = ("picows", "websockets")


@pytest.fixture(params=TRANSPORTS)
async def door(
    request: pytest.FixtureRequest, database: Database, clock: JumpingClock
) -> AsyncIterator[Door]:
    async with a_door(database, clock, ocpp_transport=request.param) as opened:
        yield opened


@pytest.mark.parametrize("subprotocol", ["ocpp1.6", "ocpp2.0.1"])
async def test_a_station_boots_and_its_line_lives(door: Door, subprotocol: str) -> None:
    await door.add("CS1")
    async with dial(door, "CS1", subprotocol, compression="deflate") as line:
        assert line.line.subprotocol == subprotocol
        assert (await line.boot())["status"] == "Accepted"
        await asyncio.wait_for(await line.line.ping(), WITHIN_S)
        answer = await line.call("DataTransfer", {"vendorId": "acme", "data": "x" * 200_000})
        assert answer["status"] in {"UnknownVendorId", "Accepted", "Rejected"}
    rows = await door.until_read("SELECT connected FROM station_view WHERE NOT connected")
    assert len(rows) == 1


async def test_unknown_and_wrong_look_the_same(door: Door) -> None:
    await door.add("CS1")
    heads = {
        status(await knock(door, f"/ocpp/{name}", **headers))
        for name, headers in (
            ("CS1", {}),
            ("CS1", basic("CS1", "fedcba9876543210")),
            ("NEW", basic("NEW", "fedcba9876543210")),
        )
    }
    assert heads == {401}
    rows = await door.until_read("SELECT identity FROM lobby_view WHERE reason = 'unknown'")
    assert [row["identity"] for row in rows] == ["NEW"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"Sec_WebSocket_Protocol": "ocpp1.5"}, 400, id="one that we do not speak"),
        pytest.param({"Connection": "keep-alive, Upgrade"}, 101, id="a proxy's Connection header"),
        pytest.param({"Sec_WebSocket_Protocol": "ocpp2.0.1, ocpp1.6"}, 101, id="a choice"),
        pytest.param({"Upgrade": None}, 426, id="a browser"),
    ],
)
async def test_a_handshake_is_answered_as_it_should(
    door: Door, change: dict[str, str | None], code: int
) -> None:
    await door.add("CS1")
    assert status(await knock(door, "/ocpp/CS1", **basic("CS1"), **change)) == code


async def test_an_order_goes_out_and_its_reply_comes_in(door: Door) -> None:
    station = await door.add("CS1")
    async with dial(door, "CS1") as line:
        await line.boot()
        async with door.begin() as work:
            await stations.place_order(work, station.id, Reset(immediate=True), "Olga")
        order = await line.reply({"status": "Accepted"})
        assert order[2] == "Reset"


async def test_the_newest_line_is_the_stations(door: Door) -> None:
    await door.add("CS1")
    async with dial(door, "CS1") as old, dial(door, "CS1") as new:
        assert await old.end() == 1008
        assert (await new.boot())["status"] == "Accepted"


async def test_garbage_ends_the_line(door: Door) -> None:
    await door.add("CS1")
    async with dial(door, "CS1") as line:
        for _ in range(200):
            await line.say("garbage")
        assert await line.end() == 1008
    assert status(await knock(door, "/ocpp/CS1", **basic("CS1"))) == 503


async def test_a_message_in_pieces_is_one_and_one_too_long_ends_the_line(door: Door) -> None:
    await door.add("CS1")
    async with dial(door, "CS1") as line:
        heartbeat = json.dumps([2, "pieces", "Heartbeat", {}])
        await line.line.send(iter(heartbeat))
        assert (await line.hear())[:2] == [3, "pieces"]
        await line.say("x" * 1_100_000)
        assert await line.end() == 1009


async def test_who_sends_what_is_no_websocket_is_not_let_in_for_ever(door: Door) -> None:
    await door.add("CS1")

    async def comes_and_lies() -> int:
        head = await knock(door, "/ocpp/CS1", **basic("CS1"))
        if status(head) == 101:
            async with dial(door, "CS1") as line:
                await line.say("x" * 1_100_000)
                assert await line.end() == 1009
        return status(head)

    async with asyncio.timeout(2 * WITHIN_S):
        while await comes_and_lies() == 101:
            pass


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_stopping_door_answers_and_says_why(
    database: Database, clock: JumpingClock, transport: str
) -> None:
    async with a_door(database, clock, ocpp_transport=transport) as door:
        await door.add("CS1")
        line = await connect(
            f"{door.url}/CS1",
            subprotocols=["ocpp1.6"],  # type: ignore[list-item] # a NewType of theirs
            additional_headers=basic("CS1"),
            ping_interval=None,
        )
        station = Dialled(line, "ocpp1.6")
        assert (await station.boot())["status"] == "Accepted"
    assert await station.end() == 1012
