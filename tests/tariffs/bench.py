"""How long a price takes: a hundred elements over a day of readings, one a minute.

Run it as ``python -m tests.tariffs.bench``. It prints the time and ends with 1 where the limit of
20 ms is passed. It is no test: a timed test fails on a busy machine.
"""

import sys
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from time import perf_counter
from zoneinfo import ZoneInfo

from voltway.kernel.money import EUR
from voltway.tariffs import rules
from voltway.tariffs.model import (
    Dimension,
    MeterPoint,
    PriceComponent,
    Restrictions,
    Tariff,
    TariffElement,
)
from voltway.tariffs.rules_periods import periods_of

LIMIT_MS = 20
BEGINS = datetime(2026, 10, 24, 10, tzinfo=UTC)  # over Europe's autumn change
ENDS = BEGINS + timedelta(days=1)
ZONE = ZoneInfo("Europe/Helsinki")
TRIES = 20


def hundred_elements() -> Tariff:
    """A price of energy and of time for each quarter of the day, power bands, and fallbacks."""
    quarters = [time(hour, minute) for hour in range(24) for minute in (0, 15, 30, 45)]
    following = [*quarters[1:], time(0)]
    elements = [
        TariffElement(
            (
                PriceComponent(Dimension.ENERGY, Decimal("0.30") + nth, Decimal("25.5")),
                PriceComponent(Dimension.TIME, Decimal("1.20"), Decimal("25.5"), 60),
            ),
            Restrictions(start_time=start, end_time=end, max_power_kw=Decimal(500)),
        )
        for nth, (start, end) in enumerate(zip(quarters, following, strict=True))
    ]
    bands = [
        TariffElement(
            (PriceComponent(Dimension.ENERGY, Decimal("0.90")),),
            Restrictions(min_kwh=Decimal(from_kwh)),
        )
        for from_kwh in (300, 200, 100)
    ]
    fallback = PriceComponent(Dimension.FLAT, Decimal("0.50"))
    return Tariff(
        id="hundred", currency=EUR, elements=(*elements, *bands, TariffElement((fallback,)))
    )


def main() -> int:
    """Print how long it takes, at best and in the middle."""
    tariff = hundred_elements()
    points = [MeterPoint(BEGINS + timedelta(minutes=nth), nth * 183) for nth in range(1441)]
    taken: list[tuple[float, float]] = []
    for _ in range(TRIES):
        began = perf_counter()
        periods = periods_of(points, begins=BEGINS, ends=ENDS)
        made = perf_counter()
        cost = rules.price(tariff, periods, ZONE)
        taken.append((made - began, perf_counter() - made))
    priced = sorted(price * 1000 for _, price in taken)
    made_ms = sorted(make * 1000 for make, _ in taken)[TRIES // 2]
    middle = priced[TRIES // 2]
    sys.stdout.write(
        f"{len(tariff.elements)} elements, {len(periods)} periods, {len(cost.lines)} lines: "
        f"priced in {middle:.1f} ms (at best {priced[0]:.1f} ms, limit {LIMIT_MS} ms); "
        f"periods made in {made_ms:.1f} ms\n"
    )
    return 0 if middle <= LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
