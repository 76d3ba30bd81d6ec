"""A campaign: many small worlds, each played through its faults and then judged."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from traceback import extract_tb

from tests.simulation.faults.blows import BLOWS, LONG_CUT_S, Blow
from tests.simulation.faults.grounds import Ground
from tests.simulation.faults.lives import Nursery, open_nursery
from tests.simulation.faults.players import Players, Post
from tests.simulation.faults.verdict import (
    Bills,
    Estate,
    Verdict,
    all_watchers,
    in_hand,
    judge,
    take_stock,
)
from tests.simulation.faults.world import World, furnish, open_world, switched_on
from tests.simulation.waiting import comes_true
from voltway_world.provider.faults import Fault

STATIONS = 12
KILLS_A_WORLD = 12
#: Between two blows so many calls of stations are answered, however slow the machine is, or
#: so many seconds pass.
LIFE_CALLS = range(1, 60)
LIFE_S_MAX = 2.5
LIFE_LOOK_S = 0.003
READY_ONES, READY_S_MAX = 0.85, 10.0
#: Who is cut off when all blows fell comes back by itself within so long.
WHOLE_S_MAX = LONG_CUT_S[1] + 1
HOME_S_MAX = 120
#: All worlds of a campaign share the undisturbed house.
CLEAN_S_MAX = 300
#: When all are at home the clock goes on by so much at each look, until so far.
DUSK_S, NIGHT_S = 60.0, 3600.0
QUIET_LOOK_S = 0.3
LOG_LINES = 10
QUIET_S_MAX = 120
#: The grounds in their turns, each with the families for which it is played.
TURNS = (
    (Ground.OWN, {"house", "database", "machine"}),
    (Ground.MANY, {"gateway", "web", "worker", "nats"}),
    (Ground.WIRED, {"house"}),
    (Ground.MANY, {"gateway", "web", "worker", "nats"}),
    (Ground.SMALL, {"disk"}),
)
#: Each with a scheduler and a queue of jobs of its own.
WORKERS = (1, 2, 2, 3)
DOUBLES, DISORDER = 0.2, 0.2
#: What real providers do: the deed is done and its answer lost, or told twice, or never.
PROVIDER_FAULTS = (
    Fault(on="hold", kind="error_500_after", p=0.1, seed=1),
    Fault(on="capture", kind="reset_connection_after", p=0.2, seed=2),
    Fault(on="capture", kind="error_500", p=0.1, seed=3),
    Fault(on="capture", kind="timeout_after", p=0.1, seconds=1, seed=4),
    Fault(on="void", kind="reset_connection_after", p=0.2, seed=5),
    Fault(on="get", kind="error_500", p=0.1, seed=6),
    Fault(on="webhook", kind="webhook_doubled", p=0.3, seed=7),
    Fault(on="webhook", kind="webhook_late", p=0.1, seconds=2, seed=8),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """One world: everything that chance decides follows from the seed."""

    seed: int
    ground: Ground
    blows: tuple[Blow, ...]
    is_unruly: bool  # stations say things twice and in another order
    stations: int = STATIONS
    workers: int = 1  # where each role has processes of its own
    has_provider_faults: bool = False
    is_forgetful: bool = False  # a negative control: the database says yes before it has written
    quiet_s_max: float = QUIET_S_MAX
    life_calls: range = LIFE_CALLS
    life_s_max: float = LIFE_S_MAX

    @property
    def kills(self) -> int:
        return sum(1 for blow in self.blows if blow.is_kill)


def plans(
    seed: int, kills: int, families: Collection[str], *, kills_a_world: int = KILLS_A_WORLD
) -> Iterator[Plan]:
    """Worlds until so many kills are planned."""
    dice = random.Random(seed)
    grounds = [ground for ground, needs in TURNS if needs & set(families)]
    nth = 0
    while kills > 0:
        ground = grounds[nth % len(grounds)]
        chosen = [b for b in BLOWS if b.family in families and ground in b.grounds]
        deadly = [blow for blow in chosen if blow.is_kill]
        harmless = [blow for blow in chosen if not blow.is_kill]
        blows: list[Blow] = []
        for _ in range(min(kills, kills_a_world)):
            blows.append(dice.choice(deadly))
            if harmless and dice.random() < 0.6:
                blows.append(dice.choice(harmless))
        plan = Plan(
            dice.randrange(10**6),
            ground,
            tuple(blows),
            is_unruly="doubled" in families and dice.random() < 0.5,
            workers=dice.choice(WORKERS) if ground is Ground.MANY else 1,
            has_provider_faults="provider" in families and dice.random() < 0.5,
        )
        kills -= plan.kills
        nth += 1
        yield plan


@dataclass
class Played:
    """A world that is over."""

    plan: Plan
    verdict: Verdict
    struck: Counter[str]  # blows that found something to strike, by name
    seconds: float

    @property
    def kills(self) -> int:
        return sum(self.struck[blow.name] for blow in BLOWS if blow.is_kill)


class Clean:
    """A house that nothing happens to; every world's sessions are played in it once more."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def bills(self, plan: Plan, counts: dict[str, int]) -> Bills:
        """What the same sessions cost when nothing goes wrong."""
        world = self._world
        async with world.grounds.looked_into() as database:
            async with database.begin() as work:
                posts = await furnish(work, world.stations, plan.seed, plan.stations)
            players = Players(plan.seed, world.browser, counts=counts)
            bus = all_watchers(database)

            async def is_quiet() -> bool:
                return not await in_hand(database, bus)

            # Stations stay until they have answered all that they were asked, too.
            async with switched_on(posts):
                await self._played(players, posts)
                assert await comes_true(is_quiet, QUIET_S_MAX), await in_hand(database, bus)
            estate = await take_stock(database, posts, world.logs)
        return estate.bills

    async def _played(self, players: Players, posts: Sequence[Post]) -> None:
        async with asyncio.TaskGroup() as tasks:
            playing = [tasks.create_task(players.play(post)) for post in posts]
            if (await asyncio.wait(playing, timeout=CLEAN_S_MAX))[1]:
                raise TimeoutError(f"the undisturbed run took more than {CLEAN_S_MAX} s")


