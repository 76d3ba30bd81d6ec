"""What sessions teach of a car: pure, from readings to sums by percent of charge."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from voltway.vehicles.model import POINTS, Learned, Point

#: A station that gives so much of what it can sets the pace, and the car might take more.
PACED_BY_STATION: Final = 0.95
#: The battery must have risen by so much for its size to be learned, in percent.
RISE_MIN: Final = 10.0
#: Of two readings further apart than this nothing is learned but the size, in s.
GAP_S_MAX: Final = 300.0
#: Cold, a shared station, a full house hold a car back, and nothing drives it on: what is above
#: what was known is believed by so much, and what is below by so much.
RISES: Final = 0.6
FALLS: Final = 0.15
#: The newest session says at least so much of the size of a battery, which ages.
SIZE_WEIGHT_MIN: Final = 0.1

NOTHING: Final = Learned(0.0, (0.0,) * POINTS, 0, 0)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one session shows: Wh at the meter for a percent, and for each percent the power in W;
    0 where it was not, below 0 where the station set the pace and the car might take more."""

    wh_per_percent: float
    watts: tuple[float, ...]


def taught(points: Sequence[Point], offered_w: float) -> Lesson | None:
    """What one DC session shows; none where its battery was not told, or did not rise by enough.

    ``points`` are in order of time. Charge is told in whole percents, so what counts is the rise
    between two readings at which it had just changed; between them it rises with the energy.
    """
    told = [point for point in points if point.soc is not None]
    steps = _steps(told)
    if len(steps) < 2:
        return None
    first, last = steps[0], steps[-1]
    rise = _soc(last) - _soc(first)
    if rise < RISE_MIN or last.energy_wh <= first.energy_wh:
        return None
    per_percent = (last.energy_wh - first.energy_wh) / rise
    watts = [0.0] * POINTS
    for before, after in pairwise(points):
        taken, took = after.energy_wh - before.energy_wh, after.at_s - before.at_s
        if taken <= 0 or not 0 < took <= GAP_S_MAX:
            continue
        begin = _soc(first) + (before.energy_wh - first.energy_wh) / per_percent
        power = taken * 3600 / took
        sign = -1 if power >= offered_w * PACED_BY_STATION else 1
        for percent in range(
            max(round(begin), 0), min(round(begin + taken / per_percent), 100) + 1
        ):
            watts[percent] = sign * power
    return Lesson(per_percent, tuple(watts))


def _steps(told: Sequence[Point]) -> list[Point]:
    """The readings at which the charge that is told has just changed."""
    return [after for before, after in pairwise(told) if after.soc != before.soc]


def _soc(point: Point) -> float:
    assert point.soc is not None
    return point.soc


def added(known: Learned, lesson: Lesson) -> Learned:
    """What is known after one more session."""
    weight = max(1 / (known.sessions + 1), SIZE_WEIGHT_MIN)
    return Learned(
        known.wh_per_percent * (1 - weight) + lesson.wh_per_percent * weight,
        tuple(map(_moved, known.watts, lesson.watts)),
        known.sessions + 1,
        known.cars,
    )


def _moved(known: float, seen: float) -> float:
    if seen == 0 or known == 0:
        return known or abs(seen)
    if seen < 0:  # the station held it back
        return max(known, -seen)
    return known + (seen - known) * (RISES if seen > known else FALLS)
