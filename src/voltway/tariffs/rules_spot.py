"""Prices that follow a market: what a kilowatt-hour costs at a moment, and which curve counts.

A market publishes a price for each quarter of an hour (or each hour), keyed in UTC. A tariff adds
its mark-up to it, between a floor and the most that the price can be. The unit price that comes
of it is made to four decimals once, half-up, so that what is shown to four decimals is what is
billed.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from operator import attrgetter

from voltway.kernel.errors import Kind, Refusal
from voltway.tariffs.model import PriceComponent, Spot, SpotPrice, Tariff

#: A hundredth of a cent per kWh: as fine as prices are shown.
UNIT = Decimal("0.0001")
_WIDE = Context(prec=80)


@dataclass(eq=False)
class NoMarketPrice(Refusal):
    """The price of the market {series} at {at:%Y-%m-%d %H:%M} UTC is not known, so what was used
    then cannot be billed yet."""

    kind = Kind.CONFLICT

    series: str
    at: datetime


def price_at(component: PriceComponent, at: datetime) -> Decimal | None:
    """What a kWh costs by the market at this moment; none if that is not known."""
    spot = component.spot
    assert spot is not None, "only what follows a market is asked for its price"
    told = _told_at(spot, at)
    if told is None:
        return component.price if spot.guess else None
    return marked_up(spot, told.price, most=component.price)


def marked_up(spot: Spot, market: Decimal, *, most: Decimal) -> Decimal:
    """The price that a market's price makes: with the mark-up, between the floor and the most."""
    share = _WIDE.multiply(market, _WIDE.divide(_WIDE.add(100, spot.percent), Decimal(100)))
    price = _WIDE.add(share, spot.markup)
    rounded = price.quantize(UNIT, ROUND_HALF_UP, _WIDE)
    return min(max(rounded, spot.floor), most)


def follows_market(tariff: Tariff) -> tuple[Spot, ...]:
    """How the prices of a tariff follow markets; none: they do not."""
    components = (each for element in tariff.elements for each in element.price_components)
    return tuple(each.spot for each in components if each.spot is not None)


def bound(
    tariff: Tariff, curve_of: Callable[[Spot], Iterable[SpotPrice]], *, guess: bool = False
) -> Tariff:
    """The tariff with what the markets asked, so that it can be priced."""

    def known(component: PriceComponent) -> PriceComponent:
        if component.spot is None:
            return component
        curve = sorted(curve_of(component.spot), key=attrgetter("begins"))
        spot = replace(component.spot, curve=tuple(curve), guess=guess)
        return replace(component, spot=spot)

    elements = (
        replace(element, price_components=tuple(map(known, element.price_components)))
        for element in tariff.elements
    )
    return replace(tariff, elements=tuple(elements))


def _told_at(spot: Spot, at: datetime) -> SpotPrice | None:
    curve = spot.curve or ()
    nth = bisect_right(curve, at, key=attrgetter("begins"))
    told = curve[nth - 1] if nth else None
    return told if told is not None and at < told.ends else None
