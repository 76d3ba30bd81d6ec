"""A small world: one house, its database, a payment provider, stations and those who play there."""

import asyncio
import json
import random
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx

from tests.nats_server import NatsServer, a_nats_server
from tests.network import a_location, a_party, a_station, a_token
from tests.simulation.faults.grounds import Disk, Ground, Grounds, beside, small_disk
from tests.simulation.faults.lives import EndedByItself, Life, Nursery, ready
from tests.simulation.faults.nursery import move_clock
from tests.simulation.faults.players import Players, Post
from tests.simulation.faults.script import TARIFF
from tests.simulation.faults.wire import HOST, Wire, open_wire
from tests.simulation.faults.witness import Witness
from tests.simulation.house import port_of_its_own
from tests.stories.world import SECRET, SIGNING
from voltway.runtime.work import Work
from voltway.tariffs import actions as tariffs
from voltway_world.calling import of_many
from voltway_world.provider import ProviderServer
from voltway_world.stations import EvseSpec, Options

POWER_W = 1_000_000  # so that the short stays of a test are physically possible
VERSIONS = ("1.6", "2.0.1")
GATEWAYS = 2
GUESTS_AT_EVERY = 3  # every third pair of stations serves guests, the others card holders
#: How long a driver has to plug in after paying: longer than clocks jump here.
START_WITHIN_S = 300
ANSWER_WITHIN_S = 6
DATA, CLOCK = "house", "clock"


@dataclass
class House:
    """A process of Voltway's at its addresses: the whole house, or one role of it."""

    nursery: Nursery
    name: str  # of its log
    folder: Path
    environment: dict[str, str]
    role: str = "all"
    wire: Wire | None = None  # its own one to the database, where that is beside it
    talk: Wire | None = None  # and to NATS
    life: Life | None = None

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def is_cut_off(self) -> bool:
        """Whether its way to the database is harmed."""
        return self.wire is not None and self.wire.harm is not None

    async def begin(self) -> None:
        """A new life. Whether it is ready yet nobody asks: that is a moment like any other."""
        self.life = await self.nursery.begin(
            self.name, self.environment, clock=self.folder / CLOCK, log=self.log
        )

    async def tend(self) -> None:
        """What a supervisor does: start a process again that found no database when it began.

        Raises ``EndedByItself`` for one that had been ready.
        """
        if self.life is not None and self.life.status is not None:
            if self.life.ready.is_set():
                raise EndedByItself(f"{self.life.name} ended by itself with {self.life.status}")
            await self.begin()

    async def kill(self) -> None:
        """SIGKILL, wherever it is in its life."""
        await self.tend()
        assert self.life is not None
        await self.life.kill()

    def freeze(self) -> None:
        """SIGSTOP: alive, and silent."""
        assert self.life is not None
        self.life.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on as if nothing had been."""
        assert self.life is not None
        self.life.signal(signal.SIGCONT)

    async def end(self) -> None:
        """Leave nothing behind."""
        if self.life is not None and self.life.status is None:
            await self.life.kill()


@dataclass
class World:
    """All parts of it, running."""

    seed: int
    folder: Path
    houses: list[House]
    grounds: Grounds
    disk: Disk | None
    nats: NatsServer | None
    provider: ProviderServer
    browser: httpx.AsyncClient
    stations: str  # where stations connect
    posts: list[Post]

    def players(self, counts: dict[str, int] | None = None) -> Players:
        return Players(self.seed, self.browser, counts=counts)

    def move_clock(self, seconds: float) -> None:
        move_clock(self.folder / CLOCK, seconds)

    def lose_lines(self) -> None:
        """All stations lose their lines, and come back by themselves."""
        for post in self.posts:
            post.outside.lose_line()

    async def tend(self) -> None:
        for house in self.houses:
            await house.tend()

    async def is_ready(self) -> bool:
        """Whether all processes take connections that are not cut off."""
        await self.tend()
        return all(
            house.life is not None and house.life.ready.is_set()
            for house in self.houses
            if not house.is_cut_off
        )

    async def is_whole(self) -> bool:
        """Whether nobody is cut off."""
        await self.tend()
        return not any(house.is_cut_off for house in self.houses)

    @property
    def answered(self) -> int:
        """How many calls of the stations were answered."""
        return sum(len(post.outside.answered) for post in self.posts)

    @property
    def logs(self) -> list[Path]:
        return [house.log for house in self.houses]


@asynccontextmanager
async def open_world(
    nursery: Nursery,
    folder: Path,
    seed: int,
    stations: int,
    ground: Ground = Ground.OWN,
    *,
    workers: int = 1,
) -> AsyncIterator[World]:
    """A world in a new folder; its stations are switched off yet."""
    _make(folder)
    move_clock(folder / CLOCK, 0)
    async with AsyncExitStack() as stack:
        disk = stack.enter_context(small_disk(folder / DATA)) if ground is Ground.SMALL else None
        grounds = Grounds(folder / DATA)
        if ground in (Ground.WIRED, Ground.MANY):
            grounds = await stack.enter_async_context(beside(folder / "database"))
        http, ocpp = (f"{HOST}:{port_of_its_own()}" for _ in range(2))
        provider = await stack.enter_async_context(
            ProviderServer(
                folder / "provider",
                secret=SECRET,
                webhook=f"http://{http}/webhooks/payments/simulated",
                webhook_secret=SIGNING,
                webhook_delay_s=0.1,
            )
        )
        environment = _environment(folder, provider, http, ocpp)
        nats = None
        if ground is Ground.MANY:
            nats = await stack.enter_async_context(a_nats_server())
        houses = _houses(nursery, folder, environment, ground, workers)
        for house in houses:
            if ground in (Ground.WIRED, Ground.MANY):
                await _wire(house, stack, grounds, nats)
            stack.push_async_callback(house.end)
            await house.begin()
        for house in houses:
            assert house.life is not None
            await ready(house.life)
        browser = await stack.enter_async_context(of_many(base_url=f"http://{http}", timeout=5))
        url = f"ws://{ocpp}/ocpp"
        async with grounds.looked_into() as database, database.begin() as work:
            posts = await furnish(work, url, seed, stations)
        yield World(seed, folder, houses, grounds, disk, nats, provider, browser, url, posts)


async def _wire(
    house: House, stack: AsyncExitStack, grounds: Grounds, nats: NatsServer | None
) -> None:
    """Give a process ways of its own to its database and to NATS."""
    house.wire = await stack.enter_async_context(open_wire(grounds.dial))
    url = f"postgresql://voltway@{HOST}:{house.wire.port}/voltway"
    house.environment = {**house.environment, "VOLTWAY_DATABASE_URL": url}
    if nats is not None:
        house.talk = await stack.enter_async_context(open_wire(partial(_dial, nats)))
        house.environment["VOLTWAY_NATS_URL"] = f"nats://{HOST}:{house.talk.port}"


def _environment(folder: Path, provider: ProviderServer, http: str, ocpp: str) -> dict[str, str]:
    return {
        "VOLTWAY_DATA": str(folder / DATA),
        "VOLTWAY_HTTP": http,
        "VOLTWAY_OCPP": ocpp,
        "VOLTWAY_PUBLIC_URL": f"http://{http}",
        "VOLTWAY_LOG_LEVEL": "warning",
        "VOLTWAY_LOG_FORMAT": "json",
        "VOLTWAY_START_WITHIN_S": str(START_WITHIN_S),
        "VOLTWAY_PROVIDER_URL": provider.url,
        "VOLTWAY_PROVIDER_SECRET": SECRET,
        "VOLTWAY_PROVIDER_WEBHOOK_SECRET": SIGNING,
    }


def _houses(
    nursery: Nursery, folder: Path, environment: dict[str, str], ground: Ground, workers: int
) -> list[House]:
    """The one house, or two gateways at one address, the pages, and so many workers."""
    if ground is not Ground.MANY:
        return [House(nursery, "house", folder, environment)]
    apart = {**environment, "VOLTWAY_HTTP": f"{HOST}:0"}
    return [
        House(nursery, "web", folder, {**environment, "VOLTWAY_ROLE": "web"}, "web"),
        *(
            House(nursery, f"{role}-{n}", folder, {**apart, "VOLTWAY_ROLE": role}, role)
            for role, count in (("worker", workers), ("gateway", GATEWAYS))
            for n in range(1, count + 1)
        ),
    ]


async def _dial(nats: NatsServer) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(HOST, nats.port)


def _make(folder: Path) -> None:
    """One that the server's account can pass through."""
    folder.mkdir()
    folder.chmod(0o755)


