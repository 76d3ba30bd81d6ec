"""Reserve a bay, give it back, pay at it; and what operators may do about it."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

from voltway.drivers import actions as drivers
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import EvseId, LocationId, PartyId, StationId, TokenUid
from voltway.runtime.work import Work
from voltway.stations import abilities
from voltway.stations import actions as stations
from voltway.stations.model import EvsePlace
from voltway.stations.rules import heard_since
from voltway.waiting import asking, store, store_reservations, store_turns
from voltway.waiting import rules_reservations as rules
from voltway.waiting.model_reservations import (
    Reservation,
    ReservationState,
    WhyReservation,
)
from voltway.waiting.turns import BayIsHeld

#: For so many minutes a driver may reserve where nothing else was set.
MINUTES: Final = 15
MINUTES_MAX: Final = 120
#: So many a day may come to nothing.
IN_VAIN_MAX: Final = 3
REASON_MAX: Final = 200


class NoSuchReservation(Refusal):
    """There is no such reservation, or it was over long ago."""

    kind: ClassVar[Kind] = Kind.ABSENT


class CannotReserve(Refusal):
    """This bay cannot be reserved. You can start at once when you are there."""


class NotFree(Refusal):
    """This bay is not free now, so nobody can reserve it."""


class NotSoLong(Refusal):
    """A bay cannot be reserved for so many minutes. Please choose one of the times that are
    offered."""

    kind: ClassVar[Kind] = Kind.INVALID


class OneAtATime(Refusal):
    """You have a reservation already. Use it or give it back first."""


class TooManyInVain(Refusal):
    """You reserved three bays within a day and started at none of them. You can still start at once
    at any bay that is free."""

    kind: ClassVar[Kind] = Kind.LIMIT


class PeopleQueue(Refusal):
    """People stand in line here, so nobody reserves a bay. Please join the queue."""


class EnoughReserved(Refusal):
    """Half of the bays here are reserved already. The others are for who comes first."""

    kind: ClassVar[Kind] = Kind.LIMIT


class BayIsReserved(Refusal):
    """This bay is reserved for somebody. Please use another bay."""


class NotReserveMinutes(Refusal):
    """A bay may be reserved for 0 to 120 whole minutes; 0 means that nobody reserves."""

    kind: ClassVar[Kind] = Kind.INVALID


class ReasonMissing(Refusal):
    """Say why, in at most 200 characters: the driver reads it."""

    kind: ClassVar[Kind] = Kind.INVALID


async def minutes_for(work: Work, party: PartyId, location: LocationId | None) -> int:
    """For how many minutes at most a driver may reserve a bay here; 0 where nobody may."""
    found = await store_reservations.minutes_max(work, party, location)
    return MINUTES if found is None else found


async def set_minutes(
    work: Work, party: PartyId, location: LocationId | None, minutes: int | None, *, by: str
) -> None:
    """Say it for a place, or without one for all places of a party that say nothing themselves;
    ``None``: say nothing. Who has a bay keeps it. Raises ``NotReserveMinutes``."""
    if minutes is None:
        await store_reservations.clear_minutes_max(work, party, location)
        return
    if not 0 <= minutes <= MINUTES_MAX:
        raise NotReserveMinutes
    await store_reservations.set_minutes_max(work, party, location, minutes, by)


async def offered(work: Work, place: EvsePlace) -> int:
    """For how many minutes a driver may reserve this bay; 0 where not at all."""
    minutes = await minutes_for(work, place.party, place.location)
    return minutes if minutes and await abilities.can_reserve(work, place.station) else 0


async def reserve(
    work: Work, evse: EvseId, *, email: str, locale: str, minutes: int, expected_s: int
) -> Reservation:
    """Ask the station to keep a bay for this driver, and hold it until it has answered; the one
    before where they have this bay already. Stations speak at least every ``expected_s`` seconds.

    Raises ``CannotReserve``, ``NotSoLong``, ``OneAtATime``, ``TooManyInVain``, ``PeopleQueue``,
    ``EnoughReserved``, ``NotFree``, ``BayIsHeld``, ``BayIsReserved``.
    """
    email = email.strip().lower()
    place = await stations.place_of(work, evse)
    await store_turns.lock_line(work, place.location)
    await store.lock_person(work, email)
    most = await offered(work, place)
    if not most:
        raise CannotReserve
    if not 1 <= minutes <= most:
        raise NotSoLong
    theirs = await store_reservations.of_driver(work, email)
    if theirs is not None and theirs.evse == evse:
        return theirs
    if theirs is not None:
        raise OneAtATime
    await must_not_be_reserved(work, evse)
    await _must_be_left(work, place, email, expected_s)
    until = work.now + timedelta(minutes=minutes)
    wanted = asking.Wanted(bay=place, email=email, locale=locale, until=until, minutes=minutes)
    return await asking.ask(work, wanted)


async def _must_be_left(work: Work, place: EvsePlace, email: str, expected_s: int) -> None:
    """Raises where this bay, or a bay here, is left for nobody who reserves."""
    since = work.now - timedelta(days=1)
    if await store_reservations.in_vain_since(work, email, since) >= IN_VAIN_MAX:
        raise TooManyInVain
    line = await store_turns.open_at(work, place.location)
    if any(each.evse == place.evse for each in line):
        raise BayIsHeld
    if line:
        raise PeopleQueue
    bays = await store_turns.bays(work, place.location, heard_since(work.now, expected_s))
    bay = bays.get(place.evse)
    if bay is None or not bay.is_free:
        raise NotFree
    reserved = await store_reservations.open_at(work, place.location)
    if len(reserved) >= (len(bays) + 1) // 2:
        raise EnoughReserved


async def by_key(work: Work, key: str) -> Reservation:
    """A reservation by the key in the address of its page. Raises ``NoSuchReservation``."""
    found = await store_reservations.by_key(work, key)
    if found is None or found.turn is not None:
        raise NoSuchReservation
    return found


async def by_id(work: Work, id: UUID) -> Reservation | None:
    return await store_reservations.by_id(work, id)


async def open_at(work: Work, location: LocationId) -> list[Reservation]:
    """Who has reserved a bay of this place, but for those who stand in its line."""
    found = await store_reservations.open_at(work, location)
    return [each for each in found if each.turn is None]


async def broken_at(work: Work, bays: Collection[EvseId], since: datetime) -> list[Reservation]:
    """Who lost a reservation of one of these bays since then, because the bay broke down or planned
    work began there."""
    why = (WhyReservation.FAULT, WhyReservation.WORK)
    return await store_reservations.lost_at(work, bays, why, since)


async def leave(work: Work, key: str) -> Reservation:
    """Its driver gives it back; what is over stays as it is. Raises ``NoSuchReservation``."""
    found = await by_key(work, key)
    await store_turns.lock_line(work, found.location)
    return await asking.end(work, await by_key(work, key), WhyReservation.LEFT)


async def cancel(work: Work, id: UUID, reason: str) -> Reservation:
    """An operator takes it back, and its driver is told why. Raises ``NoSuchReservation``,
    ``ReasonMissing``."""
    reason = " ".join(reason.split())
    if not 1 <= len(reason) <= REASON_MAX:
        raise ReasonMissing
    found = await by_id(work, id)
    if found is None or found.turn is not None:
        raise NoSuchReservation
    await store_turns.lock_line(work, found.location)
    again = await by_id(work, id)
    assert again is not None
    return await asking.end(work, again, WhyReservation.OPERATOR, said=reason)


async def must_not_be_reserved(
    work: Work, evse: EvseId, *, keys: tuple[str, ...] = (), email: str | None = None
) -> None:
    """Raises ``BayIsReserved`` where the bay is reserved for somebody else: other keys than these,
    another address than who signed in with."""
    it = await store_reservations.at_bay(work, evse)
    is_others = it is not None and it.turn is None  # that beside a turn is the line's to keep
    if is_others and await theirs_at(work, evse, keys=keys, email=email) is None:
        raise BayIsReserved


async def theirs_at(
    work: Work, evse: EvseId, *, keys: tuple[str, ...], email: str | None
) -> Reservation | None:
    """The open reservation of a bay, if it is theirs: by its own key, by that of the turn beside
    which it stands, or by the address with which they signed in."""
    it = await store_reservations.at_bay(work, evse)
    if it is None:
        return None
    if it.turn is None:
        return it if it.email == (email or "").lower() or it.key in keys else None
    turn = await store_turns.by_id(work, it.turn)
    if turn is None or not turn.has_bay:
        return None
    return it if turn.key in keys or turn.email == (email or "").lower() else None


async def token_for(
    work: Work, evse: EvseId, *, keys: tuple[str, ...], email: str | None
) -> TokenUid | None:
    """The token with which who has this bay reserved starts a visit there; none where any will do.

    A token pays for one visit. Who begins to pay a second time gets another one, for which the
    station is asked to keep the bay instead; a card is never used for a visit, so the station lets
    go of it, and we alone hold the bay from then on.
    """
    it = await theirs_at(work, evse, keys=keys, email=email)
    if it is None:
        return None
    await store_turns.lock_line(work, it.location)
    it = await theirs_at(work, evse, keys=keys, email=email)
    if it is None:
        return None
    again, it = it.paying_at is not None, replace(it, paying_at=work.now)
    if it.own_card:
        await asking.let_go(work, it)
        return None
    if again:
        made = await drivers.make_ad_hoc_token(work, it.party, None, it.until + asking.TOKEN_LASTS)
        it = await asking.ask_again(work, replace(it, token=made))
    else:
        await store_reservations.save(work, it)
    return it.token


async def begins(
    work: Work, evse: EvseId, visit_key: str, *, keys: tuple[str, ...], email: str | None
) -> None:
    """Who has this bay reserved pays for a visit there: a session of that visit is theirs."""
    it = await theirs_at(work, evse, keys=keys, email=email)
    if it is not None:
        await store_reservations.save(work, replace(it, visit_key=visit_key))


async def used(work: Work, station: StationId, number: int) -> None:
    """A session began under this number (1.6 §5.13; 2.0.1 part 2 H01.FR.15). A number that nobody
    gave, or that is over, moves nothing."""
    it = await store_reservations.by_number(work, station, number)
    if it is not None and it.is_open:
        await asking.keep(work, it, rules.over(it, work.now, state=ReservationState.STARTED))
