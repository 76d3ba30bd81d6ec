"""Cars that charge by AC and do not tell their charge, or only at the start: what the house says of
them on the way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from bench.time_to_done import truth
from bench.time_to_done.play import Asked, as_published, points_of
from voltway.sessions.targets import may_tell
from voltway.vehicles.model import EvModel, Point, TimeToDone
from voltway.vehicles.rules_counted import counted
from voltway.vehicles.rules_since import counted_on, since_told, time_since
from voltway.vehicles.rules_time import Known, Station, per_percent

AC_W = 11_000
TARGETS = (80.0, 100.0)
ASKED_AT_S = (300.0, 1_800.0, 3_600.0, 7_200.0, 10_800.0)
TOLD, UNTOLD = "its model, and what it came with", "its model alone"
ONCE = "its model, and its charge told once"
#: Alerts go out so long before the end, and the house looks once a minute from then on.
SOON_S, FIRST_LOOK_S = 600.0, 120.0


@dataclass(frozen=True, slots=True)
class Alerted:
    """When a charge was said to be soon done, by what was really left; ``None``: never."""

    way: str
    target: float
    left_s: float | None


def played_untold(
    chosen: Sequence[EvModel], cars: int, seed: int
) -> tuple[list[Asked], list[Alerted]]:
    """For each model and target some cars charge once, asked about at some moments."""
    asked: list[Asked] = []
    alerted: list[Alerted] = []
    for model in chosen:
        for target in TARGETS:
            for number in range(cars):
                random = Random(f"{seed} {model.id} {target} {number}")
                for way, known, charge, came in _ways(model, target, random):
                    asked += _asked(model, way, known, charge, target, came)
                    alerted.append(_alerted(way, known, charge, target, came))
    return asked, alerted


def _ways(
    model: EvModel, target: float, random: Random
) -> Iterator[tuple[str, Known, list[truth.Reading], float | None]]:
    """One charge, looked at with and without what its driver told of it."""
    car = truth.Car(as_published(model), random)
    soc = min(4 + 96 * random.betavariate(2, 3), target - 15)
    charge = list(car.charge(AC_W, soc, target, is_dc=False))
    known = Known(model=model)
    yield TOLD, known, charge, _read_off(soc, random)
    yield UNTOLD, known, charge, None
    yield ONCE, known, charge, None


def _read_off(soc: float, random: Random) -> float:
    """What a driver types: some look well, some remember how it was, some say it in fives."""
    seen = soc + random.gauss(0, 1.5)
    return max(float(5 * round(seen / 5) if random.random() < 0.3 else round(seen)), 0.0)


def _said_of(way: str, readings: Sequence[truth.Reading]) -> list[Point]:
    """What the house sees of it: no charge, or that of the start alone."""
    points = points_of(readings)
    return [
        each if way == ONCE and place == 0 else replace(each, soc=None)
        for place, each in enumerate(points)
    ]


def _estimated(
    way: str, known: Known, target: float, points: Sequence[Point], came: float | None
) -> TimeToDone | None:
    station = Station(False, AC_W)
    if way != ONCE:
        return counted(known, station, target, points, came)
    per = per_percent(known, station, points)
    since = since_told(points, per)
    assert since is not None
    return time_since(known, station, target, counted_on(points, per), since)


def _asked(
    model: EvModel,
    way: str,
    known: Known,
    charge: Sequence[truth.Reading],
    target: float,
    came: float | None,
) -> Iterator[Asked]:
    end_s = charge[-1].at_s
    for at_s in ASKED_AT_S:
        until = [each for each in charge if each.at_s <= at_s]
        if end_s - at_s < FIRST_LOOK_S:
            continue
        said = _estimated(way, known, target, _said_of(way, until), came)
        if said is None:
            continue
        yield Asked(
            model=model.title,
            power_w=AC_W,
            way=f"{way}, to {target:.0f} %",
            source=said.source,
            at_s=at_s,
            said_s=said.seconds,
            soonest_s=said.soonest_s,
            latest_s=said.latest_s,
            took_s=end_s - until[-1].at_s,
            free=said.free,
        )


def _alerted(
    way: str,
    known: Known,
    charge: Sequence[truth.Reading],
    target: float,
    came: float | None,
) -> Alerted:
    points = _said_of(way, charge)
    for number, point in enumerate(points):
        if point.at_s < FIRST_LOOK_S:
            continue
        said = _estimated(way, known, target, points[: number + 1], came)
        if said is not None and may_tell(said) and said.to_tell_s <= SOON_S:
            return Alerted(way, target, charge[-1].at_s - point.at_s)
    return Alerted(way, target, None)
