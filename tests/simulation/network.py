"""A Voltway of many processes, each with a role, on one database: as on many machines."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.simulation.house import HOST, HouseProcess, port_of_its_own, serving
from voltway.kernel.ids import StationId
from voltway.runtime.bus import Bus
from voltway.runtime.database import Database, open_database
from voltway.runtime.relay import Relay
from voltway.runtime.wire import Wire
from voltway.runtime.wire_nats import NatsWire
from voltway.runtime.wire_notify import NotifyWire


@dataclass
class Network:
    """Its gateways share one address; ``processes`` are by the names that the test gave them."""

    folder: Path
    database_url: str
    nats_url: str
    stack: AsyncExitStack
    settings: dict[str, str] = field(default_factory=dict)
    ocpp: str = field(default_factory=lambda: f"{HOST}:{port_of_its_own()}")
    pages: str = field(default_factory=lambda: f"{HOST}:{port_of_its_own()}")
    processes: dict[str, HouseProcess] = field(default_factory=dict)

    async def add(self, name: str, role: str, *, ocpp: str = "") -> HouseProcess:
        """A running process of this role; a gateway at an address of its own, if one is given."""
        process = HouseProcess(
            self.folder,
            environment={
                "VOLTWAY_DATABASE_URL": self.database_url,
                "VOLTWAY_DATABASE_CONNECTIONS": "8",
                "VOLTWAY_NATS_URL": self.nats_url,
                "VOLTWAY_PUBLIC_URL": f"http://{self.pages}",
                **self.settings,
            },
            http=self.pages if role == "web" else f"{HOST}:{port_of_its_own()}",
            ocpp=ocpp or self.ocpp,
            words=("--role", role),
        )
        await self.stack.enter_async_context(serving(process))
        self.processes[name] = process
        return process


@asynccontextmanager
async def a_network(
    folder: Path, database_url: str, nats_url: str = "", **settings: str
) -> AsyncIterator[Network]:
    """No processes yet; they end with the block."""
    async with AsyncExitStack() as stack:
        yield Network(folder, database_url, nats_url, stack, settings)


@dataclass(frozen=True, slots=True)
class Desk:
    """This process as one of the network: it places orders and hears what becomes of them."""

    database: Database
    bus: Bus
    relay: Relay

    async def read(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        async with self.database.begin() as work:
            return [dict(row) for row in await work.all(sql, *values)]

    async def holder(self, station: StationId) -> str:
        """Which gateway holds the station: machine and process; empty if none does."""
        rows = await self.read(
            """
            SELECT g.name FROM gateway g JOIN station s ON s.gateway_id = g.id
             WHERE s.id = $1 AND s.disconnected_at IS NULL
            """,
            station,
        )
        return rows[0]["name"] if rows else ""


@asynccontextmanager
async def a_desk(database_url: str, nats_url: str = "") -> AsyncIterator[Desk]:
    database = await open_database(database_url, connections=8)
    bus = Bus(database)
    wire: Wire = NatsWire(nats_url) if nats_url else NotifyWire(database)
    relay = Relay(wire, bus, hears_facts=False, always=frozenset({"order:*"}))
    await relay.start()
    database.when_kept(relay.carry)
    try:
        yield Desk(database, bus, relay)
    finally:
        await relay.stop()
        await database.close()
