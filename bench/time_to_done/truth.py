"""Cars as they might really charge: seeded, and of nothing that the estimate is made of.

A car is of a model, and differs from what is published of it: its battery has aged, its curve is
bent by a smooth line of its own, its battery is colder or warmer each time, and more or less of
what passes the meter arrives in it. The station derates now and then. What the house sees of it is
a reading a minute: the energy in Wh, and the charge in whole percents.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

STEP_S = 5.0
READING_S = 60.0


@dataclass(frozen=True, slots=True)
class Model:
    """A published model: Wh that are usable, W by AC and DC, corners (percent, W)."""

    id: str
    battery_wh: float
    ac_w: float
    dc_w: float
    curve: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    at_s: float
    energy_wh: float
    soc: int
    true_soc: float


class Car:
    """One car of a model, as it is; ``charge`` is one of its sessions."""

    def __init__(self, model: Model, random: Random) -> None:
        self.model = model
        self._random = random
        self._capacity_wh = model.battery_wh * random.uniform(0.88, 1.0)
        self._arrives_dc = random.uniform(0.92, 0.96)
        self._arrives_ac = random.uniform(0.86, 0.92)
        self._bends = [random.gauss(0.0, 0.035) for _ in range(3)]
        self._offset = random.gauss(0.0, 0.03)
        # Of its own, so that what is asked of AC changes nothing of what is drawn for DC.
        own = Random(f"{model.id} {self._capacity_wh}")
        self._ac_flat_until, self._ac_least = own.uniform(95.0, 99.0), own.uniform(0.08, 0.3)

    def charge(
        self, offered_w: float, soc: float, target: float, *, is_dc: bool
    ) -> Iterator[Reading]:
        """The readings of a session until the target is reached; the last is at that moment."""
        cold = self._cold() if is_dc else 0.0
        derated = offered_w * (
            self._random.uniform(0.6, 0.9) if self._random.random() < 0.05 else 1
        )
        arrives = self._arrives_dc if is_dc else self._arrives_ac
        at_s, energy_wh, next_s, soc_at_start = 0.0, 0.0, 0.0, soc
        while soc < target:
            if at_s >= next_s:
                yield Reading(at_s, energy_wh, int(soc), soc)
                next_s += READING_S
            power = self._takes(soc, is_dc=is_dc)
            if is_dc:
                # A cold battery warms up as it charges.
                power *= 1 - cold * math.exp(-at_s / 900)
            power = min(power / arrives, derated) * (1 + self._random.gauss(0, 0.01))
            per_step = power * STEP_S / 3600
            left_wh = (target - soc) / 100 * self._capacity_wh / arrives
            took = STEP_S * min(1.0, left_wh / per_step)
            energy_wh += min(per_step, left_wh)
            soc = soc_at_start + energy_wh * arrives / self._capacity_wh * 100
            at_s += took
            if left_wh <= per_step:
                break
        yield Reading(at_s, energy_wh, int(target), target)

    def _cold(self) -> float:
        """How much of its power a battery cannot take at first: in summer and on a long way none,
        in winter up to half."""
        if self._random.random() < 0.6:
            return 0.0
        return self._random.uniform(0.02, 0.45)

    def _takes(self, soc: float, *, is_dc: bool) -> float:
        """W at the battery."""
        if not is_dc:
            over = (soc - self._ac_flat_until) / (100.0 - self._ac_flat_until)
            return self.model.ac_w * 0.9 * (1 - max(over, 0.0) * (1 - self._ac_least))
        x = soc / 100
        bent = 1 + self._offset - 0.07
        for order, bend in enumerate(self._bends, start=1):
            bent += bend * math.sin(math.pi * order * x)
        return max(_along(self.model.curve, soc) * max(bent, 0.5), 500.0)


def _along(curve: tuple[tuple[int, int], ...], soc: float) -> float:
    left = curve[0]
    for right in curve[1:]:
        if soc <= right[0]:
            return left[1] + (soc - left[0]) / (right[0] - left[0]) * (right[1] - left[1])
        left = right
    return float(left[1])
