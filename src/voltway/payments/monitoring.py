"""Watching payments: sums by the quarter of an hour, and alarms that a person is told of."""

from datetime import datetime, timedelta
from typing import Final

from voltway.kernel.ids import PartyId
from voltway.payments import rules_alarms as rules
from voltway.payments import store_alarms as store
from voltway.payments.model_alarms import Alarm, Limits, PaymentAlarmRaised
from voltway.runtime.settings import Settings
from voltway.runtime.work import BeginWork, Work

QUARTER: Final = timedelta(minutes=15)
#: A work that began within a quarter may be kept somewhat after it.
SETTLED: Final = timedelta(minutes=2)
#: So much of the past is summed up at once.
SPAN_MAX: Final = timedelta(days=7)
CARD_WITHIN: Final = timedelta(hours=1)
USUAL: Final = timedelta(days=28)


def limits_of(settings: Settings) -> Limits:
    return Limits(
        declines_points=settings.alarm_declines_points,
        declines_tries=settings.alarm_declines_tries,
        capture_rests_min=settings.alarm_capture_rests_min,
        silent_min=settings.alarm_silent_min,
        amount_times=settings.alarm_amount_times,
        card_places=settings.alarm_card_places,
    )


async def look(begin: BeginWork, limits: Limits) -> int:
    """The round: sum up the quarters that are over, raise and close alarms; how many are new."""
    async with begin() as work:
        parties = await store.parties_with_payments(work)
    raised = 0
    for party in parties:
        async with begin(party) as work:
            await _sum_up(work, party)
        async with begin(party) as work:
            raised += await _judge(work, party, limits)
    return raised


async def _sum_up(work: Work, party: PartyId) -> None:
    since = await store.summed_until(work, party)
    if since is None:
        return
    until = min(quarter_of(work.now - SETTLED), since + SPAN_MAX)
    if until > since:
        await store.sum_up(work, party, since, until)


def quarter_of(at: datetime) -> datetime:
    """When the quarter of an hour began in which this moment lies."""
    return at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0)


async def _judge(work: Work, party: PartyId, limits: Limits) -> int:
    tries = await store.tries(work, party, work.now - QUARTER)
    usual, amounts = await store.usual(work, party, work.now - USUAL)
    silent_since = work.now - timedelta(minutes=limits.silent_min)
    found: list[Alarm] = [*rules.declines(limits, tries, usual)]
    for resting in await store.resting(work, party):
        found += rules.captures(limits, resting, work.now)
    found += rules.silent(limits, await store.asked(work, party, silent_since))
    found += rules.amounts(limits, await store.taken(work, party, work.now - QUARTER), amounts)
    cards = await store.cards(work, party, work.now - CARD_WITHIN, limits.card_places)
    found += rules.cards(limits, cards)

    kept = await store.alarms(work, party, work.now - rules.SAME_WITHIN)
    changes = rules.changed(kept, found, work.now)
    ids = await store.raise_alarms(work, party, changes.raised)
    await store.seen_again(work, changes.seen)
    await store.close_alarms(work, changes.closed)

    await work.announce([PaymentAlarmRaised(party=party, at=work.now, alarm=id) for id in ids])
    if changes.closed:
        work.touch(f"payments:{party}")
    return len(ids)


async def open_alarms(work: Work, party: PartyId) -> list[Alarm]:
    """What is to be looked at now, the newest first."""
    return await store.open_alarms(work, party)


async def forget_old(begin: BeginWork, days: int) -> int:
    """Forget alarms that were closed so long ago (0: never)."""
    if not days:
        return 0
    async with begin() as work:
        return await store.forget(work, work.now - timedelta(days=days))
