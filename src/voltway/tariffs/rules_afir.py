"""What Regulation (EU) 2023/1804 (AFIR), art. 5, does not allow in a price for ad hoc charging.

At 50 kW and more the price is per kWh; an occupancy fee per minute may be added, and nothing
else (par. 4). Below, every component is allowed, and they are shown in a given order (par. 5).

The price binds where a guest would be charged by it, whatever its tariff calls itself: a tariff
for drivers with a contract that stands alone at a place is the price of its guests, too.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from voltway.kernel.ids import EvseId, LocationId, PartyId, StationId, TariffId
from voltway.kernel.units import PowerW
from voltway.tariffs.model import Dimension, PriceComponent, Restrictions, Tariff
from voltway.tariffs.model_versions import Assigned, DriverKind, Place
from voltway.tariffs.rules_assignment import Known, resolved

#: Recharging points of this power and more are bound to a price per kWh.
FAST_W = PowerW(50_000)
MINUTE_S = 60
#: What each sentence ends with: where the law says it.
LAW = "(Regulation (EU) 2023/1804, Art. 5(4))"
#: Where it is law: the Union, and the EEA with it (ISO 3166, by two letters and by three).
BOUND = frozenset(
    re.findall(
        r"\w+",
        "AT AUT BE BEL BG BGR CY CYP CZ CZE DE DEU DK DNK EE EST ES ESP FI FIN FR FRA GR GRC HR HRV"
        " HU HUN IE IRL IS ISL IT ITA LI LIE LT LTU LU LUX LV LVA MT MLT NL NLD NO NOR PL POL PT"
        " PRT RO ROU SE SWE SI SVN SK SVK",
    )
)


class Bay(NamedTuple):
    """An EVSE as far as the law asks for it."""

    party: PartyId
    location: LocationId
    station: StationId
    evse: EvseId
    power_w: PowerW
    name: str  # its public name
    at: str  # the name of its place
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAllowed:
    """A price that the law does not allow at an EVSE, from a moment on: which, and why."""

    bay: Bay
    begins: datetime
    version: TariffId
    tariff: str
    by: str  # what is assigned to what
    why: tuple[str, ...]

    @property
    def key(self) -> tuple[EvseId, str]:
        """The same price by another assignment is somebody's new deed."""
        return self.bay.evse, self.by

    @property
    def says(self) -> str:
        """Who meets it; ``why`` says what is wrong with it."""
        bay = self.bay
        return (
            f"Guests at {bay.at}, {bay.name} ({bay.power_w // 1000} kW), are charged by tariff"
            f" {self.tariff}."
        )


def not_allowed(bays: Iterable[Bay], known: Known, now: datetime) -> Iterator[NotAllowed]:
    """Each EVSE where a guest's price is forbidden, now or by what is arranged already."""
    moments = turns(known, now)
    prices: dict[Place, list[tuple[datetime, Assigned]]] = {}
    laws: dict[TariffId, tuple[str, ...]] = {}
    for bay in bays:
        if bay.power_w < FAST_W or bay.country not in BOUND:
            continue
        place = _place(bay, known.assignments)
        if place not in prices:
            held = ((at, resolved(place, at, known)) for at in moments)
            prices[place] = [(at, each) for at, each in held if each is not None]
        told: set[str] = set()
        for begins, each in prices[place]:
            if each.why in told:
                continue
            told.add(each.why)
            if each.version_id not in laws:
                laws[each.version_id] = lint_afir(each.tariff, FAST_W)
            if why := laws[each.version_id]:
                yield NotAllowed(
                    bay=bay,
                    begins=begins,
                    version=each.version_id,
                    tariff=each.tariff.id,
                    by=each.why,
                    why=why,
                )


def turns(known: Known, now: datetime) -> list[datetime]:
    """Now, and each later moment at which another price may begin to hold somewhere."""
    found: set[datetime | None] = set()
    for assigned in known.assignments.values():
        found |= {at for each in assigned for at in (each.since, each.until)}
    for groups in known.groups.values():
        for group in groups:
            found.add(group.valid_from)
            found |= {at for each in group.members for at in (each.since, each.until)}
    for versions in known.versions.values():
        found |= {at for each in versions for at in (each.valid_from, each.valid_until)}
    return [now, *sorted(at for at in found if at is not None and at > now)]


def _place(bay: Bay, assigned: Mapping[UUID, object]) -> Place:
    """The EVSE for a guest, named no closer than something is assigned (the party stands for what
    has nothing of its own): so those of one price are one place."""
    evse = bay.evse if bay.evse in assigned else None
    station = bay.station if bay.station in assigned else StationId(bay.party)
    location = bay.location if bay.location in assigned else LocationId(bay.party)
    return Place(bay.party, location, station, evse=evse, kind=DriverKind.AD_HOC)


def lint_afir(tariff: Tariff, power_w: PowerW) -> tuple[str, ...]:
    """What forbids this tariff for ad hoc charging at this power, as sentences; none is well."""
    found: list[str] = []
    free = all(
        component.price == 0
        for element in tariff.elements
        for component in element.price_components
    )
    if power_w >= FAST_W and not free:
        found += _fast(tariff)
    return tuple(dict.fromkeys(found))


def _fast(tariff: Tariff) -> Iterator[str]:
    charged = [each for each in tariff.elements if each.restrictions.reservation is None]
    if not any(element.component(Dimension.ENERGY) for element in charged):
        yield f"At 50 kW and more the price must be per kWh: add a price for energy {LAW}."
    for element in charged:
        for component in element.price_components:
            yield from _component(component, element.restrictions)
    if tariff.min_price is not None:
        yield (
            f"At 50 kW and more there may be no minimum price: a session costs what it used {LAW}."
        )


def _component(component: PriceComponent, restrictions: Restrictions) -> Iterator[str]:
    if component.price == 0:
        return
    match component.dimension:
        case Dimension.FLAT:
            yield (
                f"At 50 kW and more there may be no price per session: remove the flat fee {LAW}."
            )
        case Dimension.TIME if not restrictions.min_duration_s:
            yield (
                "At 50 kW and more charging time may not be priced from the first minute: price "
                f"parking time, or time after a minimum duration, as an occupancy fee {LAW}."
            )
        case Dimension.TIME | Dimension.PARKING_TIME if component.step_size > MINUTE_S:
            yield (
                f"At 50 kW and more the occupancy fee must be per minute: make its step 60 s {LAW}."
            )
        case _:
            return
