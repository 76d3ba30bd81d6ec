"""``python -m bench.orders``: an order to a station and back, through another process and NATS.

Two gateway processes hold 10,000 stations, which tell meter values meanwhile. This process stands
where the web role stands: it keeps an order, hears that it has ended, and reads how. Beside it, in
the same run and at the same pace: a bare request on NATS to another process, and one row kept by a
commit of its own, of which the way has three. The API's own answer (``?wait``) is measured too.
"""

import asyncio
import os
import random
import resource
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Annotated, Final

import httpx
import nats
import psutil
import typer
import uvloop

from bench import figure
from bench.figure import Figure, Measure, Target
from bench.furnish import Network
from bench.load import environment
from bench.programs import ROOT, ProgramFailed, database, running
from voltway.kernel.ids import StationId
from voltway.parties import actions as parties
from voltway.parties.model import Role
from voltway.runtime.bus import Bus
from voltway.runtime.database import Database, connect_owner, open_database
from voltway.runtime.relay import HELLO_S, Relay
from voltway.runtime.wire_nats import NatsWire
from voltway.stations import actions as stations
from voltway.stations.orders import ClearCache
from voltway_world.addresses import say

GATEWAYS: Final = 2
P99_MS_MAX: Final = 20.0
KEPT: Final = ROOT / "docs" / "figures" / "orders.jsonl"
ANSWER_S_MAX: Final = 30.0
PLACES: Final = ("nats-server", "/usr/sbin/nats-server")

#: Does one thing once; how long it took is measured.
Once = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Ground:
    """What runs while we measure."""

    database: str
    nats: str
    pages: str
    holders: int


async def measure(ground: Ground, *, orders: int, per_s: float) -> list[Measure]:
    """One after the other, each at this pace."""
    async with _desk(ground) as (data, bus), _web(ground, data) as browser:
        listed = await _stations(data)
        dice = random.Random(orders)
        client = await nats.connect(ground.nats)

        async def order() -> None:
            await _order(data, bus, dice.choice(listed))

        async def by_api() -> None:
            answer = await browser.post(
                f"/stations/{dice.choice(listed)}/orders",
                json={"kind": "clear_cache"},
                params={"wait": 20},
            )
            assert answer.status_code == httpx.codes.OK, answer.text

        async def echo() -> None:
            await client.request("bench.echo", timeout=ANSWER_S_MAX)

        async def commit() -> None:
            async with data.begin() as work:
                await work.run("INSERT INTO bench_row (words) VALUES ('kept')")

        things: Sequence[tuple[str, Once]] = (
            ("NATS round trip", echo),
            ("one commit", commit),
            ("voltway", order),
            ("by the API", by_api),
        )
        made = []
        for name, once in things:
            await _paced(once, count=50, per_s=per_s)  # plans, caches and connections
            made.append(_measure(name, await _paced(once, count=orders, per_s=per_s)))
            _say(made[-1])
        await client.close()
        await _tell_steps(data)
        return made


async def _tell_steps(data: Database) -> None:
    """Where the time goes, of the orders that this process kept."""
    async with data.begin() as work:
        row = await work.one(
            """
            SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY sent_at - placed_at) AS placing,
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY answered_at - sent_at) AS asking
              FROM order_view
             WHERE placed_by = 'bench'
            """
        )
    assert row is not None
    for name, words in (
        ("placing", "until a gateway begins to take it"),
        ("asking", "until the gateway has heard the answer"),
    ):
        say(f"   {words}: p50 {row[name].total_seconds() * 1000:.2f} ms")


async def _order(data: Database, bus: Bus, station: StationId) -> None:
    """Keep an order, wait until it has ended, and read how."""
    async with data.begin() as work:
        id = await stations.place_order(work, station, ClearCache(), "bench")
    async with asyncio.timeout(ANSWER_S_MAX), bus.touches.listen(f"order:{id}") as touched:
        while True:
            async with data.begin() as work:
                found = await stations.order(work, id)
            if not found.is_open:
                assert found.answered is not None, f"{found.state}: {found.why}"
                return
            await anext(touched)


async def _paced(once: Once, *, count: int, per_s: float) -> list[float]:
    """How long each took, in milliseconds; they begin at this pace, whoever is still under way."""
    loop = asyncio.get_running_loop()
    took: list[float] = []
    began_s = loop.time() + 0.1

    async def one(due_s: float) -> None:
        await asyncio.sleep(due_s - loop.time())
        began = perf_counter()
        await once()
        took.append((perf_counter() - began) * 1000)

    async with asyncio.TaskGroup() as tasks:
        for nth in range(count):
            tasks.create_task(one(began_s + nth / per_s))
    return took


