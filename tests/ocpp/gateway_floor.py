"""A running door for stations, and stations that dial it, for the tests of the gateway."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.network import a_party
from voltway.billing.registers import VatRegister
from voltway.drivers.revocation import issuers_of
from voltway.ocpp.afterwards import Afterwards
from voltway.ocpp.gateway import Gateway
from voltway.ocpp.server import OcppServer
from voltway.ocpp.transport import Close
from voltway.runtime.bus import Bus
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.runtime.relay import Alone
from voltway.runtime.settings import Settings
from voltway.runtime.work import BeginWork
from voltway.stations import actions as stations
from voltway.stations.model import EvsePlan, Location, Station

KEY = "0123456789abcdef"
#: Messages of a test come one after the other, and have no company to wait for.
WAIT_MS = 10
WITHIN_S = 10.0

T = TypeVar("T")

BOOT = {
    "ocpp1.6": {"chargePointVendor": "Acme", "chargePointModel": "One"},
    "ocpp2.0.1": {
        "reason": "PowerUp",
        "chargingStation": {"vendorName": "Acme", "model": "One"},
    },
}
BOOT["ocpp2.1"] = BOOT["ocpp2.0.1"]


@dataclass
class Door:
    """A serving gateway with its database."""

    server: OcppServer
    begin: BeginWork
    clock: JumpingClock
    url: str
    home: Location
    bus: Bus
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def add(self, identity: str, evses: int = 1) -> Station:
        """A station that may come in with the common key."""
        plans = [EvsePlan(number) for number in range(1, evses + 1)]
        async with self.server.refreshed:
            async with self.begin() as work:
                station, _ = await stations.add_station(
                    work, self.home.party, self.home.id, identity, plans, KEY
                )
            async with asyncio.timeout(WITHIN_S):
                await self.server.refreshed.wait()
        return station

    async def read(self, sql: str, *values: Any) -> list[Any]:
        async with self.begin() as work:
            return [dict(row) for row in await work.all(sql, *values)]

    async def until(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask again after each commit until the answer is yes."""
        seen = self.bus.touches.listen("station:*", "order:*", "wall:*", "lobby")
        async with asyncio.timeout(WITHIN_S), seen as touched:
            while not (answer := await ask()):
                await anext(touched)
        return answer

    async def until_read(self, sql: str, *values: Any) -> list[Any]:
        return await self.until(lambda: self.read(sql, *values))


@asynccontextmanager
async def a_door(
    database: Database,
    clock: JumpingClock,
    *,
    settle_s: float = 0.0,
    register: VatRegister | None = None,
    **settings: Any,
) -> AsyncIterator[Door]:
    """Serves at a free port until the block is left."""
    bus = Bus(database)
    async with database.begin() as work:
        party = await a_party(work)
        home = await stations.add_location(
            work,
            party.id,
            name="Rathaus",
            address="Platz 1",
            city="Wien",
            country="AUT",
            lat=48.2,
            lon=16.4,
            time_zone="Europe/Vienna",
        )
    server = OcppServer(
        replace(database, is_lazy=True).begin,  # as it is for the ingest
        bus.touches,
        clock,
        Settings(ocpp="127.0.0.1:0", **{"batch_wait_ms": WAIT_MS, **settings}),
        settle_s=settle_s,
        afterwards=Afterwards(
            register=register,
            issuers=issuers_of(database.begin, Settings(**settings)),
        ),
    )
    url = await server.start()
    try:
        yield Door(server, database.begin, clock, url, home, bus)
    finally:
        await server.drain()


class Dialled:
    """A station's socket, from the station's side."""

    def __init__(self, line: ClientConnection, subprotocol: str) -> None:
        self.line = line
        self.subprotocol = subprotocol
        self._numbers = count(1)

    async def say(self, text: str | bytes) -> None:
        await self.line.send(text)

    async def hear(self) -> Any:
        """The next frame from the server."""
        async with asyncio.timeout(WITHIN_S):
            return json.loads(await self.line.recv())

    async def call(self, action: str, payload: object, *, id: str | None = None) -> Any:
        """The answer to a call: its payload, or the whole CALLERROR."""
        id = id or str(next(self._numbers))
        await self.say(json.dumps([2, id, action, payload]))
        answer = await self.hear()
        assert answer[1] == id
        return answer[2] if answer[0] == 3 else answer

    async def boot(self) -> Any:
        return await self.call("BootNotification", BOOT[self.subprotocol])

    async def end(self) -> int:
        """Hear until the server closes the socket; its code."""
        async with asyncio.timeout(WITHIN_S):
            with suppress(ConnectionClosed):
                while True:
                    await self.line.recv()
            await self.line.wait_closed()
        assert self.line.close_code is not None
        return self.line.close_code

    async def reply(self, payload: object) -> list[Any]:
        """Hear an order and answer it; the order."""
        order = await self.hear()
        assert order[0] == 2
        await self.say(json.dumps([3, order[1], payload]))
        return list(order)


class Wire:
    """The socket of a line that is nobody's: it notes what was said, why it was closed, and whether
    it is read."""

    def __init__(self) -> None:
        self.said: list[bytes] = []
        self.closed: Close | None = None
        self.is_paused = False

    def send(self, text: bytes) -> None:
        self.said.append(text)

    def ping(self) -> None: ...

    def close(self, code: Close, reason: str = "") -> None:
        self.closed = code

    def shut(self, code: Close, reason: str) -> None: ...

    def drop(self) -> None: ...

    def pause(self) -> None:
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False


def a_gateway(database: Database) -> Gateway:
    """A gateway that no listener brings lines, and that sends no orders."""
    return Gateway(
        database.begin,
        database.clock,
        on_answered=lambda _: None,
        on_replied=lambda _, __: None,
        reach=Alone(),
    )


def basic(user: str, key: str = KEY) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{key}".encode()).decode()}


@asynccontextmanager
async def dial(
    door: Door,
    identity: str,
    subprotocol: str = "ocpp1.6",
    *,
    path: str | None = None,
    key: str = KEY,
    compression: str | None = None,
) -> AsyncIterator[Dialled]:
    """A station's socket, open until the block is left."""
    async with connect(
        f"{door.url}/{path or identity}",
        subprotocols=[subprotocol],  # type: ignore[list-item] # a NewType of theirs
        additional_headers=basic(identity, key),
        compression=compression,
        max_size=None,
        ping_interval=None,
    ) as line:
        yield Dialled(line, subprotocol)
