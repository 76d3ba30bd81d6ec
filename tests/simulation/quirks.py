"""Every collected quirk, put in at every place of a plain session, and what became of the bill.

    python -m tests.simulation.quirks

plays all of it in the open house; ``test_quirks.py`` plays a sample. Each (case, place) is a
station of its own, with one session and one card. What the house bills for it must be what it
bills for the session without the quirk; or nobody is billed before a person has looked.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path
from time import monotonic
from typing import Final

import typer
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.network import a_location, a_party
from tests.ocpp.collected import Case, cases
from tests.ocpp.gateway_floor import KEY
from tests.simulation import quirk_acts
from tests.simulation.quirk_acts import Telling
from tests.simulation.quirk_line import ANOTHER_CARD, CARD, STEPS, WITHIN_S, Line
from tests.simulation.quirk_verdicts import (
    AFTER_BILL,
    BEGINS,
    PAUSE,
    PLACES,
    Outcome,
    Played,
    judge,
    report,
)
from tests.simulation.waiting import comes_true
from voltway.app import OpenHouse, open_house
from voltway.billing.sweeps import wake_resting
from voltway.drivers import actions as drivers
from voltway.kernel.units import PowerW
from voltway.parties.model import Party
from voltway.runtime import settings as configuration
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import connect_owner
from voltway.runtime.migrate import migrate
from voltway.runtime.postgres import EmbeddedPostgres
from voltway.sessions import sweeps as sessions
from voltway.stations import actions as stations
from voltway.stations.model import EvsePlan, Location
from voltway.stations.model import Station as Registered
from voltway.tariffs import actions as tariffs

#: Both ends of each socket are in this process, and 1,024 is what many may have open.
AT_ONCE_MAX: Final = 400

TARIFF: Final = """
{
  "country_code": "FI", "party_id": "VLT", "id": "QUIRKS", "currency": "EUR", "tax_included": "YES",
  "elements": [{"price_components": [
    {"type": "ENERGY", "price": 0.40, "vat": 25.5, "step_size": 1},
    {"type": "TIME", "price": 3.00, "vat": 25.5, "step_size": 1},
    {"type": "PARKING_TIME", "price": 6.00, "vat": 25.5, "step_size": 1}
  ]}],
  "last_updated": "2026-01-01T00:00:00Z"
}
"""


def whole_campaign() -> list[Played]:
    """Every case that can be played, in its versions, at every place, in both namings."""
    return [
        Played(case, subprotocol, place, telling)
        for case in playable()
        for subprotocol in case.subprotocols
        for telling in Telling
        for place in PLACES
        if quirk_acts.can_be_told(case, telling, place)
    ]


def playable() -> list[Case]:
    return [
        case
        for case in cases()
        if case.frames or case.upgrades or case.id in quirk_acts.WITHOUT_FRAMES
    ]


def sample(every: int) -> list[Played]:
    """Each case at some places: every so manieth of the whole campaign."""
    return whole_campaign()[::every]


@dataclass
class Floor:
    """The open house, with a party that prices all its places."""

    house: OpenHouse
    clock: JumpingClock
    party: Party
    home: Location

    async def add(self, identities: Iterable[str]) -> list[Registered]:
        """Stations with two EVSEs each."""
        plans = [EvsePlan(number, power_w=PowerW(22_000)) for number in (1, 2)]
        async with self.house.begin() as work:
            return [
                (
                    await stations.add_station(
                        work, self.party.id, self.home.id, identity, plans, KEY
                    )
                )[0]
                for identity in identities
            ]

    async def jump_to(self, at: datetime) -> None:
        """Move the clock; look for forgotten sessions, and bill what is due, as the rounds do."""
        self.clock.jump_to(at)
        while await sessions.end_forgotten(self.house.begin):
            pass
        await wake_resting(self.house.begin)
        await self.settle()

    async def settle(self) -> None:
        """Let billing do all that is due."""
        await self.house.bus.catch_up()
        await self.house.jobs.catch_up()
        await self.house.bus.catch_up()


@asynccontextmanager
async def open_floor(url: str, folder: Path) -> AsyncIterator[Floor]:
    """The house around the database at this address, its clock at the morning of the campaign."""
    clock = JumpingClock(BEGINS)
    settings = configuration.load(
        environment={},
        given={
            "data": folder,
            "database_url": url,
            "http": "127.0.0.1:0",
            "ocpp": "127.0.0.1:0",
            "log_level": "error",
        },
    )
    async with open_house(settings, clock, rounds=False) as house:
        async with house.begin() as work:
            party = await a_party(work)
            home = await a_location(work, party)
            for card in (CARD, ANOTHER_CARD):
                await drivers.add_token(work, party.id, card, label="A card")
            since = datetime(2020, 1, 1, tzinfo=UTC)
            await tariffs.add_version(work, party.id, TARIFF, valid_from=since)
            await tariffs.assign(work, party.id, "QUIRKS", since=since)
        yield Floor(house, clock, party, home)


async def run(floor: Floor, wanted: Sequence[Played], say: Callable[[str], None]) -> Outcome:
    """Play these, and judge each."""
    outcome, began = Outcome(), monotonic()
    outcome.cases = len({each.case.id for each in wanted if each.case})
    lines: list[tuple[Played, Line]] = []
    clean = [Played(None, name, 0, Telling.AS_COLLECTED) for name in ("ocpp1.6", "ocpp2.0.1")]
    for at in range(0, len(wanted), AT_ONCE_MAX):
        lines += await play(floor, [*clean, *wanted[at : at + AT_ONCE_MAX]])
        say(f"{len(lines)} sessions played, {monotonic() - began:.0f} s")
    for later in (timedelta(hours=1), timedelta(hours=12), timedelta(days=9), timedelta(hours=1)):
        await floor.jump_to(floor.clock.now() + later)
    await judge(floor.house.begin, lines, outcome)
    outcome.seconds = monotonic() - began
    return outcome


async def play(floor: Floor, wanted: Sequence[Played]) -> list[tuple[Played, Line]]:
    """One day: all these sessions at once, a step at a time."""
    day = floor.clock.now().date()
    if floor.clock.now().time() > BEGINS.time():
        day += timedelta(days=1)
    begins = datetime.combine(day, BEGINS.timetz())
    await floor.jump_to(begins)
    names = [f"Q{begins:%d}-{nth:04d}" for nth, _ in enumerate(wanted)]
    lines = [
        Line(floor.house.ocpp, station.identity, station.id, each.subprotocol, _begin_wh(each))
        for each, station in zip(wanted, await floor.add(names), strict=True)
    ]
    played = list(zip(wanted, lines, strict=True))
    for each, line in played:
        if each.telling is Telling.BESIDE:
            line.beside = replace(line, begin_wh=50_000, evse=2, card=ANOTHER_CARD, troubles=[])
    try:
        await at_most(40, (partial(_dialled, line) for line in lines))
        for place in PLACES:
            await floor.jump_to(begins + PAUSE * max(0, 2 * (place - STEPS.index("start")) - 1))
            if place == AFTER_BILL:
                await floor.jump_to(floor.clock.now() + timedelta(minutes=1))
            await at_most(1000, _quirks_at(floor, played, place, f"{day}"))
            await floor.jump_to(begins + PAUSE * max(0, 2 * (place - STEPS.index("start"))))
            if place < len(STEPS):
                await at_most(1000, (partial(_step, floor, line, place) for line in lines))
    finally:
        await at_most(40, (line.stack.aclose for line in lines))
    return played


def _begin_wh(each: Played) -> int:
    """Two lives of a meter, so that a register of the collection once lies in a session, and once
    below it."""
    return 10_000 if each.telling is Telling.AS_COLLECTED else 4_000


def _quirks_at(
    floor: Floor, played: Sequence[tuple[Played, Line]], place: int, day: str
) -> Iterator[Callable[[], Awaitable[None]]]:
    for each, line in played:
        if (case := each.case) is not None and each.place == place:
            do = partial(quirk_acts.insert, floor.house, line, case, each.telling, day)
            yield partial(_guarded, line, do)


def _step(floor: Floor, line: Line, step: int) -> Awaitable[None]:
    return _guarded(line, partial(line.take, step, floor.clock.now()))


async def _guarded(line: Line, do: Callable[[], Awaitable[None]]) -> None:
    """What goes wrong on one line is that line's finding; the others go on."""
    try:
        await do()
    except (AssertionError, OSError, ConnectionClosed) as trouble:
        line.troubles.append(f"{type(trouble).__name__}: {trouble}")


