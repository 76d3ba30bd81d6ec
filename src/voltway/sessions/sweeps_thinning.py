"""Sweeps: old packs are thinned, very old ones forgotten, but for what a bill or person needs."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Final
from uuid import UUID

from voltway.kernel.ids import SessionId, TariffId
from voltway.runtime.work import BeginWork, Work
from voltway.sessions import rules_thinning, store, store_packs, store_readings
from voltway.sessions.model import HOLDS
from voltway.sessions.rules_packing import KeptReading
from voltway.sessions.rules_thinning import GRAIN_M, WHOLE, Billed
from voltway.sessions.store_packs import Pack
from voltway.tariffs import actions_spot as spot

SESSIONS_AT_ONCE: Final = 50
PACKS_AT_ONCE: Final = 10_000
ROUND_S: Final = 5.0


@dataclass(slots=True)
class Thinner:
    """Walks once through each month of packs that is old enough. Where it is, it keeps in mind:
    after a restart it passes quickly over what is thin already."""

    begin: BeginWork
    days: int
    places: dict[str, UUID] = field(default_factory=dict)

    async def thin(self, *, seconds: float = ROUND_S) -> int:
        """Thin packs of so many days ago (0: never), some each round; how many were looked at."""
        if not self.days:
            return 0
        ends, looked = monotonic() + seconds, 0
        async with self.begin() as work:
            young = f"reading_pack_{work.now - timedelta(days=self.days):%Y%m}"
            months = [month for month in await store_packs.months(work) if month < young]
        for month in months:
            while some := await self._thin_some(month):
                looked += some
                if monotonic() >= ends:
                    return looked
        return looked

    async def _thin_some(self, month: str) -> int:
        async with self.begin() as work:
            before = work.now - timedelta(days=self.days)
            found = await store_packs.packs_behind(
                work, month, self.places.get(month, UUID(int=0)), SESSIONS_AT_ONCE
            )
            if found:
                packs = await store_packs.packs_of(work, [of for of, _ in found])
                billed = await _billed(work, [of for of, kind in found if not kind], before)
                changed = [
                    pack
                    for of, kind in found
                    if kind or of in billed
                    for pack in _thin(packs[of], billed.get(of))
                ]
                await store_packs.keep_packs(work, changed, store_packs.encoded(changed))
        if found:
            self.places[month] = found[-1][0]
        return len(found)


async def _billed(work: Work, ids: list[UUID], before: datetime) -> dict[UUID, Billed]:
    """What the bills of those of these sessions are made from that may be thinned."""
    found: dict[UUID, Billed] = {}
    sessions = [
        session
        for session in await store.by_id(work, [SessionId(id) for id in ids])
        if rules_thinning.may_be_thinned(session, before)
    ]
    flows = await store_readings.flows(work, [session.id for session in sessions])
    for session in sessions:
        version = session.tariff_version_id
        tariff = None
        if version:
            ends = session.ended_at or session.heard_at
            tariff = await spot.version_for(
                work, TariffId(version), session.started_at, ends, guess=True
            )
        if tariff is not None and tariff.taxes_by_place:
            # Two bills that are equal to the last digit before tax are equal with any tax.
            tariff = replace(tariff, taxes_by_place=False)
        found[session.id] = Billed(session, flows.get(session.id, []), tariff)
    return found


def _thin(packs: list[Pack], billed: Billed | None) -> list[Pack]:
    """The packs of one session, or of an EVSE outside of any, with what is left of each."""
    whole = [reading for pack in packs for reading in pack.readings]
    left: list[KeptReading] | None = (
        rules_thinning.coarse(whole, both_ends=False)
        if billed is None
        else rules_thinning.thinned(billed, whole)
    )
    if left is None:
        return [replace(pack, grain_m=WHOLE) for pack in packs]
    kept = set(left)
    return [
        replace(pack, grain_m=GRAIN_M, readings=[each for each in pack.readings if each in kept])
        for pack in packs
    ]


async def forget_old_readings(begin: BeginWork, years: int) -> int:
    """Drop the months of packs that are older than this (0: none), but for readings of sessions
    that wait; how many months."""
    if not years:
        return 0
    dropped = 0
    async with begin() as work:
        oldest = f"reading_pack_{work.now - timedelta(days=366 * years):%Y%m}"
        months = [month for month in await store_packs.months(work) if month < oldest]
    for month in months:
        async with begin() as work:
            holds = sorted(doubt.value for doubt in HOLDS)
            dropped += await store_packs.forget_month(work, month, holds, PACKS_AT_ONCE)
    return dropped
