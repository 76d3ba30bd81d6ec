"""A price as the lines of bills need it again and again: worked out once for each tariff."""

from decimal import Decimal
from math import lcm
from typing import NamedTuple

from voltway.tariffs.model import (
    BASE_UNITS,
    IdleTerms,
    PriceComponent,
    Reservation,
    Tariff,
    TaxIncluded,
)
from voltway.tariffs.rules_tax import net_and_gross
from voltway.tariffs.rules_words import said_of


class UnitPrice(NamedTuple):
    """What one Wh, one second or one time costs before tax and after it, over one denominator."""

    net: int
    gross: int
    over: int
    rate: Decimal | None
    said: str  # what a line says of it


def unit_price(
    tariff: Tariff, component: PriceComponent, kind: Reservation | None, idle: IdleTerms | None
) -> UnitPrice:
    """A price of this tariff, as it is taken for a session or for a reservation of this kind."""
    included = tariff.tax_included
    net, gross = net_and_gross(component.price, component.vat, included)
    over = lcm(net.denominator, gross.denominator)
    return UnitPrice(
        net=net.numerator * (over // net.denominator),
        gross=gross.numerator * (over // gross.denominator),
        over=over * BASE_UNITS[component.dimension],
        rate=None if included is TaxIncluded.NOT_APPLICABLE else component.vat,
        said=said_of(component, kind, idle, tariff.currency),
    )
