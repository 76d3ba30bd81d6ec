"""What is paid back for home charging: pure, from rates and energy to amounts."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final

from voltway.billing.model_homes import Held, Rate
from voltway.kernel.money import Currency, Money, payable
from voltway.kernel.units import EnergyWh, kwh

#: ISO 13616: country, two check digits, the bank's own part.
_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")


def rate_on(rates: Iterable[Rate], day: date) -> Rate | None:
    """The rate that holds on a day: of the versions that have begun, the newest; none where that
    one pays nothing."""
    begun = [rate for rate in rates if rate.valid_from <= day]
    newest = max(begun, key=lambda rate: rate.version, default=None)
    return newest if newest is not None and newest.per_kwh else None


def held(rates: Iterable[Rate]) -> list[Held]:
    """On which days each rate holds, the newest first: a version until one that came later begins.
    One that never holds any more, or pays nothing, is left out."""
    shown: list[Held] = []
    until: date | None = None
    for rate in sorted(rates, key=lambda rate: -rate.version):
        if until is None or rate.valid_from < until:
            if rate.per_kwh:
                shown.append(Held(rate, rate.valid_from, until))
            until = rate.valid_from
    return shown


def amount(energy_wh: int, per_kwh: Decimal, currency: Currency) -> Money:
    """What energy comes to at a rate, rounded once, half-up."""
    return payable(kwh(EnergyWh(energy_wh)) * per_kwh, currency)


def change(before_wh: int, after_wh: int, per_kwh: Decimal, currency: Currency) -> int:
    """What a session comes to more (with a minus: less) that was of another energy, in minor
    units: both rounded as they stand on their lines, so that together they make the whole."""
    before = amount(before_wh, per_kwh, currency)
    return amount(after_wh, per_kwh, currency).minor - before.minor


def iban_of(text: str) -> str | None:
    """An IBAN without its gaps, where its check digits fit (ISO 7064, mod 97-10)."""
    said = "".join(text.split()).upper()
    if _IBAN.fullmatch(said) is None:
        return None
    digits = "".join(str(int(letter, 36)) for letter in said[4:] + said[:4])
    return said if int(digits) % 97 == 1 else None
