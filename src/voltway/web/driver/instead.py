"""Where a driver can charge instead of at a bay, or a place, where they cannot now.

The ranking is that of the alerts. Distances are from the bay or the place: nobody is asked where
they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Final
from uuid import UUID

from voltway.alerts import elsewhere
from voltway.alerts.rules_elsewhere import Alternative
from voltway.payments import starts
from voltway.runtime.work import Work
from voltway.stations.model import Current
from voltway.vehicles.rules_plugs import takes
from voltway.waiting.model_reservations import Reservation, ReservationState, WhyReservation
from voltway.web.driver import views
from voltway.web.driver.my_car import MyCar
from voltway.web.driver.views import Bay
from voltway.web.formats import Formats

#: Who waits for a bay that is in use may like to wait: other places are folded away.
_IN_USE: Final = frozenset({"charging", "idle"})


@dataclass(frozen=True, slots=True)
class Shown:
    """An alternative as a page shows it. ``bay``: its number where it is at the same place, else 0;
    ``km``, ``price`` and ``sure`` in words; ``price`` is empty where none is known."""

    path: str
    name: str
    bay: int
    plug: str
    km: str
    price: str
    sure: str


@dataclass(frozen=True, slots=True)
class Instead:
    """The alternatives, the best first, and whether they are folded away."""

    places: tuple[Shown, ...] = ()
    is_folded: bool = False


async def of_bay(
    work: Work, bay: Bay, formats: Formats, *, is_theirs: bool, in_window: bool
) -> Instead:
    """Where to charge instead of at this bay; nothing where a start may work and is not doubtful,
    or where the bay is reserved for who looks (``is_theirs``). ``in_window``: planned work runs, so
    that nobody can wait for who charges there. Who stands at a doubtful bay may try it first."""
    if (bay.state.may_start and not bay.misses) or is_theirs:
        return Instead()
    found = await elsewhere.alternatives(work, bay.evse)
    may_wait = bay.state.glyph in _IN_USE and not in_window
    return Instead(_shown(found, bay.location_id, formats), bay.state.may_start or may_wait)


async def of_place(work: Work, bays: Sequence[Bay], car: MyCar | None, formats: Formats) -> Instead:
    """The same of a place where nothing is free: for each kind of plug there that fits the driver's
    car, the best one first, then the next ones."""
    if not bays or any(bay.is_free for bay in bays):
        return Instead()
    all_here = [bay.evse for bay in bays]
    strongest = {bay.connector_type: bay for bay in sorted(bays, key=lambda each: each.power_w)}
    kinds = [
        await elsewhere.alternatives(work, bay.evse, but=all_here)
        for bay in strongest.values()
        if car is None or takes(car.model, bay.connector_type, is_dc=bay.current == Current.DC)
    ]
    in_turn = [each for each in chain.from_iterable(zip_longest(*kinds)) if each is not None]
    return Instead(_shown(in_turn[: elsewhere.NAMED], bays[0].location_id, formats))


async def of_reserved(work: Work, it: Reservation, formats: Formats, *, is_lost: bool) -> Instead:
    """The same for who reserved a bay and cannot use it: it is out (``is_lost``), or their
    reservation was cancelled. Who let the time pass, or gave it back, may start where the bay is
    free still."""
    if it.is_open and not is_lost:
        return Instead()
    if it.state is ReservationState.STARTED or (it.why == WhyReservation.LEFT and not is_lost):
        return Instead()
    if it.why == WhyReservation.EXPIRED and not is_lost and await _is_free(work, it):
        return Instead()
    return Instead(_shown(await elsewhere.alternatives(work, it.evse), it.location, formats))


async def _is_free(work: Work, it: Reservation) -> bool:
    row = await work.one("SELECT status = 'available' AS is FROM port_view WHERE id = $1", it.evse)
    return row is not None and bool(row["is"]) and not await starts.doubtful(work, [it.evse])


def _shown(found: Sequence[Alternative], here: UUID, formats: Formats) -> tuple[Shown, ...]:
    return tuple(_one(each, here, formats) for each in found)


def _one(each: Alternative, here: UUID, formats: Formats) -> Shown:
    is_here = each.location == here
    price = formats.price(each.price, each.currency) if each.price is not None else ""
    km = formats.number(each.km, 1 if each.km < 10 else 0)
    return Shown(
        path=f"/e/{each.name}" if is_here else f"/l/{each.location}",
        name=each.name,
        bay=each.number if is_here else 0,
        plug=views.plug(each.connector_type, each.power_w, formats),
        km="" if is_here else formats.say("%(km)s km away", km=km),
        price=formats.say("%(price)s per kWh", price=price) if price else "",
        sure=formats.say("%(percent)s sure", percent=formats.percent(each.percent)),
    )
