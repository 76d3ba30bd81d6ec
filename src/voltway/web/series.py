"""What charts show: series of numbers, thinned and as JSON, and never how they are drawn."""

import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from typing import Any, Final

from voltway.kernel.money import Currency, minor_digits
from voltway.web.formats import zone_of

POINTS_MAX: Final = 160

#: The scale of power does not end below this, so that a trickle looks like one.
LEAST_KW: Final = 1

DAY_S: Final = 24 * 3600

Points = Sequence[tuple[datetime, int]]


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture: its numbers as ``assets/js/power.js`` reads them, and what they say."""

    numbers: str
    words: str


def power(points: Points, *, zone: str, words: str) -> Chart | None:
    """Power over time. Two moments make a line; fewer make none."""
    shown = thinned(points)
    if len(shown) < 2 or shown[0][0] == shown[-1][0]:
        return None
    numbers = {
        "t": [round(at.timestamp()) for at, _ in shown],
        "y": [watts / 1000 for _, watts in shown],
        "zone": str(zone_of(zone)),
        "least": LEAST_KW,
    }
    return Chart(_json(numbers), words)


@dataclass(frozen=True, slots=True)
class Day:
    """Amounts that came one by one within a day, the oldest first."""

    begins: datetime
    amounts: Points

    def sum_at(self, after: timedelta) -> int:
        """What had come so long after the day began."""
        return sum(amount for at, amount in self.amounts if at - self.begins <= after)


def revenue(
    today: Day, before: Day, *, now: datetime, zone: str, currency: str, words: str, label: str
) -> Chart | None:
    """The sum of today as it grew until now, over that of a whole day before."""
    if not today.amounts:
        return None
    ours = _grown(today)
    theirs = _grown(before)
    until = _seconds(now - today.begins)
    moments = sorted({0, *ours, *theirs, until, DAY_S})
    begins = round(today.begins.timestamp())
    numbers = {
        "t": [begins + second for second in moments],
        "y": [_sum_at(ours, second) if second <= until else None for second in moments],
        "then": [_sum_at(theirs, second) for second in moments] if theirs else None,
        "thenLabel": label,
        "span": [begins, begins + DAY_S],
        "currency": currency,
        "digits": minor_digits(Currency(currency)),
        "zone": str(zone_of(zone)),
    }
    return Chart(_json(numbers), words)


def _grown(day: Day) -> dict[int, int]:
    """The sum after each amount, by the seconds since the day began."""
    sums = accumulate(amount for _, amount in day.amounts)
    moments = (_seconds(at - day.begins) for at, _ in day.amounts)
    return dict(zip(moments, sums, strict=True))


def _sum_at(grown: dict[int, int], second: int) -> int:
    """The newest sum by then; sums follow one another in time."""
    moments = list(grown)
    nth = bisect_right(moments, second)
    return grown[moments[nth - 1]] if nth else 0


def _seconds(after: timedelta) -> int:
    return round(after.total_seconds())


def spark(watts: Sequence[int]) -> str:
    """A small line without axes; empty where there is nothing to show."""
    if len(watts) < 2 or not any(watts):
        return ""
    return _json({"t": list(range(len(watts))), "y": [w / 1000 for w in watts], "bare": True})


def thinned(points: Points) -> list[tuple[datetime, int]]:
    """At most so many points that a picture stays small; first, last and peaks are kept."""
    if len(points) <= POINTS_MAX:
        return list(points)
    size = -(-len(points) // POINTS_MAX)
    kept = [
        max(points[nth : nth + size], key=lambda point: point[1])
        for nth in range(0, len(points), size)
    ]
    return [points[0], *kept[1:-1], points[-1]]


def powers_of(registers: Points) -> list[tuple[datetime, int]]:
    """Power from a meter's registers, for stations that do not tell it: energy over time."""
    made: list[tuple[datetime, int]] = []
    for (at, wh), (later, later_wh) in pairwise(registers):
        apart = (later - at) / timedelta(hours=1)
        if apart > 0 and later_wh >= wh:
            made.append((later, round((later_wh - wh) / apart)))
    return made


def _json(numbers: dict[str, Any]) -> str:
    return json.dumps(numbers, separators=(",", ":"))
