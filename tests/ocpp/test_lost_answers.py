"""A batch that is one statement, of which the line to the database hid whether it was kept."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tests.ocpp.gateway_floor import WITHIN_S, Dialled, Door, a_door, dial
from tests.simulation.faults.wire import Deed, Moment, Wire, open_wire_to
from voltway.drivers import actions as drivers
from voltway.kernel.ids import SessionId, StationId
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import open_database
from voltway.sessions import actions as sessions
from voltway.stations import actions as stations

CARD = "04A1B2C3"
#: Shorter than the gateway remembers a session without looking it up again.
STEP = timedelta(minutes=1)


@pytest.fixture
async def wired(database_url: str, clock: JumpingClock) -> AsyncIterator[tuple[Wire, Door]]:
    """A gateway that reaches its database over a wire."""
    async with open_wire_to(database_url) as (wire, url):
        database = await open_database(url, clock, connections_min=1)
        async with a_door(database, clock) as door:
            yield wire, door
        await database.close()


class Charging:
    """A station that charges a tenth of a kWh each minute, and tells of it."""

    def __init__(self, line: Dialled, clock: JumpingClock) -> None:
        self._line = line
        self._clock = clock
        self._ref = 0
        self._seq = 0

    async def begin(self) -> None:
        if self._line.subprotocol == "ocpp1.6":
            begun = {"connectorId": 1, "idTag": CARD, "meterStart": 0, "timestamp": self._now()}
            self._ref = (await self._line.call("StartTransaction", begun))["transactionId"]
        else:
            token = {"idToken": CARD, "type": "ISO14443"}
            await self._event("Started", 0, idToken=token)

    async def meter(self, wh: int) -> None:
        self._clock.jump(STEP)
        if self._line.subprotocol == "ocpp1.6":
            told = {"connectorId": 1, "transactionId": self._ref, "meterValue": [self._at(wh)]}
            assert await self._line.call("MeterValues", told) == {}
        else:
            await self._event("Updated", wh)

    async def end(self, wh: int) -> None:
        self._clock.jump(STEP)
        if self._line.subprotocol == "ocpp1.6":
            ended = {"transactionId": self._ref, "meterStop": wh, "timestamp": self._now()}
            await self._line.call("StopTransaction", ended)
        else:
            await self._event("Ended", wh)

    async def _event(self, kind: str, wh: int, **more: Any) -> None:
        event = {
            "eventType": kind,
            "timestamp": self._now(),
            "triggerReason": "MeterValuePeriodic",
            "seqNo": self._seq,
            "transactionInfo": {"transactionId": "tx-1"},
            "evse": {"id": 1, "connectorId": 1},
            "meterValue": [self._at(wh)],
            **more,
        }
        self._seq += 1
        await self._line.call("TransactionEvent", event)

    def _at(self, wh: int) -> dict[str, Any]:
        value = wh if self._line.subprotocol != "ocpp1.6" else str(wh)
        sample = {"value": value, "measurand": "Energy.Active.Import.Register"}
        return {"timestamp": self._now(), "sampledValue": [sample]}

    def _now(self) -> str:
        return self._clock.now().isoformat().replace("+00:00", "Z")


async def frames(door: Door, station: StationId) -> "Counter[tuple[str, bytes]]":
    async with door.begin() as work:
        kept = await stations.last_frames(work, station, 10_000)
    return Counter((each.direction.value, each.text) for each in kept)


async def all_answers_kept(door: Door, station: StationId) -> None:
    """Until the answers are kept too, which come with a batch of their own."""

    async def are_kept() -> bool:
        ways = Counter(way for way, _ in await frames(door, station))  # each frame once
        return ways["said"] == ways["heard"]

    await door.until(are_kept)


async def nothing_awaited(door: Door, line: Dialled) -> None:
    """Until no order waits for what the station tells: while one may, each batch looks for it, and
    is a transaction of several statements."""
    async with asyncio.timeout(WITHIN_S):
        while any(link.awaits for link in door.server.gateway.links.values()):
            await line.call("Heartbeat", {})


@pytest.mark.parametrize(
    ("version", "moment", "rows", "heard"),
    [
        ("ocpp1.6", Moment.BEFORE, 1, 1),
        ("ocpp1.6", Moment.AFTER, 2, 2),  # Note [Kept twice]
        ("ocpp2.0.1", Moment.BEFORE, 1, 1),
        ("ocpp2.0.1", Moment.AFTER, 1, 2),  # a number that was seen tells nothing new
    ],
)
async def test_a_reading_whose_batch_is_kept_again_counts_once_and_is_answered_once(
    wired: tuple[Wire, Door],
    clock: JumpingClock,
    version: str,
    moment: Moment,
    rows: int,
    heard: int,
) -> None:
    wire, door = wired
    station = await door.add("CS1")
    async with door.begin() as work:
        await drivers.add_token(work, door.home.party, CARD)
    async with dial(door, "CS1", version) as line:
        charging = Charging(line, clock)
        await line.boot()
        await charging.begin()
        await nothing_awaited(door, line)
        await charging.meter(100)  # for which the session is looked up, and remembered then
        await all_answers_kept(door, station.id)
        before = await frames(door, station.id)

        wire.breaks_at = (Deed.STATEMENT, moment)
        await charging.meter(200)
        assert wire.broken == 1
        await all_answers_kept(door, station.id)
        told_again = await frames(door, station.id) - before

        await charging.end(300)
        await all_answers_kept(door, station.id)

    (session,) = await door.read("SELECT id, state, energy_wh, end_kind FROM session")
    assert (session["state"], session["energy_wh"], session["end_kind"]) == ("ended", 300, "told")
    async with door.begin() as work:
        read = await sessions.readings_of(work, SessionId(session["id"]))
    assert [one.register_wh for one in read].count(200) == 1
    kept = await door.read("SELECT FROM session_reading WHERE register_wh = 200")
    assert len(kept) == rows
    assert sorted((way, count) for (way, _), count in told_again.items()) == [
        ("heard", heard),
        ("said", 1),
    ]
    assert set((await frames(door, station.id) - told_again).values()) == {1}
    assert await door.read("SELECT FROM orphan") == []
