"""Whom it concerns that bays are out of service: who is there, waits for them, likes the place.

Who charges or is about to, has a bay held or reserved, or watches this very one is concerned by
that bay. Who waits for any bay, or has the place among theirs, is concerned once at least half of
the bays that they could use are out: one of twenty is no news to them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Final
from uuid import UUID

from voltway.alerts.model_events import Person, wait_holder
from voltway.alerts.speaking import speaking
from voltway.alerts.whose import of_payment, who_charges
from voltway.drivers import favourites
from voltway.kernel.ids import EvseId, LocationId, PaymentId, SessionId
from voltway.payments import actions as payments
from voltway.runtime.work import Row, Work
from voltway.sessions import actions as sessions
from voltway.waiting import actions as waiting
from voltway.waiting import reservations, turns
from voltway.waiting.model_reservations import Reservation

#: No charge lasts longer, and nobody pays for a start longer before.
_CHARGES_LAST: Final = timedelta(days=3)
_PAID_LASTS: Final = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Concerned:
    """``evse``: their own bay, where it is one; ``charges``: a car of theirs charges there."""

    person: Person
    page: str
    evse: EvseId | None = None
    charges: bool = False


async def whom(
    work: Work,
    location: LocationId,
    out: Collection[EvseId],
    *,
    at: datetime | None = None,
    and_out: Collection[EvseId] = (),
) -> list[Concerned]:
    """Whom it concerns that these bays of a place are out of service, each once, those who are at
    them first. ``at``: they will be, then; ``and_out``: these are out already."""
    then = at or work.now
    is_soon = then - work.now <= _PAID_LASTS
    found = await who_is_at(work, out) if is_soon else []
    found += [
        of_reserved(each)
        for each in await reservations.open_at(work, location)
        if each.evse in out and each.until > then
    ]
    found += await _who_waits(work, location, out, then, and_out)
    if is_half(await _bays(work, location), {*out}, {*and_out}):
        found += [
            Concerned(
                Person(holder=each.email, email=each.email, locale=each.locale), f"/l/{location}"
            )
            for each in await favourites.who_wants_to_know(work, location)
        ]
    once = list({each.person.holder: each for each in reversed(found)}.values())[::-1]
    return await _speaking(work, once)


async def _speaking(work: Work, found: Sequence[Concerned]) -> list[Concerned]:
    people = await speaking(work, [each.person for each in found])
    return [replace(each, person=person) for each, person in zip(found, people, strict=True)]


async def who_is_at(work: Work, bays: Collection[EvseId]) -> list[Concerned]:
    """Who charges at these bays, or has paid and is about to."""
    running = await work.all(
        """
        SELECT id FROM session_view
         WHERE evse_id = ANY($1::uuid[]) AND started_at > $2 AND running ORDER BY id
        """,
        list(bays),
        work.now - _CHARGES_LAST,
    )
    found = []
    for session in await sessions.sessions_by_id(work, [SessionId(row["id"]) for row in running]):
        who = await who_charges(work, session)
        if who is not None:
            found += [Concerned(each, who.page, session.evse, charges=True) for each in who.people]
    paid = await work.all(
        """
        SELECT id FROM payment_view
         WHERE evse_id = ANY($1::uuid[]) AND created_at > $2 AND state = 'held'
           AND session_id IS NULL ORDER BY id
        """,
        list(bays),
        work.now - _PAID_LASTS,
    )
    if paid:
        held = await payments.payments(work, [PaymentId(row["id"]) for row in paid])
        found += [
            Concerned(person, f"/v/{each.visit_key}", each.evse)
            for each in held.values()
            for person in await of_payment(work, each)
        ]
    return found


def of_reserved(it: Reservation) -> Concerned:
    """The driver of a reservation, by its bay."""
    wait = wait_holder("reservation", it.id)
    person = Person(holder=it.email, email=it.email, locale=it.locale, wait=wait)
    return Concerned(person, f"/r/{it.key}", it.evse)


async def who_lost(work: Work, bays: Collection[EvseId], since: datetime) -> list[Concerned]:
    """Who had one of these bays reserved when it broke down or planned work began there, since
    then: their reservation's end told them."""
    lost = [of_reserved(each) for each in await reservations.broken_at(work, bays, since)]
    return await _speaking(work, lost)


async def _who_waits(
    work: Work,
    location: LocationId,
    out: Collection[EvseId],
    then: datetime,
    and_out: Collection[EvseId],
) -> list[Concerned]:
    """Who stands in line or watches, and still will."""
    found = []
    bays = await _bays(work, location)

    @cache
    def is_half_for(power_w_min: int) -> bool:
        fit = [each for each in bays if each["power_w"] >= power_w_min]
        return is_half(fit, {*out}, {*and_out})

    for turn in await turns.open_turns(work, location):
        is_own = turn.evse is not None and turn.evse in out
        if turn.lasts_until <= then:
            continue
        if is_own or is_half_for(turn.power_w_min):
            wait = wait_holder("turn", turn.id)
            person = Person(holder=turn.email, email=turn.email, locale=turn.locale, wait=wait)
            found.append(Concerned(person, f"/t/{turn.key}", turn.evse if is_own else None))
    for watch in await waiting.open_watches(work, location):
        is_own = watch.evse is not None and watch.evse in out
        if watch.until <= then or (watch.evse is not None and not is_own):
            continue
        if is_own or is_half_for(watch.power_w_min):
            wait = wait_holder("watch", watch.id)
            person = Person(holder=watch.email, email=watch.email, locale=watch.locale, wait=wait)
            found.append(Concerned(person, f"/w/{watch.key}", watch.evse))
    return found


async def _bays(work: Work, location: LocationId) -> Sequence[Row]:
    return await work.all(
        """
        SELECT id, connector_type, status, connected, power_w FROM evse_view
         WHERE location_id = $1 AND published
        """,
        location,
    )


def is_half(bays: Sequence[Row], out: Collection[UUID], and_out: Collection[UUID]) -> bool:
    """The rule: of the bays that share a plug with one that goes out, at least half do not work."""
    gone: dict[str, list[bool]] = {}
    for row in bays:
        works = row["connected"] and row["status"] not in ("faulted", "unavailable")
        is_out = row["id"] in out or row["id"] in and_out or not works
        gone.setdefault(row["connector_type"], []).append(is_out)
    kinds: Mapping[str, list[bool]] = gone
    concerned = {row["connector_type"] for row in bays if row["id"] in out}
    return any(2 * sum(kinds[kind]) >= len(kinds[kind]) for kind in concerned)
