"""Money: exact prices and costs as ``Decimal``, payable amounts as whole minor units.

One function, ``payable``, turns the first into the second. No float ever holds money.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import NewType

Currency = NewType("Currency", str)

EUR = Currency("EUR")

_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"

#: ISO 4217 minor units where they are not two.
MINOR_DIGITS: dict[str, int] = {
    **dict.fromkeys(_NO_DIGITS.split(), 0),
    **dict.fromkeys(_THREE_DIGITS.split(), 3),
}


def minor_digits(currency: Currency) -> int:
    """How many decimal digits the currency's smallest unit has (ISO 4217)."""
    return MINOR_DIGITS.get(currency, 2)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount that can be paid, in whole minor units. Negative where it is owed the other way."""

    minor: int
    currency: Currency

    def __add__(self, other: "Money") -> "Money":
        assert self.currency == other.currency, "convert before you add"
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        assert self.currency == other.currency, "convert before you subtract"
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exact: ``Decimal("11.66")``."""
        return Decimal(self.minor).scaleb(-minor_digits(self.currency))

    def __str__(self) -> str:
        return f"{self.decimal:f} {self.currency}"


def payable(amount: Decimal, currency: Currency) -> Money:
    """Round an exact amount half-up to what can be paid. No other code rounds money."""
    minor = amount.scaleb(minor_digits(currency)).quantize(Decimal(1), ROUND_HALF_UP)
    return Money(int(minor), currency)
