"""Time to done of a car that told its charge, and energy flowed since: pure.

Some stations tell the charge once, at the start, and some stop telling it. What flowed since is
known, and with the energy of a percent it is percents, a little off by how batteries of a size
differ. The car still charges, so its target is not reached yet, however the count stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Final

from voltway.vehicles.model import Point, Source, TimeToDone
from voltway.vehicles.rules_counted import LATEST, SIZE_DIFFERS, SOONEST, STILL_RUNS_MIN
from voltway.vehicles.rules_time import Known, Station, time_to_done

#: Charge is told in whole percents that are rounded down: the middle, and by how much that is off.
ROUNDED: Final = 0.5
ROUNDED_DIFFERS: Final = 0.3
#: Once so many percents are counted on, the charge is less certain, and that is said.
OLD: Final = 5.0


@dataclass(frozen=True, slots=True)
class Since:
    """What a car told of its charge last, in whole percents, and how many percents flowed since."""

    told: float
    counted: float

    @property
    def least(self) -> float:
        """What was in the battery when it was told."""
        return min(self.told + ROUNDED, 100.0)

    @property
    def percent(self) -> float:
        """What is in the battery now."""
        return min(self.least + self.counted, 100.0)

    @property
    def is_old(self) -> bool:
        return self.counted > OLD


def since_told(points: Sequence[Point], per_percent: float | None) -> Since | None:
    """What is in a battery by the last charge told; ``None`` where none was.

    ``per_percent`` is the energy of a percent, in Wh: unknown, nothing is counted on.
    """
    for point in reversed(points):
        if point.soc is not None:
            taken = points[-1].energy_wh - point.energy_wh
            return Since(point.soc, taken / per_percent if per_percent else 0.0)
    return None


def counted_on(points: Sequence[Point], per_percent: float | None) -> list[Point]:
    """The points, with the charge that they would have told after the last that did."""
    found = list(points)
    last = next((p for p in reversed(points) if p.soc is not None), None)
    if last is None or last.soc is None or not per_percent:
        return found
    for place in range(found.index(last) + 1, len(found)):
        risen = (found[place].energy_wh - last.energy_wh) / per_percent
        found[place] = replace(found[place], soc=float(int(min(last.soc + ROUNDED + risen, 100))))
    return found


def time_since(
    known: Known, station: Station, target: float, points: Sequence[Point], since: Since
) -> TimeToDone | None:
    """How long until ``target`` percent, counted on from an old charge; ``None`` where the target
    should have been reached long ago, or nothing can be said of this car.

    ``points`` are those of ``counted_on``.
    """
    off = ((SIZE_DIFFERS * since.counted) ** 2 + ROUNDED_DIFFERS**2) ** 0.5
    left = NormalDist(target - since.told - ROUNDED - since.counted, off)
    done = left.cdf(0.0)
    if 1 - done < STILL_RUNS_MIN:
        return None
    least, most = (left.inv_cdf(done + part * (1 - done)) for part in (SOONEST, LATEST))
    least = max(least, 0.0)
    soonest, middle, latest = (
        time_to_done(known, station, target - each, target, points)
        for each in (least, max(left.mean, least), most)
    )
    if soonest is None or middle is None or latest is None:
        return None
    return replace(
        middle,
        soonest_s=soonest.soonest_s,
        latest_s=latest.latest_s,
        source=Source.COUNTED,
    )
