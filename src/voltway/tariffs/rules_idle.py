"""When the idle fee of a car that stands without charging begins: found by the calculator itself.

The session is priced as if the car stood on, and the first part of that stop that has a price tells
from when on it costs, and how much.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from voltway.tariffs.exact import as_decimal
from voltway.tariffs.model import ChargingPeriod, Dimension, Tariff
from voltway.tariffs.rules_tax import with_tax
from voltway.tariffs.rules_trace import Step, traced

#: So far ahead is looked for a fee.
AHEAD = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class IdleAhead:
    """What a car that stands now will pay if it stands on. ``per_minute`` and ``most`` with tax."""

    since: datetime
    begins: datetime
    per_minute: Decimal
    most: Decimal | None


def idle_ahead(
    tariff: Tariff, periods: Sequence[ChargingPeriod], zone: ZoneInfo
) -> IdleAhead | None:
    """The idle fee that is owed or will be by a car that stands now; none where that is free."""
    now = max(period.ends for period in periods)
    since = _stands_since(periods) or now
    stands = int(AHEAD.total_seconds())
    longer = ChargingPeriod(begins=now, ends=now + AHEAD, parking_s=stands)
    _, steps = traced(tariff, [*periods, longer], zone)
    step = next((each for each in steps if _costs(each, since, now)), None)
    if step is None or step.element is None or step.price is None:
        return None
    element = tariff.elements[step.element - 1]
    component = element.component(Dimension.PARKING_TIME)
    assert component is not None, "this element was taken for its price of parking"
    cap = element.idle.cap if element.idle else None
    per_hour = with_tax(step.price, component.vat, tariff.tax_included)
    return IdleAhead(
        since=since,
        begins=step.begins,
        per_minute=as_decimal(Fraction(per_hour) / 60),
        most=None if cap is None else as_decimal(with_tax(cap, component.vat, tariff.tax_included)),
    )


def _stands_since(periods: Sequence[ChargingPeriod]) -> datetime | None:
    """The beginning of the stop that a session ends with for now."""
    since = None
    for period in sorted(periods, key=lambda period: (period.begins, period.ends)):
        if period.parking_s:
            since = since or period.begins
        elif period.begins < period.ends:
            since = None
    return since


def _costs(step: Step, since: datetime, now: datetime) -> bool:
    parks = step.dimension is Dimension.PARKING_TIME and step.begins >= since
    return parks and bool(step.price) and step.ends > now
