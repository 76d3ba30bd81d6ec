"""Tariffs, what they are applied to, and what comes of it: the nouns of this room.

The words are those of OCPI 2.2.1 and 2.3.0 (Tariffs module). A tariff of 2.1.1 is the same with
less in it, so one model holds all three.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import IntEnum, StrEnum
from fractions import Fraction
from typing import NamedTuple

import msgspec

from voltway.kernel.money import Currency, Money
from voltway.tariffs.exact import Exact, as_decimal


class Dimension(StrEnum):
    """What is priced: per kWh, per hour of charging, per hour of parking, once."""

    ENERGY = "ENERGY"
    TIME = "TIME"
    PARKING_TIME = "PARKING_TIME"
    FLAT = "FLAT"


#: How many base units (Wh, s, times) make the unit that a price is given for (kWh, h, once).
BASE_UNITS: Mapping[Dimension, int] = {
    Dimension.ENERGY: 1000,
    Dimension.TIME: 3600,
    Dimension.PARKING_TIME: 3600,
    Dimension.FLAT: 1,
}


class TariffType(StrEnum):
    """For whom a tariff is meant; none is for everyone."""

    AD_HOC_PAYMENT = "AD_HOC_PAYMENT"
    PROFILE_CHEAP = "PROFILE_CHEAP"
    PROFILE_FAST = "PROFILE_FAST"
    PROFILE_GREEN = "PROFILE_GREEN"
    REGULAR = "REGULAR"


class TaxIncluded(StrEnum):
    """Whether the prices of a tariff contain tax (OCPI 2.3.0). Before 2.3.0 they never do."""

    YES = "YES"
    NO = "NO"
    NOT_APPLICABLE = "N/A"


class Reservation(StrEnum):
    """A price for holding an EVSE: while it is held, and when nobody came."""

    RESERVATION = "RESERVATION"
    EXPIRES = "RESERVATION_EXPIRES"


class Weekday(IntEnum):
    """The days as ``datetime.weekday`` counts them."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


class SpotMode(StrEnum):
    """Which of the published prices of a market count for a session."""

    FROZEN = "frozen"  # those that were known when it began
    DYNAMIC = "dynamic"  # those that are known when it is billed


class SpotPrice(NamedTuple):
    """What a market asks from one moment (UTC) to another, per kWh. It may be less than nothing."""

    begins: datetime
    ends: datetime
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """How a price follows a market: ``market x (100 + percent) / 100 + markup``, at least
    ``floor``. Without a curve it is not known yet what the market asked; a guess takes the most
    that the price can be where the curve is silent.
    """

    series: str
    percent: Decimal = Decimal(0)
    markup: Decimal = Decimal(0)
    floor: Decimal = Decimal(0)
    mode: SpotMode = SpotMode.FROZEN
    curve: tuple[SpotPrice, ...] | None = None
    guess: bool = False

    def __post_init__(self) -> None:
        assert self.floor >= 0


@dataclass(frozen=True, slots=True)
class PriceComponent:
    """One price. ``vat`` is a percentage; none is not the same as 0 %.

    Where it follows a market, ``price`` is the most that it can be.
    """

    dimension: Dimension
    price: Decimal
    vat: Decimal | None = None
    step_size: int = 1
    spot: Spot | None = None

    def __post_init__(self) -> None:
        assert self.price >= 0
        assert self.spot is None or self.dimension is Dimension.ENERGY
        assert self.vat is None or self.vat >= 0
        assert self.step_size >= 0


@dataclass(frozen=True, slots=True)
class Restrictions:
    """When an element applies. All that are given must hold (OCPI TariffRestrictions)."""

    start_time: time | None = None
    end_time: time | None = None
    start_date: date | None = None
    end_date: date | None = None
    min_kwh: Decimal | None = None
    max_kwh: Decimal | None = None
    min_current_a: Decimal | None = None
    max_current_a: Decimal | None = None
    min_power_kw: Decimal | None = None
    max_power_kw: Decimal | None = None
    min_duration_s: int | None = None
    max_duration_s: int | None = None
    days: frozenset[Weekday] = frozenset()
    reservation: Reservation | None = None

    @property
    def asks_the_clock(self) -> bool:
        clock = (self.start_time, self.end_time, self.start_date, self.end_date)
        return bool(self.days) or any(limit is not None for limit in clock)

    @property
    def asks_the_power(self) -> bool:
        limits = (self.min_current_a, self.max_current_a, self.min_power_kw, self.max_power_kw)
        return any(limit is not None for limit in limits)


UNRESTRICTED = Restrictions()


@dataclass(frozen=True, slots=True)
class IdleTerms:
    """What makes a price of parking time an idle fee: how long each stop is free, and the most
    that a session pays, with tax where the prices of the tariff include it.
    """

    grace_s: int = 0
    cap: Decimal | None = None

    def __post_init__(self) -> None:
        assert self.grace_s >= 0
        assert self.cap is None or self.cap >= 0


@dataclass(frozen=True, slots=True)
class TariffElement:
    """Prices that share their restrictions. One with idle terms prices parking time alone."""

    price_components: tuple[PriceComponent, ...]
    restrictions: Restrictions = UNRESTRICTED
    idle: IdleTerms | None = None

    def __post_init__(self) -> None:
        parking = (each.dimension is Dimension.PARKING_TIME for each in self.price_components)
        assert self.idle is None or all(parking)

    def component(self, dimension: Dimension) -> PriceComponent | None:
        """The price of a dimension in this element: the first, should there be two."""
        for component in self.price_components:
            if component.dimension is dimension:
                return component
        return None


