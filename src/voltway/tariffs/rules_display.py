"""The prices as a driver reads them before the start.

Regulation (EU) 2023/1804 (AFIR), art. 5: the components are shown in the order price per kWh,
price per minute, price per session, any other. Prices are shown with tax, for that is what is
paid.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import get_day_names
from babel.numbers import format_currency, format_decimal

from voltway.kernel.money import minor_digits
from voltway.tariffs.exact import Exact, as_decimal
from voltway.tariffs.model import (
    Bound,
    ChargingPeriod,
    Dimension,
    PriceComponent,
    PriceLimit,
    Reservation,
    Restrictions,
    Tariff,
    TariffElement,
    Weekday,
)
from voltway.tariffs.rules_phrases import Phrase, phrases
from voltway.tariffs.rules_select import active, stretches
from voltway.tariffs.rules_spot import follows_market, price_at
from voltway.tariffs.rules_tax import with_tax
from voltway.tariffs.rules_terms import Placed, elements_for, terms_for, terms_of


class Rank(IntEnum):
    """The order of AFIR art. 5."""

    PER_KWH = 1
    PER_MINUTE = 2
    PER_SESSION = 3
    OTHER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceLine:
    """One price that a driver reads. ``condition`` is empty where it always holds."""

    rank: Rank
    dimension: Dimension | None
    amount: Decimal  # with tax, per ``unit``; exact unless an hour's price does not divide by 60
    unit: str  # kWh, min, session, reservation
    text: str
    condition: str
    holds_now: bool


RANKS: Mapping[Dimension, Rank] = {
    Dimension.ENERGY: Rank.PER_KWH,
    Dimension.TIME: Rank.PER_MINUTE,
    Dimension.PARKING_TIME: Rank.PER_MINUTE,
    Dimension.FLAT: Rank.PER_SESSION,
}
UNITS: Mapping[Dimension, str] = {
    Dimension.ENERGY: "kWh",
    Dimension.TIME: "min",
    Dimension.PARKING_TIME: "min",
    Dimension.FLAT: "session",
}
PHRASES: Mapping[tuple[Dimension, Reservation | None], Phrase] = {
    (Dimension.ENERGY, None): Phrase.PER_KWH,
    (Dimension.TIME, None): Phrase.PER_MINUTE_CHARGING,
    (Dimension.PARKING_TIME, None): Phrase.PER_MINUTE_PARKING,
    (Dimension.FLAT, None): Phrase.PER_SESSION,
    (Dimension.TIME, Reservation.RESERVATION): Phrase.PER_MINUTE_RESERVED,
    (Dimension.FLAT, Reservation.RESERVATION): Phrase.PER_RESERVATION,
    (Dimension.TIME, Reservation.EXPIRES): Phrase.PER_MINUTE_UNUSED,
    (Dimension.FLAT, Reservation.EXPIRES): Phrase.PER_UNUSED_RESERVATION,
}


def describe(tariff: Tariff, at: datetime, zone: ZoneInfo, locale: str) -> tuple[PriceLine, ...]:
    """The prices in AFIR's order, those that hold at this moment before those that do not.

    A price that another one always goes before is left out: nobody will pay it.
    """
    lines = [
        line
        for kind in (None, Reservation.RESERVATION, Reservation.EXPIRES)
        for line in _of_kind(tariff, kind, at, zone, locale)
    ]
    for bound, limit in (
        (Bound.MIN_PRICE, tariff.min_price),
        (Bound.MAX_PRICE, tariff.max_price),
    ):
        if limit is not None:
            lines.append(_limit_line(tariff, bound, limit, locale))
    order = list(Dimension)
    return tuple(
        sorted(
            lines,
            key=lambda line: (
                line.rank,
                order.index(line.dimension) if line.dimension else len(order),
                not line.holds_now,
            ),
        )
    )


def _of_kind(
    tariff: Tariff, kind: Reservation | None, at: datetime, zone: ZoneInfo, locale: str
) -> Iterator[PriceLine]:
    elements = [
        each for each in elements_for(tariff, kind) if each.element.restrictions.reservation is kind
    ]
    moment = ChargingPeriod(begins=at, ends=at, reservation=kind)
    # An idle fee is told to who has not stood yet, as if its grace were over.
    owed = [Placed(each.place, replace(each.element, idle=None)) for each in elements]
    first = next(stretches(terms_of(owed), [moment], zone))
    now = {
        (dimension, priced.place) for dimension, prices in first.prices.items() for priced in prices
    }
    settled: set[Dimension] = set()
    for place, element in elements:
        condition = condition_of(element.restrictions, locale)
        graced = element.idle is not None and element.idle.grace_s > 0
        for component in element.price_components:
            dimension = component.dimension
            if dimension in settled or element.component(dimension) is not component:
                continue
            holds_now = (dimension, place) in now
            part, more = _at_market(tariff, component, at, locale)
            said = ", ".join(filter(None, (condition, _idle(tariff, element, locale), more)))
            yield _line(tariff, part, kind, said, locale, holds_now=holds_now)
            if not condition and not graced:
                settled.add(dimension)


def _at_market(
    tariff: Tariff, component: PriceComponent, at: datetime, locale: str
) -> tuple[PriceComponent, str]:
    """What follows a market costs what that asks now; where it is silent, the most it can be."""
    if component.spot is None:
        return component, ""
    now = price_at(component, at)
    if now is None:
        return component, phrases(locale)[Phrase.MARKET_UNTOLD]
    most = _money(as_decimal(_gross(tariff, component)), tariff, locale)
    said = phrases(locale)[Phrase.MARKET_NOW].format(price=most)
    return replace(component, price=now), said


def _idle(tariff: Tariff, element: TariffElement, locale: str) -> str:
    """How long a stop is free, and the most that it costs."""
    if element.idle is None:
        return ""
    said, parts = phrases(locale), []
    if element.idle.grace_s:
        minutes = _number(as_decimal(Fraction(element.idle.grace_s, 60)), locale)
        parts.append(said[Phrase.AFTER_FREE].format(what=minutes))
    if element.idle.cap is not None:
        cap = as_decimal(
            _gross(tariff, replace(element.price_components[0], price=element.idle.cap))
        )
        parts.append(said[Phrase.CAPPED].format(price=_money(cap, tariff, locale)))
    return ", ".join(parts)


def outlook(
    tariff: Tariff, at: datetime, until: datetime, zone: ZoneInfo
) -> tuple[tuple[datetime, datetime, Decimal], ...]:
    """What a kWh costs with tax, from when to when, as far as the market has told; by the same
    choice of elements as any price. Empty where no price follows a market.
    """
    curves = [spot.curve or () for spot in follows_market(tariff)]
    told = sorted({each[:2] for curve in curves for each in curve})
    found = []
    for begins, ends in told:
        if ends <= at or begins >= until:
            continue
        moment = ChargingPeriod(begins=max(begins, at), ends=max(begins, at))
        first = next(stretches(terms_for(tariff, None), [moment], zone))
        priced = active(first.prices.get(Dimension.ENERGY, ()), moment)
        if priced is not None and priced.untold is None:
            price = as_decimal(_gross(tariff, priced.component))
            found.append((begins, ends, price))
    return tuple(found)


def _line(
    tariff: Tariff,
    component: PriceComponent,
    kind: Reservation | None,
    condition: str,
    locale: str,
    *,
    holds_now: bool,
) -> PriceLine:
    dimension = component.dimension
    unit = UNITS[dimension]
    per_hour = _gross(tariff, component)
    amount = as_decimal(Fraction(per_hour) / 60 if unit == "min" else per_hour)
    price = _money(amount, tariff, locale)
    if unit == "min" and amount * 60 != as_decimal(per_hour):
        # A third of a cent a minute is told by the hour as well, for that is what is billed.
        price += f" ({_money(as_decimal(per_hour), tariff, locale)}/h)"
    text = phrases(locale)[PHRASES[dimension, kind]].format(price=price)
    return PriceLine(
        rank=Rank.OTHER if kind else RANKS[dimension],
        dimension=dimension,
        amount=amount,
        unit="reservation" if kind and dimension is Dimension.FLAT else unit,
        text=f"{text}, {condition}" if condition else text,
        condition=condition,
        holds_now=holds_now,
    )


def _gross(tariff: Tariff, component: PriceComponent) -> Exact:
    return with_tax(component.price, component.vat, tariff.tax_included)


def _limit_line(tariff: Tariff, bound: Bound, limit: PriceLimit, locale: str) -> PriceLine:
    stated = limit.before_taxes if limit.after_taxes is None else limit.after_taxes
    phrase = Phrase.AT_LEAST if bound is Bound.MIN_PRICE else Phrase.AT_MOST
    return PriceLine(
        rank=Rank.OTHER,
        dimension=None,
        amount=stated,
        unit="session",
        text=phrases(locale)[phrase].format(price=_money(stated, tariff, locale)),
        condition="",
        holds_now=True,
    )


def _money(amount: Decimal, tariff: Tariff, locale: str) -> str:
    """The amount with all its digits, at least the minor unit's and at most two beyond them."""
    digits = minor_digits(tariff.currency)
    short = amount.quantize(Decimal(1).scaleb(-digits - 2), ROUND_HALF_UP).normalize()
    if short == short.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):
        short = short.quantize(Decimal(1).scaleb(-digits))
    return format_currency(
        short, tariff.currency, locale=spoken(locale), decimal_quantization=False
    )


