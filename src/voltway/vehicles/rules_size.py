"""The energy of a percent: what is known of a battery before, and what its session shows of it.

Charge is told in whole percents, so what a session shows is blurred at first: after ten percents
by as much as batteries of one model differ. So each of the two weighs by how sure it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from voltway.vehicles.model import Point

#: By so much, as a share, batteries of a model differ: they age, and more or less arrives in them.
DIFFERS: Final = 0.04
#: By so many percents the rise is blurred that a session shows: two ends, each within one percent.
BLURRED: Final = 0.41
#: What a battery of unknown size must have taken to tell its size, in percent.
TELLS_SIZE: Final = 10.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What a session shows of its battery: by how many percents it rose, and Wh for each."""

    rise: float
    wh_per_percent: float


def size(points: Sequence[Point], known_wh: float | None) -> float | None:
    """Wh at the meter for a percent, where ``known_wh`` was known of the car before; ``None`` while
    nothing tells it."""
    shown = shown_by(points)
    if known_wh is None:
        return None if shown is None or shown.rise < TELLS_SIZE else shown.wh_per_percent
    if shown is None:
        return known_wh
    blurred = BLURRED / shown.rise
    weight = DIFFERS**2 / (DIFFERS**2 + blurred**2)
    return known_wh * (1 - weight) + shown.wh_per_percent * weight


def shown_by(points: Sequence[Point]) -> Shown | None:
    """The straight line through the readings at which the charge that is told had just changed."""
    steps = [b for a, b in pairwise(points) if b.soc is not None and a.soc != b.soc]
    if len(steps) < 2:
        return None
    told = [(each.energy_wh, float(each.soc or 0)) for each in steps]
    energy = sum(wh for wh, _ in told) / len(told)
    charge = sum(soc for _, soc in told) / len(told)
    spread = sum((wh - energy) ** 2 for wh, _ in told)
    together = sum((wh - energy) * (soc - charge) for wh, soc in told)
    rise = told[-1][1] - told[0][1]
    if rise <= 0 or together <= 0:
        return None
    return Shown(rise, spread / together)
