"""Kill the house at random moments under sixty stations, and look whether anything was lost.

``python -m tests.simulation.kill --minutes 30 --seed 7`` is the long campaign; the test beside
this file runs a short one.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import typer

from tests.simulation import audit
from tests.simulation.crowd import ORDER_S_MAX, Crowd
from tests.simulation.house import HouseProcess, serving
from tests.simulation.town import STATIONS, Post, furnish
from tests.simulation.waiting import comes_true, happens
from tests.stories.world import SECRET, SIGNING
from voltway_world.calling import of_many
from voltway_world.provider import ProviderServer

#: How long a driver has to plug in. Short, so that a campaign need not wait for lost ones, and
#: longer than a driver waits for the station to be told: else the hold is gone before they plug in.
START_WITHIN_S = ORDER_S_MAX + 15
HOME_S_MAX = 90
QUIET_S_MAX = 240


@dataclass(frozen=True, slots=True)
class Campaign:
    """A seeded sequence of lives, each ended by SIGKILL."""

    seed: int
    kills: int
    life_s: float  # on average
    stations: int = STATIONS


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was promised to the outside, and what was found wrong inside afterwards."""

    sessions: int
    guests: int
    readings: int
    captured: int
    paid: int
    findings: list[str]
    stop_status: int
    stop_s: float

    def told(self) -> str:
        lines = [
            f"{self.sessions} sessions, {self.guests} of them of guests; {self.readings} readings",
            f"{self.paid} holds were paid, {self.captured} captured",
            f"stopped with status {self.stop_status} in {self.stop_s:.1f} s",
            f"{len(self.findings)} findings",
        ]
        return "\n".join(lines + self.findings[:50])


async def run(campaign: Campaign, folder: Path, say: Callable[[str], None]) -> Outcome:
    """Run a campaign in an empty folder."""
    say(f"seed {campaign.seed}: {campaign.kills} kills")
    async with AsyncExitStack() as stack:
        house = HouseProcess(folder / "house")
        provider = await stack.enter_async_context(
            ProviderServer(
                folder / "provider",
                secret=SECRET,
                webhook=f"{house.pages}/webhooks/payments/simulated",
                webhook_secret=SIGNING,
                webhook_delay_s=0.2,
            )
        )
        house.environment.update(
            VOLTWAY_PROVIDER_URL=provider.url,
            VOLTWAY_PROVIDER_SECRET=SECRET,
            VOLTWAY_PROVIDER_WEBHOOK_SECRET=SIGNING,
            VOLTWAY_START_WITHIN_S=str(START_WITHIN_S),
        )
        await stack.enter_async_context(serving(house))
        posts = await furnish(house, campaign.stations)
        for post in posts:
            await stack.enter_async_context(post.outside)
        crowd = Crowd(campaign.seed)
        await _live(campaign, house, crowd, posts, say)
        async with house.looked_into() as database:
            quiet = await comes_true(lambda: audit.is_quiet(database), QUIET_S_MAX, every_s=0.5)
            kept = await audit.read(database)
        found = audit.findings(kept, crowd.promises, provider.books)
        if not quiet:
            found.insert(0, f"the house was still busy after {QUIET_S_MAX} s")
        status, seconds = await house.stop()
        return Outcome(
            sessions=len(kept.sessions),
            guests=sum(1 for promise in crowd.promises if promise.is_guest),
            readings=sum(len(promise.readings) for promise in crowd.promises),
            captured=sum(1 for row in kept.payments if row["captured_minor"]),
            paid=len(crowd.paid),
            findings=found,
            stop_status=status,
            stop_s=seconds,
        )


async def _live(
    campaign: Campaign,
    house: HouseProcess,
    crowd: Crowd,
    posts: list[Post],
    say: Callable[[str], None],
) -> None:
    """Let the crowd in, kill the house as often as asked for, and let the crowd finish."""
    dice = random.Random(campaign.seed)
    async with (
        of_many(base_url=house.pages, timeout=10) as browser,
        asyncio.TaskGroup() as tasks,
    ):
        coming = [
            tasks.create_task(
                crowd.tell_sessions(post.outside, post.card)
                if post.card
                else crowd.pay_and_charge(post.outside, post.public_id, browser)
            )
            for post in posts
        ]
        for nth in range(1, campaign.kills + 1):
            life_s = campaign.life_s * dice.uniform(0.25, 1.75)
            await happens(crowd.closing, life_s)
            await house.kill()
            say(f"kill {nth} of {campaign.kills} after {life_s:.2f} s, {len(crowd.promises)} begun")
            await house.start()
        await happens(crowd.closing, campaign.life_s / 2)
        crowd.closing.set()
        async with asyncio.timeout(HOME_S_MAX):
            await asyncio.gather(*coming)
            for post in posts:
                await post.outside.settled()


def main() -> int:
    words = argparse.ArgumentParser(prog="tests.simulation.kill", description=__doc__)
    words.add_argument("--minutes", type=float, default=30, help="how long, about")
    words.add_argument("--seed", type=int, help="default: another one each time")
    words.add_argument("--life", type=float, default=12, help="seconds between kills, on average")
    words.add_argument("--stations", type=int, default=STATIONS)
    given = words.parse_args()
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    kills = max(1, round(given.minutes * 60 / (given.life + 3)))
    campaign = Campaign(seed, kills, given.life, given.stations)
    with tempfile.TemporaryDirectory(prefix="vw-") as folder:
        Path(folder).chmod(0o755)
        outcome = asyncio.run(run(campaign, Path(folder), typer.echo))
    typer.echo(outcome.told())
    return 1 if outcome.findings or outcome.stop_status else 0


if __name__ == "__main__":
    sys.exit(main())
