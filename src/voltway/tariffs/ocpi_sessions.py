"""OCPI sessions and CDRs of 2.1.1, 2.2.1 and 2.3.0, read as the periods that are priced.

A charging period ends where the next begins, and the last where the session ends (OCPI 2.2.1,
ChargingPeriod). What it used is what its dimensions say, not how long it lasted.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from msgspec.structs import replace

from voltway.tariffs import ocpi_wire as wire
from voltway.tariffs.documents import BadField, moment, read_json, shaped
from voltway.tariffs.exact import Exact, exact, narrowed
from voltway.tariffs.model import ChargingPeriod, Reservation

WHAT = "session"
LASTS_MAX = timedelta(days=400)

#: Half a unit of the fourth decimal of an hour, the last that OCPI's numbers must have.
HOUR_PLACES_S = Fraction(18, 100)


def read_session(raw: bytes | str) -> tuple[ChargingPeriod, ...]:
    """The periods of a JSON document. Raises ``NotJson`` or ``BadField``."""
    return periods_in(read_json(raw, WHAT))


def periods_in(document: Any) -> tuple[ChargingPeriod, ...]:
    """The periods of a session or CDR already parsed (numbers as ``Decimal``, not ``float``)."""
    if isinstance(document, dict) and "data" in document and "charging_periods" not in document:
        document = document["data"]
    told = shaped(document, wire.Session, WHAT)
    periods = _periods(told) if told.charging_periods else _whole(told)
    reserved = [each for each in periods if each.reservation]
    if not reserved or not _expired(told, periods):
        return periods
    return tuple(replace(each, reservation=Reservation.EXPIRES) for each in periods)


def _expired(told: wire.Session, periods: tuple[ChargingPeriod, ...]) -> bool:
    """Whether nobody came to the reserved place.

    OCPI has no field for it. A document may say so itself; else it is a CDR of a reservation
    alone that names no session (OCPI 2.2.1, CDR object, session_id).
    """
    if told.reservation_expired is not None:
        return told.reservation_expired
    is_cdr = told.status is None and told.kwh is None and told.total_energy is not None
    return is_cdr and told.session_id is None and all(each.reservation for each in periods)


def _periods(told: wire.Session) -> tuple[ChargingPeriod, ...]:
    assert told.charging_periods
    begins = [
        moment(period.start_date_time, WHAT, f"charging_periods[{place}].start_date_time")
        for place, period in enumerate(told.charging_periods)
    ]
    order = sorted(range(len(begins)), key=lambda place: begins[place])
    ends = _ends(told) or begins[order[-1]] + _used(told.charging_periods[order[-1]])
    if ends < begins[order[-1]]:
        raise BadField(WHAT, "end_date_time", "it is before the last charging period begins")
    if ends - begins[order[0]] > LASTS_MAX:
        raise BadField(WHAT, "end_date_time", "the session lasts longer than a year")
    found: list[ChargingPeriod] = []
    for nth, place in enumerate(order):
        until = begins[order[nth + 1]] if nth + 1 < len(order) else ends
        period = told.charging_periods[place]
        found += _period(period, begins[place], until, f"charging_periods[{place}]")
    return tuple(found)


def _period(
    told: wire.ChargingPeriod, begins: datetime, ends: datetime, at: str
) -> list[ChargingPeriod]:
    """One period; two, where one of OCPI's both reserves and charges."""
    volumes: dict[str, Decimal] = {}
    for nth, dimension in enumerate(told.dimensions):
        if dimension.volume < 0 and dimension.type in USED:
            raise BadField(WHAT, f"{at}.dimensions[{nth}].volume", "it must not be negative")
        volumes[dimension.type] = dimension.volume
    found = []
    if "RESERVATION_TIME" in volumes:
        held = ChargingPeriod(
            begins=begins,
            ends=ends,
            reserved_s=_seconds(volumes["RESERVATION_TIME"]),
            reservation=Reservation.RESERVATION,
        )
        found.append(held)
        if not any(volumes.get(used) for used in USED - {"RESERVATION_TIME"}):
            return found
    found.append(
        ChargingPeriod(
            begins=begins,
            ends=ends,
            energy_wh=exact(volumes.get("ENERGY", Decimal(0)) * 1000),
            charging_s=_seconds(volumes.get("TIME", Decimal(0))),
            parking_s=_seconds(volumes.get("PARKING_TIME", Decimal(0))),
            min_power_kw=_first(volumes, "MIN_POWER", "POWER"),
            max_power_kw=_first(volumes, "MAX_POWER", "POWER"),
            min_current_a=_first(volumes, "MIN_CURRENT", "CURRENT"),
            max_current_a=_first(volumes, "MAX_CURRENT", "CURRENT"),
        )
    )
    return found


USED = {"ENERGY", "TIME", "PARKING_TIME", "RESERVATION_TIME"}


def _first(volumes: dict[str, Decimal], *names: str) -> Exact | None:
    return next((exact(volumes[name]) for name in names if name in volumes), None)


def _seconds(hours: Decimal) -> Exact:
    """Hours as seconds. 0.6666666667 h was 40 minutes: what a whole number of seconds would be
    written as, rounded or cut, is that number.
    """
    seconds = Fraction(hours) * 3600
    places = hours.as_tuple().exponent
    assert isinstance(places, int), "JSON has no NaN and no infinity"
    written = Fraction(3600, 10**-places) if places < 0 else Fraction(0)
    nearest = round(seconds)
    if abs(seconds - nearest) <= min(written, HOUR_PLACES_S):
        return nearest
    return narrowed(seconds)


def _used(period: wire.ChargingPeriod) -> timedelta:
    """How long the last period of a session lasted that has not ended yet."""
    hours = sum(
        (each.volume for each in period.dimensions if each.type in USED - {"ENERGY"}), Decimal(0)
    )
    return timedelta(seconds=float(hours) * 3600)


def _begins(told: wire.Session) -> datetime:
    text = told.start_date_time or told.start_datetime
    if text is None:
        raise BadField(WHAT, "start_date_time", "it is missing, and so are charging_periods")
    return moment(text, WHAT, "start_date_time")


def _ends(told: wire.Session) -> datetime | None:
    for field in ("end_date_time", "end_datetime", "stop_date_time"):
        text = getattr(told, field)
        if text is not None:
            return moment(text, WHAT, field)
    return None


def _whole(told: wire.Session) -> tuple[ChargingPeriod, ...]:
    """A session or CDR that came without periods, as the one period it was."""
    energy = told.total_energy if told.kwh is None else told.kwh
    if energy is None:
        raise BadField(WHAT, "charging_periods", "it is missing")
    begins = _begins(told)
    ends = _ends(told)
    if ends is None:
        raise BadField(WHAT, "end_date_time", "it is missing, and so are charging_periods")
    if not begins <= ends <= begins + LASTS_MAX:
        raise BadField(WHAT, "end_date_time", "it is not within a year after the start")
    lasted = _lasted(begins, ends) if told.total_time is None else _seconds(told.total_time)
    parked = _seconds(told.total_parking_time or Decimal(0))
    if energy < 0 or parked < 0 or parked > lasted:
        raise BadField(WHAT, "total_parking_time", "more was parked than the session lasted")
    return (
        ChargingPeriod(
            begins=begins,
            ends=ends,
            energy_wh=exact(energy * 1000),
            charging_s=narrowed(lasted - parked),
            parking_s=parked,
        ),
    )


def _lasted(begins: datetime, ends: datetime) -> Exact:
    return narrowed(Fraction((ends - begins) // timedelta(microseconds=1), 1_000_000))
