"""Says once that a car that stands will soon cost its driver an idle fee, and that it does.

A car that begins to charge again is forgotten, and looked at anew when it stands again. What a
station withholds is not the driver's, and costs nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from voltway.kernel.errors import Refusal
from voltway.kernel.ids import SessionId, TariffId
from voltway.kernel.money import Currency
from voltway.runtime.work import BeginWork, Work
from voltway.sessions import actions, rules_owed, store_standing
from voltway.sessions.batches import look_at_due
from voltway.sessions.model import SessionFact, SessionRecord, SessionState
from voltway.sessions.store_standing import Kept
from voltway.tariffs import actions_spot as spot
from voltway.tariffs import taxes
from voltway.tariffs.model_taxes import Supply
from voltway.tariffs.rules_idle import IdleAhead, idle_ahead

#: Who stands is told so long before it costs.
SOON: Final = timedelta(minutes=10)
#: Between two looks: a tariff may have another price at another hour, a car may charge again.
LOOK_MOST: Final = timedelta(minutes=2)
AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _IdleFee(SessionFact):
    """``begins``: from when on it costs. ``per_minute`` in ``currency`` and with tax."""

    begins: datetime
    per_minute: Decimal
    currency: Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFeeSoon(_IdleFee):
    """A car stands, and that costs in ten minutes or less. Told once for each time it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFeeBegan(_IdleFee):
    """A car stands, and that costs now. Told once for each time it stands."""


async def look(begin: BeginWork) -> int:
    """The round: look at the cars that stand and are due; how many."""
    async with begin() as work:
        await store_standing.add_new(work, AT_ONCE)
    return await look_at_due(
        begin,
        "standing",
        AT_ONCE,
        take=store_standing.take_due,
        look=_look_at,
        put_off=_put_off,
    )


async def _put_off(work: Work, kept: Kept) -> None:
    await store_standing.keep(work, [kept], [work.now + LOOK_MOST])


async def fee_ahead(work: Work, record: SessionRecord) -> tuple[IdleAhead, Currency] | None:
    """The idle fee that a car that stands owes or will owe; ``None`` where it stands for nothing.

    Raises :class:`NoTaxRate` where nobody knows the tax: no fee is told on a guess.
    """
    if record.tariff_version_id is None or not stands_by_itself(record):
        return None
    version = TariffId(record.tariff_version_id)
    told = await spot.version_for(work, version, record.begins, record.ends, guess=True)
    supply = Supply(record.party, record.location, record.begins)
    tariff, _ = await taxes.taxed(work, told, supply)
    ahead = idle_ahead(tariff, rules_owed.periods(record), record.zone)
    return None if ahead is None else (ahead, tariff.currency)


def stands_by_itself(record: SessionRecord) -> bool:
    """Whether it is the car that takes nothing; what the station withholds is not parking."""
    return (
        bool(record.changes) and not record.changes[-1].charging and record.changes[-1].by_vehicle
    )


async def stands(work: Work, session: SessionId) -> bool:
    """Whether a car still stands there."""
    found = await actions.sessions_by_id(work, [session])
    return any(each.is_running and each.state is SessionState.IDLE for each in found)


async def _look_at(work: Work, due: list[Kept]) -> None:
    wanted = [each.session for each in due]
    found = {
        each.id: each
        for each in await actions.sessions_by_id(work, wanted)
        if each.is_running and each.state is SessionState.IDLE
    }
    await store_standing.forget(work, [each for each in wanted if each not in found])
    unsaid = [found[each.session] for each in due if each.session in found and not each.began_told]
    records = {each.session: each for each in await actions.records_of(work, unsaid)}
    kept: list[Kept] = []
    look_at: list[datetime] = []
    for each in due:
        if each.session not in found:
            continue
        after, again = each, work.now + LOOK_MOST
        if not each.began_told:
            after, again = await _look_at_one(work, each, records[each.session])
        kept.append(after)
        look_at.append(again)
    await store_standing.keep(work, kept, look_at)


async def _look_at_one(work: Work, kept: Kept, record: SessionRecord) -> tuple[Kept, datetime]:
    """What is kept of a session after a look, and when the next one is."""
    again = work.now + LOOK_MOST
    try:
        found = await fee_ahead(work, record)
    except Refusal:
        return kept, again  # the bill will ask a person; a driver is told no guess
    if found is None:
        return kept, again
    ahead, currency = found
    begun = ahead.begins <= work.now
    if not begun and (kept.soon_told or ahead.begins > work.now + SOON):
        next_ = ahead.begins if kept.soon_told else ahead.begins - SOON
        return kept, min(next_, again)
    fact = (SessionFeeBegan if begun else SessionFeeSoon)(
        party=record.party,
        at=work.now,
        session=record.session,
        begins=ahead.begins,
        per_minute=ahead.per_minute,
        currency=currency,
    )
    await work.announce([fact])
    work.touch(f"session:{record.session}")  # a page that counts down shows what has begun
    if begun:
        return kept._replace(soon_told=True, began_told=True), again
    return kept._replace(soon_told=True), min(ahead.begins, again)
