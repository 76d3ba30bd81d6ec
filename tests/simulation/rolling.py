"""Restart three gateways one after the other under stations that charge, and look what was lost.

``python -m tests.simulation.rolling --stations 3000`` is the long way; the test beside this file
goes it with thirty. Gateways, pages and worker are processes of their own, NATS between them.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import typer
import uvloop

from tests.nats_server import a_nats_server
from tests.simulation import audit
from tests.simulation.crowd import Crowd
from tests.simulation.network import Desk, Network, a_desk, a_network
from tests.simulation.town import Post, furnish
from tests.simulation.waiting import comes_true, happens
from voltway.kernel.errors import Outage
from voltway.kernel.ids import OrderId
from voltway.runtime.database import connect_owner
from voltway.runtime.migrate import migrate
from voltway.runtime.postgres import EmbeddedPostgres
from voltway.stations import actions as stations
from voltway.stations.orders import ClearCache, OrderState

GATEWAYS = 3
#: So many stations are switched on at a time.
AT_ONCE = 100
ONLINE_S_MAX = 240
BACK_S_MAX = 120
HOME_S_MAX = 300
QUIET_S_MAX = 300


@dataclass(frozen=True, slots=True)
class Walk:
    """How the restart goes."""

    stations: int
    seed: int
    pause_s: float  # at most, between two messages of a station
    orders_per_s: float
    drain_s: int = 8
    drain_per_s: int = 500


@dataclass
class Outcome:
    """What was promised to the outside, and what was found wrong inside afterwards."""

    sessions: int = 0
    readings: int = 0
    orders: int = 0
    stops: list[tuple[int, float]] = field(default_factory=list)  # status and seconds
    backs: list[float] = field(default_factory=list)  # from the stop until all were connected
    findings: list[str] = field(default_factory=list)

    def told(self) -> str:
        stops = ", ".join(f"{seconds:.1f} s (status {status})" for status, seconds in self.stops)
        lines = [
            f"{self.sessions} sessions, {self.readings} readings answered, {self.orders} orders",
            f"gateways ended within {stops}",
            f"all stations were connected after {', '.join(f'{s:.1f} s' for s in self.backs)}",
            f"{len(self.findings)} findings",
        ]
        return "\n".join(lines + self.findings[:50])


async def run(walk: Walk, folder: Path, say: Callable[[str], None]) -> Outcome:
    """Go this walk in an empty folder."""
    say(f"seed {walk.seed}: {walk.stations} stations on {GATEWAYS} gateways")
    postgres = EmbeddedPostgres(folder / "house")
    url = postgres.start()
    try:
        owner = await connect_owner(url)
        await migrate(owner)
        await owner.close()
        async with (
            a_nats_server() as nats,
            a_desk(url, nats.url) as desk,
            a_network(
                folder / "house",
                url,
                nats.url,
                VOLTWAY_DRAIN_S=str(walk.drain_s),
                VOLTWAY_DRAIN_PER_S=str(walk.drain_per_s),
            ) as network,
        ):
            return await _walk(walk, network, desk, say)
    finally:
        await asyncio.to_thread(postgres.stop)


async def _walk(walk: Walk, network: Network, desk: Desk, say: Callable[[str], None]) -> Outcome:
    outcome = Outcome()
    for number in range(1, GATEWAYS + 1):
        await network.add(f"gateway {number}", "gateway")
    await network.add("worker", "worker")
    posts = await furnish(network.processes["gateway 1"], walk.stations, guests=False)
    crowd = Crowd(walk.seed, pause_s=walk.pause_s)
    async with AsyncExitStack() as stack:
        await _switch_on(stack, posts)
        say("all stations are connected")
        async with asyncio.TaskGroup() as tasks:
            coming = [
                tasks.create_task(crowd.tell_sessions(post.outside, post.card or ""))
                for post in posts
            ]
            placing = tasks.create_task(_place_orders(walk, desk, posts, crowd.closing))
            await happens(crowd.closing, walk.pause_s)
            for number in range(1, GATEWAYS + 1):
                await _restart(network, desk, f"gateway {number}", outcome, say)
            await happens(crowd.closing, walk.pause_s)
            crowd.closing.set()
            async with asyncio.timeout(HOME_S_MAX):
                orders = await placing
                await asyncio.gather(*coming)
                for post in posts:
                    await post.outside.settled()
        await _look(outcome, desk, crowd, orders)
    return outcome


async def _switch_on(stack: AsyncExitStack, posts: Sequence[Post]) -> None:
    async with asyncio.timeout(ONLINE_S_MAX):
        for first in range(0, len(posts), AT_ONCE):
            some = posts[first : first + AT_ONCE]
            for post in some:
                await stack.enter_async_context(post.outside)
            await asyncio.gather(*(post.outside.online() for post in some))


async def _restart(
    network: Network, desk: Desk, name: str, outcome: Outcome, say: Callable[[str], None]
) -> None:
    """End one gateway in order, wait until the others have all its stations, and start it again."""
    process = network.processes[name]
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    status, seconds = await process.stop()

    async def all_are_back() -> bool:
        (row,) = await desk.read("SELECT count(*) FROM station_view WHERE NOT connected")
        return bool(row["count"] == 0)

    is_whole = await comes_true(all_are_back, BACK_S_MAX)
    outcome.stops.append((status, seconds))
    outcome.backs.append(loop.time() - began_s)
    if status:
        outcome.findings.append(f"{name} ended with {status}")
    if not is_whole:
        outcome.findings.append(f"not all stations came back in {BACK_S_MAX} s after {name}")
    say(f"{name} ended within {seconds:.1f} s; all were back after {outcome.backs[-1]:.1f} s")
    await process.start()


async def _place_orders(
    walk: Walk, desk: Desk, posts: Sequence[Post], closing: asyncio.Event
) -> list[OrderId]:
    """Ask something of one station after the other, until it is over."""
    dice = random.Random(walk.seed)
    placed = []
    while not await happens(closing, 1 / walk.orders_per_s):
        post = dice.choice(posts)
        try:
            async with desk.database.begin() as work:
                placed.append(
                    await stations.place_order(
                        work, post.inside.station.id, ClearCache(), "rolling"
                    )
                )
        except Outage:
            continue  # nothing was promised
    return placed


async def _look(outcome: Outcome, desk: Desk, crowd: Crowd, orders: Sequence[OrderId]) -> None:
    """Whether every answered message and every order is there, and came to its end."""

    async def all_ended() -> bool:
        (row,) = await desk.read(
            "SELECT count(*) FROM order_view WHERE id = ANY($1::uuid[]) AND ended_at IS NULL",
            list(orders),
        )
        return bool(row["count"] == 0)

    await comes_true(all_ended, QUIET_S_MAX, every_s=0.5)
    rows = await desk.read(
        "SELECT state, why FROM order_view WHERE id = ANY($1::uuid[])", list(orders)
    )
    ends = Counter((row["state"], row["why"] or "") for row in rows)
    ends.pop((OrderState.DONE.value, ""), None)
    outcome.findings += [f"{n} orders ended as {how}: {why}" for (how, why), n in ends.items()]
    if len(rows) != len(orders):
        outcome.findings.append(f"of {len(orders)} orders, {len(rows)} are there")
    if not await comes_true(lambda: audit.is_quiet(desk.database), QUIET_S_MAX, every_s=0.5):
        outcome.findings.append(f"the house was still busy after {QUIET_S_MAX} s")
    kept = await audit.read(desk.database)
    outcome.findings += [
        *audit.session_findings(kept, crowd.promises),
        *audit.bill_findings(kept),
        *(f"nobody could place {dict(orphan)}" for orphan in kept.orphans),
        *(f"laid aside: {dead}" for dead in kept.dead),
    ]
    outcome.sessions = len(kept.sessions)
    outcome.readings = sum(len(promise.readings) for promise in crowd.promises)
    outcome.orders = len(orders)


def main() -> int:
    words = argparse.ArgumentParser(prog="tests.simulation.rolling", description=__doc__)
    words.add_argument("--stations", type=int, default=3000)
    words.add_argument("--seed", type=int, help="default: another one each time")
    words.add_argument("--pause", type=float, default=30, help="seconds, at most, between messages")
    words.add_argument("--orders", type=float, default=20, help="orders a second")
    words.add_argument("--drain", type=int, default=20, help="seconds that a gateway has to end")
    words.add_argument("--pace", type=int, default=100, help="stations sent away in a second")
    given = words.parse_args()
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    walk = Walk(given.stations, seed, given.pause, given.orders, given.drain, given.pace)
    with tempfile.TemporaryDirectory(prefix="vw-") as folder:
        Path(folder).chmod(0o755)
        outcome = uvloop.run(run(walk, Path(folder), typer.echo))
    typer.echo(outcome.told())
    return 1 if outcome.findings else 0


if __name__ == "__main__":
    sys.exit(main())
