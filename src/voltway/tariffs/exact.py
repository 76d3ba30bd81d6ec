"""Exact numbers: whole numbers where they are whole, fractions where they are not.

Twenty minutes are a third of an hour, which no decimal can hold. So volumes and costs are carried
as whole numbers or fractions, and become decimals once, when they are told.
"""

from collections.abc import Iterable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from math import gcd
from typing import NamedTuple, TypeAlias

from voltway.kernel.money import Currency, Money, payable

Exact: TypeAlias = int | Fraction

#: A third of an hour is told as 0.333333333333333; what ends within these places is told exactly.
PLACES = 15
_SCALE = 10**PLACES
_SCALED = Decimal(_SCALE)

#: Wide enough that no number we accept is ever cut by the context.
_WIDE = Context(prec=80)


def exact(number: Decimal | int) -> Exact:
    """The number as it stands, whole if it is whole."""
    return ratio(*number.as_integer_ratio())


class Quotient(NamedTuple):
    """A quotient that nobody has brought to its lowest terms, for that takes longest."""

    numerator: int
    denominator: int


def ratio(numerator: int, denominator: int) -> Exact:
    """Their quotient, whole if it is whole."""
    whole, rest = divmod(numerator, denominator)
    return Fraction(numerator, denominator) if rest else whole


def added(numbers: Iterable[Exact | Quotient]) -> Exact:
    """The sum, brought to its lowest terms once: a fraction for each step takes far longer."""
    numerator, denominator = 0, 1
    for number in numbers:
        other = number.denominator
        if other == denominator:
            numerator += number.numerator
        else:
            shared = gcd(denominator, other)
            numerator = numerator * (other // shared) + number.numerator * (denominator // shared)
            denominator *= other // shared
    return ratio(numerator, denominator)


def narrowed(number: Exact) -> Exact:
    """The same number as an ``int`` where it is one: whole numbers add up much faster."""
    if isinstance(number, Fraction) and number.denominator == 1:
        return number.numerator
    return number


def less(one: Exact, other: Exact) -> bool:
    """``one < other``, four times as fast as the operator: it is asked for every period."""
    return one.numerator * other.denominator < other.numerator * one.denominator


def as_decimal(number: Exact | Quotient) -> Decimal:
    """The number as a decimal: exact if it ends within ``PLACES``, else rounded there."""
    return divided(number.numerator, number.denominator)


def divided(numerator: int, denominator: int, rounding: str = ROUND_HALF_UP) -> Decimal:
    """The same of a quotient that was never made a fraction."""
    places, rest = divmod(abs(numerator) * _SCALE, denominator)
    if rest and 2 * rest >= denominator and rounding == ROUND_HALF_UP:
        places += 1
    # A quotient that ends loses its noughts behind the point and no others: 20 rather than 2E+1,
    # for a price is read by people.
    return _WIDE.divide(Decimal(-places if numerator < 0 else places), _SCALED)


def amount(number: Exact | Quotient, currency: Currency) -> Money:
    """What is paid for an exact cost.

    A cost that does not end is cut, not rounded, before the one rounding to minor units: rounding
    twice would turn 0.00499999999999999 into a cent.
    """
    return payable(divided(number.numerator, number.denominator, ROUND_DOWN), currency)
