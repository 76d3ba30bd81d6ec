"""Says that a car is full: it has stopped taking energy, and is still plugged in.

Who waits for their car hears of it then, and not when they have come to unplug it. A car that only
paused and charges on is told of again when it stops again, or at its end (``rules_full.went_on``).
One that told a charge below its target has only paused, and nothing is told of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from voltway.kernel.errors import Refusal
from voltway.kernel.ids import SessionId
from voltway.kernel.money import Currency
from voltway.kernel.units import EnergyWh
from voltway.runtime.work import BeginWork, Work
from voltway.sessions import actions, standing, store_full
from voltway.sessions.batches import look_at_due
from voltway.sessions.model import Session, SessionFact, SessionRecord
from voltway.sessions.rules_full import (
    STOPPED_FOR,
    TOOK_WH,
    WENT_ON_WH,
    is_full,
    is_short,
    stopped_itself,
    went_on,
)
from voltway.sessions.time_to_done import FULL, TARGET, points_of, said_by_car
from voltway.vehicles import actions as vehicles

AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleFee:
    """What standing costs: from when on, and how much ``per_minute``, with tax."""

    begins: datetime
    per_minute: Decimal
    currency: Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFull(SessionFact):
    """A car has taken no energy for a minute, by its own will. Told once a session, and ``again``
    where it charged on after that and has stopped anew.

    ``cost_minor`` of ``currency`` is what was owed by then; both are ``None`` where nothing is sold
    or nobody knows the price. ``fee``: none where standing is free.
    """

    energy_wh: EnergyWh
    cost_minor: int | None
    currency: Currency | None
    fee: IdleFee | None
    again: bool = False


@dataclass(frozen=True, slots=True)
class _Stopped:
    session: SessionId


async def look(begin: BeginWork) -> int:
    """The round: tell of cars that have stopped; how many. One that cannot be looked at is passed
    over until the next round."""
    told: int = 0
    after: SessionId | None = None

    async def take(work: Work, limit: int) -> list[_Stopped]:
        found = await store_full.stopped(work, STOPPED_FOR, TOOK_WH, WENT_ON_WH, after, limit)
        return [_Stopped(each) for each in found]

    async def look_at(work: Work, due: list[_Stopped]) -> None:
        nonlocal told, after
        new = await _tell(work, [each.session for each in due])
        if due:
            told, after = told + new, due[-1].session

    async def pass_over(_: Work, broken: _Stopped) -> None:
        nonlocal after
        after = broken.session

    await look_at_due(begin, "full", AT_ONCE, take=take, look=look_at, put_off=pass_over)
    return told


async def told_at(work: Work, session: SessionId) -> EnergyWh | None:
    """What a session had taken when it was told that its car is full; ``None``: it was not told."""
    return (await store_full.told(work, [session])).get(session)


async def is_told(work: Work, session: SessionId, energy_wh: EnergyWh) -> bool:
    """Whether it was told that the car is full, and it did not charge on after that."""
    before = await told_at(work, session)
    return before is not None and not went_on(before, energy_wh)


async def knows_end(work: Work, session: SessionId, energy_wh: EnergyWh) -> bool:
    """Whether whose car has left was told that it is full, and it was the car that ended the flow:
    one that charged to the end was not done."""
    if not await is_told(work, session, energy_wh):
        return False
    record = (await actions.records(work, [session])).get(session)
    return record is not None and stopped_itself(record.changes)


async def _tell(work: Work, found: Sequence[SessionId]) -> int:
    short = await _short(work, found)
    records = await actions.records(work, [each for each in found if each not in short])
    full = [each for each in records.values() if is_full(each.changes, each.energy_wh, work.now)]
    before = await store_full.told(work, records)
    new = await store_full.add(
        work, [(each.session, each.party, each.energy_wh) for each in full], WENT_ON_WH
    )
    for record in full:
        if record.session in new:
            await work.announce([await _fact(work, record, again=record.session in before)])
            work.touch(f"session:{record.session}")
    return len(new)


async def _short(work: Work, found: Sequence[SessionId]) -> set[SessionId]:
    """Those of these sessions whose car told a charge below its target. Zero is told by stations
    that know none."""
    told = [each for each in await actions.sessions_by_id(work, found) if each.soc_percent]
    targets = await vehicles.charging(
        work, {(each.party, each.token) for each in told if each.token is not None}
    )
    short = set()
    for session in told:
        assert session.soc_percent is not None
        chosen = None if session.token is None else targets.get((session.party, session.token))
        target = None if chosen is None else chosen.target_percent
        if is_short(session.soc_percent, 0, target or FULL) and await _is_short(
            work, session, target
        ):
            short.add(session.id)
    return short


async def _is_short(work: Work, session: Session, chosen: int | None) -> bool:
    """The same by its readings: what it charged since it told its charge, and to what percent the
    car said that it is filled; a car fills up to less than its driver chose, and never to more."""
    readings = await actions.readings_of(work, session.id)
    points = points_of(session, readings)
    last = next((each for each in reversed(points) if each.soc is not None), None)
    if last is None or last.soc is None:
        return False
    said = said_by_car(readings).target
    target = min(chosen or FULL, said or FULL) if chosen or said else TARGET
    return is_short(int(last.soc), points[-1].energy_wh - last.energy_wh, target)


async def _fact(work: Work, record: SessionRecord, *, again: bool) -> SessionFull:
    """What is told. Where nobody knows the tax, no money is told on a guess."""
    cost, ahead = None, None
    if record.tariff_version_id is not None:
        try:
            _, owed = await actions.cost_so_far(work, record.session)
            cost, ahead = owed.payable, await standing.fee_ahead(work, record)
        except Refusal:
            cost, ahead = None, None
    return SessionFull(
        party=record.party,
        at=work.now,
        session=record.session,
        energy_wh=record.energy_wh,
        cost_minor=None if cost is None else cost.minor,
        currency=None if cost is None else cost.currency,
        again=again,
        fee=ahead
        and IdleFee(begins=ahead[0].begins, per_minute=ahead[0].per_minute, currency=ahead[1]),
    )
