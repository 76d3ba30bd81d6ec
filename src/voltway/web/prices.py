"""A tariff as a driver reads it before the start: the order of AFIR, one large figure, no footnote.

Which prices hold and when is decided by ``tariffs.rules.describe``; here they get their place.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from voltway.tariffs.model import Dimension, Tariff
from voltway.tariffs.rules_display import PriceLine, describe, outlook
from voltway.web.formats import Formats, zone_of

WHAT: Final = {
    Dimension.ENERGY: "Energy",
    Dimension.TIME: "Charging time",
    Dimension.FLAT: "Start fee",
    Dimension.PARKING_TIME: "Idle fee",
}

UNIT: Final = {"kWh": "per kWh", "min": "per min", "session": "once", "reservation": "once"}


#: How far a price that follows a market is shown, and the size of the picture of it.
AHEAD: Final = timedelta(hours=12)
BARS_HIGH: Final = 48
BAR_WIDE: Final = 6


@dataclass(frozen=True, slots=True)
class Shown:
    """One price: ``€0.10`` ``per min``, what it is for, and when it holds."""

    what: str
    price: str
    unit: str
    when: str
    exact: Decimal
    holds_now: bool

    @property
    def short(self) -> str:
        return f"{self.price} {self.unit}"

    @property
    def named(self) -> str:
        """With what it is for, where it stands beside other prices: ``idle fee €0.10 per min``."""
        return f"{self.what[:1].lower()}{self.what[1:]} {self.short}"


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a kWh costs in a time to come, by the market; and the bar that shows it."""

    when: str
    price: str
    x: int
    y: int
    high: int


@dataclass(frozen=True, slots=True)
class PriceShown:
    """All that a driver must know of a price before the start. ``head`` is the large figure."""

    head: Shown
    lines: tuple[Shown, ...]
    fine: str
    ahead: tuple[Ahead, ...] = ()

    @property
    def short(self) -> str:
        """The price as the dock repeats it: every part that a visit from now on may cost."""
        rest = [line.named for line in self.lines if line.holds_now]
        return ", ".join([self.head.short, *rest])


def shown(tariff: Tariff, *, at: datetime, zone: str, formats: Formats) -> PriceShown:
    """The price for a session that begins at this moment in this zone."""
    told = describe(tariff, at, zone_of(zone), str(formats.locale))
    prices = [_shown(line, tariff, formats) for line in told if line.dimension is not None]
    limits = [line.text for line in told if line.dimension is None]
    head = next((line for line in prices if line.holds_now), prices[0])
    lines = tuple(line for line in prices if line is not head)
    return PriceShown(
        head, lines, _fine(tariff, limits, formats), _ahead(tariff, at, zone, formats)
    )


def _ahead(tariff: Tariff, at: datetime, zone: str, formats: Formats) -> tuple[Ahead, ...]:
    """The next hours of a price that follows a market, as far as they are known."""
    told = outlook(tariff, at, at + AHEAD, zone_of(zone))
    most = max((price for _, _, price in told), default=Decimal(0)) or Decimal(1)
    found = []
    for nth, (begins, ends, price) in enumerate(told):
        high = max(1, int(price * BARS_HIGH / most))
        when = formats.clocks(begins, ends, zone)
        shown = formats.price(price, tariff.currency)
        found.append(Ahead(when, shown, nth * BAR_WIDE, BARS_HIGH - high, high))
    return tuple(found)


def _shown(line: PriceLine, tariff: Tariff, formats: Formats) -> Shown:
    assert line.dimension is not None
    return Shown(
        what=formats.say(WHAT[line.dimension]),
        price=formats.price(line.amount, tariff.currency),
        unit=formats.say(UNIT[line.unit]),
        when=_when(line, formats),
        exact=line.amount,
        holds_now=line.holds_now,
    )


def _when(line: PriceLine, formats: Formats) -> str:
    if line.dimension is Dimension.PARKING_TIME:
        standing = formats.say("plugged in without charging")
        return ", ".join(filter(None, (standing, line.condition)))
    return line.condition


def _fine(tariff: Tariff, limits: list[str], formats: Formats) -> str:
    """What else there is to say: the fees that are not there, the limits, the tax."""
    components = [part for element in tariff.elements for part in element.price_components]
    said = []
    if not any(part.dimension is Dimension.FLAT for part in components):
        said.append(formats.say("No start fee."))
    if not any(part.dimension is Dimension.PARKING_TIME for part in components):
        said.append(formats.say("No idle fee."))
    said += [f"{limit}." for limit in limits]
    rates = sorted({part.vat for part in components if part.vat is not None})
    if rates:
        percents = formats.say(" and ").join(formats.tax_rate(rate) for rate in rates)
        said.append(formats.say("VAT %(rates)s included.", rates=percents))
    return " ".join(said)
