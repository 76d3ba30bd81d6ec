"""OCPI tariffs of 2.1.1, 2.2.1 and 2.3.0, read into our one model.

Where the versions differ from each other and from us:
  - 2.1.1 has no VAT, no limits, no reservation and no current restrictions; its prices are net.
  - 2.2.1 says ``excl_vat`` and ``incl_vat`` where 2.3.0 says ``before_taxes`` and ``after_taxes``.
  - Only 2.3.0 says whether prices include tax; before it they never do.
"""

import json
import re
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar

from voltway.kernel.money import Currency
from voltway.tariffs import ocpi_wire as wire
from voltway.tariffs.documents import BadField, moment, read_json, shaped
from voltway.tariffs.model import (
    UNRESTRICTED,
    Dimension,
    DisplayText,
    PriceComponent,
    PriceLimit,
    Reservation,
    Restrictions,
    Tariff,
    TariffElement,
    TariffType,
    TaxIncluded,
    Weekday,
)
from voltway.tariffs.ocpi_ours import idle_of, spot_of

WHAT = "tariff"

#: OCPI 2.2.1, TariffRestrictions.start_time.
CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
#: OCPI 2.2.1, TariffRestrictions.start_date.
CALENDAR = re.compile(r"[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)

ELEMENTS_MAX = 1000

Word = TypeVar("Word", bound=Enum)


def read_tariff(raw: bytes | str) -> Tariff:
    """The tariff of a JSON document. Raises ``NotJson`` or ``BadField``."""
    return tariff_of(read_json(raw, WHAT))


#: The same document is the same tariff, so it is read once in a process.
read_once = lru_cache(maxsize=4096)(read_tariff)


def tariff_of(document: Any) -> Tariff:
    """The tariff of a document already parsed (numbers as ``Decimal``, not ``float``)."""
    told = shaped(_unwrapped(document, "elements"), wire.Tariff, WHAT)
    if not 1 <= len(told.id) <= 36:
        raise BadField(WHAT, "id", "it must have 1 to 36 characters")
    if not CURRENCY.fullmatch(told.currency):
        raise BadField(WHAT, "currency", "it must be three capital letters, such as EUR")
    if not 1 <= len(told.elements) <= ELEMENTS_MAX:
        raise BadField(WHAT, "elements", f"there must be 1 to {ELEMENTS_MAX}")
    starts = _moment(told.start_date_time, "start_date_time")
    ends = _moment(told.end_date_time, "end_date_time")
    if starts and ends and ends <= starts:
        raise BadField(WHAT, "end_date_time", "it must be after start_date_time")
    return Tariff(
        id=told.id,
        currency=Currency(told.currency),
        elements=tuple(
            _element(element, f"elements[{place}]") for place, element in enumerate(told.elements)
        ),
        country_code=told.country_code,
        party_id=told.party_id,
        type=_word(TariffType, told.type, "type"),
        tax_included=_word(TaxIncluded, told.tax_included, "tax_included") or TaxIncluded.NO,
        min_price=_limit(told.min_price, "min_price"),
        max_price=_limit(told.max_price, "max_price"),
        alt_text=tuple(
            DisplayText(each.language, each.text) for each in told.tariff_alt_text or ()
        ),
        alt_url=told.tariff_alt_url,
        starts=starts,
        ends=ends,
        last_updated=_moment(told.last_updated, "last_updated"),
        taxes_by_place=_by_place(told.voltway_taxes),
        energy_mix=None if told.energy_mix is None else json.dumps(told.energy_mix, default=float),
    )


def _by_place(told: str | None) -> bool:
    """Ours, and in no version of OCPI: partners are told a tariff with its taxes in it."""
    if told not in (None, "by_place"):
        raise BadField(WHAT, "voltway_taxes", "it can only be by_place")
    return told is not None


def _unwrapped(document: Any, field: str) -> Any:
    """The object itself where it comes in OCPI's response envelope."""
    if isinstance(document, dict) and field not in document and "data" in document:
        return document["data"]
    return document


def _element(told: wire.TariffElement, at: str) -> TariffElement:
    if not told.price_components:
        raise BadField(WHAT, f"{at}.price_components", "there must be at least one")
    restrictions = _restrictions(told.restrictions, f"{at}.restrictions")
    components = tuple(
        _component(component, f"{at}.price_components[{place}]")
        for place, component in enumerate(told.price_components)
    )
    if restrictions.reservation:
        for place, component in enumerate(components):
            if component.dimension not in (Dimension.FLAT, Dimension.TIME):
                where = f"{at}.price_components[{place}].type"
                raise BadField(WHAT, where, "a reservation has only FLAT and TIME prices")
    return TariffElement(components, restrictions, idle_of(told.voltway_idle, at, components))


def _component(told: wire.PriceComponent, at: str) -> PriceComponent:
    dimension = _word(Dimension, told.type, f"{at}.type")
    assert dimension is not None, "the type of a price component is required"
    if told.price < 0:
        raise BadField(WHAT, f"{at}.price", "a price must not be negative")
    if told.vat is not None and not 0 <= told.vat <= 100:
        raise BadField(WHAT, f"{at}.vat", "VAT is a percentage from 0 to 100")
    return PriceComponent(
        dimension,
        told.price,
        told.vat,
        _whole(told.step_size, f"{at}.step_size"),
        spot_of(told.voltway_spot, at, dimension, told.price),
    )


def _restrictions(told: wire.Restrictions | None, at: str) -> Restrictions:
    if told is None:
        return UNRESTRICTED
    for field in ("min_kwh", "max_kwh", "min_power", "max_power", "min_current", "max_current"):
        limit = getattr(told, field)
        if limit is not None and limit < 0:
            raise BadField(WHAT, f"{at}.{field}", "it must not be negative")
    return Restrictions(
        start_time=_time(told.start_time, f"{at}.start_time"),
        end_time=_time(told.end_time, f"{at}.end_time"),
        start_date=_date(told.start_date, f"{at}.start_date"),
        end_date=_date(told.end_date, f"{at}.end_date"),
        min_kwh=told.min_kwh,
        max_kwh=told.max_kwh,
        min_current_a=told.min_current,
        max_current_a=told.max_current,
        min_power_kw=told.min_power,
        max_power_kw=told.max_power,
        min_duration_s=_seconds(told.min_duration, f"{at}.min_duration"),
        max_duration_s=_seconds(told.max_duration, f"{at}.max_duration"),
        days=_days(told.day_of_week or (), f"{at}.day_of_week"),
        reservation=_word(Reservation, told.reservation, f"{at}.reservation"),
    )


def _seconds(number: Decimal | None, at: str) -> int | None:
    return None if number is None else _whole(number, at)


def _whole(number: Decimal, at: str) -> int:
    if not 0 <= number <= 10**9 or number != number.to_integral_value():
        raise BadField(WHAT, at, "it must be a whole number, and not negative")
    return int(number)


def _days(words: Iterable[str], at: str) -> frozenset[Weekday]:
    for word in words:
        if word not in Weekday.__members__:
            raise BadField(WHAT, at, f"{word[:40]!r} is no day of the week, such as MONDAY")
    return frozenset(Weekday[word] for word in words)


def _limit(told: wire.PriceLimit | Decimal | None, at: str) -> PriceLimit | None:
    if told is None:
        return None
    before: Decimal | None
    after: Decimal | None
    if isinstance(told, Decimal):
        before, after = told, None
    else:
        before = told.excl_vat if told.before_taxes is None else told.before_taxes
        after = told.incl_vat if told.after_taxes is None else told.after_taxes
    if before is None:
        raise BadField(WHAT, at, "it has neither excl_vat nor before_taxes")
    if before < 0:
        raise BadField(WHAT, at, "it must not be negative")
    if after is not None and after < before:
        raise BadField(WHAT, at, "it is less with tax than without")
    return PriceLimit(before, after)


def _time(text: str | None, at: str) -> time | None:
    if text is None:
        return None
    if not CLOCK.fullmatch(text):
        raise BadField(WHAT, at, f"{text[:40]!r} is no time of day such as 06:30")
    return time.fromisoformat(text)


def _date(text: str | None, at: str) -> date | None:
    if text is None:
        return None
    why = f"{text[:40]!r} is no date such as 2026-03-02"
    if not CALENDAR.fullmatch(text):
        raise BadField(WHAT, at, why)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadField(WHAT, at, why) from error


def _moment(text: str | None, at: str) -> datetime | None:
    return None if text is None else moment(text, WHAT, at)


def _word(words: type[Word], text: str | None, at: str) -> Word | None:
    if text is None:
        return None
    try:
        return words(text)
    except ValueError as error:
        known = ", ".join(str(word.value) for word in words)
        raise BadField(WHAT, at, f"{text[:40]!r} is none of {known}") from error
