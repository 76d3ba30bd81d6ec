"""Time to done: pure, from what is known of a car and what its session showed, to a range.

Energy by peak power is always short on fast chargers, so a curve is gone through from one percent
to the next. The order of trust is that of ``Source``. Where neither the size of the battery is
known nor what is in it, there is no figure: nothing instead of a guess.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from voltway.vehicles.model import Curve, EvModel, Learned, Point, Source, TimeToDone
from voltway.vehicles.rules_curves import (
    AC_FLAT_UNTIL,
    ARRIVES_AC,
    PEAK_BY_SIZE,
    ac_percents,
    between,
    of_learned,
    of_model,
    of_most,
    seconds_between,
    wh_per_percent,
)
from voltway.vehicles.rules_learning import NOTHING, PACED_BY_STATION
from voltway.vehicles.rules_size import size

#: What happened in the last so many seconds says how the car takes it today.
LOOKS_BACK_S: Final = 420.0
#: After so many seconds of charging, what was seen weighs as much as what was known.
HALF_S: Final = 60.0
#: A car that takes so much less than expected is cold, or shares its station; not more is believed.
PACE_LEAST: Final = 0.35
PACE_MOST: Final = 1.25
#: By so many percent of charge further on, a pace has come half of the way back to what is usual:
#: what is known of this very car bends less than what is published of its model.
COMES_BACK: Final = {Source.VEHICLE: 12.0, Source.LEARNED_MODEL: 25.0, Source.MODEL: 25.0}
COMES_BACK_ELSE: Final = 60.0
#: So many of a car's best minutes show what it takes at most, and weigh so much beside what cars
#: with such a battery do (set by the models that are not held out, as the spreads).
BEST_MINUTES: Final = 2
SHOWN_WEIGHS: Final = 0.7


@dataclass(frozen=True, slots=True)
class Spread:
    """By how much sooner and later than estimated 8 of 10 charges end, as shares of the estimate:
    where the station sets the pace, and where the car does."""

    paced: tuple[float, float]
    free: tuple[float, float]

    def between(self, free: float) -> tuple[float, float]:
        """Sooner and later, where the car sets the pace for this share of the time."""
        (a, b), (c, d) = self.paced, self.free
        return a + (c - a) * free, b + (d - b) * free


#: The moments for which spreads were measured: seconds of charging. After the last nothing changes.
MEASURED_AT_S: Final = (0.0, 300.0, 600.0, 900.0)
#: At each of these moments (``python -m bench.time_to_done --calibrate``).
SPREADS: Final = {
    Source.VEHICLE: (
        Spread((0.007, 0.013), (0.137, 0.115)),
        Spread((0.007, 0.013), (0.058, 0.040)),
        Spread((0.009, 0.014), (0.048, 0.034)),
        Spread((0.010, 0.017), (0.042, 0.035)),
    ),
    Source.LEARNED_MODEL: (
        Spread((0.052, 0.070), (0.073, 0.196)),
        Spread((0.046, 0.065), (0.069, 0.077)),
        Spread((0.034, 0.050), (0.067, 0.076)),
        Spread((0.025, 0.038), (0.059, 0.080)),
    ),
    Source.MODEL: (
        Spread((0.064, 0.053), (0.070, 0.191)),
        Spread((0.054, 0.050), (0.067, 0.067)),
        Spread((0.041, 0.043), (0.067, 0.069)),
        Spread((0.030, 0.030), (0.058, 0.075)),
    ),
    Source.TAPER: (
        Spread((0.059, 0.371), (0.281, 0.686)),
        Spread((0.055, 0.042), (0.179, 0.164)),
        Spread((0.039, 0.038), (0.171, 0.188)),
        Spread((0.028, 0.028), (0.150, 0.177)),
    ),
    Source.POWER: (
        Spread((0.057, 0.061), (0.057, 0.061)),
        Spread((0.064, 0.049), (0.064, 0.049)),
        Spread((0.063, 0.049), (0.063, 0.049)),
        Spread((0.061, 0.047), (0.061, 0.047)),
    ),
    Source.CAR: (Spread((0.070, 0.100), (0.070, 0.100)),) * 4,
}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a car before it charges: its model, what was learned of it and of its model,
    and the size of its battery; each may be unknown."""

    model: EvModel | None = None
    vehicle: Learned | None = None
    of_its_model: Learned | None = None
    battery_wh: float | None = None


