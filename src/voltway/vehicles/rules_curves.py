"""Curves: of a model, of what most cars do, of what was learned; and the time they take."""

from collections.abc import Sequence
from typing import Final

from voltway.vehicles.model import POINTS, Curve, EvModel, Learned

#: Of what passes the meter, so much arrives in the battery of a car that charges by DC, and by AC.
ARRIVES_DC: Final = 0.94
ARRIVES_AC: Final = 0.89
#: Cars take less on the road than in the test drives of which the published curves are made.
ON_THE_ROAD: Final = 0.93

#: A battery on the road has so much left of what its maker sold.
AGED: Final = 0.95

#: What most cars take of their peak, by percent of charge: the mean of the measured curves that
#: are not held out (``python -m bench.time_to_done --calibrate``).
TAPER: Final = ((0, 0.99), (30, 0.99), (50, 0.94), (60, 0.80), (80, 0.52), (100, 0.21))

#: What cars take by AC of what they take otherwise, by percent of charge: the same until they are
#: nearly full, and then less and less (``--calibrate``).
AC_TAPER: Final = ((0, 1.0), (97, 1.0), (100, 0.2))
AC_FLAT_UNTIL: Final = 97

#: What most cars take at their peak, by the size of their battery: W a Wh.
PEAK_BY_SIZE: Final = 2.0


def spread(corners: Sequence[tuple[float, float]], factor: float) -> Curve:
    """A curve through these corners, straight between them, times a factor."""
    watts = []
    left, rest = corners[0], list(corners[1:])
    for percent in range(POINTS):
        while rest and percent > rest[0][0]:
            left = rest.pop(0)
        if not rest or percent <= left[0]:
            value = left[1]
        else:
            right = rest[0]
            value = left[1] + (percent - left[0]) / (right[0] - left[0]) * (right[1] - left[1])
        watts.append(max(value * factor, 1.0))
    return Curve(tuple(watts))


def of_model(model: EvModel) -> Curve | None:
    """What a model takes at the meter; none where that is not known."""
    if not model.curve:
        return None
    return spread(model.curve, ON_THE_ROAD / ARRIVES_DC)


def of_most(peak_w: float) -> Curve:
    """What a car of this peak takes at the meter, if it is like most."""
    return spread(TAPER, peak_w)


def wh_per_percent(battery_wh: float, arrives: float = ARRIVES_DC) -> float:
    """What passes the meter for each percent of a battery that was sold with so many Wh."""
    return battery_wh * AGED / 100 / arrives


def between(one: Curve, other: Curve) -> Curve:
    """Halfway between two curves, as shares are halved."""
    return Curve(tuple((a * b) ** 0.5 for a, b in zip(one.watts, other.watts, strict=True)))


def ac_percents(soc: float, target: float) -> float:
    """How many percents could be filled by AC at full power in the time that these take."""
    if soc >= target:
        return 0.0
    seconds, _ = seconds_between(_AC_CURVE, 1.0, soc, target, _FULL_W)
    return seconds * _FULL_W / 3600


def of_learned(learned: Learned, otherwise: Curve) -> Curve:
    """What was learned where there was something to learn; elsewhere what is known otherwise, as
    much above or below as this car is where both are known."""
    seen = [(a, b) for a, b in zip(learned.watts, otherwise.watts, strict=True) if a > 0]
    ratio = sum(a / b for a, b in seen) / len(seen) if seen else 1.0
    return Curve(tuple(a or b * ratio for a, b in zip(learned.watts, otherwise.watts, strict=True)))


def seconds_between(
    curve: Curve, wh_per_percent: float, soc: float, target: float, offered_w: float
) -> tuple[float, float]:
    """How long a battery takes from one percent of charge to another, where a station gives so
    much at most; and how much of that the car sets the pace and not the station. Both in s."""
    assert offered_w > 0
    seconds = paced_by_car = 0.0
    at = soc
    while at < target:
        percent = min(int(at), POINTS - 2)
        until = min(percent + 1.0, target)
        watts = (curve.watts[percent] + curve.watts[percent + 1]) / 2
        part = (until - at) * wh_per_percent * 3600 / min(watts, offered_w)
        seconds += part
        if watts < offered_w:
            paced_by_car += part
        at = until
    return seconds, paced_by_car


#: A power of which the taper can be told in whole watts.
_FULL_W: Final = 1_000.0
_AC_CURVE: Final = spread(AC_TAPER, _FULL_W)
