"""What is found of disruptions: facts raise a suspicion, the round looks whether it lasts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final
from uuid import UUID

from voltway.disruptions import rules, store
from voltway.disruptions.model import (
    Disruption,
    DisruptionKind,
    PlaceDisrupted,
    PlaceRestored,
    PlaceUncertain,
    WhyOver,
)
from voltway.kernel.facts import Fact
from voltway.kernel.ids import LocationId, new_id
from voltway.runtime.work import BeginWork, Work
from voltway.stations.model import OrderEnded, PortStatusChanged, StationLost
from voltway.stations.orders import OrderState
from voltway.stations.reports import PortStatus

FACTS: Final = (StationLost, PortStatusChanged, OrderEnded)
#: What is over is kept so long: what was told of it names it.
KEEP: Final = timedelta(days=30)
AT_ONCE: Final = 1_000


async def hears_troubles(work: Work, facts: Sequence[Fact]) -> None:
    """Suspect what stations report: the line lost, a fault, a start that came to nothing."""
    found = [
        (new_id(work.now), fact.station, None, DisruptionKind.OFFLINE, fact.at)
        if isinstance(fact, StationLost)
        else (new_id(work.now), fact.station, fact.evse, DisruptionKind.FAULTED, fact.at)
        for fact in facts
        if isinstance(fact, StationLost)
        or (isinstance(fact, PortStatusChanged) and fact.status is PortStatus.FAULTED)
    ]
    failed = [
        fact.order
        for fact in facts
        if isinstance(fact, OrderEnded)
        and fact.kind == "StartCharging"
        and fact.state not in (OrderState.DONE, OrderState.CANCELLED)
    ]
    if failed:
        since = work.now - rules.STALE
        found += [
            (new_id(work.now), station, evse, DisruptionKind.STARTS, work.now)
            for station, evse in await store.failing(work, failed, since, rules.MISSES)
        ]
    if found:
        await store.suspect(work, found, work.now - rules.AGAIN_WITHIN)


async def look(begin: BeginWork) -> int:
    """The round: look at all that is suspected or told; how many were told, or are over."""
    async with begin() as work:
        known = await store.open_now(work)
        pairs = [(before, rules.judged(before, seen, work.now)) for before, seen in known]
        # What is told and keeps on is looked at, and nothing of it is written.
        changed = [
            after
            for before, after in pairs
            if after.told_at is None
            or before.told_at is None
            or after.over_at is not None
            or after.well_since is not None
            or before.well_since is not None
        ]
        if changed:
            await store.keep(work, changed)
        told = [after for before, after in pairs if before.told_at is None and after.is_open]
        ended = [after for _, after in pairs if after.told_at and after.over_at]
        over = [each for each in ended if each.over_why is WhyOver.WELL]
        left = [each for each in ended if each.over_why is not WhyOver.WELL]
        await work.announce(
            [_fact(PlaceDisrupted, work, group) for group in _by_place(told)]
            + [_fact(PlaceRestored, work, group) for group in _by_place(over)]
            + [_fact(PlaceUncertain, work, group) for group in _by_place(left)]
        )
        work.touch(*{f"line:{each.location}" for each in [*told, *ended]})
    return len(told) + len(ended)


def _by_place(found: Sequence[Disruption]) -> list[list[Disruption]]:
    ordered = sorted(found, key=lambda each: (each.party, each.location, each.id))
    return [list(group) for _, group in groupby(ordered, key=lambda each: each.location)]


def _fact(
    kind: type[PlaceDisrupted | PlaceRestored | PlaceUncertain],
    work: Work,
    group: Sequence[Disruption],
) -> Fact:
    first = group[0]
    ids = tuple(each.id for each in group)
    return kind(party=first.party, at=work.now, location=first.location, disruptions=ids)


async def by_ids(work: Work, ids: Collection[UUID]) -> Mapping[UUID, Disruption]:
    return await store.by_ids(work, ids)


async def open_at(work: Work, location: LocationId) -> list[Disruption]:
    """What is told at a place and not over, the first first."""
    return await store.open_at(work, location)


async def ended_at(work: Work, location: LocationId, since: datetime) -> list[Disruption]:
    """What was told at a place and ended since then, the first first."""
    return await store.ended_at(work, location, since)


async def forget_old(begin: BeginWork) -> int:
    """The round: forget what was over long ago."""
    async with begin() as work:
        return await store.forget(work, KEEP, AT_ONCE)