async def furnish(work: Work, url: str, seed: int, count: int) -> list[Post]:
    """A network whose stations are called after the seed, so that two worlds can have the same."""
    party = await a_party(work, no_charge_below_wh=0)
    since = work.now - timedelta(days=1)
    await tariffs.add_version(work, party.id, json.dumps(TARIFF), valid_from=since)
    await tariffs.assign(work, party.id, str(TARIFF["id"]), since=since)
    place = await a_location(work, party)
    posts = []
    for index in range(count):
        identity = f"F{seed}-{index:02d}"
        inside = await a_station(work, party, place, identity=identity, evses=1, power_w=POWER_W)
        card = None
        if index // len(VERSIONS) % GUESTS_AT_EVERY:
            card = str((await a_token(work, party, f"04F{seed % 10**6:06d}{index:02d}")).uid)
        outside = Witness(
            url,
            identity,
            inside.key,
            VERSIONS[index % len(VERSIONS)],
            [EvseSpec(1, POWER_W)],
            options=Options(
                tick_s=0,
                meter_interval_s=0,
                connection_timeout_s=3600,
                reconnect_s=0.05,
                reconnect_s_max=0.4,
                answer_within_s=ANSWER_WITHIN_S,
                attempts=1_000_000,
                retry_s=0.05,
                keeps_message_id=index % 4 < 2,
                sets_clock=False,
            ),
        )
        outside.bear_witness(random.Random(f"{seed} {identity} witness"))
        posts.append(Post(outside, inside, card))
    return posts


@asynccontextmanager
async def switched_on(posts: list[Post]) -> AsyncIterator[None]:
    """The stations live, and whatever broke inside one is raised at the end."""
    async with AsyncExitStack() as stack:
        for post in posts:
            await stack.enter_async_context(post.outside)
        yield
