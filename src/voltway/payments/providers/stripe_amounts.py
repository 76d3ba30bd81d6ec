"""Amounts as Stripe writes them: whole numbers, but not always of the unit that ISO 4217 names."""

from typing import Final

from voltway.kernel.money import Currency, Money, minor_digits

_WHOLE: Final = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
#: https://docs.stripe.com/currencies: the amount is in whole units.
WHOLE: Final = frozenset(_WHOLE.split())
#: Whole units too, but written in hundredths, of which the last two digits are always 0.
WHOLE_IN_HUNDREDTHS: Final = frozenset({"ISK", "UGX"})


def is_exact(currency: Currency) -> bool:
    """Whether every amount of ours can be taken by Stripe to the last unit. It takes thousandths
    in steps of ten only (KWD), and no part of an ariary (MGA): a bill could not be paid exactly."""
    return minor_digits(currency) == _digits(currency) or currency in WHOLE_IN_HUNDREDTHS


def written(amount: Money) -> int:
    """The whole number for an amount of a currency that is exact there."""
    assert is_exact(amount.currency), "a hold in such a currency is not opened"
    return amount.minor * _times(amount.currency)


def read(number: int, currency: str) -> Money:
    """The amount of a number of Stripe's, with the currency in small letters as it gives it.

    Raises ``ValueError`` where it is no whole number of the currency's smallest unit.
    """
    known = Currency(currency.upper())
    minor, rest = divmod(number, _times(known))
    if rest or not is_exact(known):
        raise ValueError(f"{number} is no amount of {known}")
    return Money(minor, known)


def _digits(currency: Currency) -> int:
    return 0 if currency in WHOLE else 2


def _times(currency: Currency) -> int:
    return 100 if currency in WHOLE_IN_HUNDREDTHS else 1
