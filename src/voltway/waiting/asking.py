"""What stations are asked for reservations: to keep a bay, to keep it still, to let go."""

import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from voltway.drivers import actions as drivers
from voltway.kernel.facts import Fact
from voltway.kernel.ids import new_id
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.stations.model import EvsePlace
from voltway.stations.orders import CancelReservation, ReserveNow
from voltway.waiting import rules_reservations as rules
from voltway.waiting import store_reservations
from voltway.waiting.model_reservations import (
    STARTED,
    TOLD,
    Reservation,
    ReservationEnded,
    ReservationKept,
    ReservationOver,
    ReservationState,
    WhyReservation,
)

#: Who waits at the page does not wait longer for the station's line.
ASK_WITHIN_S: Final = 60
#: A token that was made for a reservation is good so long after it, unless a visit makes it last.
TOKEN_LASTS: Final = timedelta(minutes=10)
BY: Final = "driver"
#: 2.x compares the kind of a token too; cards show themselves as this.
CARD: Final = "ISO14443"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which bay is to be kept for whom; ``turn`` where it stands beside a hold in a line."""

    bay: EvsePlace
    email: str
    locale: str
    until: datetime
    minutes: int = 0
    turn: UUID | None = None


async def ask(work: Work, wanted: Wanted) -> Reservation:
    """Make a reservation for its driver's card, or for a token of its own, and ask its station."""
    bay = wanted.bay
    card = await store_reservations.own_card(work, bay.party, wanted.email)
    until = wanted.until + TOKEN_LASTS
    it = Reservation(
        id=new_id(work.now),
        party=bay.party,
        key=secrets.token_urlsafe(16),
        location=bay.location,
        station=bay.station,
        evse=bay.evse,
        turn=wanted.turn,
        email=wanted.email,
        locale=wanted.locale,
        minutes=wanted.minutes,
        token=card or await drivers.make_ad_hoc_token(work, bay.party, None, until),
        own_card=card is not None,
        state=ReservationState.ASKED,
        asked_at=work.now,
        created_at=work.now,
        until=wanted.until,
    )
    return await ask_again(work, replace(it, number=await store_reservations.add(work, it)))


async def ask_again(work: Work, it: Reservation) -> Reservation:
    """Ask a station to keep a bay under the number that it has: it keeps one reservation of it."""
    bay = await stations.place_of(work, it.evse)
    order = ReserveNow(
        evse=bay.number,
        reservation=it.number,
        token=it.token,
        until=it.until,
        token_kind=CARD if it.own_card else "Central",
    )
    placed = await stations.place_order(work, it.station, order, by=BY, expires_s=ASK_WITHIN_S)
    it = replace(it, order=placed, asked_at=work.now)
    await store_reservations.save(work, it)
    touch(work, it)
    return it


async def let_go(work: Work, it: Reservation) -> Reservation:
    """Let the station keep the bay no more, while it is held by us."""
    if not it.let_go:
        await _tell(work, it)
    it = replace(it, let_go=True)
    await store_reservations.save(work, it)
    return it


async def end(work: Work, it: Reservation, why: WhyReservation, *, said: str = "") -> Reservation:
    """End an open reservation, and let its station know; what is over stays as it is."""
    if not it.is_open:
        return it
    ended = rules.over(it, work.now, why, said=said)
    await _take_back_or_tell(work, ended)
    return await keep(work, it, ended)


async def keep(work: Work, before: Reservation, after: Reservation) -> Reservation:
    """Keep what became of it, and tell who must know."""
    if after == before or not await store_reservations.save(work, after):
        return after
    touch(work, after)
    if after.turn is None:  # one beside a hold is heard of as a turn
        await work.announce(_facts(work, before, after))
    return after


def _facts(work: Work, before: Reservation, after: Reservation) -> list[Fact]:
    facts: list[Fact] = []
    if before.state is ReservationState.ASKED and after.state is ReservationState.KEPT:
        facts.append(
            ReservationKept(
                party=after.party,
                at=work.now,
                reservation=after.id,
                location=after.location,
                station=after.station,
                evse=after.evse,
                until=after.until,
            )
        )
    if before.is_open and not after.is_open:
        facts.append(
            ReservationEnded(
                party=after.party,
                at=work.now,
                reservation=after.id,
                location=after.location,
                evse=after.evse,
                why=after.why or STARTED,
            )
        )
    if before.is_open and after.why in TOLD:
        facts.append(
            ReservationOver(party=after.party, at=work.now, reservation=after.id, why=after.why)
        )
    return facts


async def follow(work: Work, it: Reservation, ask: rules.Ask) -> Reservation:
    """Ask the station what the rules say."""
    match ask:
        case rules.Ask.AGAIN:
            return await ask_again(work, it)
        case rules.Ask.LET_GO if it.is_open:
            return await let_go(work, it)
        case rules.Ask.LET_GO:
            await _tell(work, it)
        case rules.Ask.TAKE_BACK:
            await _take_back_or_tell(work, it)
        case rules.Ask.NOTHING:
            pass
    return it


async def _take_back_or_tell(work: Work, it: Reservation) -> None:
    """An order that was not sent is taken back; what a station heard, it is told to forget."""
    if it.order is None:
        return
    order = await stations.order(work, it.order)
    if order.is_open:
        with suppress(stations.OrderUnderWay):
            await stations.cancel_order(work, it.order, "The reservation is over.")
            return
    if not it.let_go:
        await _tell(work, it)


async def _tell(work: Work, it: Reservation) -> None:
    """The order waits for a station that is away until the reservation ends there by itself."""
    left_s = max(ASK_WITHIN_S, int((it.until - work.now).total_seconds()))
    await stations.place_order(
        work, it.station, CancelReservation(it.number), by=BY, expires_s=left_s
    )


def touch(work: Work, it: Reservation) -> None:
    work.touch(
        f"reservation:{it.id}",
        f"line:{it.location}",
        f"station:{it.station}",
        f"evse:{it.evse}",
    )
