"""Physical quantities: whole numbers, with the unit in the name.

Whole watt-hours, watts and milliamperes add up exactly; kilowatt-hours appear only where a
person reads them. A *register* is a meter's lifetime counter, and only the difference of two
registers is energy: the two types keep us from billing a driver for a meter's whole life.
"""

from decimal import Decimal
from typing import NewType

EnergyWh = NewType("EnergyWh", int)
RegisterWh = NewType("RegisterWh", int)
PowerW = NewType("PowerW", int)
CurrentMa = NewType("CurrentMa", int)
VoltageMv = NewType("VoltageMv", int)
DurationS = NewType("DurationS", int)


def delivered(start: RegisterWh, end: RegisterWh) -> EnergyWh:
    """The energy that passed the meter between two of its readings."""
    assert end >= start, "the caller has already set aside a register that ran backwards"
    return EnergyWh(end - start)


def kwh(energy: EnergyWh) -> Decimal:
    """Watt-hours as exact kilowatt-hours."""
    return Decimal(energy) / 1000


def hours(duration: DurationS) -> Decimal:
    """Seconds as hours, exact to the precision of the decimal context."""
    return Decimal(duration) / 3600
