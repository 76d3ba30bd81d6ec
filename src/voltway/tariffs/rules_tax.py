"""A price without its tax and with it, as far as a tariff states one."""

from decimal import Decimal
from fractions import Fraction

from voltway.tariffs.exact import Exact
from voltway.tariffs.model import TaxIncluded


def factor(vat: Decimal | None, included: TaxIncluded) -> Fraction:
    """What an amount before tax is multiplied by: 1.19 at 19 %."""
    if included is TaxIncluded.NOT_APPLICABLE or vat is None:
        return Fraction(1)
    return 1 + Fraction(vat) / 100


def with_tax(price: Decimal, vat: Decimal | None, included: TaxIncluded) -> Exact:
    """A tariff's price with its tax, as a driver reads it and pays it."""
    if included is TaxIncluded.YES:
        return Fraction(price)
    return Fraction(price) * factor(vat, included)
