"""Says once a session that its car is full: it has stopped taking energy, and is still plugged in.

Who waits for their car hears of it then, and not when they have come to unplug it. A car that only
paused and charges on is told of at its end again (``rules_full.went_on``).
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
from voltway.sessions.model import SessionFact, SessionRecord
from voltway.sessions.rules_full import STOPPED_FOR, TOOK_WH, is_full, went_on

AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleFee:
    """What standing costs: from when on, and how much ``per_minute``, with tax."""

    begins: datetime
    per_minute: Decimal
    currency: Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFull(SessionFact):
    """A car has taken no energy for a minute, by its own will. Told once a session.

    ``cost_minor`` of ``currency`` is what was owed by then; both are ``None`` where nothing is sold
    or nobody knows the price. ``fee``: none where standing is free.
    """

    energy_wh: EnergyWh
    cost_minor: int | None
    currency: Currency | None
    fee: IdleFee | None


async def look(begin: BeginWork) -> int:
    """The round: tell of cars that have stopped; how many."""
    told = 0
    while True:
        async with begin() as work:
            found = await store_full.stopped(work, STOPPED_FOR, TOOK_WH, AT_ONCE)
            told += (new := await _tell(work, found))
        if len(found) < AT_ONCE or not new:
            return told


async def told_at(work: Work, session: SessionId) -> EnergyWh | None:
    """What a session had taken when it was told that its car is full; ``None``: it was not told."""
    return (await store_full.told(work, [session])).get(session)


async def is_told(work: Work, session: SessionId, energy_wh: EnergyWh) -> bool:
    """Whether it was told that the car is full, and it did not charge on after that."""
    before = await told_at(work, session)
    return before is not None and not went_on(before, energy_wh)


async def _tell(work: Work, found: Sequence[SessionId]) -> int:
    records = await actions.records(work, found)
    full = [each for each in records.values() if is_full(each.changes, each.energy_wh, work.now)]
    new = await store_full.add(work, [(each.session, each.party, each.energy_wh) for each in full])
    for record in full:
        if record.session in new:
            await work.announce([await _fact(work, record)])
            work.touch(f"session:{record.session}")
    return len(new)


async def _fact(work: Work, record: SessionRecord) -> SessionFull:
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
        fee=ahead
        and IdleFee(begins=ahead[0].begins, per_minute=ahead[0].per_minute, currency=ahead[1]),
    )
