"""Whether a car is full: it took energy, and has stopped taking it by itself. Pure.

A car says so by the state of its charge (1.6 §4.9 SuspendedEV; 2.0.1 part 2, ChargingStateEnumType
SuspendedEV). What the station withholds (SuspendedEVSE) is no end: more comes when it gives again.
Nor is it where the car told a charge below its target: that is a pause.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from voltway.tariffs.model import StateChange

#: A car must have stopped for so long: many pause for some seconds, to measure or to balance.
STOPPED_FOR: Final = timedelta(seconds=60)
#: A car that took less waits for its own timer, and has not charged yet.
TOOK_WH: Final = 100
#: A car that takes so much after that was not full, and what was told of it is not so any more.
WENT_ON_WH: Final = 1_000
#: Charge is told in whole percents, rounded down, and cars stop a little below their target.
SHORT_BY: Final = 2


def stopped_since(changes: Sequence[StateChange]) -> datetime | None:
    """Since when a car takes nothing by itself; ``None`` while it charges or could not.

    ``changes`` are in their order.
    """
    since = None
    for change in reversed(changes):
        if change.charging or not change.by_vehicle:
            break
        since = change.at
    return since


def is_full(changes: Sequence[StateChange], energy_wh: int, now: datetime) -> bool:
    """Whether a car has taken energy and now takes no more, for long enough."""
    since = stopped_since(changes)
    return energy_wh >= TOOK_WH and since is not None and now - since >= STOPPED_FOR


def is_short(told_percent: int, since_wh: float, target_percent: int) -> bool:
    """Whether a car that stopped has only paused, for it told a charge below its target.

    ``since_wh`` flowed since it was told: after much of that, it says nothing of now.
    """
    return since_wh < WENT_ON_WH and told_percent < target_percent - SHORT_BY


def stopped_itself(changes: Sequence[StateChange]) -> bool:
    """Whether it was the car that ended the last flow, whatever the station withholds since.

    ``changes`` are in their order.
    """
    by_vehicle = False
    for change in reversed(changes):
        if change.charging:
            break
        by_vehicle = change.by_vehicle
    return by_vehicle


def went_on(full_wh: int, energy_wh: int) -> bool:
    """Whether a car of which it was told that it is full, at ``full_wh``, charged on."""
    return energy_wh >= full_wh + WENT_ON_WH