@dataclass
class Campaign:
    """Plays plans, some at once."""

    nursery: Nursery
    clean: Clean
    folder: Path
    _count: int = 0

    async def play(self, plan: Plan) -> Played:
        """One world, from its making to its verdict."""
        began = monotonic()
        self._count += 1
        folder, struck = self.folder / f"w{self._count}", Counter[str]()
        try:
            verdict = await self._play(plan, folder, struck)
        except Exception as trouble:  # noqa: BLE001 - whatever stops a world is what we look for
            verdict = Verdict(plan.seed, findings=[*_last_words(trouble), *_last_lines(folder)])
        return Played(plan, verdict, struck, monotonic() - began)

    async def _play(self, plan: Plan, folder: Path, struck: Counter[str]) -> Verdict:
        async with open_world(
            self.nursery, folder, plan.seed, plan.stations, plan.ground, workers=plan.workers
        ) as world:
            players = world.players()
            async with switched_on(world.posts):
                await self._live(plan, world, players, struck)
            estate = await _at_rest(world, plan.quiet_s_max)
        counts = Counter(told.identity for told in players.told)
        clean = await self.clean.bills(plan, counts)
        return judge(plan.seed, estate, world.posts, players.told, world.provider.books, clean)

    async def _live(self, plan: Plan, world: World, players: Players, struck: Counter[str]) -> None:
        """Let the players in, strike, and let them finish what they began."""
        dice = random.Random(plan.seed)
        if plan.is_forgetful:
            await world.grounds.forget()
        if plan.has_provider_faults:
            world.provider.faults.set(list(PROVIDER_FAULTS))
        if plan.is_unruly:
            players.disorder = DISORDER
            for post in world.posts:
                post.outside.doubles = DOUBLES
        async with asyncio.TaskGroup() as tasks:
            playing = [tasks.create_task(players.play(post)) for post in world.posts]
            for blow in plan.blows:
                await _some_life(plan, world, dice)
                if await blow.strike(world, dice) is not False:
                    struck[blow.name] += 1
            await _some_life(plan, world, dice)
            await comes_true(world.is_whole, WHOLE_S_MAX)
            world.move_clock(0)
            players.closing.set()
            await _all_home(world, playing)


async def _all_home(world: World, playing: "list[asyncio.Task[None]]") -> None:
    """What was begun is finished, and everything that was said is answered."""

    async def is_done() -> bool:
        await world.tend()
        return all(task.done() for task in playing) and not any(
            post.outside.post.waiting for post in world.posts
        )

    if not await comes_true(is_done, HOME_S_MAX):
        waiting = {post.identity: post.outside.post.waiting for post in world.posts}
        raise TimeoutError(f"after {HOME_S_MAX} s stations still wait for answers: {waiting}")


async def _some_life(plan: Plan, world: World, dice: random.Random) -> None:
    """Until some more calls are answered. Now and then a process is struck before it is ready."""
    if dice.random() < READY_ONES:
        await comes_true(world.is_ready, READY_S_MAX, every_s=LIFE_LOOK_S)
    enough = world.answered + dice.choice(plan.life_calls)

    async def is_enough() -> bool:
        await world.tend()
        return world.answered >= enough

    await comes_true(is_enough, plan.life_s_max, every_s=LIFE_LOOK_S)


async def _at_rest(world: World, within_s: float) -> Estate:
    """What is there once the house has done all that it had to do, or had time enough for it."""
    later_s = 0.0
    async with world.grounds.looked_into() as database:
        bus = all_watchers(database)

        async def is_quiet() -> bool:
            # Whoever paid and went home is waited for; by a fast clock not for long. A process that
            # found no database as it began is still to be started again: it may be the last worker.
            nonlocal later_s
            await world.tend()
            later_s = min(later_s + DUSK_S, NIGHT_S)
            world.move_clock(later_s)
            return not await in_hand(database, bus, world.provider.books)

        await comes_true(is_quiet, within_s, every_s=QUIET_LOOK_S)
        return await take_stock(database, world.posts, world.logs)


def _last_words(trouble: BaseException) -> list[str]:
    """What stopped a world, without the groups around it."""
    if isinstance(trouble, BaseExceptionGroup):
        return [words for each in trouble.exceptions for words in _last_words(each)]
    where = [f"{each.name}, line {each.lineno}" for each in extract_tb(trouble.__traceback__)]
    return [f"the world stopped: {type(trouble).__name__}: {trouble}, at {', '.join(where[-4:])}"]


def _last_lines(folder: Path) -> list[str]:
    """What the processes of a world said last."""
    return [
        line
        for log in sorted(folder.glob("*.log"))
        for line in log.read_text(errors="replace").splitlines()[-LOG_LINES:]
    ]


@asynccontextmanager
async def open_campaign(folder: Path) -> AsyncIterator[Campaign]:
    """All that worlds share."""
    async with open_nursery() as nursery, open_world(nursery, folder / "clean", 0, 0) as clean:
        yield Campaign(nursery, Clean(clean), folder)
