"""Sweeps: days that are over are packed, session by session, and their hot readings dropped.

See Note [Hot, packed, or both] in ``store_packs``. A round is bounded. Killed at any moment it goes
on behind the last session that was packed; of several at once, one packs a day.
"""

import asyncio
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from time import monotonic
from typing import Final
from uuid import UUID

from voltway.runtime.work import BeginWork, Row, Work
from voltway.sessions import store_packs
from voltway.sessions.rules_packing import KeptReading, united
from voltway.sessions.store_packs import Day, Pack

#: Readings of one transaction, about.
READINGS_AT_ONCE: Final = 1_000

#: A round ends after so long, and goes on where it was in the next.
ROUND_S: Final = 5.0


async def pack_readings(begin: BeginWork, after_h: int, *, seconds: float = ROUND_S) -> int:
    """Pack the days that have been over for so many hours; how many readings were packed."""
    ends, count = monotonic() + seconds, 0
    async with begin() as work:
        # A day is over at its end: the day of this moment, so many hours ago, is not.
        days = await store_packs.hot_days(work, (work.now - timedelta(hours=after_h)).date())
    for day in days:
        while (step := await _step(begin, day)) is not None:
            count += step
            if monotonic() >= ends:
                return count
    return count


async def _step(begin: BeginWork, date: date) -> int | None:
    """Pack some readings of a day, or drop it; ``None`` where nothing is left to be done now."""
    async with begin() as work:
        day = await store_packs.lock_day(work, date)
        if day is None:
            return None
        if day.is_through:
            await store_packs.drop_day(work, day)
            return None
        rows = await store_packs.hot_readings(work, day, READINGS_AT_ONCE)
        if rows:
            await _pack(work, day, rows)
            after = Day(day.day, day.kind, rows[-1]["of"], day.packed + len(rows))
        else:
            after = Day(day.day, day.kind + 1, UUID(int=0), day.packed)
        await store_packs.save_day(work, after)
        return len(rows)


async def _pack(work: Work, day: Day, rows: list[Row]) -> None:
    """Pack these readings, with what was packed of the same day before."""
    before: dict[UUID, list[KeptReading]] = {}
    for pack in await store_packs.packs_of_day(work, {row["of"] for row in rows}, day.day):
        before.setdefault(pack.of, []).extend(pack.readings)
    packs: list[Pack] = []
    for of, some in groupby(rows, key=itemgetter("of")):
        of_one = list(some)
        readings = [_reading(row) for row in of_one]
        if of in before:
            readings = united(before[of], readings)
        packs.append(Pack(of, of_one[0]["party"], day.day, day.kind, readings))
    # Off the loop, which has stations to answer.
    blobs = await asyncio.to_thread(store_packs.encoded, packs)
    await store_packs.keep_packs(work, packs, blobs)


def _reading(row: Row) -> KeptReading:
    return KeptReading._make(list(row.values())[2:])
