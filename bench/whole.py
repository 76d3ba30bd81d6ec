"""The whole house in one process: what sessions cost with all that becomes of them.

Counted from the first handshake until the last session of the load is priced, posted and has its
receipt: nothing is left to be paid for later.
"""

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from typing import Final

import httpx

from bench import load
from bench.figure import HOUSE, PACKAGE, Figure, Measure, figure, measure
from bench.load import Cost
from bench.plan import Pace
from bench.programs import Contestant, ProgramFailed
from bench.resources import cpu_s
from voltway.runtime.database import connect_owner

SETTLED_S_MAX: Final = 600.0
LOOK_S: Final = 0.25

#: Registers alone: the power that the generator tells does not fit the energy that it tells, so its
#: sessions would be held for a person to look at instead of being settled.
PLAUSIBLE: Final = ("--samples", "1")

UNSETTLED: Final = """
    SELECT (SELECT count(*) FROM session WHERE told_at IS NULL)
         + (SELECT count(*) FROM session)
         - (SELECT count(*) FROM settlement WHERE state IN ('done', 'held'))
"""
SETTLED: Final = "SELECT state, count(*) FROM settlement GROUP BY state"


def whole(
    house: Contestant,
    package: Contestant,
    stations: Sequence[int],
    versions: Sequence[str],
    pace: Pace,
) -> Iterator[Figure]:
    """Whole sessions and their settlement, on a house with a tariff."""
    for version in versions:
        for count in stations:
            ours, note = _settled(house, count, version, pace)
            theirs = load.sessions(
                package,
                stations=count,
                version=version,
                warmup_s=pace.warmup_s,
                duration_s=pace.duration_s,
                more=PLAUSIBLE,
            )
            yield figure(
                "whole",
                f"sessions with their settlement, {version}, {count:,} stations",
                [ours, measure(PACKAGE, [theirs])],
                notes=[note],
            )


def _settled(house: Contestant, stations: int, version: str, pace: Pace) -> tuple[Measure, str]:
    before, heard = cpu_s(house.pids), _heard(house)
    states = asyncio.run(_states(house))
    cost = load.sessions(
        house,
        stations=stations,
        version=version,
        warmup_s=0,
        duration_s=pace.duration_s,
        more=PLAUSIBLE,
    )
    ended = time.monotonic()
    asyncio.run(_all_settled(house))
    later_s = time.monotonic() - ended
    calls, used_s = _heard(house) - heard, cpu_s(house.pids) - before
    done = {
        state: count - states.get(state, 0) for state, count in asyncio.run(_states(house)).items()
    }
    whole_cost = Cost(
        calls=calls,
        calls_per_s=cost.calls_per_s,
        cpu_s=used_s,
        database_cpu_s=0.0,
        errors=cost.errors,
        p50_ms=cost.p50_ms,
        p99_ms=cost.p99_ms,
        raw=cost.raw,
    )
    note = (
        f"{done.get('done', 0):,} sessions settled, {done.get('held', 0):,} held for a person; "
        f"the last {later_s:.1f} s after the last call; "
        f"{1000 * used_s / max(sum(done.values()), 1):.2f} CPU-s per 1,000 sessions, all included"
    )
    return measure(HOUSE, [whole_cost]), note


def _heard(house: Contestant) -> int:
    """How many messages the house has kept."""
    text = httpx.get(f"{house.pages}/metrics").text
    found = re.search(r"^voltway_ocpp_messages_total (\S+)$", text, re.MULTILINE)
    if found is None:
        raise ProgramFailed("the house does not say how many messages it heard")
    return int(float(found[1]))


async def _all_settled(house: Contestant) -> None:
    owner = await connect_owner(house.database)
    try:
        async with asyncio.timeout(SETTLED_S_MAX):
            while await owner.fetchval(UNSETTLED):  # noqa: ASYNC110 # others settle
                await asyncio.sleep(LOOK_S)
    finally:
        await owner.close()


async def _states(house: Contestant) -> dict[str, int]:
    owner = await connect_owner(house.database)
    try:
        return dict(await owner.fetch(SETTLED))
    finally:
        await owner.close()
