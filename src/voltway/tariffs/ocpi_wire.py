"""OCPI's own shapes of tariffs, sessions and CDRs, as 2.1.1, 2.2.1 and 2.3.0 write them.

Read leniently: a field that no version asks for here is ignored, and one that a version names
differently (``excl_vat``, ``before_taxes``) has both names.
"""

from decimal import Decimal
from typing import Any

import msgspec


class SpotPrice(msgspec.Struct, forbid_unknown_fields=True):
    begins: str
    ends: str
    price: Decimal


class Spot(msgspec.Struct, forbid_unknown_fields=True):
    """Ours, no version has it: how a price follows a market."""

    series: str
    percent: Decimal = Decimal(0)
    markup: Decimal = Decimal(0)
    floor: Decimal = Decimal(0)
    mode: str = "frozen"
    curve: list[SpotPrice] | None = None


class Idle(msgspec.Struct, forbid_unknown_fields=True):
    """Ours, no version has it: how long a stop is free, and the most that a session pays."""

    grace: Decimal = Decimal(0)
    cap: Decimal | None = None


class PriceComponent(msgspec.Struct):
    type: str
    price: Decimal
    step_size: Decimal = Decimal(1)  # some write 60.0
    vat: Decimal | None = None
    voltway_spot: Spot | None = None


class Restrictions(msgspec.Struct):
    start_time: str | None = None
    end_time: str | None = None
    start_date: str | None = None
    end_date: str | None = None
    min_kwh: Decimal | None = None
    max_kwh: Decimal | None = None
    min_current: Decimal | None = None
    max_current: Decimal | None = None
    min_power: Decimal | None = None
    max_power: Decimal | None = None
    min_duration: Decimal | None = None
    max_duration: Decimal | None = None
    day_of_week: list[str] | None = None
    reservation: str | None = None


class TariffElement(msgspec.Struct):
    price_components: list[PriceComponent]
    restrictions: Restrictions | None = None
    voltway_idle: Idle | None = None


class PriceLimit(msgspec.Struct):
    """2.2.1 says ``excl_vat`` and ``incl_vat``, 2.3.0 ``before_taxes`` and ``after_taxes``."""

    excl_vat: Decimal | None = None
    incl_vat: Decimal | None = None
    before_taxes: Decimal | None = None
    after_taxes: Decimal | None = None


class DisplayText(msgspec.Struct):
    language: str
    text: str


class Tariff(msgspec.Struct):
    id: str
    currency: str
    elements: list[TariffElement]
    country_code: str | None = None
    party_id: str | None = None
    type: str | None = None
    tax_included: str | None = None
    min_price: PriceLimit | Decimal | None = None
    max_price: PriceLimit | Decimal | None = None
    tariff_alt_text: list[DisplayText] | None = None
    tariff_alt_url: str | None = None
    start_date_time: str | None = None
    end_date_time: str | None = None
    last_updated: str | None = None
    energy_mix: dict[str, Any] | None = None
    voltway_taxes: str | None = None  # ours: "by_place"


class CdrDimension(msgspec.Struct):
    type: str
    volume: Decimal


class ChargingPeriod(msgspec.Struct):
    start_date_time: str
    dimensions: list[CdrDimension]


class Session(msgspec.Struct):
    """What a Session and a CDR have in common, and the names that each version has for it."""

    start_date_time: str | None = None
    start_datetime: str | None = None  # 2.1.1 Session
    end_date_time: str | None = None
    end_datetime: str | None = None  # 2.1.1 Session
    stop_date_time: str | None = None  # 2.1.1 CDR
    charging_periods: list[ChargingPeriod] | None = None
    kwh: Decimal | None = None  # Session
    total_energy: Decimal | None = None  # CDR
    total_time: Decimal | None = None  # CDR
    total_parking_time: Decimal | None = None  # CDR
    session_id: str | None = None
    status: str | None = None
    currency: str | None = None
    reservation_expired: bool | None = None
