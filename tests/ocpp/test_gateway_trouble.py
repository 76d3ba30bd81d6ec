"""The gateway when things break: the process is killed, the database is away, a station floods."""

import asyncio
import json
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.network import a_party
from tests.ocpp.gateway_floor import KEY, WITHIN_S, Dialled, Wire, a_door, basic, dial
from voltway.kernel.ids import GatewayId, PartyId
from voltway.ocpp.batch import Pending
from voltway.ocpp.conduct import Conduct
from voltway.ocpp.dialects import DIALECTS
from voltway.ocpp.link import ALL_WAITING_BYTES_MAX, WAITING_MAX, Link, Waiting
from voltway.ocpp.lobby import Guest
from voltway.ocpp.server import OcppServer
from voltway.runtime.bus import Bus
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database, connect_owner
from voltway.runtime.database_trouble import DatabaseUnreachable
from voltway.runtime.settings import Settings
from voltway.runtime.work import BeginWork, Work
from voltway.stations import actions as stations
from voltway.stations.model import Credential, Direction, EvsePlan, Station

ROOT = Path(__file__).parents[2]


async def a_station(begin: BeginWork, identity: str) -> Station:
    async with begin() as work:
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
        added, _ = await stations.add_station(work, party.id, home.id, identity, [EvsePlan(1)], KEY)
        return added


@asynccontextmanager
async def dialled(url: str, identity: str) -> AsyncIterator[Dialled]:
    async with connect(
        f"{url}/{identity}",
        subprotocols=["ocpp1.6"],  # type: ignore[list-item] # a NewType of theirs
        additional_headers=basic(identity),
        compression=None,
        ping_interval=None,
    ) as line:
        yield Dialled(line, "ocpp1.6")


