"""Who has reserved a bay is told that the time is over soon, or that it was cancelled, why, and
where they can charge instead."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from voltway.alerts import elsewhere
from voltway.alerts.bays import bays_of, bays_out
from voltway.alerts.model_events import Event, Person, wait_holder
from voltway.alerts.speaking import speaking
from voltway.alerts.store_people import told_since
from voltway.alerts.telling import tell
from voltway.alerts.words_reservations import WHY
from voltway.billing.words import language
from voltway.disruptions import actions as found
from voltway.disruptions.model import DisruptionKind
from voltway.kernel.facts import Fact
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.waiting import reservations
from voltway.waiting.model_reservations import (
    Reservation,
    ReservationOver,
    ReservationSoonOver,
    WhyReservation,
)


async def hears_reservations(work: Work, facts: Sequence[Fact]) -> None:
    """One event for each fact. That it is over soon is no news where it is over."""
    for fact in facts:
        if not isinstance(fact, ReservationSoonOver | ReservationOver):
            continue
        it = await reservations.by_id(work, fact.reservation)
        if it is None:
            continue
        [it] = await speaking(work, [it])
        if isinstance(fact, ReservationOver):
            await _over(work, it)
        elif it.is_open:
            await _tell(work, it, Event.RESERVATION_SOON)


async def _over(work: Work, it: Reservation) -> None:
    """Nothing, where they were told of what ended it already: that their bay is out of service."""
    if it.why == WhyReservation.FAULT and await _knows(work, it):
        return
    why, free = _why(it), await elsewhere.alternatives(work, it.evse)
    if free:
        why = f"{why.rstrip('.')}. {elsewhere.in_words(free, it.locale)}"
    await _tell(work, it, Event.RESERVATION_OVER, why=why)


async def _knows(work: Work, it: Reservation) -> bool:
    """Whether they were told, while they had the bay, that it reports a fault or is not heard."""
    bays = await bays_of(work, it.location)
    for each in await found.open_at(work, it.location):
        if each.kind is DisruptionKind.STARTS or it.evse not in bays_out(each, bays):
            continue
        about = f"disruption:{each.id}"
        if await told_since(work, [it.email], Event.DISRUPTION, about, it.created_at):
            return True
    return False


async def _tell(work: Work, it: Reservation, event: Event, **more: str) -> None:
    person = Person(holder=it.email, email=it.email, locale=it.locale)
    bay = await stations.place_of(work, it.evse)
    shown = {
        "place": bay.location_name,
        "bay": str(bay.number),
        "when": f"{it.until.astimezone(ZoneInfo(bay.time_zone)):%H:%M}",
        "page": f"/r/{it.key}",
        **more,
    }
    await tell(work, it.party, [person], event, wait_holder("reservation", it.id), shown)


def _why(it: Reservation) -> str:
    if it.why == WhyReservation.OPERATOR:
        return it.said
    return WHY[language(it.locale)].get(WhyReservation(it.why), "")