@dataclass(frozen=True, slots=True)
class Station:
    """What a connector gives: ``is_dc``, and its power in W."""

    is_dc: bool
    power_w: float


@dataclass(frozen=True, slots=True)
class _Basis:
    curve: Curve | None
    per_percent: float
    source: Source


def time_to_done(
    known: Known,
    station: Station,
    soc: float | None,
    target: float,
    points: Sequence[Point] = (),
    car_says_s: float | None = None,
) -> TimeToDone | None:
    """How long until ``target`` percent, from ``soc`` percent now; ``None`` where that is withheld.

    ``points`` are the readings of the session so far, in order; ``car_says_s`` is what the car
    itself gave as the rest at the last of them (OCPP 2.1 part 2, Display.RemainingTimeToTargetSOC).
    """
    basis = _basis(known, station, points)
    if soc is None or basis is None:
        return _as_said(car_says_s, 0.0)
    if soc >= target:
        return TimeToDone(0.0, 0.0, 0.0, 0.0, basis.source, 0.0)
    energy_wh = (target - soc) * basis.per_percent
    if car_says_s is not None:
        return _as_said(car_says_s, energy_wh)
    if basis.curve is None:
        seconds = _by_power(known, station, points, soc, target, basis.per_percent)
        free = 0.0
    else:
        seconds, free = _by_curve(basis.curve, basis, station, soc, target, points)
    since_s = points[-1].at_s if points else 0.0
    return _ranged(seconds, energy_wh, basis.source, since_s, free / seconds)


def _as_said(seconds: float | None, energy_wh: float) -> TimeToDone | None:
    if seconds is None:
        return None
    return _ranged(seconds, energy_wh, Source.CAR, 0.0, 0.0)


def _ranged(
    seconds: float, energy_wh: float, source: Source, since_s: float, free: float
) -> TimeToDone:
    sooner, later = _spread(SPREADS[source], since_s, free)
    middle, half = seconds * (1 + (later - sooner) / 2), seconds * (sooner + later) / 2
    return TimeToDone(seconds, max(middle - half, 0.0), middle + half, energy_wh, source, free)


def _spread(measured: Sequence[Spread], since_s: float, free: float) -> tuple[float, float]:
    """Sooner and later, between what was measured at the moments before and after this one."""
    for (from_s, to_s), (first, then) in zip(
        pairwise(MEASURED_AT_S), pairwise(measured), strict=True
    ):
        if since_s <= to_s:
            share = (since_s - from_s) / (to_s - from_s)
            (a, b), (c, d) = first.between(free), then.between(free)
            return a + (c - a) * share, b + (d - b) * share
    return measured[-1].between(free)


# -- what it stands on


def _basis(known: Known, station: Station, points: Sequence[Point]) -> _Basis | None:
    """The most trusted of what is known, with the energy of a percent."""
    if not station.is_dc:
        per = size(points, per_percent_ac(known))
        return _Basis(None, per, Source.POWER) if per else None
    model = known.model
    battery = known.battery_wh or (model.battery_wh if model else None)
    per = size(points, wh_per_percent(battery) if battery else None)
    published = of_model(model) if model is not None else None
    if per is None and known.vehicle is None and known.of_its_model is None:
        return None
    sized = per or (known.vehicle or known.of_its_model or NOTHING).wh_per_percent
    otherwise = published or of_most(_seen_peak(points, station, sized))
    if known.vehicle is not None and known.vehicle.sessions:
        mine = of_learned(known.vehicle, otherwise)
        return _Basis(mine, known.vehicle.wh_per_percent, Source.VEHICLE)
    if known.of_its_model is not None and known.of_its_model.sessions:
        # Other cars of the model took this, and one that was measured took that: neither is this.
        its = of_learned(known.of_its_model, otherwise)
        its = its if published is None else between(its, published)
        of_others = size(points, known.of_its_model.wh_per_percent)
        assert of_others is not None
        return _Basis(its, of_others, Source.LEARNED_MODEL)
    assert per is not None
    return _Basis(otherwise, per, Source.MODEL if published else Source.TAPER)


def per_percent(known: Known, station: Station, points: Sequence[Point]) -> float | None:
    """What passes the meter for each percent, in Wh, by the most trusted of what is known."""
    basis = _basis(known, station, points)
    return None if basis is None else basis.per_percent


