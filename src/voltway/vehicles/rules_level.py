"""What is in a battery now, by the charge that was told last: pure.

A charge that was told a minute ago is that of now. One that was told once, at the start, is not:
what flowed since is counted on where the energy of a percent is known, and is an estimate; else it
stays what it is, a charge of then. A car that stands and took nothing since has what it told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from voltway.vehicles.model import Point
from voltway.vehicles.rules_since import since_told

#: While energy flows, what was told or metered longer ago is not that of now.
FRESH_S: Final = 300.0
#: So little is less than a percent of most batteries.
LITTLE_WH: Final = 400.0
#: A car that charges is not full.
NOT_FULL: Final = 99.0


@dataclass(frozen=True, slots=True)
class Level:
    """What is in a battery, and what was told last, in whole percents. ``is_counted``: it is
    estimated, from what was told and the energy since. ``was_at_s``: where it is not known to be
    that of now, the moment at which it was so, in seconds since the start."""

    percent: int
    told: int
    told_at_s: float
    is_counted: bool = False
    was_at_s: float | None = None


def level(
    points: Sequence[Point], per_percent: float | None, *, now_s: float, charges: bool
) -> Level | None:
    """What is in a battery now; ``None`` where no charge was ever told. ``per_percent`` is the
    energy of a percent, in Wh, where it is known; ``charges``: energy flows."""
    since, told = since_told(points, per_percent), _last_told(points)
    if since is None or told is None:
        return None
    last, percent = points[-1], int(since.told)
    is_heard = not charges or now_s - last.at_s <= FRESH_S
    has_moved = last.energy_wh - told.energy_wh > (per_percent or LITTLE_WH)
    is_new = charges and now_s - told.at_s <= FRESH_S and not since.is_old
    if is_new or (is_heard and not has_moved):
        return Level(percent, percent, told.at_s)
    if per_percent is None or not has_moved:
        return Level(percent, percent, told.at_s, was_at_s=told.at_s)
    counted = int(min(since.percent, NOT_FULL if charges else 100.0))
    return Level(
        max(counted, percent),
        percent,
        told.at_s,
        is_counted=True,
        was_at_s=None if is_heard else last.at_s,
    )


def _last_told(points: Sequence[Point]) -> Point | None:
    return next((each for each in reversed(points) if each.soc is not None), None)
