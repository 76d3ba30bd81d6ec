"""What happens to a world: each blow is one fault, at a moment that the dice choose."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

import asyncpg

from tests.simulation.faults.grounds import Ground
from tests.simulation.faults.wire import Deed, Harm, Moment
from tests.simulation.faults.world import World
from tests.simulation.waiting import comes_true, happens

PAUSE_S: Final = (0.0, 0.4)
OUTAGE_S: Final = (0.1, 1.5)
#: A gateway is taken for dead within ten seconds, a worker within six.
LONG_S: Final = (6.5, 12.0)
LONG_ONES: Final = 0.4
#: A cut ends what waits for an answer, or is long over when that comes; 11 s are the database's
#: patience with who does not answer, 35 s ours with the database.
LONG_CUT_S: Final = (5.0, 30.0)
LONG_CUTS: Final = 0.7
COMMIT_S_MAX: Final = 10.0
#: Within what stations' claims of the time are believed; see ``players.BEHIND``.
CLOCK_S: Final = (-40.0, 150.0)
FAR_S: Final = (600.0, 10_800.0)

Strike: TypeAlias = Callable[[World, random.Random], Awaitable[bool | None]]


@dataclass(frozen=True, slots=True)
class Blow:
    """One fault. ``family`` is the word that chooses it on the command line. ``strike`` says False
    where there was nothing to strike."""

    name: str
    family: str
    grounds: frozenset[Ground]
    strike: Strike
    is_kill: bool = False


async def kill_house(world: World, dice: random.Random) -> None:
    await _kill(world, dice, "all")


async def kill_gateway(world: World, dice: random.Random) -> None:
    await _kill(world, dice, "gateway")


async def kill_web(world: World, dice: random.Random) -> None:
    await _kill(world, dice, "web")


async def kill_worker(world: World, dice: random.Random) -> None:
    await _kill(world, dice, "worker")


async def _kill(world: World, dice: random.Random, role: str) -> None:
    house = dice.choice([house for house in world.houses if house.role == role])
    await house.kill()
    await _pass(dice, PAUSE_S)
    await house.begin()


async def kill_server(world: World, dice: random.Random) -> None:
    await world.grounds.kill_server()


async def kill_connection(world: World, dice: random.Random) -> bool:
    return world.grounds.kill_one(dice)


async def kill_machine(world: World, dice: random.Random) -> None:
    """The house and all processes of its database at one moment."""
    world.grounds.strike_all()
    for house in world.houses:
        await house.kill()
    await _pass(dice, PAUSE_S)
    await world.grounds.again()
    for house in world.houses:
        await house.begin()


async def freeze_gateway(world: World, dice: random.Random) -> None:
    await _freeze(world, dice, "gateway")


async def freeze_worker(world: World, dice: random.Random) -> None:
    await _freeze(world, dice, "worker")


async def _freeze(world: World, dice: random.Random, role: str) -> None:
    """For so long that others take it for dead, or for a moment; then it goes on."""
    house = dice.choice([house for house in world.houses if house.role == role])
    await house.tend()
    house.freeze()
    await _pass(dice, LONG_S if dice.random() < LONG_ONES else OUTAGE_S)
    house.thaw()


async def kill_nats(world: World, dice: random.Random) -> None:
    assert world.nats is not None
    await world.nats.kill()
    await _pass(dice, OUTAGE_S)
    await world.nats.start()


def everybody(harm: Harm) -> Strike:
    """All processes at once lose the database, for a moment."""

    async def strike(world: World, dice: random.Random) -> bool:
        wires = [wire for house in world.houses if (wire := house.wire) and not house.is_cut_off]
        for wire in wires:
            wire.suffer(harm)
        await _pass(dice, OUTAGE_S)
        for wire in wires:
            wire.mend()
        return bool(wires)

    return strike


def alone(role: str, harm: Harm) -> Strike:
    """One process of a role loses the database while the others reach it, and life goes on: often
    for so long that its lease on whatever it holds ends, or its connections."""

    async def strike(world: World, dice: random.Random) -> bool:
        houses = [house for house in world.houses if house.role == role and not house.is_cut_off]
        if not houses:
            return False
        wire = dice.choice(houses).wire
        assert wire is not None
        wire.suffer(harm)
        seconds = dice.uniform(*(LONG_CUT_S if dice.random() < LONG_CUTS else OUTAGE_S))
        later = asyncio.get_running_loop().call_later
        if role == "gateway" and dice.random() < 0.5:
            later(seconds * dice.random(), world.lose_lines)
        if dice.random() < 0.5:  # what was on its way is lost; else it arrives, late
            later(seconds, wire.reset)
        later(seconds, wire.mend)
        return True

    return strike


def talk(harm: Harm) -> Strike:
    """One process, or all, lose NATS for a moment."""

    async def strike(world: World, dice: random.Random) -> None:
        wires = [house.talk for house in world.houses if house.talk is not None]
        if dice.random() < 0.5:
            wires = [dice.choice(wires)]
        for wire in wires:
            wire.suffer(harm)
        await _pass(dice, OUTAGE_S)
        for wire in wires:
            wire.mend()

    return strike


async def lose_commit(world: World, dice: random.Random) -> bool:
    """The line breaks before a COMMIT arrives."""
    return await _at(world, Deed.COMMIT, Moment.BEFORE)


async def lose_committed(world: World, dice: random.Random) -> bool:
    """The line breaks after a COMMIT was done, and before that is known."""
    return await _at(world, Deed.COMMIT, Moment.AFTER)


async def lose_keeping(world: World, dice: random.Random) -> bool:
    """The line breaks before the statement arrives that keeps a batch."""
    return await _at(world, Deed.STATEMENT, Moment.BEFORE)


async def lose_kept(world: World, dice: random.Random) -> bool:
    """The line breaks after a batch was kept by a statement, and before that is known."""
    return await _at(world, Deed.STATEMENT, Moment.AFTER)


async def _at(world: World, deed: Deed, moment: Moment) -> bool:
    wires = [wire for house in world.houses if (wire := house.wire) and not house.is_cut_off]
    for wire in wires:
        wire.breaks_at = (deed, moment)

    async def happened() -> bool:
        return any(wire.breaks_at is None for wire in wires)

    struck = await comes_true(happened, COMMIT_S_MAX, every_s=0.01)
    for wire in wires:
        wire.breaks_at = None
    return struck


async def storm(world: World, dice: random.Random) -> None:
    """All stations lose their lines at once, and all come back, up to three times."""
    for _ in range(dice.randrange(1, 4)):
        world.lose_lines()
        await _pass(dice, PAUSE_S)


async def move_clock(world: World, dice: random.Random) -> None:
    world.move_clock(dice.uniform(*CLOCK_S))


async def move_clock_far(world: World, dice: random.Random) -> None:
    """By more than stations' claims are believed under, and back again."""
    world.move_clock(dice.choice((-1, 1)) * dice.uniform(*FAR_S))
    await _pass(dice, OUTAGE_S)
    world.move_clock(0)


