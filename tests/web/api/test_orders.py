"""Orders and raw calls over the API, to stations on real sockets."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.network import a_token
from tests.ocpp.gateway_floor import Dialled, Door, a_door, dial
from tests.web.api.conftest import Caller
from voltway.parties import actions as parties
from voltway.parties.model import Party
from voltway.runtime.bus import Bus
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.stations.model import Station


@pytest.fixture
async def door(database: Database, clock: JumpingClock) -> AsyncIterator[Door]:
    async with a_door(database, clock) as made:
        yield made


@pytest.fixture
def bus(door: Door) -> Bus:
    """The bus that the gateway listens to."""
    return door.bus


@pytest.fixture
async def party(door: Door) -> Party:
    """The party whose stations the gateway lets in."""
    async with door.begin() as work:
        return await parties.party(work, door.home.party)


@pytest.fixture
async def station(door: Door) -> Station:
    return await door.add("VW-1")


@pytest.fixture(params=["ocpp1.6", "ocpp2.0.1"])
async def line(
    request: pytest.FixtureRequest, door: Door, station: Station
) -> AsyncIterator[Dialled]:
    """The station's socket, open and known to be open."""
    async with dial(door, station.identity, request.param) as dialled:
        await dialled.boot()
        await door.until_read("SELECT 1 FROM station_view WHERE connected")
        yield dialled


async def test_an_order_waits_for_the_station(owner: Caller, station: Station) -> None:
    placed = await owner.post(f"/stations/{station.id}/orders", {"kind": "clear_cache"})

    assert placed.status_code == 202, placed.text
    order = placed.json()
    assert (order["state"], order["took_effect"], order["sent_at"]) == ("queued", False, None)
    assert placed.headers["location"] == order["link"]
    assert (await owner.get(order["link"])).json() == order
    assert await owner.items(f"/orders?station={station.id}&state=queued") == [order]
    assert await owner.items("/orders?state=done") == []

    taken_back = await owner.post(f"/orders/{order['id']}/cancel")
    assert taken_back.json()["state"] == "cancelled"


async def test_who_waits_for_an_order_is_told_how_it_ended(
    owner: Caller, station: Station, line: Dialled
) -> None:
    asking = asyncio.create_task(
        owner.post(f"/stations/{station.id}/orders?wait=20", {"kind": "clear_cache"})
    )
    await line.reply({"status": "Accepted"})

    ended = await asking

    assert ended.status_code == 200, ended.text
    assert ended.json()["state"] == "done"
    assert ended.json()["took_effect"] is True
    assert (ended.json()["answered"], ended.json()["word"]) == ("accepted", "Accepted")


async def test_accepted_is_not_an_effect(
    owner: Caller, station: Station, line: Dialled, door: Door
) -> None:
    placed = await owner.post(f"/stations/{station.id}/orders", {"kind": "reset"})
    await line.reply({"status": "Accepted"})
    await door.until_read("SELECT 1 FROM order_view WHERE state = 'answered'")

    order = (await owner.get(placed.json()["link"])).json()

    assert (order["answered"], order["took_effect"], order["ended_at"]) == ("accepted", False, None)


async def test_a_start_names_a_token_that_we_know(
    owner: Caller, station: Station, door: Door, line: Dialled
) -> None:
    async with door.begin() as work:
        card = await a_token(work, owner.party)
    asked = {"kind": "start", "evse": 1, "token": card.uid.lower()}

    placed = await owner.post(f"/stations/{station.id}/orders", asked)
    sent = await line.reply({"status": "Accepted"})

    assert placed.json()["asked"]["token"] == card.uid
    assert sent[2] in ("RemoteStartTransaction", "RequestStartTransaction")
    unknown = await owner.post(f"/stations/{station.id}/orders", {**asked, "token": "NOBODY"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "token_unknown")


CALL = {"action": "GetLocalListVersion", "payload": {}}


async def test_a_call_gives_the_stations_own_answer(
    owner: Caller, station: Station, line: Dialled
) -> None:
    version = {"listVersion": 7} if line.subprotocol == "ocpp1.6" else {"versionNumber": 7}
    asking = asyncio.create_task(owner.post(f"/stations/{station.id}/calls", CALL))
    sent = await line.reply(version)

    answer = await asking

    assert sent[2:] == ["GetLocalListVersion", {}]
    assert answer.status_code == 200, answer.text
    assert answer.json()["payload"] == version
    assert (await owner.get(f"/orders/{answer.json()['order']}")).json()["kind"] == "call"


async def test_a_call_that_the_station_answers_with_an_error_gives_the_error(
    owner: Caller, station: Station, line: Dialled
) -> None:
    asking = asyncio.create_task(owner.post(f"/stations/{station.id}/calls", CALL))
    call: list[Any] = await line.hear()
    await line.say(f'[4, "{call[1]}", "NotImplemented", "no list here", {{"why": "small"}}]')

    answer = (await asking).json()

    assert answer["answered"] == "not_supported"
    assert "NotImplemented" in answer["word"]
    assert answer["payload"] == {"why": "small"}


async def test_a_call_to_a_station_that_is_away_is_refused_and_not_kept(
    owner: Caller, station: Station
) -> None:
    answer = await owner.post(f"/stations/{station.id}/calls", CALL)

    assert (answer.status_code, answer.json()["code"]) == (409, "station_offline")
    assert answer.json()["detail"] == "Station VW-1 is not connected, so nothing was sent to it."
    assert await owner.items("/orders") == []


async def test_a_station_that_does_not_answer_in_time_is_told_as_silent(
    owner: Caller, station: Station, line: Dialled
) -> None:
    answer = await owner.post(f"/stations/{station.id}/calls", {**CALL, "timeout_s": 1})

    assert (answer.status_code, answer.json()["code"]) == (504, "station_silent")
    assert "did not answer within 1 s" in answer.json()["detail"]
    assert (await line.hear())[2] == "GetLocalListVersion"
    link = answer.json()["fields"]["link"]
    assert (await owner.get(link)).json()["state"] == "sent"


async def test_a_call_behind_one_that_waits_for_its_answer_is_told_as_not_sent(
    owner: Caller, station: Station, line: Dialled
) -> None:
    await owner.post(f"/stations/{station.id}/calls", {**CALL, "timeout_s": 1})

    answer = await owner.post(f"/stations/{station.id}/calls", {**CALL, "timeout_s": 1})

    assert (answer.status_code, answer.json()["code"]) == (409, "call_not_sent")
    assert (await line.hear())[2] == "GetLocalListVersion"
    states = [order["state"] for order in await owner.items("/orders")]
    assert max(states) == "sent"
    assert states.count("sent") == 1


async def test_a_call_that_the_version_does_not_know_is_not_sent(
    owner: Caller, station: Station, line: Dialled
) -> None:
    answer = await owner.post(f"/stations/{station.id}/calls", {"action": "MakeCoffee"})

    assert (answer.status_code, answer.json()["code"]) == (409, "call_not_sent")
    assert "MakeCoffee" in answer.json()["detail"]


async def test_the_last_frames_of_a_station_are_read(
    owner: Caller, stranger: Caller, station: Station, line: Dialled
) -> None:
    await line.call("Heartbeat", {})

    answer = await owner.get(f"/stations/{station.id}/frames?limit=2")

    assert answer.status_code == 200, answer.text
    said, heard = answer.json()["items"]
    assert (said["direction"], heard["direction"]) == ("said", "heard")
    assert "currentTime" in said["text"]
    assert "Heartbeat" in heard["text"]
    assert (await stranger.get(f"/stations/{station.id}/frames")).status_code == 404
