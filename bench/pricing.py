"""How fast a price is made: ``python -m bench.pricing`` prints the figures, and writes their page.

Nothing is asked of a database or of a socket; the processor alone is measured. Beside each figure
stands a yardstick of the same run: the plainest price that Python can make of the same readings, a
kilowatt-hour price times the difference of each two registers, in exact decimals, with no rule at
all.
"""

import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from random import Random
from time import process_time
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer

from bench.programs import ROOT
from voltway.kernel.money import EUR
from voltway.tariffs import rules
from voltway.tariffs.model import (
    Dimension,
    MeterPoint,
    PriceComponent,
    Restrictions,
    StateChange,
    Tariff,
    TariffElement,
    TaxIncluded,
)

PAGE: Final = ROOT / "docs" / "figures" / "pricing.md"
BEGIN, END = "<!-- measured: written by python -m bench.pricing -->", "<!-- end -->"

ZONE: Final = ZoneInfo("Europe/Helsinki")
MONDAY: Final = datetime(2026, 3, 2, tzinfo=UTC)
AUTUMN: Final = datetime(2026, 10, 24, 10, tzinfo=UTC)  # the clocks change within the day after it
DAY_S: Final = 24 * 3600
VAT: Final = Decimal("25.5")

A_SECOND: Final = 10_000
LONG_MS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Charge:
    """What was told of a session."""

    points: tuple[MeterPoint, ...]
    changes: tuple[StateChange, ...]
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Speed:
    """How long one session took, with everything from the readings to the cost, by a yardstick."""

    what: str
    took_us: float
    yardstick_us: float
    limit_us: float | None = None

    @property
    def a_second(self) -> float:
        return 1_000_000 / self.took_us


def day_and_night() -> Tariff:
    """What most networks have: a price by day, a lower one by night, and an idle fee."""
    night = Restrictions(start_time=time(22), end_time=time(6))
    idle = PriceComponent(Dimension.PARKING_TIME, Decimal("6.00"), VAT, 60)
    return Tariff(
        id="day-night",
        currency=EUR,
        tax_included=TaxIncluded.YES,
        elements=(
            TariffElement((PriceComponent(Dimension.ENERGY, Decimal("0.29"), VAT),), night),
            TariffElement((PriceComponent(Dimension.ENERGY, Decimal("0.49"), VAT), idle)),
        ),
    )


