"""What becomes of a reservation, and what its station is asked then. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from voltway.stations.orders import OrderState
from voltway.waiting.model_reservations import (
    BaySeen,
    Reservation,
    ReservationState,
    WhyReservation,
)

#: Who has begun to pay when the time ends has so long to be done.
PAYS: Final = timedelta(minutes=5)
#: A station restarts within this; one that is away longer keeps nothing that a driver could use.
AWAY: Final = timedelta(minutes=5)
#: So long before its end a driver is told, where it is not much shorter itself.
SOON: Final = timedelta(minutes=5)
SOON_OF_MIN: Final = 10

_NO: Final = {
    OrderState.REFUSED: WhyReservation.REFUSED,
    OrderState.SILENT: WhyReservation.SILENT,
    OrderState.EXPIRED: WhyReservation.SILENT,
    OrderState.CANCELLED: WhyReservation.SILENT,
    OrderState.WITHOUT_EFFECT: WhyReservation.SILENT,
}


def judged(it: Reservation, seen: BaySeen, now: datetime) -> Reservation:
    """The reservation by what happened to it and to its bay since."""
    if not it.is_open:
        return it
    if seen.started:
        return over(it, now, state=ReservationState.STARTED)
    if it.turn is not None and not seen.turn_holds:
        return over(it, now, WhyReservation.LEFT)
    if it.state is ReservationState.ASKED and seen.order in _NO:
        return over(it, now, _NO[seen.order], said=seen.word)
    if (why := _lost(it, seen, now)) is not None:
        return over(it, now, why)
    if it.state is ReservationState.ASKED and seen.order is OrderState.DONE:
        return replace(it, state=ReservationState.KEPT)
    return it


def _lost(it: Reservation, seen: BaySeen, now: datetime) -> WhyReservation | None:
    if not seen.open:
        return WhyReservation.CLOSED
    if seen.worked:
        return WhyReservation.WORK
    if seen.broken or (seen.away_since is not None and now - seen.away_since > AWAY):
        return WhyReservation.FAULT
    if seen.used:
        return WhyReservation.TAKEN
    pays = it.paying_at is not None and it.paying_at > it.until - PAYS
    return WhyReservation.EXPIRED if now >= it.until + (PAYS if pays else timedelta()) else None


def over(
    it: Reservation,
    now: datetime,
    why: WhyReservation | None = None,
    *,
    said: str = "",
    state: ReservationState = ReservationState.ENDED,
) -> Reservation:
    word = "" if why is None else why.value
    return replace(it, state=state, why=word, said=said[:200] or it.said, ended_at=now)


def is_soon_over(it: Reservation, now: datetime) -> bool:
    """Whether its driver is told now that its time is over soon."""
    is_near = it.until - SOON <= now < it.until and it.minutes >= SOON_OF_MIN
    is_theirs = it.turn is None and it.state is ReservationState.KEPT and it.paying_at is None
    return is_theirs and is_near and it.warned_at is None


class Ask(Enum):
    """What a station is asked after a reservation was judged."""

    NOTHING = auto()
    TAKE_BACK = auto()  # the order that was not sent yet
    LET_GO = auto()
    AGAIN = auto()  # it has restarted, and may have forgotten


def asks(it: Reservation, seen: BaySeen) -> Ask:
    """What the station of a judged reservation is asked."""
    if it.is_open:
        return _asks_while_open(it, seen)
    if seen.order is OrderState.QUEUED:
        return Ask.TAKE_BACK
    if it.let_go or it.state is ReservationState.STARTED or seen.order is OrderState.EXPIRED:
        return Ask.NOTHING
    match it.why:
        case WhyReservation.REFUSED | WhyReservation.REMOVED:
            return Ask.NOTHING
        case WhyReservation.EXPIRED:  # the station's own clock ended it too, where it runs right
            return Ask.LET_GO if seen.shown else Ask.NOTHING
        case WhyReservation.FAULT if seen.broken:
            return Ask.NOTHING  # 1.6 §5.13, 2.0.1 H01.FR.16: a fault ends it at the station
        case _:
            return Ask.LET_GO


def _asks_while_open(it: Reservation, seen: BaySeen) -> Ask:
    if it.let_go:
        return Ask.NOTHING
    if it.state is ReservationState.KEPT and it.paying_at is not None and seen.order in _NO:
        return Ask.LET_GO  # it may be kept for a token that starts nothing any more
    has_restarted = seen.booted_at is not None and seen.booted_at > it.asked_at
    return Ask.AGAIN if it.state is ReservationState.KEPT and has_restarted else Ask.NOTHING
