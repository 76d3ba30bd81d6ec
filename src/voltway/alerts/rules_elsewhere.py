"""Which places somebody is sent to instead, and how sure it is that a bay is free there then."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import exp, factorial
from typing import Final
from uuid import UUID

#: Roads are longer than a crow flies, by as much on the average; how fast one gets on in a town.
_ROAD: Final = 1.3
_KM_PER_H: Final = 40
#: So long it takes to decide, to get in and to plug in.
_BEFORE_H: Final = 5 / 60
#: Where nothing is known yet: a car comes every fourth hour, and nine of ten starts work.
_CARS_FIRST, _HOURS_FIRST = 1, 4
_WORKED_FIRST, _TRIES_FIRST = 9, 10
#: What a bay that is taken costs who drove there, in minutes; and a price twice the lowest.
_IN_VAIN_MIN: Final = 30
_DEAR_MIN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """A place, or at the same place another bay. ``km`` from here as the crow flies; ``price`` of a
    kWh with tax, where there is one; ``chance`` that a bay is free and works then, 0 to 1; the bay
    that is meant there, with its ``number``, plug and power in W."""

    name: str
    km: Decimal
    price: Decimal | None
    currency: str
    chance: Decimal
    location: UUID
    evse: UUID
    number: int
    connector_type: str
    power_w: int

    @property
    def percent(self) -> int:
        """The chance in steps of five: it is no finer."""
        return min(95, int(self.chance * 20 + Decimal("0.5")) * 5)


def chance(*, free: int, km: float, came: int, in_hours: float, worked: int, tries: int) -> Decimal:
    """That one of so many bays that are free now is free on arrival, and that a start works there.

    Cars come as they came lately at this time of day (``came`` in so many hours; a Poisson
    process), and starts work as the last ones did."""
    rate = (came + _CARS_FIRST) / (in_hours + _HOURS_FIRST)
    expected = rate * (_BEFORE_H + km * _ROAD / _KM_PER_H)
    left = exp(-expected) * sum(expected**n / factorial(n) for n in range(min(free, 20)))
    works = (worked + _WORKED_FIRST) / (tries + _TRIES_FIRST)
    return Decimal(left * works).quantize(Decimal("0.001"))


def ranked(found: Sequence[Alternative], most: int) -> list[Alternative]:
    """The best of these: what each costs on the average, in minutes, by the way there, by coming in
    vain and by its price against the lowest."""
    lowest = min((each.price for each in found if each.price), default=None)

    def minutes(each: Alternative) -> float:
        way = float(each.km) * _ROAD / _KM_PER_H * 60
        dear = 1.0 if each.price is None else 0.0
        if lowest is not None and each.price is not None:
            dear = min(1.0, float(each.price / lowest) - 1)
        return way + _IN_VAIN_MIN * (1 - float(each.chance)) + _DEAR_MIN * dear

    return sorted(found, key=lambda each: (minutes(each), each.name))[:most]