@dataclass(frozen=True, slots=True)
class PriceLimit:
    """A least or most that a session costs, before and after tax; both bind, each by itself."""

    before_taxes: Decimal
    after_taxes: Decimal | None = None


@dataclass(frozen=True, slots=True)
class DisplayText:
    """A text and the language it is in."""

    language: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What charging costs, as one party offers it. Elements are tried in their order."""

    id: str
    currency: Currency
    elements: tuple[TariffElement, ...]
    country_code: str | None = None
    party_id: str | None = None
    type: TariffType | None = None
    tax_included: TaxIncluded = TaxIncluded.NO
    min_price: PriceLimit | None = None
    max_price: PriceLimit | None = None
    alt_text: tuple[DisplayText, ...] = ()
    alt_url: str | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    last_updated: datetime | None = None
    energy_mix: str | None = None  # JSON, untouched: nothing in it changes a price
    #: Ours: where a component states no VAT, that of the place and the moment is added to it.
    taxes_by_place: bool = False

    def __post_init__(self) -> None:
        assert self.elements, "a tariff without elements prices nothing"

    def holds_at(self, at: datetime) -> bool:
        """Whether the tariff may be used for a session that begins now."""
        return (self.starts is None or self.starts <= at) and (self.ends is None or at < self.ends)


class ChargingPeriod(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A stretch of a session, or of the reservation before it, and what was used in it.

    A struct and no dataclass, because a session has as many as readings, and each look at it makes
    them anew.

    Times are UTC. What is used is spread evenly over the period. A period that reserves says of
    which kind its reservation is, and uses ``reserved_s`` alone.
    """

    begins: datetime
    ends: datetime
    energy_wh: Exact = 0
    charging_s: Exact = 0
    parking_s: Exact = 0
    reserved_s: Exact = 0
    reservation: Reservation | None = None
    min_power_kw: Exact | None = None
    max_power_kw: Exact | None = None
    min_current_a: Exact | None = None
    max_current_a: Exact | None = None

    def __post_init__(self) -> None:
        assert self.begins <= self.ends, "a period does not end before it begins"
        assert self.energy_wh >= 0
        assert self.charging_s >= 0
        assert self.parking_s >= 0
        assert self.reserved_s >= 0
        assert self.reservation or not self.reserved_s


class MeterPoint(msgspec.Struct, frozen=True, gc=False):
    """The energy that a session had used at a moment, and the power then if the station told."""

    at: datetime
    energy_wh: int  # since the start of the session, not the register
    power_w: int | None = None


@dataclass(frozen=True, slots=True)
class StateChange:
    """From this moment on, energy flows or does not; and if not, who holds it back."""

    at: datetime
    charging: bool
    by_vehicle: bool = False


class CostLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one price component contributes. (A struct, for each running cost makes some anew.)

    ``used`` and ``billed`` are exact, in Wh, seconds or times; ``volume`` and ``billed_volume``
    are the same in the unit of the price. Of an idle fee, ``idle`` says what was free.
    """

    dimension: Dimension
    element: int  # its place in the tariff, from 0
    reservation: Reservation | None
    used: Exact
    billed: Exact
    price: Decimal
    vat: Decimal | None
    before_taxes: Decimal
    tax: Decimal
    after_taxes: Decimal
    why: str
    idle: IdleTerms | None = None

    @property
    def volume(self) -> Decimal:
        return as_decimal(self.used * Fraction(1, BASE_UNITS[self.dimension]))

    @property
    def billed_volume(self) -> Decimal:
        return as_decimal(self.billed * Fraction(1, BASE_UNITS[self.dimension]))


class TaxLine(msgspec.Struct, frozen=True, gc=False):
    """All that is taxed at one rate. A rate of none is what no tax was stated for."""

    rate: Decimal | None
    before_taxes: Decimal
    tax: Decimal


class Bound(StrEnum):
    """The limit that a cost ran into."""

    MIN_PRICE = "MIN_PRICE"
    MAX_PRICE = "MAX_PRICE"


@dataclass(frozen=True, slots=True)
class LimitLine:
    """What a minimum or maximum price added to the lines' sum, or (negative) took off it."""

    bound: Bound
    before_taxes: Decimal
    after_taxes: Decimal
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeductionLine:
    """What was taken off under a name, as amounts below nothing; ``source`` is who gave it."""

    name: str
    source: str
    before_taxes: Decimal
    after_taxes: Decimal
    why: str
    of_plan: str | None = None  # the kind of allowance, where a plan gave it
    taken: Decimal | None = None  # how much of it, in kWh, times, minutes or major units
    rest: Decimal | None = None  # what is left of it this month


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a session costs, exactly, and what is therefore to be paid."""

    currency: Currency
    before_taxes: Decimal
    after_taxes: Decimal
    payable: Money
    lines: tuple[CostLine, ...] = ()
    limits: tuple[LimitLine, ...] = ()
    taxes: tuple[TaxLine, ...] = ()
    deductions: tuple[DeductionLine, ...] = ()

    @property
    def total(self) -> Decimal:
        """What the driver's total is: after tax."""
        return self.after_taxes

    @property
    def tax(self) -> Decimal:
        return self.after_taxes - self.before_taxes
