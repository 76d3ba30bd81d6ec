"""A price without its tax and with it, as far as a tariff states one."""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from voltway.tariffs.exact import Exact
from voltway.tariffs.model import TaxIncluded


def factor(vat: Decimal | None, included: TaxIncluded) -> Fraction:
    """What an amount before tax is multiplied by: 1.19 at 19 %."""
    if included is TaxIncluded.NOT_APPLICABLE or vat is None:
        return Fraction(1)
    return 1 + Fraction(vat) / 100


@lru_cache(maxsize=4096)
def net_and_gross(
    price: Decimal, vat: Decimal | None, included: TaxIncluded
) -> tuple[Fraction, Fraction]:
    """A tariff's price before tax and after it. Few prices make many bills, so it is remembered."""
    stated, taxed = Fraction(price), factor(vat, included)
    return (stated / taxed, stated) if included is TaxIncluded.YES else (stated, stated * taxed)


def with_tax(price: Decimal, vat: Decimal | None, included: TaxIncluded) -> Exact:
    """A tariff's price with its tax, as a driver reads it and pays it."""
    return net_and_gross(price, vat, included)[1]