def hundred_elements() -> Tariff:
    """A price of energy and of time for each quarter of the day, power bands, and a fee."""
    quarters = [time(hour, minute) for hour in range(24) for minute in (0, 15, 30, 45)]
    following = [*quarters[1:], time(0)]
    elements = [
        TariffElement(
            (
                PriceComponent(Dimension.ENERGY, Decimal("0.30") + nth, VAT),
                PriceComponent(Dimension.TIME, Decimal("1.20"), VAT, 60),
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
    fee = PriceComponent(Dimension.FLAT, Decimal("0.50"))
    return Tariff(id="hundred", currency=EUR, elements=(*elements, *bands, TariffElement((fee,))))


def visit(random: Random, every_s: int) -> Charge:
    """A car charges for 20 to 90 minutes, is full, and stays for up to half an hour."""
    begins = MONDAY + timedelta(seconds=random.randrange(7 * DAY_S))
    charges_s, stays_s = random.randrange(1200, 5400), random.randrange(1800)
    power_w = random.choice((3_700, 7_400, 11_000, 22_000, 50_000))
    full = begins + timedelta(seconds=charges_s)
    told_s = [*range(every_s, charges_s, every_s), charges_s]
    points = [
        MeterPoint(begins + timedelta(seconds=at_s), power_w * at_s // 3600, power_w)
        for at_s in told_s
    ]
    ends = full + timedelta(seconds=stays_s)
    points.append(MeterPoint(ends, points[-1].energy_wh, 0))
    changes = (
        StateChange(begins, charging=True),
        StateChange(full, charging=False, by_vehicle=True),
    )
    return Charge(tuple(points), changes, begins, ends)


def whole_day() -> Charge:
    """A day with a reading each minute, over the change of clocks in autumn."""
    points = [MeterPoint(AUTUMN + timedelta(minutes=nth), nth * 183) for nth in range(1441)]
    return Charge(tuple(points), (), AUTUMN, AUTUMN + timedelta(days=1))


def price(tariff: Tariff, charge: Charge) -> None:
    """As the running cost and the bill are made: from the readings to periods, and to the cost."""
    periods = rules.periods_of(
        charge.points, charge.changes, begins=charge.begins, ends=charge.ends
    )
    rules.price(tariff, periods, ZONE)


def plainly(charge: Charge) -> Decimal:
    """The yardstick: no tariff, no clock, no tax, no line."""
    per_kwh, thousand = Decimal("0.49"), Decimal(1000)
    cost = Decimal(0)
    for before, after in pairwise(charge.points):
        cost += Decimal(after.energy_wh - before.energy_wh) / thousand * per_kwh
    return cost.quantize(Decimal("0.01"))


def measured(
    what: str,
    tariff: Tariff,
    charges: Sequence[Charge],
    *,
    seconds: float,
    limit_us: float | None = None,
) -> Speed:
    """The median of turns that we and the yardstick take, in seconds of this process's CPU."""
    ours: list[float] = []
    theirs: list[float] = []
    until = process_time() + seconds
    while not ours or process_time() < until:
        ours.append(_spent_us(lambda each: price(tariff, each), charges))
        theirs.append(_spent_us(plainly, charges))
    return Speed(what, _middle(ours), _middle(theirs), limit_us)


def _spent_us(once: Callable[[Charge], object], charges: Sequence[Charge]) -> float:
    began = process_time()
    for each in charges:
        once(each)
    return (process_time() - began) * 1_000_000 / len(charges)


def _middle(taken: Sequence[float]) -> float:
    return sorted(taken)[len(taken) // 2]


def all_of(seconds: float) -> list[Speed]:
    """Every figure of the page."""
    random = Random(2026)
    typical = [visit(random, 900) for _ in range(500)]
    dense = [visit(random, 60) for _ in range(200)]
    return [
        measured(
            "a typical session, a reading each 15 minutes; day, night and an idle fee",
            day_and_night(),
            typical,
            seconds=seconds,
            limit_us=1_000_000 / A_SECOND,
        ),
        measured("the same with a reading each minute", day_and_night(), dense, seconds=seconds),
        measured(
            "24 hours with a reading each minute, a hundred elements",
            hundred_elements(),
            [whole_day()],
            seconds=seconds,
            limit_us=LONG_MS_MAX * 1000,
        ),
    ]


def table(speeds: Sequence[Speed]) -> str:
    """The figures as the page has them."""
    lines = [
        "| priced | µs each | a second | at most, µs | | yardstick, µs | times the yardstick |",
        "|---|--:|--:|--:|---|--:|--:|",
    ]
    for each in speeds:
        limit, verdict = "", ""
        if each.limit_us is not None:
            limit = f"{each.limit_us:,.0f}"
            verdict = "met" if each.took_us <= each.limit_us else "**missed**"
        lines.append(
            f"| {each.what} | {each.took_us:,.1f} | {each.a_second:,.0f} | {limit} | {verdict} | "
            f"{each.yardstick_us:,.1f} | {each.took_us / each.yardstick_us:.1f} |"
        )
    return "\n".join(lines)


def write(speeds: Sequence[Speed], file: Path) -> None:
    """Put the figures between the marks of the page."""
    text = file.read_text()
    before, after = text.index(BEGIN) + len(BEGIN), text.index(END)
    now = datetime.now(UTC)
    said = (
        f"\nMeasured {now:%Y-%m-%d, %H:%M} UTC on one core of {_processor()}, "
        f"Python {platform.python_version()}; the machine's load was {os.getloadavg()[0]:.1f}.\n"
    )
    file.write_text(f"{text[:before]}{said}\n{table(speeds)}\n{text[after:]}")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def main(
    seconds: Annotated[float, typer.Option(help="CPU seconds for each figure.")] = 4,
    page: Annotated[bool, typer.Option("--page", help="Write docs/figures/pricing.md.")] = False,
) -> None:
    """Time the one calculator beside the plainest price there is."""
    speeds = all_of(seconds)
    typer.echo(table(speeds))
    if page:
        write(speeds, PAGE)
    missed = [each for each in speeds if each.limit_us and each.took_us > each.limit_us]
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    typer.run(main)