def condition_of(limits: Restrictions, locale: str) -> str:
    """When a price holds, in a few words; empty where it always does."""
    said = phrases(locale)
    parts = []
    if limits.days and len(limits.days) < 7:
        parts.append(_days(limits.days, locale))
    if limits.start_time or limits.end_time:
        start = f"{limits.start_time:%H:%M}" if limits.start_time else "00:00"
        end = f"{limits.end_time:%H:%M}" if limits.end_time else "00:00"
        parts.append(f"{start}\N{EN DASH}{'24:00' if end == '00:00' else end}")
    if limits.start_date:
        parts.append(said[Phrase.FROM].format(what=limits.start_date.isoformat()))
    if limits.end_date:
        parts.append(said[Phrase.BEFORE].format(what=limits.end_date.isoformat()))
    for least, most, unit in _ranges(limits):
        if least:
            parts.append(said[Phrase.FROM].format(what=f"{_number(least, locale)} {unit}"))
        if most is not None:
            parts.append(said[Phrase.UP_TO].format(what=f"{_number(most, locale)} {unit}"))
    return ", ".join(parts)


def _ranges(limits: Restrictions) -> tuple[tuple[Decimal | None, Decimal | None, str], ...]:
    minutes = [
        None if seconds is None else as_decimal(Fraction(seconds, 60))
        for seconds in (limits.min_duration_s, limits.max_duration_s)
    ]
    return (
        (limits.min_kwh, limits.max_kwh, "kWh"),
        (minutes[0], minutes[1], "min"),
        (limits.min_power_kw, limits.max_power_kw, "kW"),
        (limits.min_current_a, limits.max_current_a, "A"),
    )


def _days(days: frozenset[Weekday], locale: str) -> str:
    """A range where three or more follow each other, else one by one."""
    names = get_day_names("abbreviated", locale=spoken(locale))
    first, last = min(days), max(days)
    if len(days) > 2 and last - first + 1 == len(days):
        return f"{names[first]}\N{EN DASH}{names[last]}"
    return ", ".join(names[day] for day in sorted(days))


def _number(number: Decimal, locale: str) -> str:
    return format_decimal(number, locale=spoken(locale))


@lru_cache(maxsize=256)
def spoken(locale: str) -> Locale:
    """How numbers, money and days are written there; English for what is no locale."""
    try:
        return Locale.parse(locale.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale("en")
