"""Nonsense on a station's line: answered as the standard names it, kept, and the line lives on."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from tests.network import AStation, a_station
from tests.simulation.waiting import comes_true
from tests.stories.world import World
from voltway.runtime.work import Row
from voltway.stations import actions as stations
from voltway.stations.model import Direction

WITHIN_S = 15
CARD = "04A1B2C3D4E5F6"
EARLIER = timedelta(minutes=30)

V16, V201 = "ocpp1.6", "ocpp2.0.1"
both_versions = pytest.mark.parametrize("version", [V16, V201])

BOOT: dict[str, Any] = {
    V16: {"chargePointVendor": "Acme", "chargePointModel": "One"},
    V201: {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "One"}},
}


@dataclass
class Line:
    """The raw line of one station."""

    world: World
    inside: AStation
    version: str
    socket: ClientConnection
    numbers: "count[int]"

    async def say(self, text: str) -> None:
        await self.socket.send(text)

    async def hear(self) -> Any:
        async with asyncio.timeout(WITHIN_S):
            return json.loads(await self.socket.recv())

    async def call(self, action: str, payload: object) -> Any:
        """The payload of the answer, or the whole CALLERROR."""
        id = f"call-{next(self.numbers)}"
        await self.say(json.dumps([2, id, action, payload]))
        answer = await self.hear()
        assert answer[1] == id
        return answer[2] if answer[0] == 3 else answer

    async def lives_on(self) -> bool:
        return "currentTime" in await self.call("Heartbeat", {})

    async def was_kept(self, text: str) -> bool:
        """Whether an operator finds the frame among the station's last ones."""

        async def is_there() -> bool:
            async with self.world.house.begin() as work:
                frames = await stations.last_frames(work, self.inside.station.id, 50)
            heard = [frame.text for frame in frames if frame.direction is Direction.HEARD]
            return any(text.encode() in frame for frame in heard)

        return await comes_true(is_there, WITHIN_S)

    async def read(self, sql: str) -> Sequence[Row]:
        async with self.world.house.begin() as work:
            return await work.all(sql)

    def at(self, ago: timedelta) -> str:
        return (self.world.clock.now() - ago).isoformat()

    async def start(self, register_wh: int) -> Any:
        """A start half an hour ago, by the card; a message that says the same each time."""
        if self.version == V16:
            payload: dict[str, Any] = {
                "connectorId": 1,
                "idTag": CARD,
                "meterStart": register_wh,
                "timestamp": self.at(EARLIER),
            }
            return await self.call("StartTransaction", payload)
        return await self.event("Started", 0, register_wh, EARLIER, "tx-1")

    async def stop(self, ref: Any, register_wh: int) -> Any:
        if self.version == V16:
            payload = {
                "transactionId": ref,
                "meterStop": register_wh,
                "timestamp": self.at(timedelta(minutes=1)),
            }
            return await self.call("StopTransaction", payload)
        return await self.event("Ended", 1, register_wh, timedelta(minutes=1), ref)

    async def event(self, kind: str, seq: int, register_wh: int, ago: timedelta, ref: str) -> Any:
        at = self.at(ago)
        context = {"Started": "Transaction.Begin", "Ended": "Transaction.End"}[kind]
        return await self.call(
            "TransactionEvent",
            {
                "eventType": kind,
                "timestamp": at,
                "triggerReason": "Authorized" if kind == "Started" else "StopAuthorized",
                "seqNo": seq,
                "transactionInfo": {"transactionId": ref},
                "evse": {"id": 1, "connectorId": 1},
                "idToken": {"idToken": CARD, "type": "ISO14443"},
                "meterValue": [
                    {
                        "timestamp": at,
                        "sampledValue": [{"value": register_wh, "context": context}],
                    }
                ],
            },
        )


@asynccontextmanager
async def a_line(world: World, version: str) -> AsyncIterator[Line]:
    """A station that has booted, with the line in the test's hand."""
    async with world.house.begin() as work:
        inside = await a_station(work, world.party, evses=1)
    identity = inside.station.identity
    proof = b64encode(f"{identity}:{inside.key}".encode()).decode()
    lines: list[ClientConnection] = []

    async def is_let_in() -> bool:
        try:
            lines.append(
                await connect(
                    f"{world.house.ocpp}/{identity}",
                    subprotocols=[version],  # type: ignore[list-item] # a plain word is one
                    additional_headers={"Authorization": f"Basic {proof}"},
                    proxy=None,
                )
            )
        except InvalidStatus:
            return False  # the door has not heard of the new station yet
        return True

    assert await comes_true(is_let_in, WITHIN_S)
    async with lines[0]:
        line = Line(world, inside, version, lines[0], count(1))
        assert (await line.call("BootNotification", BOOT[version]))["status"] == "Accepted"
        yield line


