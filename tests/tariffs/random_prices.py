"""Tariffs as anybody might write them, drawn by a seed: ten thousand of them are quickly made.

What Hypothesis draws is small and odd; these are of the size that a network has.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from voltway.kernel.money import Currency
from voltway.tariffs.model import (
    Dimension,
    IdleTerms,
    PriceComponent,
    PriceLimit,
    Reservation,
    Restrictions,
    Spot,
    SpotMode,
    SpotPrice,
    Tariff,
    TariffElement,
    TaxIncluded,
    Weekday,
)
from voltway.tariffs.model_spot import ToldPrice

CURRENCIES: Final = ("EUR", "EUR", "EUR", "SEK", "HUF", "CHF", "JPY", "BHD")

#: Standard and reduced rates that states of the EU have, and none.
RATES: Final = (None, "0", "5.5", "7", "10", "13.5", "17", "19", "20", "21", "24", "25.5", "27")
STEPS: Final = (0, 1, 1, 1, 60, 300, 900, 1000)
PLACES: Final = (0, 1, 2, 2, 2, 3, 4)


def a_tariff(random: Random) -> Tariff:
    """One to six elements, of which most ask for something: a time, a day, an energy, a power."""
    elements = [_element(random) for _ in range(random.randint(1, 6))]
    if random.random() < 0.7:
        elements.append(TariffElement(_components(random)))
    least, most = sorted((_amount(random, 3), _amount(random, 60)))
    return Tariff(
        id="ANY",
        currency=Currency(random.choice(CURRENCIES)),
        elements=tuple(elements),
        tax_included=random.choice(list(TaxIncluded)),
        min_price=_limit(random, least) if random.random() < 0.2 else None,
        max_price=_limit(random, most) if random.random() < 0.2 else None,
    )


def _element(random: Random) -> TariffElement:
    start, end = (_time(random) if random.random() < 0.4 else None for _ in range(2))
    least_kwh, most_kwh = _range(random, 40, 0.25)
    least_kw, most_kw = _range(random, 60, 0.2)
    least_s, most_s = _range(random, 400, 0.25)
    limits = Restrictions(
        start_time=start,
        end_time=end,
        start_date=date(2026, random.randint(1, 12), 25) if random.random() < 0.1 else None,
        end_date=date(2026, random.randint(1, 12), 28) if random.random() < 0.1 else None,
        min_kwh=least_kwh,
        max_kwh=most_kwh,
        min_power_kw=least_kw,
        max_power_kw=most_kw,
        min_duration_s=None if least_s is None else int(least_s * 60),
        max_duration_s=None if most_s is None else int(most_s * 60),
        days=frozenset(random.sample(list(Weekday), random.choice((0, 0, 0, 1, 2, 5)))),
    )
    if random.random() < 0.1:
        cap = _amount(random, 20) if random.random() < 0.5 else None
        idle = IdleTerms(random.choice((0, 90, 600, 1200)), cap)
        return TariffElement(_components(random, (Dimension.PARKING_TIME,)), limits, idle)
    if random.random() < 0.05:
        held = replace(limits, reservation=Reservation.RESERVATION)
        return TariffElement(_components(random, (Dimension.TIME, Dimension.FLAT)), held)
    return TariffElement(_components(random), limits)


def _components(
    random: Random, of: Sequence[Dimension] = tuple(Dimension)
) -> tuple[PriceComponent, ...]:
    kinds = random.sample(of, random.randint(1, min(3, len(of))))
    return tuple(
        PriceComponent(kind, _amount(random, 3), _rate(random), random.choice(STEPS))
        for kind in kinds
    )


def _amount(random: Random, most: int) -> Decimal:
    places = random.choice(PLACES)
    return Decimal(random.randint(0, most * 10**places)).scaleb(-places)


def _rate(random: Random) -> Decimal | None:
    rate = random.choice(RATES)
    return None if rate is None else Decimal(rate)


def _limit(random: Random, before: Decimal) -> PriceLimit:
    after = before * Decimal(random.choice(("1", "1.19", "1.255")))
    return PriceLimit(before, after if random.random() < 0.5 else None)


def _range(random: Random, most: int, share: float) -> tuple[Decimal | None, Decimal | None]:
    """A least and a most, each there with this share."""
    one, other = sorted(Decimal(random.randint(0, most * 10)) / 10 for _ in range(2))
    return (
        one if random.random() < share else None,
        other if other > one and random.random() < share else None,
    )


def _time(random: Random) -> time:
    return time(random.randint(0, 23), random.choice((0, 0, 15, 30, 59)))


def following_markets(random: Random, tariff: Tariff) -> Tariff:
    """The tariff with some of its prices of energy following a market, up to what they were."""
    elements = (
        replace(
            element,
            price_components=tuple(
                replace(each, spot=_spot(random, each.price))
                if each.dimension is Dimension.ENERGY and random.random() < 0.7
                else each
                for each in element.price_components
            ),
        )
        for element in tariff.elements
    )
    return replace(tariff, elements=tuple(elements))


def _spot(random: Random, most: Decimal) -> Spot:
    return Spot(
        series=random.choice(("FI", "DE")),
        percent=Decimal(random.choice((0, 0, 5, 25, -10))),
        markup=_amount(random, 1),
        floor=min(most, random.choice((Decimal(0), Decimal("0.02"), _amount(random, 1)))),
        mode=random.choice(list(SpotMode)),
    )


def a_market(random: Random, begins: datetime, ends: datetime) -> tuple[ToldPrice, ...]:
    """What a market asks from before a moment to after another, without a hole: mostly told the
    day before, some of it late, some of it corrected."""
    lasts = random.choice((timedelta(minutes=15), timedelta(hours=1)))
    at = begins.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    late, corrected = random.choice(((0.0, 0.0), (0.0, 0.0), (0.3, 0.0), (0.2, 0.2)))
    told: list[ToldPrice] = []
    while at <= ends:
        price = SpotPrice(at, at + lasts, _market(random))
        first = at - timedelta(hours=12)
        if random.random() < late:
            first = at + random.choice((timedelta(minutes=5), timedelta(days=2)))
        told.append(ToldPrice(price, first))
        if random.random() < corrected:
            again = first + random.choice((timedelta(hours=1), timedelta(days=1)))
            told.append(ToldPrice(price._replace(price=_market(random)), again))
        at += lasts
    return tuple(told)


def _market(random: Random) -> Decimal:
    return Decimal(random.randint(-2_000, 9_000)).scaleb(-4)
