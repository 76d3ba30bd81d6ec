"""Growth: what a message costs with ten million sessions stored, against an empty database."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Final

from bench import load, programs, turns
from bench.figure import GATEWAY, Figure, Measure, Target, figure
from bench.filling import fill
from bench.furnish import Network
from bench.plan import Pace
from bench.programs import Contestant
from voltway.runtime.database import connect_owner

FULL: Final = "voltway, full"
MORE_MAX: Final = 1.2


@contextmanager
def grown(
    stored: int, network: Network, sampled: int, pace: Pace
) -> Iterator[tuple[Contestant, str]]:
    """A gateway with so many sessions stored, and how much that is; the copies are made of sessions
    that so many stations had with it."""
    with programs.database(network) as (url, postgres):
        with programs.gateway_on(url, postgres, network) as before:
            note = filled(before, stored, sampled, pace)
        with programs.gateway_on(url, postgres, network) as full:
            yield replace(full, name=FULL), note


def filled(who: Contestant, stored: int, sampled: int, pace: Pace) -> str:
    """Let so many stations have sessions, and add so many copies of them; how much that is now."""
    load.sessions(who, stations=sampled, version="1.6", warmup_s=0, duration_s=pace.duration_s)
    return asyncio.run(_filled(who.database, stored))


def growth(
    them: Sequence[Contestant], stored: int, stations: int, pace: Pace, note: str
) -> Iterator[Figure]:
    """Whole sessions in both versions, on a full gateway, an empty one and the yardsticks."""
    for version in ("1.6", "2.0.1"):
        told = partial(
            load.sessions,
            stations=stations,
            version=version,
            warmup_s=pace.warmup_s,
            duration_s=pace.duration_s,
        )
        yield _compared(version, stored, turns.taken(them, told, pace), note)


def _compared(version: str, stored: int, measures: dict[str, Measure], note: str) -> Figure:
    ratio = measures[FULL].cpu_s_per_10k / measures[GATEWAY].cpu_s_per_10k
    return figure(
        "growth",
        f"sessions, {version}, with {stored:,} sessions stored",
        list(measures.values()),
        [Target("CPU, times that of an empty database", round(ratio, 3), MORE_MAX)],
        [note],
    )


async def _filled(url: str, stored: int) -> str:
    owner = await connect_owner(url)
    try:
        began = time.monotonic()
        await fill(owner, stored)
        took_s = time.monotonic() - began
        count = await owner.fetchval("SELECT count(*) FROM session")
        table = await owner.fetchval("SELECT pg_table_size('session')")
        indexes = await owner.fetchval("SELECT pg_indexes_size('session')")
    finally:
        await owner.close()
    return (
        f"{count:,} sessions in {table / 1e9:.2f} GB and {indexes / 1e9:.2f} GB of indexes, "
        f"made in {took_s:.0f} s"
    )