async def fill_disk(world: World, dice: random.Random) -> None:
    """No room, for data or also for the log; then there is room again."""
    assert world.disk is not None
    world.disk.fill(dice)
    if dice.random() < 0.5:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            await _need_another_file_of_the_log(world)
    await _pass(dice, OUTAGE_S)
    world.disk.empty()


async def _need_another_file_of_the_log(world: World) -> None:
    address = f"postgresql://voltway@/voltway?host={world.grounds.folder / 'run'}"
    connection = await asyncpg.connect(address, timeout=2)
    try:
        for _ in range(3):
            await connection.execute("SELECT pg_switch_wal()", timeout=2)
    finally:
        connection.terminate()


async def _pass(dice: random.Random, seconds: tuple[float, float]) -> None:
    await happens(asyncio.Event(), dice.uniform(*seconds))


_OWN = frozenset({Ground.OWN})
_WIRED = frozenset({Ground.WIRED, Ground.MANY})
_MANY = frozenset({Ground.MANY})
_SMALL = frozenset({Ground.SMALL})
_ONE = frozenset({Ground.OWN, Ground.WIRED, Ground.SMALL})
_ANY = frozenset(Ground)

BLOWS: Final = (
    Blow("house killed", "house", _ONE, kill_house, is_kill=True),
    Blow("gateway killed", "gateway", _MANY, kill_gateway, is_kill=True),
    Blow("pages killed", "web", _MANY, kill_web, is_kill=True),
    Blow("worker killed", "worker", _MANY, kill_worker, is_kill=True),
    Blow("database killed", "database", _ANY, kill_server, is_kill=True),
    Blow("database's connection killed", "database", _ANY, kill_connection, is_kill=True),
    Blow("everything killed at once", "machine", _ANY, kill_machine, is_kill=True),
    *(
        Blow(f"database: network {harm}", "network", _WIRED, everybody(harm))
        for harm in (Harm.CUT, Harm.STALLED, Harm.HALF_OPEN)
    ),
    *(
        Blow(f"{name} alone: {harm}", "alone", grounds, alone(role, harm))
        for name, role, grounds in (
            ("house", "all", frozenset({Ground.WIRED})),
            ("gateway", "gateway", _MANY),
            ("pages", "web", _MANY),
            ("worker", "worker", _MANY),
        )
        for harm in Harm
    ),
    Blow("database: reset before a commit", "network", _WIRED, lose_commit),
    Blow("database: reset after a commit", "network", _WIRED, lose_committed),
    Blow("database: reset before a batch is kept", "network", _WIRED, lose_keeping),
    Blow("database: reset after a batch is kept", "network", _WIRED, lose_kept),
    *(
        Blow(f"NATS: network {harm}", "network", _MANY, talk(harm))
        for harm in (Harm.CUT, Harm.STALLED, Harm.HALF_OPEN)
    ),
    Blow("NATS killed", "nats", _MANY, kill_nats, is_kill=True),
    Blow("gateway frozen", "frozen", _MANY, freeze_gateway),
    Blow("worker frozen", "frozen", _MANY, freeze_worker),
    Blow("reconnect storm", "storm", _ANY, storm),
    Blow("clock moved", "clock", _OWN | _WIRED, move_clock),
    Blow("clock moved far", "far", _OWN | _WIRED, move_clock_far),
    Blow("disk full", "disk", _SMALL, fill_disk),
)
FAMILIES: Final[Mapping[str, str]] = {
    "house": "SIGKILL of the house in one process",
    "gateway": "SIGKILL of one of two gateways",
    "web": "SIGKILL of the pages",
    "worker": "SIGKILL of the worker",
    "database": "SIGKILL of PostgreSQL, or of one of its processes",
    "machine": "SIGKILL of all that at once",
    "nats": "SIGKILL of NATS",
    "frozen": "a gateway or the worker stands still until it is taken for dead, and goes on",
    "network": "to the database and to NATS: cut, stalled, half open, reset around a commit",
    "alone": "one process loses the database, up to 30 s, also in one direction only",
    "disk": "full, and free again (asks for root)",
    "clock": "jumps, forwards and backwards",
    "far": "clocks jump by hours, beyond what the house withstands; see docs/figures/faults.md",
    "storm": "all stations come back at once",
    "provider": "the payment provider's answers and webhooks are lost, late or doubled",
    "doubled": "stations say things twice and in another order",
}
DEFAULT: Final = tuple(name for name in FAMILIES if name != "far")