def _measure(name: str, took_ms: Sequence[float]) -> Measure:
    ordered = sorted(took_ms)
    return Measure(
        who=name,
        calls=len(ordered),
        p50_ms=ordered[len(ordered) // 2],
        p99_ms=ordered[int(len(ordered) * 0.99)],
        more={"p90, ms": ordered[int(len(ordered) * 0.9)], "slowest, ms": ordered[-1]},
    )


@asynccontextmanager
async def _desk(ground: Ground) -> AsyncIterator[tuple[Database, Bus]]:
    data = await open_database(ground.database, connections=8)
    bus = Bus(data)
    relay = Relay(NatsWire(ground.nats), bus, hears_facts=False, always=frozenset({"order:*"}))
    await relay.start()
    data.when_kept(relay.carry)
    try:
        await asyncio.sleep(HELLO_S + 2)  # by then the others know us, and what we want to hear
        if relay.others < ground.holders:
            raise ProgramFailed(f"{relay.others} of {ground.holders} processes are on NATS")
        yield data, bus
    finally:
        await relay.stop()
        await data.close()


@asynccontextmanager
async def _web(ground: Ground, data: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with data.begin() as work:
        row = await work.one("SELECT party_id FROM station_view LIMIT 1")
        assert row is not None
        _, key = await parties.add_api_key(work, row["party_id"], name="bench", role=Role.OWNER)
    async with httpx.AsyncClient(
        base_url=f"{ground.pages}/api/v1",
        headers={"Authorization": f"Bearer {key}"},
        timeout=ANSWER_S_MAX,
        trust_env=False,
    ) as browser:
        yield browser


async def _stations(data: Database) -> list[StationId]:
    async with data.begin() as work:
        rows = await work.all("SELECT id FROM station_view WHERE connected ORDER BY id")
    return [row["id"] for row in rows]


@contextmanager
def _nats() -> Iterator[str]:
    """A NATS server of our own."""
    program = next(filter(None, map(shutil.which, PLACES)), None)
    if program is None:
        raise ProgramFailed("there is no nats-server here: sudo apt install nats-server")
    process = subprocess.Popen(
        [program, "-a", "127.0.0.1", "-p", "-1"], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    url = ""
    try:
        for line in process.stderr:
            if "Listening for client connections on" in line:
                url = f"nats://{line.split()[-1]}"
            if "Server is ready" in line:
                break
        yield url
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _load(url: str, password: str, count: int, rate: float, seconds: float) -> Iterator[int]:
    """So many stations in a session, which tell meter values; how many are up."""
    words = ["-m", "voltway_world.load", "--url", url, "--password", password]
    words += ["--stations", str(count), "--rate", str(rate)]
    words += ["--warmup", "1", "--duration", str(seconds)]
    process = subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        up = 0
        for line in process.stdout:
            word, _, rest = line.partition(" ")
            if word == "up":
                up = int(rest)
            if word.strip() == "begin":
                break
        yield up
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _ground(count: int, rate: float, seconds: float) -> Iterator[Ground]:
    """A NATS, a database, two gateways at one address with their stations, and the pages."""
    network = Network(count)
    with ExitStack() as stack:
        url, _ = stack.enter_context(database(network))
        asyncio.run(_make_room(url))
        hub = stack.enter_context(_nats())
        more = {
            "VOLTWAY_DATABASE_URL": url,
            "VOLTWAY_NATS_URL": hub,
            "VOLTWAY_LOG_LEVEL": "error",
        }

        def role(name: str, ocpp: str) -> list[str]:
            words = ["-m", "voltway.cli", "serve", "--role", name, "--http", "127.0.0.1:0"]
            _, addresses = stack.enter_context(running([*words, "--ocpp", ocpp], more))
            return addresses

        _, address = role("gateway", "127.0.0.1:0")
        for _ in range(GATEWAYS - 1):
            role("gateway", address.removeprefix("ws://").removesuffix("/ocpp"))
        pages, _ = role("web", "127.0.0.1:0")
        stack.enter_context(running(["-m", "bench.nats_echo", hub]))
        up = stack.enter_context(_load(address, network.password, count, rate, seconds))
        if up < count:
            raise ProgramFailed(f"only {up} of {count} stations came up")
        yield Ground(url, hub, pages, GATEWAYS + 1)


def _go_first() -> None:
    """On a machine whose cores others fill, what is measured is scheduled before them: all that we
    started, now that it is at its pace, yardsticks too. The stations come after the rest of us."""
    for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
        place = 1 if "voltway_world.load" in process.cmdline() else 2
        for thread in process.threads():  # the scheduler knows no processes
            os.sched_setscheduler(thread.id, os.SCHED_FIFO, os.sched_param(place))


async def _make_room(url: str) -> None:
    """A table for commits that do nothing else."""
    owner = await connect_owner(url)
    await owner.execute("CREATE TABLE bench_row (words text)")
    await owner.execute("GRANT ALL ON bench_row TO voltway_house")
    await owner.close()


def main(
    count: Annotated[int, typer.Option("--stations")] = 10_000,
    orders: Annotated[int, typer.Option(help="How many of each thing.")] = 1_500,
    per_s: Annotated[float, typer.Option(help="How many in a second.")] = 50,
    rate: Annotated[float, typer.Option(help="Meter values a second over all stations.")] = 160,
    first: Annotated[
        bool, typer.Option("--first", help="Before all other work of the machine (SCHED_FIFO).")
    ] = False,
    file: Annotated[Path, typer.Option("--json", help="Where the figure is appended.")] = KEPT,
) -> None:
    """An order to a station and back, through another gateway process and NATS."""
    seconds = 4 * (orders + 50) / per_s + 120
    with _ground(count, rate, seconds) as ground:
        if first:
            _go_first()
        measures = uvloop.run(measure(ground, orders=orders, per_s=per_s))
    ours = next(each for each in measures if each.who == "voltway")
    title = f"An order and back, {count} stations on {GATEWAYS} gateways, {rate:g} readings/s"
    target = Target("an order and back, p99 in ms", round(ours.p99_ms, 2), P99_MS_MAX)
    made = figure.figure("orders", title, measures, [target])
    _tell(made)
    figure.keep(made, file)


def _say(each: Measure) -> None:
    more = "".join(f"  {name} {value:.2f}" for name, value in each.more.items())
    say(f"   {each.who:16} p50 {each.p50_ms:6.2f}  p99 {each.p99_ms:7.2f}{more} ({each.calls})")


def _tell(made: Figure) -> None:
    say(f"== {made.title}; load of the machine {made.busy}")
    for target in made.targets:
        verdict = "met" if target.is_met else "MISSED"
        say(f"   {verdict:6} {target.says}: {target.measured:.4g} (at most {target.limit:.4g})")


if __name__ == "__main__":
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    typer.run(main)
