"""The command itself: builds the network of the past, plays it, and counts what came of it."""

import asyncio
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import httpx
import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from voltway.app import OpenHouse, open_house
from voltway.cli.demo.processes import HOST, free_port, running
from voltway.cli.replay.check import Check, check_bills, check_payouts
from voltway.cli.replay.count import Count, count
from voltway.cli.replay.past import Event, NoSuchFile, PastSession, events, read_past, stations
from voltway.cli.replay.play import Place, Player
from voltway.kernel.errors import Misconfigured, Refusal
from voltway.kernel.units import PowerW
from voltway.parties import actions as parties
from voltway.runtime import logs
from voltway.runtime import settings as configuration
from voltway.runtime.clock import JumpingClock
from voltway.runtime.postgres_cluster import said
from voltway.runtime.settings import Settings
from voltway.sessions.sweeps import make_days
from voltway.stations import actions as network
from voltway.stations.model import Current, EvsePlan
from voltway.tariffs import actions as tariffs
from voltway.tariffs.documents import BYTES_MAX
from voltway.tariffs.ocpi import read_tariff
from voltway_world.stations import EvseSpec, Options, Station

#: Above the strongest station of the data: what a meter says is then within the physical bound.
POWER_W: Final = PowerW(50_000)
HOLD_MINOR: Final = 20_000
SETTLED_S_MAX: Final = 120
#: What happens at one moment needs few; each more is one more that learns of every new table.
CONNECTIONS: Final = 6
VERSIONS: Final = ("1.6", "2.0.1")


@dataclass(eq=False)
class FolderUnusable(Misconfigured):
    """The folder {folder} cannot take a replay: {why}."""

    folder: str
    why: str


@dataclass(eq=False)
class BrokenTariff(Misconfigured):
    """{file}: {fault}"""

    file: str
    fault: str


def replay_command(
    file: Annotated[Path, typer.Argument(help="A CSV file of past sessions.")],
    tariff: Annotated[Path, typer.Option(help="The OCPI tariff that they are priced by.")],
    data: Annotated[
        Path | None, typer.Option(help="An empty folder to keep what was replayed.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Replay only the first sessions.", min=1)
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Recompute each bill from its raw frames; reconcile the payouts."
        ),
    ] = False,
) -> int:
    """Play real sessions of the past through the whole house, and compare what they cost.

    Exits 1 if a session is missing, the books do not balance, or a bill that was recomputed from
    the raw frames comes out otherwise, or if a line of the provider's payouts is unexplained.
    """
    logs.set_up("warning")
    past = read_past(file)[:limit]
    document = _tariff(tariff)
    with _folder(data) as folder:
        counted, checked = uvloop.run(_replay(past, document, folder, with_check=check))
    typer.echo(counted.told())
    if checked is not None:
        typer.echo(checked.told())
    return 0 if counted.is_whole and (checked is None or checked.is_whole) else 1


async def _replay(
    past: Sequence[PastSession], document: bytes, folder: Path, *, with_check: bool
) -> tuple[Count, Check | None]:
    began = time.perf_counter()
    told = events(past)
    clock = JumpingClock(told[0].at - timedelta(hours=1))
    async with AsyncExitStack() as stack:
        settings = await _world(stack, folder)
        house = await stack.enter_async_context(open_house(settings, clock, rounds=False))
        await make_days(house.begin, days=(told[-1].at - clock.now()).days + 3)
        places = await stack.enter_async_context(_furnished(house, clock, told, document))
        # A line of its own for each payment: one that idled may be closed while it is used again.
        apart = httpx.Limits(max_keepalive_connections=0)
        browser = await stack.enter_async_context(httpx.AsyncClient(timeout=30, limits=apart))
        player = Player(house, clock, places, browser)
        with _progress() as progress:
            played = progress.add_task("begins and ends", total=len(told))
            await player.play(told, lambda: progress.advance(played))
            settled = progress.add_task("receipts", total=len(past))
            # What has no receipt by then is told as missing.
            with suppress(TimeoutError):
                async with asyncio.timeout(SETTLED_S_MAX):
                    while not progress.finished:
                        counted = await count(house, past, player.paid)
                        progress.update(settled, completed=counted.receipts)
                        if counted.receipts < len(past):
                            await asyncio.sleep(0.2)
        counted = await count(house, past, player.paid, seconds=time.perf_counter() - began)
        if not with_check:
            return counted, None
        bills = await check_bills(house, len(past))
        paid = await check_payouts(house, settings.provider_url, counted.currency)
        return counted, replace(bills, payouts=paid)


