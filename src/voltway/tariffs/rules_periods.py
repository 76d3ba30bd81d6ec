"""From what the meter and the plug said to the periods that are priced.

The running cost, the captured amount and the CDR are all made from these periods, so that they
cannot differ in what they count.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from operator import attrgetter

from voltway.tariffs.exact import Exact, narrowed
from voltway.tariffs.model import ChargingPeriod, MeterPoint, StateChange

MICROSECOND = timedelta(microseconds=1)
BY_TIME = attrgetter("at", "energy_wh")


def periods_of(
    points: Sequence[MeterPoint],
    changes: Sequence[StateChange] = (),
    *,
    begins: datetime,
    ends: datetime,
) -> tuple[ChargingPeriod, ...]:
    """A session's periods: one between each two moments at which something was told.

    Between two points the energy is spread evenly. Points and changes may come in any order and
    twice. What is told of before the beginning is left out; what is told of after the end counts
    as told at the end, for the last register often comes late. A register that fell is ignored.

    See Note [Who holds the power back].
    """
    assert begins <= ends, "a session does not end before it begins"
    meter = _metered(points, begins, ends)
    states = sorted((change for change in changes if change.at < ends), key=lambda each: each.at)
    moments = {begins, ends}
    moments.update(point.at for point in meter)
    moments.update(change.at for change in states if begins < change.at)
    ordered = sorted(moments)
    if len(ordered) == 1:
        return (ChargingPeriod(begins=begins, ends=ends, energy_wh=meter[-1].energy_wh),)
    return tuple(_periods(ordered, meter, states))


# Note [Who holds the power back]
# ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
# PARKING_TIME is the vehicle not asking for power. When the station withholds it (a limit, a
# neighbour's turn, a fault), the driver is not parking: that time stays charging time, as it is
# in OCPI's own sum (CDR object: charging time is the total less the parking time). Until the
# first change is told, a session charges.


def _metered(points: Sequence[MeterPoint], begins: datetime, ends: datetime) -> list[MeterPoint]:
    """The points in order, one a moment, never falling, from nothing at the beginning."""
    kept = [MeterPoint(begins, 0)]
    for point in sorted(points, key=BY_TIME):
        if point.at < begins or point.energy_wh < kept[-1].energy_wh:
            continue
        at = min(point.at, ends)
        if at == kept[-1].at and len(kept) > 1:
            kept.pop()
        kept.append(point if at is point.at else MeterPoint(at, point.energy_wh, point.power_w))
    return kept


@dataclass(slots=True)
class _Meter:
    """The energy since the beginning at moments at which nothing was told, walked forward."""

    points: Sequence[MeterPoint]
    nth: int = 0

    def at(self, moment: datetime) -> Exact:
        points = self.points
        while self.nth + 1 < len(points) and points[self.nth + 1].at < moment:
            self.nth += 1
        here = points[self.nth]
        if self.nth + 1 == len(points):
            return here.energy_wh
        after = points[self.nth + 1]
        share = Fraction((moment - here.at) // MICROSECOND, (after.at - here.at) // MICROSECOND)
        return narrowed(here.energy_wh + (after.energy_wh - here.energy_wh) * share)


def _periods(
    moments: Sequence[datetime], points: Sequence[MeterPoint], states: Sequence[StateChange]
) -> Iterator[ChargingPeriod]:
    meter = _Meter(points)
    told = {point.at: point for point in points}
    changed = [change.at for change in states]
    before: Exact = 0
    for begins, ends in pairwise(moments):
        point = told.get(ends)
        after = meter.at(ends) if point is None else point.energy_wh
        lasted_us = (ends - begins) // MICROSECOND
        whole_s, rest_us = divmod(lasted_us, 1_000_000)
        lasted_s = Fraction(lasted_us, 1_000_000) if rest_us else whole_s
        nth = bisect_right(changed, begins)
        parks = nth > 0 and not states[nth - 1].charging and states[nth - 1].by_vehicle
        energy = after - before
        power = _power(energy, lasted_us, None if point is None else point.power_w)
        yield ChargingPeriod(
            begins=begins,
            ends=ends,
            energy_wh=energy,
            charging_s=0 if parks else lasted_s,
            parking_s=lasted_s if parks else 0,
            min_power_kw=power,
            max_power_kw=power,
        )
        before = after


def _power(energy: Exact, lasted_us: int, told_w: int | None) -> Exact:
    """The average of a period, as the register has it.

    Where the register did not move but the station tells of power, the register is a coarse one
    (some count whole kilowatt-hours), and the station is believed.
    """
    if not energy and told_w:
        return Fraction(told_w, 1000)
    return Fraction(energy * 3_600_000, lasted_us)