async def _dialled(line: Line) -> None:
    """Come in as soon as the house has heard of the station."""

    async def is_let_in() -> bool:
        try:
            await line.dial()
        except InvalidStatus as refused:
            if refused.response.status_code == HTTPStatus.UNAUTHORIZED:
                return False
            raise
        return True

    assert await comes_true(is_let_in, WITHIN_S), f"{line.identity} was not let in"


async def at_most(count: int, doing: Iterable[Callable[[], Awaitable[None]]]) -> None:
    """All of these, so many at once."""
    places = asyncio.Semaphore(count)

    async def one(do: Callable[[], Awaitable[None]]) -> None:
        async with places:
            await do()

    await asyncio.gather(*(one(do) for do in doing))


async def _in_a_house_of_its_own(url: str, folder: Path) -> Outcome:
    owner = await connect_owner(url)
    await migrate(owner)
    await owner.close()
    async with open_floor(url, folder) as floor:
        return await run(floor, whole_campaign(), typer.echo)


def main() -> None:
    """Play everything, in a house of its own."""
    with tempfile.TemporaryDirectory(prefix="vw-quirks-") as named:
        folder = Path(named)
        folder.chmod(0o755)
        postgres = EmbeddedPostgres(folder, durable=False)
        url = postgres.start()
        try:
            outcome = asyncio.run(_in_a_house_of_its_own(url, folder))
        finally:
            postgres.stop()
    for line in report(outcome):
        typer.echo(line)
    raise SystemExit(1 if outcome.findings else 0)


if __name__ == "__main__":
    main()
