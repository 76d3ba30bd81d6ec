"""Kill the primary of two PostgreSQL servers under stations that charge, and promote the standby.

``python -m tests.operating.failover --stations 300`` is the long way; the test beside this file
goes it with a dozen. The standby is synchronous, so each answered message is on two disks.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import typer

from tests.operating.servers import Server, a_primary, a_standby, at_any, ended, promote
from tests.simulation import audit
from tests.simulation.crowd import Crowd
from tests.simulation.network import Network, a_network
from tests.simulation.town import Post, furnish
from tests.simulation.waiting import comes_true, happens
from voltway.runtime.database import connect_owner, open_database
from voltway.runtime.migrate import migrate

AT_ONCE = 50
WITHIN_S = 120
HOME_S_MAX = 180


@dataclass(frozen=True, slots=True)
class Fall:
    """How the primary falls."""

    stations: int
    seed: int
    before_s: float = 5.0
    pause_s: float = 1.0


@dataclass
class Outcome:
    """What was promised to the outside, how long it waited, and what was found wrong."""

    sessions: int = 0
    readings: int = 0
    promoted_s: float = 0.0  # from the kill until the standby was a primary
    answered_s: float = 0.0  # from the kill until a station was answered again
    findings: list[str] = field(default_factory=list)

    def told(self) -> str:
        lines = [
            f"{self.sessions} sessions, {self.readings} readings answered",
            f"the standby was the primary after {self.promoted_s:.2f} s",
            f"stations were answered again after {self.answered_s:.2f} s",
            f"{len(self.findings)} findings",
        ]
        return "\n".join(lines + self.findings[:50])


async def run(fall: Fall, folder: Path, say: Callable[[str], None]) -> Outcome:
    """Let it fall, in an empty folder."""
    say(f"seed {fall.seed}: {fall.stations} stations")
    primary = await a_primary(folder / "primary")
    with ended(primary):
        owner = await connect_owner(primary.url())
        await migrate(owner)
        await owner.close()
        standby = await a_standby(folder / "standby", primary)
        with ended(standby):
            async with a_network(folder / "house", at_any(primary, standby)) as network:
                for role in ("gateway", "worker"):
                    await network.add(role, role)
                return await _charge(fall, network, primary, standby, say)


async def _charge(
    fall: Fall, network: Network, primary: Server, standby: Server, say: Callable[[str], None]
) -> Outcome:
    outcome = Outcome()
    crowd = Crowd(fall.seed, pause_s=fall.pause_s)
    posts = await furnish(network.processes["gateway"], fall.stations, guests=False)
    async with AsyncExitStack() as stack:
        await _switch_on(stack, posts)
        async with asyncio.TaskGroup() as tasks:
            coming = [
                tasks.create_task(crowd.tell_sessions(post.outside, post.card or ""))
                for post in posts
            ]
            await happens(crowd.closing, fall.before_s)
            await _fall(crowd, primary, standby, outcome)
            say(f"answered again after {outcome.answered_s:.2f} s")
            await happens(crowd.closing, fall.before_s)
            crowd.closing.set()
            async with asyncio.timeout(HOME_S_MAX):
                await asyncio.gather(*coming)
                for post in posts:
                    await post.outside.settled()
        await _look(outcome, standby, crowd)
    return outcome


async def _switch_on(stack: AsyncExitStack, posts: Sequence[Post]) -> None:
    async with asyncio.timeout(WITHIN_S):
        for first in range(0, len(posts), AT_ONCE):
            some = posts[first : first + AT_ONCE]
            for post in some:
                await stack.enter_async_context(post.outside)
            await asyncio.gather(*(post.outside.online() for post in some))


async def _fall(crowd: Crowd, primary: Server, standby: Server, outcome: Outcome) -> None:
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    primary.kill()
    # Its commits would wait for a standby that it does not have.
    await standby.ask("ALTER SYSTEM RESET synchronous_standby_names")
    await promote(standby)
    await standby.ask("SELECT pg_reload_conf()")
    outcome.promoted_s = loop.time() - began_s
    answered = _answered(crowd)

    async def is_answered() -> bool:
        return _answered(crowd) > answered

    if not await comes_true(is_answered, WITHIN_S, every_s=0.02):
        outcome.findings.append(f"nobody was answered within {WITHIN_S} s")
    outcome.answered_s = loop.time() - began_s


def _answered(crowd: Crowd) -> int:
    return sum(len(promise.readings) for promise in crowd.promises)


async def _look(outcome: Outcome, standby: Server, crowd: Crowd) -> None:
    """Whether every answered message is there, and billed."""
    database = await open_database(standby.url(), connections=4)
    try:
        if not await comes_true(lambda: audit.is_quiet(database), HOME_S_MAX, every_s=0.5):
            outcome.findings.append(f"the house was still busy after {HOME_S_MAX} s")
        kept = await audit.read(database)
    finally:
        await database.close()
    outcome.findings += [
        *audit.session_findings(kept, crowd.promises),
        *audit.bill_findings(kept),
        *(f"nobody could place {dict(orphan)}" for orphan in kept.orphans),
        *(f"laid aside: {dead}" for dead in kept.dead),
    ]
    if not kept.balances:
        outcome.findings.append("the books do not balance")
    outcome.sessions = len(kept.sessions)
    outcome.readings = _answered(crowd)


def main() -> int:
    words = argparse.ArgumentParser(prog="tests.operating.failover", description=__doc__)
    words.add_argument("--stations", type=int, default=300)
    words.add_argument("--seed", type=int, help="default: another one each time")
    words.add_argument("--before", type=float, default=20, help="seconds until the primary falls")
    words.add_argument("--pause", type=float, default=5, help="seconds, at most, between messages")
    given = words.parse_args()
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    fall = Fall(given.stations, seed, given.before, given.pause)
    with tempfile.TemporaryDirectory(prefix="vw-") as folder:
        Path(folder).chmod(0o755)
        outcome = asyncio.run(run(fall, Path(folder), typer.echo))
    typer.echo(outcome.told())
    return 1 if outcome.findings else 0


if __name__ == "__main__":
    sys.exit(main())