def per_percent_ac(known: Known) -> float | None:
    """What passes the meter by AC for each percent, as far as the car is known."""
    battery = known.battery_wh or (known.model.battery_wh if known.model else None)
    return wh_per_percent(battery, ARRIVES_AC) if battery else None


def _powers(points: Sequence[Point], since_s: float) -> list[tuple[float, float, float | None]]:
    """Seconds, W and percent of charge of each stretch between two readings that is not older."""
    return [
        (b.at_s - a.at_s, (b.energy_wh - a.energy_wh) * 3600 / (b.at_s - a.at_s), b.soc)
        for a, b in pairwise(points)
        if b.at_s > a.at_s and a.at_s >= since_s
    ]


def _seen_peak(points: Sequence[Point], station: Station, per_percent: float) -> float:
    """What a car takes at most, at the meter, if it is like most: between what cars with such a
    battery take, or this one was given by a station that held it back, and what it took in its best
    minutes where it set the pace itself. Its other minutes may have been cold."""
    usual, like_most = PEAK_BY_SIZE * per_percent * 100, of_most(1.0).watts
    seen = []
    for _, watts, soc in _powers(points, 0.0):
        peak = watts / like_most[int(soc or 0)]
        if watts > station.power_w * PACED_BY_STATION:
            usual = max(usual, peak)
        elif soc is not None and watts > 0:
            seen.append(peak)
    if not seen:
        return usual
    best = sorted(seen)[-BEST_MINUTES:]
    shown = sum(best) / len(best)
    between = usual ** (1 - SHOWN_WEIGHS) * shown**SHOWN_WEIGHS
    return max(float(between), 1.0)


# -- the time


def _by_power(
    known: Known,
    station: Station,
    points: Sequence[Point],
    soc: float,
    target: float,
    per_percent: float,
) -> float:
    """Energy by power, as an AC car takes it: the same until it is nearly full, then less."""
    return ac_percents(soc, target) * per_percent * 3600 / ac_watts(known, station, points)


def ac_watts(known: Known, station: Station, points: Sequence[Point]) -> float:
    """What an AC car takes until it is nearly full: as now, else as its charger and the station
    can. What it takes once it is nearly full says nothing of that."""
    recent = _powers(points, points[-1].at_s - LOOKS_BACK_S if points else 0.0)
    early = [each for each in recent if each[2] is None or each[2] < AC_FLAT_UNTIL]
    if recent and not early:
        early = [each for each in _powers(points, 0.0) if (each[2] or 0) < AC_FLAT_UNTIL]
    early = early or recent
    took_s = sum(seconds for seconds, _, _ in early)
    seen_w = sum(seconds * watts for seconds, watts, _ in early) / took_s if took_s else 0.0
    can_w = min(station.power_w, known.model.ac_w or station.power_w) if known.model else 0.0
    return seen_w or can_w or station.power_w


def _by_curve(
    curve: Curve,
    basis: _Basis,
    station: Station,
    soc: float,
    target: float,
    points: Sequence[Point],
) -> tuple[float, float]:
    pace = _pace(curve, station, points)
    half = COMES_BACK.get(basis.source, COMES_BACK_ELSE)
    watts = tuple(
        each * (1 + (pace - 1) * 0.5 ** (max(percent - soc, 0) / half))
        for percent, each in enumerate(curve.watts)
    )
    return seconds_between(Curve(watts), basis.per_percent, soc, target, station.power_w)


def _pace(curve: Curve, station: Station, points: Sequence[Point]) -> float:
    """What the car took in the last minutes by what its curve says, drawn towards 1 while there is
    little to go by."""
    if not points:
        return 1.0
    taken = expected = looked_s = 0.0
    for seconds, watts, soc in _powers(points, points[-1].at_s - LOOKS_BACK_S):
        if soc is None:
            continue
        could = min(curve.watts[int(soc)], station.power_w)
        if watts >= station.power_w * PACED_BY_STATION and curve.watts[int(soc)] >= watts:
            continue  # the station sets the pace, and nothing is seen of the car
        taken += seconds * watts
        expected += seconds * could
        looked_s += seconds
    if not expected:
        return 1.0
    ratio = min(max(taken / expected, PACE_LEAST), PACE_MOST)
    weight = looked_s / (looked_s + HALF_S)
    return float(1 + (ratio - 1) * weight)