async def _world(stack: AsyncExitStack, folder: Path) -> Settings:
    """The payment provider as a process, and settings by which the house knows it."""
    secret, signing = secrets.token_urlsafe(), secrets.token_urlsafe()
    http = free_port(0)
    provider = await stack.enter_async_context(
        running(
            "voltway_world.provider",
            *("--data", str(folder / "provider"), f"--secret={secret}"),
            *("--webhook", f"http://{HOST}:{http}/webhooks/payments/simulated"),
            f"--webhook-secret={signing}",
        )
    )
    return configuration.load(
        environment={},
        given={
            "data": folder / "voltway",
            "http": f"{HOST}:{http}",
            "ocpp": f"{HOST}:0",
            "provider_url": provider,
            "provider_secret": secret,
            "provider_webhook_secret": signing,
            "log_level": "warning",
            "database_connections": CONNECTIONS,
            "batch_wait_ms": 0,  # one event after the other: nobody comes to wait for
        },
    )


@asynccontextmanager
async def _furnished(
    house: OpenHouse, clock: JumpingClock, told: Sequence[Event], document: bytes
) -> AsyncIterator[dict[str, Place]]:
    """A station for each that there was, switched on; every other one speaks OCPP 2.0.1."""
    priced = read_tariff(document)
    places: dict[str, Place] = {}
    async with AsyncExitStack() as stack:
        async with house.begin() as work:
            party = await parties.add_party(
                work,
                name="Workplace charging",
                country_code="US",
                ident="WRK",
                currency=priced.currency,
                time_zone="UTC",
                hold_minor=HOLD_MINOR,
                no_charge_below_wh=0,
            )
            added = await tariffs.add_version(work, party.id, document, valid_from=work.now)
            await tariffs.assign(work, party.id, added.ident, since=work.now)
            location = await network.add_location(
                work,
                party.id,
                name="Workplace",
                address="Campus 1",
                city="Workplace",
                country="USA",
                lat=33.75,
                lon=-84.39,
                time_zone="UTC",
            )
            for index, (name, evses) in enumerate(stations(told).items()):
                plans = [
                    EvsePlan(number, current=Current.DC, power_w=POWER_W)
                    for number in range(1, evses + 1)
                ]
                made, key = await network.add_station(work, party.id, location.id, name, plans)
                station = Station(
                    house.ocpp,
                    name,
                    key,
                    VERSIONS[index % len(VERSIONS)],
                    [EvseSpec(plan.number, POWER_W, "DC") for plan in plans],
                    clock=clock.now,
                    options=Options(tick_s=0, meter_interval_s=0),
                )
                found = await network.evses_by_number(work, {(made.id, p.number) for p in plans})
                evse_ids = {number: place.evse for (_, number), place in found.items()}
                places[name] = Place(station, made.id, evse_ids)
        for place in places.values():
            await stack.enter_async_context(place.station)
        await asyncio.gather(*(place.station.online() for place in places.values()))
        yield places


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    """The empty folder to work in: the one that was named, or one that is gone afterwards."""
    if data is None:
        with tempfile.TemporaryDirectory(prefix="voltway-replay-") as made:
            Path(made).chmod(0o711)  # the embedded server may run under another account
            yield Path(made)
        return
    try:
        data.mkdir(parents=True, exist_ok=True)
        is_empty = not any(data.iterdir())
    except OSError as reason:
        raise FolderUnusable(str(data), said(reason)) from None
    if not is_empty:
        raise FolderUnusable(str(data), "it is not empty")
    yield data


def _tariff(file: Path) -> bytes:
    """The tariff's document; one that cannot be read is told before anything is started."""
    try:
        if file.stat().st_size > BYTES_MAX:
            raise NoSuchFile(str(file), "it is too large for a tariff")
        document = file.read_bytes()
    except OSError as reason:
        raise NoSuchFile(str(file), said(reason)) from None
    try:
        read_tariff(document)
    except Refusal as wrong:
        raise BrokenTariff(str(file), str(wrong)) from None
    return document


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description:>16}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
