"""The round that looks after reservations, and who hears what stations say of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from voltway.drivers import actions as drivers
from voltway.kernel.facts import Fact
from voltway.kernel.ids import LocationId
from voltway.runtime.work import BeginWork, Work
from voltway.stations import abilities
from voltway.stations import actions as stations
from voltway.stations.model import OrderEnded, ReservationLetGo
from voltway.stations.orders import ReserveNow
from voltway.waiting import asking, store_reservations, store_turns
from voltway.waiting import rules_reservations as rules
from voltway.waiting.looking import AT_ONCE, KEEP
from voltway.waiting.model_reservations import (
    Reservation,
    ReservationSoonOver,
    WhyReservation,
)
from voltway.waiting.model_turns import Turn


async def move(begin: BeginWork) -> int:
    """Look at every reservation; how many changed. Each place is one work."""
    async with begin() as work:
        places = await store_reservations.places(work)
    changed = 0
    for place in places:
        async with begin() as work:
            changed += await _move(work, place)
    return changed


async def _move(work: Work, location: LocationId) -> int:
    await store_turns.lock_line(work, location)
    seen = await store_reservations.seen(work, location)
    changed = 0
    for it in await store_reservations.open_at(work, location):
        how = seen[it.id]
        now = rules.judged(it, how, work.now)
        kept = await asking.keep(work, it, await _warned(work, now))
        kept = await asking.follow(work, kept, rules.asks(now, how))
        changed += kept != it
        if kept.is_open:
            work.touch(f"reservation:{it.id}")  # what is left is seen to run
    return changed


async def _warned(work: Work, it: Reservation) -> Reservation:
    if not rules.is_soon_over(it, work.now):
        return it
    await work.announce([ReservationSoonOver(party=it.party, at=work.now, reservation=it.id)])
    return replace(it, warned_at=work.now)


async def beside(work: Work, turn: Turn, hold: timedelta) -> None:
    """Ask the station of a bay that is held for who is next in line to keep it for them too. It is
    our hold that counts: where the station cannot or will not, nothing else changes."""
    assert turn.evse is not None
    assert turn.station is not None
    assert turn.held_until is not None
    if await abilities.can_reserve(work, turn.station) is False:
        return
    if (before := await store_reservations.at_bay(work, turn.evse)) is not None:
        await asking.end(work, before, WhyReservation.LEFT)
    await asking.ask(
        work,
        asking.Wanted(
            bay=await stations.place_of(work, turn.evse),
            email=turn.email,
            locale=turn.locale,
            # They may say that they come, and stand there with a cable, each for as long again.
            until=turn.held_until + 2 * hold,
            turn=turn.id,
        ),
    )


async def hears_orders(work: Work, facts: Sequence[Fact]) -> None:
    """A station has answered whether it keeps a bay: its driver waits for that at the page."""
    for fact in facts:
        if isinstance(fact, OrderEnded) and fact.kind == ReserveNow.__name__:
            for place in await store_reservations.places_of(work, fact.order):
                await _move(work, place)


async def hears_let_go(work: Work, facts: Sequence[Fact]) -> None:
    """A station keeps a bay no more: the time is over by its clock, or it had to (2.0.1 part 2 H04,
    H01.FR.16). Of a number that nobody gave, or that is over, this is no news."""
    for fact in facts:
        if not isinstance(fact, ReservationLetGo):
            continue
        it = await store_reservations.by_number(work, fact.station, fact.reservation)
        if it is None:
            continue
        await store_turns.lock_line(work, it.location)
        it = await store_reservations.by_id(work, it.id)
        if it is None or not it.is_open or it.asked_at > fact.at:
            continue
        let_go = replace(it, let_go=True)
        expired = fact.why != "Removed"
        if it.turn is not None or (expired and work.now < it.until):
            await asking.keep(work, it, let_go)  # its clock is ahead of ours: we still hold it
        else:
            why = WhyReservation.EXPIRED if expired else WhyReservation.REMOVED
            await asking.keep(work, it, rules.over(let_go, work.now, why))


async def forget_old(begin: BeginWork) -> None:
    """Forget reservations that are over, the addresses with them, and tokens that nobody used."""
    async with begin() as work:
        unused = await store_reservations.forget(work, work.now - KEEP, AT_ONCE)
        await drivers.forget_guests(work, unused)
