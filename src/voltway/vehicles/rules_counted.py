"""Time to done of a car that does not tell its charge, as by AC few do: counted from the energy.

What a session took since its start is known, and so is the battery of a known car; what is not is
how full it came. Its driver may have told that, to a few percent. Where nobody did, it came with
anything that cars come with, and what is left is a wide range, which narrows as the battery fills.
Either is less sure than a charge that the car tells, and says so (``Source.is_sure``). By DC cars
tell it, and take less long before the end: nothing is counted there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Final

from voltway.vehicles.model import Point, Source, TimeToDone
from voltway.vehicles.rules_curves import ac_percents
from voltway.vehicles.rules_time import Known, Station, ac_watts, per_percent_ac

#: By so much, as a share, what a percent takes may differ (``--calibrate``).
SIZE_DIFFERS: Final = 0.042
#: By so many percent what a driver reads off their car may differ from what is in the battery.
TOLD_DIFFERS: Final = 2.0
#: Cars that charge by AC come with so much, in percent, all about as often.
COMES_LEAST: Final = 12.0
COMES_MOST: Final = 78.0
#: Where so few charges would still run, something is not as it was told, and nothing is said.
STILL_RUNS_MIN: Final = 0.03
#: The range that holds 80 % of the time.
SOONEST, LATEST = 0.1, 0.9


@dataclass(frozen=True, slots=True)
class _Pace:
    """The energy of a percent in Wh, and the power in W that flows until the car is nearly full."""

    per_percent: float
    watts: float

    def seconds(self, percents: float) -> float:
        return max(percents, 0.0) * self.per_percent * 3600 / self.watts


def counted(
    known: Known,
    station: Station,
    target: float,
    points: Sequence[Point],
    came_with: float | None = None,
) -> TimeToDone | None:
    """How long until ``target`` percent; ``None`` where the battery's size is unknown, where no
    energy has flowed yet, or where the target should have been reached long ago.

    ``came_with`` is what its driver said was in it at the start of the session, in percent.
    """
    per = per_percent_ac(known)
    if station.is_dc or per is None or not points or points[-1].energy_wh <= 0:
        return None
    taken = points[-1].energy_wh / per
    if came_with is None:
        return _of_any(_Pace(per, ac_watts(known, station, points)), target, taken)
    off = ((SIZE_DIFFERS * (target - came_with)) ** 2 + TOLD_DIFFERS**2) ** 0.5
    # As full as it may be by now: what it takes when it is nearly full is not what it took before.
    filled = [replace(each, soc=came_with + off + each.energy_wh / per) for each in points]
    pace = _Pace(per, ac_watts(known, station, filled))
    return _since(pace, target, NormalDist(target - came_with - taken, off))


def _since(pace: _Pace, target: float, left: NormalDist) -> TimeToDone | None:
    """From what the driver told: that, the battery's size and its losses are all a little off, and
    it still charges, so it is not done."""
    done = left.cdf(0.0)
    if 1 - done < STILL_RUNS_MIN:
        return None
    soonest, latest = (left.inv_cdf(done + part * (1 - done)) for part in (SOONEST, LATEST))
    return _ranged(pace, target, (soonest, max(left.mean, soonest), latest), Source.COUNTED)


def _of_any(pace: _Pace, target: float, taken: float) -> TimeToDone | None:
    """From the energy alone: it came with anything with which it would not be done by now."""
    least, most = COMES_LEAST + taken, min(COMES_MOST + taken, target)
    if least >= most:
        return None
    soonest, latest = (target - most + part * (most - least) for part in (SOONEST, LATEST))
    return _ranged(pace, target, (soonest, (soonest + latest) / 2, latest), Source.ENERGY)


def _ranged(
    pace: _Pace, target: float, left: tuple[float, float, float], source: Source
) -> TimeToDone:
    """The times that three rests take, in percent: at least, as counted, and at most."""
    soonest, counted_s, latest = (
        pace.seconds(ac_percents(target - max(part, 0.0), target)) for part in left
    )
    energy_wh = max(left[1], 0.0) * pace.per_percent
    return TimeToDone(counted_s, soonest, latest, energy_wh, source, 0.0)