@both_versions
async def test_what_is_no_json_is_kept_and_the_line_lives_on(world: World, version: str) -> None:
    async with a_line(world, version) as line:
        await line.say("this is no JSON")
        if version == V201:  # part 4 §4.2.3; version 1.6 has no answer to what has no id
            assert (await line.hear())[:3] == [4, "-1", "RpcFrameworkError"]
        await line.say('[2,"half","Heartbeat",{"a":')
        fault = "FormationViolation" if version == V16 else "FormatViolation"
        assert (await line.hear())[:3] == [4, "half", fault]

        assert await line.lives_on()
        assert await line.was_kept("this is no JSON")
        assert await line.was_kept('[2,"half","Heartbeat",{"a":')


@both_versions
async def test_an_unknown_action_is_not_implemented(world: World, version: str) -> None:
    async with a_line(world, version) as line:
        answer = await line.call("MakeCoffee", {"cups": 2})

        assert (answer[0], answer[2]) == (4, "NotImplemented")
        assert await line.lives_on()
        assert await line.was_kept("MakeCoffee")


@both_versions
async def test_a_field_of_a_wrong_type_is_named(world: World, version: str) -> None:
    async with a_line(world, version) as line:
        status: dict[str, Any] = {"connectorId": {"one": 1}}
        if version == V16:
            status |= {"errorCode": "NoError", "status": "Available"}
        else:
            status |= {"evseId": 1, "connectorStatus": "Available", "timestamp": line.at(EARLIER)}
        answer = await line.call("StatusNotification", status)

        assert (answer[0], answer[2]) == (4, "TypeConstraintViolation")
        assert answer[3], "a person reads what is wrong"
        assert await line.lives_on()
        assert await line.was_kept('{"one": 1}')


@both_versions
async def test_a_doubled_start_and_a_doubled_stop_are_one_session_and_one_bill(
    world: World, version: str
) -> None:
    await world.prices({"type": "ENERGY", "price": 0.50})
    await world.card(CARD)
    async with a_line(world, version) as line:
        first = await line.start(10_000)
        again = await line.start(10_000)
        assert first == again
        ref = first["transactionId"] if version == V16 else "tx-1"
        ended = await line.stop(ref, 14_000)
        assert await line.stop(ref, 14_000) == ended
        assert await line.lives_on()

        [bill] = await world.bills(1)
        assert (bill.energy_wh, bill.total) == (4_000, "2.00 EUR")
        assert len(await world.sessions()) == 1
        assert list(await line.read("SELECT * FROM orphan_view")) == []
        assert await world.books_balance()


@pytest.mark.parametrize("ref", [4711, 0, -1])
async def test_a_stop_of_an_unknown_session_is_thanked_for_and_left_to_a_person(
    world: World, ref: int
) -> None:
    async with a_line(world, V16) as line:
        answer = await line.stop(ref, 14_000)

        assert isinstance(answer, dict), "a station that is refused would tell it for ever"
        assert await line.lives_on()
        assert list(await world.sessions()) == []
        [orphan] = await line.read("SELECT ref, kind, register_wh FROM orphan_view")
        assert dict(orphan) == {"ref": str(ref), "kind": "ended", "register_wh": 14_000}
        assert await line.was_kept('"StopTransaction"')


async def test_an_end_whose_start_never_came_is_a_session_that_nobody_is_billed_for(
    world: World,
) -> None:
    await world.prices({"type": "ENERGY", "price": 0.50})
    await world.card(CARD)
    async with a_line(world, V201) as line:
        assert isinstance(await line.stop("never-begun", 14_000), dict)

        assert await line.lives_on()
        [session] = await world.sessions()
        assert (session["ref"], session["energy_wh"]) == ("never-begun", 0)
        assert "start_missing" in session["doubts"]
        assert list(await line.read("SELECT * FROM invoice_view WHERE total_minor > 0")) == []
        assert await line.was_kept("never-begun")
