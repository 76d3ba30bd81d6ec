"""Let cars charge, ask for the time to done on the way, and see when they were done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from bench.time_to_done import truth
from voltway.vehicles.catalogue import models
from voltway.vehicles.model import EvModel, Learned, Point, Source
from voltway.vehicles.rules_learning import NOTHING, added, taught
from voltway.vehicles.rules_time import Known, Station, time_to_done

#: So many of every model's sessions teach, before the next ones are asked about.
LESSONS = 6
#: Up to this a station gives AC.
AC_W = 22_000
ASKED_AT_S = (0.0, 300.0, 600.0, 900.0)


@dataclass(frozen=True, slots=True)
class Asked:
    """An estimate, and what became of it: seconds."""

    model: str
    power_w: int
    way: str  # what was known: nothing, model, its model's sessions, its own sessions
    source: Source
    at_s: float
    said_s: float
    soonest_s: float
    latest_s: float
    took_s: float
    free: float

    @property
    def off(self) -> float:
        """By how much of what it took the estimate was too long (above 0) or too short."""
        return (self.said_s - self.took_s) / self.took_s

    @property
    def holds(self) -> bool:
        return self.soonest_s <= self.took_s <= self.latest_s


def split(held_out: int, seed: int) -> tuple[list[EvModel], list[EvModel]]:
    """Models with measured curves: those by which constants are set, and those held out. Models
    of one brand and name (of several years) are never on both sides."""
    measured = [each for each in models().values() if each.measured and each.dc_w >= 100_000]
    names = sorted({(each.brand, each.name.split()[0]) for each in measured})
    Random(seed).shuffle(names)
    out = [
        next(e for e in measured if (e.brand, e.name.split()[0]) == name)
        for name in names[:held_out]
    ]
    gone = set(names[:held_out])
    return [e for e in measured if (e.brand, e.name.split()[0]) not in gone], out


def as_published(model: EvModel) -> truth.Model:
    return truth.Model(
        str(model.id), model.battery_wh, model.ac_w or 11_000, model.dc_w, model.curve
    )


def played(
    chosen: Sequence[EvModel], powers: Sequence[int], cars: int, random: Random
) -> Iterator[Asked]:
    """For each model and power: some cars teach what their model does; then each of some others
    teaches what it does itself, and charges once more, asked about at some moments."""
    for model in chosen:
        of_model = _of_model(model, random)
        for power in powers:
            for _ in range(cars):
                yield from _of_car(model, of_model, power, random)


def _of_model(model: EvModel, random: Random) -> Learned:
    known = NOTHING
    for _ in range(5):
        car = truth.Car(as_published(model), random)
        for _ in range(LESSONS // 2):
            known = _after(car, known, random)
    return known


def _after(car: truth.Car, known: Learned, random: Random) -> Learned:
    power = random.choice((50_000, 150_000, 300_000))
    soc = random.uniform(5, 45)
    readings = car.charge(power, soc, random.uniform(75, 95), is_dc=True)
    one = taught(points_of(list(readings)), power)
    return added(known, one) if one else known


def points_of(readings: Sequence[truth.Reading]) -> list[Point]:
    return [Point(each.at_s, each.energy_wh, each.soc) for each in readings]


def _of_car(model: EvModel, of_model: Learned, power: int, random: Random) -> Iterator[Asked]:
    car = truth.Car(as_published(model), random)
    own = NOTHING
    for _ in range(LESSONS):
        own = _after(car, own, random)
    ways = {
        "its own sessions": Known(model=model, vehicle=own, of_its_model=of_model),
        "sessions of its model": Known(model=model, of_its_model=of_model),
        "its model": Known(model=model),
        "its battery's size": Known(battery_wh=model.battery_wh),
        "nothing": Known(),
    }
    soc, target, is_dc = random.uniform(8, 40), 80.0, power > AC_W
    readings = list(car.charge(power, soc, target, is_dc=is_dc))
    end_s = readings[-1].at_s
    for at_s in ASKED_AT_S:
        until = [each for each in readings if each.at_s <= at_s]
        if end_s - at_s < 120 or not until:
            continue
        points = points_of(until)
        for way, known in ways.items():
            said = time_to_done(
                known,
                Station(is_dc=is_dc, power_w=power),
                _between(points),
                target,
                points if at_s else (),
            )
            if said is None:
                continue
            yield Asked(
                model.title,
                power,
                way,
                said.source,
                at_s,
                said.seconds,
                said.soonest_s,
                said.latest_s,
                end_s - until[-1].at_s,
                said.free,
            )


def _between(points: Sequence[Point]) -> float | None:
    """What is in the battery, told in whole percents that are rounded down."""
    soc = points[-1].soc
    return None if soc is None else soc + 0.5
