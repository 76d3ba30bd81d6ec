"""What a driver's car would cost and take at many places at once: each at the bay that fits it
best."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from voltway.kernel.ids import LocationId, PartyId, TariffId
from voltway.kernel.money import Money
from voltway.runtime.work import Row, Work
from voltway.sessions import estimates as costs
from voltway.sessions.estimates import Wanted
from voltway.stations.model import Current
from voltway.tariffs.actions import Assigned
from voltway.vehicles.model import TimeToDone
from voltway.vehicles.rules_plugs import takes
from voltway.vehicles.rules_time import Station, time_to_done
from voltway.web.driver import estimates, my_car
from voltway.web.driver.my_car import MyCar
from voltway.web.driver.views import Bay, ForCar, state_of
from voltway.web.formats import Formats


class Port(NamedTuple):
    """What decides how well a bay fits a car. ``is_free``: and not doubtful."""

    location: UUID
    party: UUID
    zone: str
    number: int
    connector_type: str
    is_dc: bool
    power_w: int
    is_free: bool
    version: UUID | None


class _Fitting(NamedTuple):
    port: Port
    done: TimeToDone
    wanted: Wanted | None


def of_rows(
    rows: Sequence[Row],
    assigned: Mapping[UUID, Assigned],
    formats: Formats,
    expected_s: int,
    doubtful: Collection[UUID],
) -> list[Port]:
    """The ports of rows of ``port_view``."""
    return [
        Port(
            location=row["location_id"],
            party=row["party_id"],
            zone=row["time_zone"],
            number=row["number"],
            connector_type=row["connector_type"],
            is_dc=row["current"] == Current.DC,
            power_w=row["power_w"],
            is_free=state_of(row, formats.now, expected_s).glyph == "available"
            and row["id"] not in doubtful,
            version=assigned[row["id"]].version_id if row["id"] in assigned else None,
        )
        for row in rows
    ]


def of_bays(bays: Sequence[Bay]) -> list[Port]:
    """The ports of one place that is shown whole."""
    return [
        Port(
            location=bay.location_id,
            party=bay.party,
            zone=bay.time_zone,
            number=bay.number,
            connector_type=bay.connector_type,
            is_dc=bay.current == Current.DC,
            power_w=bay.power_w,
            is_free=bay.is_free,
            version=bay.tariff_version,
        )
        for bay in bays
    ]


async def at_places(
    work: Work, car: MyCar | None, ports: Sequence[Port], formats: Formats
) -> dict[UUID, ForCar]:
    """By place, what the car would cost and take at the bay that fits it best: free ones before
    others, then the soonest done, then the cheapest. A place where it fits nowhere says so."""
    if car is None:
        return {}
    known = await my_car.known_of(work, car, PartyId(ports[0].party)) if ports else None
    times: dict[Station, TimeToDone | None] = {}
    best: dict[UUID, list[_Fitting]] = {}
    for port in ports:
        best.setdefault(port.location, [])
        if known is None or not takes(car.model, port.connector_type, is_dc=port.is_dc):
            continue
        station = Station(port.is_dc, max(port.power_w, 1))
        if station not in times:
            times[station] = time_to_done(known, station, car.soc, car.target)
        done = times[station]
        if done is not None:
            best[port.location].append(_Fitting(port, done, _wanted(port, done)))
    kept = {place: _soonest(fitting) for place, fitting in best.items()}
    asked = {each.wanted for fitting in kept.values() for each in fitting if each.wanted}
    found = await costs.guests_costs(work, asked, work.now)
    amounts = {each: cost.payable for each, cost in found.items()}
    return {place: _shown(fitting, amounts, formats) for place, fitting in kept.items()}


def _wanted(port: Port, done: TimeToDone) -> Wanted | None:
    if port.version is None:
        return None
    kwh, minutes = my_car.in_figures(done)
    return Wanted(
        party=PartyId(port.party),
        location=LocationId(port.location),
        zone=port.zone,
        version=TariffId(port.version),
        legs=estimates.legs_of(estimates.Asked(kwh, minutes)),
    )


def _soonest(fitting: Sequence[_Fitting]) -> list[_Fitting]:
    """Those that are as good as the best, the price apart."""
    best = min((_rank(each) for each in fitting), default=None)
    return [each for each in fitting if _rank(each) == best]


def _rank(each: _Fitting) -> tuple[bool, float]:
    return not each.port.is_free, each.done.seconds


def _shown(
    fitting: Sequence[_Fitting], amounts: Mapping[Wanted, Money], formats: Formats
) -> ForCar:
    if not fitting:
        return ForCar()
    priced = [each for each in fitting if each.wanted in amounts]
    best = min(priced or fitting, key=lambda each: _minor(each, amounts))
    amount = amounts.get(best.wanted) if best.wanted else None
    return ForCar(
        fits=True,
        cost=formats.money(amount) if amount is not None else "",
        time=my_car.range_of(best.done, formats),
        bay=best.port.number,
    )


def _minor(each: _Fitting, amounts: Mapping[Wanted, Money]) -> int:
    amount = amounts.get(each.wanted) if each.wanted else None
    return amount.minor if amount is not None else 0
