"""The geometry of charts: from moments and watts to SVG paths. No colours, no words but figures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

POINTS_MAX: Final = 160

#: Room beside a chart of sums, for the figure at its end.
SUM_ROOM: Final = 76.0

#: Room under the chart for the clock, and above it for the highest figure.
_FOOT: Final = 20.0
_HEAD: Final = 14.0

#: Steps of an axis: each is divided into at most three rules.
_STEPS_KW: Final = (1, 2, 5, 10, 20, 25, 50, 100, 150, 200, 500, 1000)


@dataclass(frozen=True, slots=True)
class Rule:
    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    words: str
    anchor: str
    say: bool = False


@dataclass(frozen=True, slots=True)
class LineChart:
    """Everything a template needs to draw one line over time, from zero up."""

    width: float
    height: float
    floor: float
    line: str
    under: str
    last_x: float
    last_y: float
    rules: tuple[Rule, ...]
    ticks: tuple[Tick, ...]


Points = Sequence[tuple[datetime, int]]


def power(
    points: Points,
    *,
    clock: Callable[[datetime], str],
    width: float = 326.0,
    height: float = 138.0,
) -> LineChart | None:
    """Power over time. Two moments make a line; fewer make none."""
    shown = thinned(points)
    if len(shown) < 2 or shown[0][0] == shown[-1][0]:
        return None
    begins, ends = shown[0][0], shown[-1][0]
    most_w = max(max(watts for _, watts in shown), 1000)
    step_kw = next(step for step in _STEPS_KW if most_w / 1000 / step < 3 or step == 1000)
    top_w = most_w * 1.05
    floor = height - _FOOT
    room = width - 46.0

    def place(at: datetime, watts: int) -> tuple[float, float]:
        x = room * (at - begins) / (ends - begins)
        return round(x, 1), round(floor - (floor - _HEAD) * watts / top_w, 1)

    places = [place(at, watts) for at, watts in shown]
    line = "M" + " L".join(f"{x} {y}" for x, y in places)
    rules = tuple(
        Rule(place(begins, kilowatts * 1000)[1], f"{kilowatts} kW" if nth == 0 else str(kilowatts))
        for nth, kilowatts in enumerate(range(int(most_w / 1000 // step_kw) * step_kw, 0, -step_kw))
    )
    return LineChart(
        width=width,
        height=height,
        floor=floor,
        line=line,
        under=f"{line} L{places[-1][0]} {floor} L0 {floor}Z",
        last_x=places[-1][0],
        last_y=places[-1][1],
        rules=rules,
        ticks=(
            Tick(0, clock(begins), "start"),
            Tick(places[-1][0], clock(ends), "middle", say=True),
        ),
    )


def sums(
    points: Sequence[tuple[datetime, int]],
    *,
    begins: datetime,
    ends: datetime,
    figure: Callable[[int], str],
    clock: Callable[[datetime], str],
    width: float = 408.0,
    height: float = 188.0,
) -> LineChart | None:
    """A sum that grows through a day, between fixed moments: each point adds its amount."""
    if not points:
        return None
    floor, room = height - 22.0, width - SUM_ROOM
    total = sum(amount for _, amount in points)
    top = max(total, 1) * 1.15
    grown, places = 0, [(0.0, floor)]
    for at, amount in points:
        x = round(room * min(1.0, max(0.0, (at - begins) / (ends - begins))), 1)
        places.append((x, places[-1][1]))
        grown += amount
        places.append((x, round(floor - (floor - 20.0) * grown / top, 1)))
    line = "M" + " L".join(f"{x} {y}" for x, y in places)
    quarter = (ends - begins) / 4
    return LineChart(
        width=width,
        height=height,
        floor=floor,
        line=line,
        under=f"{line} L{places[-1][0]} {floor} L0 {floor}Z",
        last_x=places[-1][0],
        last_y=places[-1][1],
        rules=(Rule(round(floor - (floor - 20.0) * total / top, 1), figure(total)),),
        ticks=tuple(
            Tick(
                round(room * nth / 4, 1),
                clock(begins + quarter * nth),
                ("start", "middle", "middle", "middle", "end")[nth],
            )
            for nth in range(5)
        ),
    )


def spark(watts: Sequence[int], *, width: float = 72.0, height: float = 20.0) -> str:
    """The path of a small line without axis; empty where there is nothing to show."""
    if len(watts) < 2 or not any(watts):
        return ""
    most, apart = max(watts), width / (len(watts) - 1)
    return "M" + " L".join(
        f"{round(apart * nth, 1)} {round(height - 1 - (height - 3) * w / most, 1)}"
        for nth, w in enumerate(watts)
    )


def thinned(points: Points) -> list[tuple[datetime, int]]:
    """At most so many points that a path stays small; first, last and peaks are kept."""
    if len(points) <= POINTS_MAX:
        return list(points)
    size = -(-len(points) // POINTS_MAX)
    kept = [
        max(points[nth : nth + size], key=lambda point: point[1])
        for nth in range(0, len(points), size)
    ]
    return [points[0], *kept[1:-1], points[-1]]


def powers_of(registers: Sequence[tuple[datetime, int]]) -> list[tuple[datetime, int]]:
    """Power from a meter's registers, for stations that do not tell it: energy over time."""
    made: list[tuple[datetime, int]] = []
    for (at, wh), (later, later_wh) in pairwise(registers):
        apart = (later - at) / timedelta(hours=1)
        if apart > 0 and later_wh >= wh:
            made.append((later, round((later_wh - wh) / apart)))
    return made
