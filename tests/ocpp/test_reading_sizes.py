"""What a reading takes on the disk, hot and packed, when stations told it through the gateway."""

import asyncio
import random
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.ocpp.gateway_floor import Dialled, Door, a_door, dial
from voltway.drivers import actions as drivers
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.sessions.sweeps_packing import pack_readings

#: Of a reading with the five usual measurands, what indexes take included: the promise.
HOT_BYTES_MAX = 160
PACKED_BYTES_MAX = 25

STATIONS = 20
READINGS = 150
#: What begins and ends a session is a reading, too.
OF_ALL = STATIONS * (READINGS + 2)
STEP = timedelta(minutes=1)
VERSIONS = ("ocpp1.6", "ocpp2.0.1")


@dataclass
class Charging:
    """A station that tells the five usual measurands each minute."""

    line: Dialled
    clock: JumpingClock
    token: str
    dice: random.Random
    wh: int
    ref: int = 0
    seq: int = 0

    @property
    def is_old(self) -> bool:
        return self.line.subprotocol == "ocpp1.6"

    def now(self) -> str:
        return self.clock.now().isoformat()

    def sampled(self) -> list[dict[str, object]]:
        """Energy in Wh, power in W, current in A, voltage in V, charge in percent."""
        volts = 230 + self.dice.uniform(-2, 2)
        amperes = 26 + self.dice.uniform(-0.5, 0.5)
        told = (
            ("Energy.Active.Import.Register", self.wh, "Wh"),
            ("Power.Active.Import", round(volts * amperes), "W"),
            ("Current.Import", round(amperes, 2), "A"),
            ("Voltage", round(volts, 1), "V"),
            ("SoC", 20 + self.seq // 2, "Percent"),
        )
        if self.is_old:
            return [{"value": str(v), "measurand": m, "unit": unit} for m, v, unit in told]
        return [
            {"value": v, "measurand": m, "unitOfMeasure": {"unit": unit}} for m, v, unit in told
        ]

    async def begin(self) -> None:
        await self.line.boot()
        if self.is_old:
            begun = {"connectorId": 1, "idTag": self.token, "meterStart": self.wh}
            answer = await self.line.call("StartTransaction", {**begun, "timestamp": self.now()})
            self.ref = answer["transactionId"]
        else:
            token = {"idToken": self.token, "type": "ISO14443"}
            await self._event("Started", "Transaction.Begin", idToken=token)

    async def meter(self) -> None:
        self.wh += self.dice.randrange(90, 110)
        if self.is_old:
            told = [{"timestamp": self.now(), "sampledValue": self.sampled()}]
            payload = {"connectorId": 1, "transactionId": self.ref, "meterValue": told}
            assert await self.line.call("MeterValues", payload) == {}
            self.seq += 1
        else:
            await self._event("Updated", "Sample.Periodic")

    async def end(self) -> None:
        if self.is_old:
            ended = {"transactionId": self.ref, "meterStop": self.wh, "timestamp": self.now()}
            await self.line.call("StopTransaction", ended)
        else:
            await self._event("Ended", "Transaction.End")

    async def _event(self, kind: str, context: str, **more: object) -> None:
        sampled = [{**each, "context": context} for each in self.sampled()]
        event = {
            "eventType": kind,
            "timestamp": self.now(),
            "triggerReason": "MeterValuePeriodic",
            "seqNo": self.seq,
            "transactionInfo": {"transactionId": f"tx-{self.token}"},
            "evse": {"id": 1, "connectorId": 1},
            "meterValue": [{"timestamp": self.now(), "sampledValue": sampled}],
            **more,
        }
        self.seq += 1
        await self.line.call("TransactionEvent", event)


async def charge(door: Door, database: Database, clock: JumpingClock) -> None:
    """All stations charge side by side, from the first message to the last."""
    async with AsyncExitStack() as stack:
        some = []
        for number in range(STATIONS):
            station = await door.add(f"CS{number}")
            async with database.begin() as work:
                await drivers.add_token(work, station.party, f"04A1{number:06X}", label="A card")
            line = await stack.enter_async_context(
                dial(door, f"CS{number}", VERSIONS[number % len(VERSIONS)])
            )
            dice = random.Random(number)
            some.append(
                Charging(line, clock, f"04A1{number:06X}", dice, dice.randrange(10_000_000))
            )
        await asyncio.gather(*(each.begin() for each in some))
        for _ in range(READINGS):
            clock.jump(STEP)
            await asyncio.gather(*(each.meter() for each in some))
        clock.jump(STEP)
        await asyncio.gather(*(each.end() for each in some))


async def value(database: Database, sql: str) -> int:
    async with database.begin() as work:
        row = await work.one(f"SELECT ({sql})::bigint AS n")
    assert row is not None
    return int(row["n"])


async def room(database: Database, table: str) -> int:
    """The bytes of all parts of a table, with their indexes and what is kept beside them."""
    parts = f"SELECT sum(pg_total_relation_size(part::regclass)) FROM parts_of('{table}') part"
    of_empty = f"SELECT count(*) FROM {table}"
    return await value(database, parts) if await value(database, of_empty) else 0


async def test_a_reading_takes_no_more_room_than_was_promised(
    database: Database, clock: JumpingClock
) -> None:
    async with a_door(database, clock) as door:
        await charge(door, database, clock)
    kept = await value(database, "SELECT count(*) FROM session_reading")
    assert kept == pytest.approx(OF_ALL, rel=0.02)
    assert await room(database, "session_reading") / kept <= HOT_BYTES_MAX

    clock.jump(timedelta(days=3))
    while await pack_readings(database.begin, 24):
        pass

    assert await value(database, "SELECT count(*) FROM session_reading") == 0
    assert await value(database, "SELECT count(*) FROM session_view WHERE running") == 0
    assert await value(database, "SELECT count(*) FROM reading_pack") == STATIONS
    assert 0 < await room(database, "reading_pack") / kept <= PACKED_BYTES_MAX
