"""Who has reserved a bay is told that the time is over soon, or that it was cancelled and why."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from voltway.alerts.model_events import Event, Person
from voltway.alerts.speaking import speaking
from voltway.alerts.telling import tell
from voltway.alerts.words_reservations import WHY
from voltway.billing.words import language
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
            await _tell(work, it, Event.RESERVATION_OVER, why=_why(it))
        elif it.is_open:
            await _tell(work, it, Event.RESERVATION_SOON)


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
    await tell(work, it.party, [person], event, f"reservation:{it.id}", shown)


def _why(it: Reservation) -> str:
    if it.why == WhyReservation.OPERATOR:
        return it.said
    return WHY[language(it.locale)].get(WhyReservation(it.why), "")
