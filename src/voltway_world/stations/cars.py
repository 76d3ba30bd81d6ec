"""Cars with real batteries and real charge curves."""

import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec

#: How much of what the meter counts arrives in the battery: the car's own charger loses some.
_ARRIVES = {"AC": 0.9, "DC": 0.97}

#: An AC car tapers only at the very end.
_AC_TAPER_FROM = 97.0


class CarModel(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    battery_wh: int
    ac_w: int
    ac_phases: int
    dc_w: int
    dc_volts: int
    dc_curve: list[tuple[float, int]]


class _File(msgspec.Struct):
    cars: list[CarModel]


@cache
def car_models() -> dict[str, CarModel]:
    """The cars that come by, by their id; see data/ORIGIN.md for where they are from."""
    text = files("voltway_world").joinpath("data/ev_curves.json").read_bytes()
    return {car.id: car for car in msgspec.json.decode(text, type=_File).cars}


@dataclass(eq=False)
class Car:
    """One car, with what is in its battery and what its driver wants in it."""

    model: CarModel
    soc: float = 20.0
    target: float = 100.0

    @property
    def is_full(self) -> bool:
        return self.soc >= self.target - 1e-9

    def power_w(self, current: str, offered_w: int) -> int:
        """What the car draws now from a port that offers so much."""
        if self.is_full:
            return 0
        if current == "DC":
            wanted = _on_curve(self.model.dc_curve, self.soc)
        else:
            taper = min(1.0, (100.5 - self.soc) / (100.5 - _AC_TAPER_FROM))
            wanted = self.model.ac_w * taper
        return math.floor(min(wanted, offered_w))

    def take(self, current: str, energy_wh: float) -> float:
        """Fill the battery; gives the energy that really passed the meter."""
        arrives = _ARRIVES[current]
        room_wh = (self.target - self.soc) / 100 * self.model.battery_wh / arrives
        taken_wh = max(0.0, min(energy_wh, room_wh))
        self.soc = min(self.target, self.soc + taken_wh * arrives / self.model.battery_wh * 100)
        return taken_wh


def some_car(name: str | None = None, *, soc: float = 20.0, target: float = 100.0) -> Car:
    models = car_models()
    model = models[name] if name else next(iter(models.values()))
    return Car(model, soc=soc, target=target)


def _on_curve(curve: list[tuple[float, int]], soc: float) -> float:
    """The power at a state of charge, straight between the points of the curve."""
    left = curve[0]
    for right in curve[1:]:
        if soc <= right[0]:
            share = (soc - left[0]) / (right[0] - left[0])
            return left[1] + share * (right[1] - left[1])
        left = right
    return left[1]
