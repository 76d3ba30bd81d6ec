"""The round that looks for bays that somebody waits for."""

from datetime import timedelta
from itertools import groupby
from typing import Final

from voltway.runtime.work import BeginWork
from voltway.stations.rules import heard_since
from voltway.waiting import store
from voltway.waiting.model import BayFree, BayTaken, PlaceClosed, WatchState, Why

#: So long a bay has said that it is free before anybody is told: some flap.
STEADY: Final = timedelta(seconds=60)
#: So long after somebody was told it is looked whether they were outrun.
OUTRUN_WITHIN: Final = timedelta(minutes=20)
#: An address is kept so long after its watch is over.
KEEP: Final = timedelta(days=1)
#: So many are told in one go.
AT_ONCE: Final = 1_000


async def look(begin: BeginWork, expected_s: int) -> int:
    """Tell who waits for a bay that is free, in their order; how many. Stations speak at least
    every ``expected_s`` seconds."""
    told = 0
    async with begin() as work:
        free = await store.free_now(work, STEADY, heard_since(work.now, expected_s))
    for subject, evse, party in free:
        while True:
            async with begin() as work:
                ids = await store.tell_next(work, subject, evse, AT_ONCE)
                if ids:
                    fact = BayFree(
                        party=party,
                        at=work.now,
                        location=subject.location,
                        watches=tuple(ids),
                        evse=evse,
                    )
                    await work.announce([fact])
                    work.touch(f"line:{subject.location}")
            told += len(ids)
            if len(ids) < AT_ONCE:
                break
    return told


async def look_after(begin: BeginWork, expected_s: int) -> None:
    """Tell who was outrun, and who waits for what is closed; end what took too long."""
    async with begin() as work:
        told = await store.told_in_vain(
            work, work.now - OUTRUN_WITHIN, heard_since(work.now, expected_s), AT_ONCE
        )
        mine = await store.who_charges(work, told) if told else set()
        await store.become(work, mine, WatchState.CHARGED)
        outrun = [each for each in told if each.id not in mine]
        await store.become(work, [each.id for each in outrun], WatchState.OUTRUN)
        closed = await store.of_closed(work, AT_ONCE)
        await store.end(work, [each.id for each in closed], Why.CLOSED)
        for kind, those in ((BayTaken, outrun), (PlaceClosed, closed)):
            by_place = sorted(those, key=lambda each: (each.party, each.location, each.id))
            for (party, location), group in groupby(
                by_place, key=lambda each: (each.party, each.location)
            ):
                ids = tuple(each.id for each in group)
                fact = kind(party=party, at=work.now, location=location, watches=ids)
                await work.announce([fact])
        work.touch(*{f"line:{each.location}" for each in [*told, *closed]})
        await store.end_old(work)
        await store.close_told(work, work.now - OUTRUN_WITHIN)


async def forget_old(begin: BeginWork) -> int:
    """Forget watches that are over, and the addresses with them."""
    async with begin() as work:
        return await store.forget(work, work.now - KEEP, AT_ONCE)