@asynccontextmanager
async def a_process(database_url: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.ocpp.gateway_process",
        database_url,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            yield process, (await process.stdout.readline()).decode().strip()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def heartbeats(url: str, identity: str, acknowledged: list[str]) -> None:
    """Talk until the line breaks; every answered call is noted."""
    async with dialled(url, identity) as line:
        for number in range(100_000):
            name = f"{identity}-{number}"
            try:
                await line.call("Heartbeat", {}, id=name)
            except ConnectionClosed:
                return
            acknowledged.append(name)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_was_answered_is_kept_when_the_process_is_killed(
    begin: BeginWork, database_url: str, seed: int
) -> None:
    added = [await a_station(begin, f"CS{number}") for number in range(6)]
    acknowledged: list[str] = []
    async with a_process(database_url) as (process, url):
        talking = [
            asyncio.create_task(heartbeats(url, each.identity, acknowledged)) for each in added
        ]
        wanted = random.Random(seed).randint(20, 200)
        async with asyncio.timeout(WITHIN_S):
            while len(acknowledged) < wanted:
                await asyncio.wait(talking, timeout=0.001)
        process.send_signal(signal.SIGKILL)
        await asyncio.gather(*talking)

    kept = set()
    async with begin() as work:
        for each in added:
            for frame in await stations.last_frames(work, each.id, 100_000):
                if frame.direction is Direction.HEARD:
                    kept.add(json.loads(frame.text)[1])
    assert len(acknowledged) >= wanted
    assert set(acknowledged) <= kept


async def test_after_a_kill_the_next_process_serves_and_knows_who_is_gone(
    begin: BeginWork, database_url: str
) -> None:
    station = await a_station(begin, "CS1")
    async with a_process(database_url) as (process, url), dialled(url, "CS1") as line:
        assert (await line.boot())["status"] == "Accepted"
        process.kill()
        await process.wait()
    async with begin() as work:
        assert (await stations.station(work, station.id)).connected

    async with a_process(database_url) as (_, url):
        async with begin() as work:
            assert not (await stations.station(work, station.id)).connected
        async with dialled(url, "CS1") as line:
            assert (await line.boot())["status"] == "Accepted"
        async with begin() as work:
            assert (await stations.station(work, station.id)).booted_at is not None


class Away:
    """A database that can be away: the real one, behind a switch."""

    def __init__(self, begin: BeginWork) -> None:
        self._begin = begin
        self.is_away = False
        self.asked = asyncio.Event()

    def __call__(self, party: PartyId | None = None) -> AbstractAsyncContextManager[Work]:
        return self._work(party)

    @asynccontextmanager
    async def _work(self, party: PartyId | None) -> AsyncIterator[Work]:
        if self.is_away:
            self.asked.set()
            raise DatabaseUnreachable
        async with self._begin(party) as work:
            yield work


async def test_while_the_database_is_away_nobody_is_answered_and_then_everybody(
    database: Database, clock: JumpingClock
) -> None:
    await a_station(database.begin, "CS1")
    away = Away(database.begin)
    server = OcppServer(
        away, Bus(database).touches, clock, Settings(ocpp="127.0.0.1:0"), settle_s=0.0
    )
    url = await server.start()
    try:
        async with dialled(url, "CS1") as line:
            await line.boot()
            away.is_away = True
            away.asked.clear()
            await line.say('[2,"a","Heartbeat",{}]')
            await asyncio.wait_for(away.asked.wait(), WITHIN_S)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(line.line.recv(), 0.2)
            away.is_away = False
            assert (await line.hear())[:2] == [3, "a"]
    finally:
        await server.drain()


async def test_notes_of_lines_that_the_database_refuses_are_told_of_and_stations_go_on(
    database: Database, clock: JumpingClock
) -> None:
    owner = await connect_owner(database.url)
    async with a_door(database, clock) as door:
        await door.add("CS1")
        await owner.execute(
            """
            CREATE FUNCTION refuses() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'no'; END $$;
            CREATE TRIGGER refuses BEFORE UPDATE OF gateway_id ON station FOR EACH ROW
                WHEN (NEW.gateway_id IS NOT NULL) EXECUTE FUNCTION refuses();
            """
        )
        assert door.server.trouble == ""
        async with dial(door, "CS1") as line:
            assert (await line.boot())["status"] == "Accepted"
            assert "refused since the start: 1." in door.server.trouble
            await owner.execute("DROP TRIGGER refuses ON station")
            assert await line.call("Heartbeat", {})
    await owner.close()


class Deaf:
    """An owner that lets everything wait."""

    id = GatewayId(UUID(int=1))

    def __init__(self) -> None:
        self.conduct = Conduct(self.now_s)
        self.waiting = Waiting()

    def link_opened(self, link: Link) -> None: ...

    def link_heard(self, link: Link, text: bytes) -> None: ...

    def link_closed(self, link: Link) -> None: ...

    def now_s(self) -> float:
        return 0.0


async def test_a_station_that_floods_is_read_no_further_until_it_was_heard(
    clock: JumpingClock, begin: BeginWork
) -> None:
    station = await a_station(begin, "CS1")
    async with begin() as work:
        (credential,) = await stations.credentials(work)
    assert isinstance(credential, Credential)
    guest = Guest(credential, "ocpp1.6", with_next_key=False, source="")
    link = Link(Deaf(), guest, DIALECTS["ocpp1.6"])
    wire = Wire()
    link.opened(wire)
    assert link.station == station.id

    for _ in range(WAITING_MAX):
        assert not wire.is_paused
        link.wait(Pending(link, clock.now(), b"[]"))
    assert wire.is_paused

    while link.next() is not None:
        pass
    assert not wire.is_paused

    link.wait(Pending(link, clock.now(), b" " * 3_000_000))
    assert wire.is_paused, "few but huge messages are a flood too"


async def test_what_waits_on_all_links_together_is_bounded(
    clock: JumpingClock, begin: BeginWork
) -> None:
    await a_station(begin, "CS1")
    async with begin() as work:
        (credential,) = await stations.credentials(work)
    guest = Guest(credential, "ocpp1.6", with_next_key=False, source="")
    owner = Deaf()
    links = [Link(owner, guest, DIALECTS["ocpp1.6"]) for _ in range(100)]
    wires = [Wire() for _ in links]
    for link, wire in zip(links, wires, strict=True):
        link.opened(wire)

    megabyte = b" " * 1_000_000
    for link, wire in zip(links, wires, strict=True):
        while not wire.is_paused:  # as a station that sends on as long as it is read
            link.wait(Pending(link, clock.now(), megabyte))
    assert owner.waiting.bytes < ALL_WAITING_BYTES_MAX + len(links) * len(megabyte)

    for link in links:
        while link.next() is not None:
            pass
    assert owner.waiting.bytes == 0
    assert not any(wire.is_paused for wire in wires)
