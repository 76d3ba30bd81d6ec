"""Many stations in one process, and cars that come to them by themselves."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

from voltway_world.stations.bays import Bay, EvseSpec, State
from voltway_world.stations.cars import Car, car_models
from voltway_world.stations.forecourt import CannotDo
from voltway_world.stations.mechanism import utc_now
from voltway_world.stations.options import Options
from voltway_world.stations.plan import Plan, PlannedStation, Regular, Traffic
from voltway_world.stations.signing import SigningMeter
from voltway_world.stations.station import Station

#: How often a waiting driver looks at the car.
LOOK_S = 1.0


class Fleet:
    """The stations of a plan: ``async with Fleet(url, plan) as fleet: fleet["VW-1"]``."""

    def __init__(
        self,
        url: str,
        plan: Plan,
        *,
        speed: float = 1.0,
        clock: Callable[[], datetime] = utc_now,
        options: Callable[[], Options] | None = None,
    ) -> None:
        self.plan = plan
        self.speed = speed
        self.names = {planned.identity: planned.name for planned in plan.stations}
        self._traffic: list[asyncio.Task[None]] = []
        make = options or (lambda: Options(meter_interval_s=plan.meter_interval_s))
        self.stations = {
            planned.identity: Station(
                url,
                planned.identity,
                planned.key,
                planned.version,
                _specs(planned),
                clock=clock,
                options=_built(make(), planned),
                speed=speed,
            )
            for planned in plan.stations
        }

    def __getitem__(self, identity: str) -> Station:
        return self.stations[identity]

    async def switch_on(self) -> None:
        for station in self.stations.values():
            await station.switch_on()
        for planned in self.plan.stations:
            if planned.traffic and self.plan.traffic.tokens:
                station = self.stations[planned.identity]
                self._traffic += [
                    asyncio.create_task(_come_and_go(station, bay, self.plan.traffic))
                    for bay in station.forecourt.bays.values()
                ]
        for each in self.plan.regulars:
            station = self.stations[each.station]
            bay = station.forecourt.bay(each.evse)
            come = _come_and_go(station, bay, self.plan.traffic, each)
            self._traffic.append(asyncio.create_task(come))

    async def switch_off(self) -> None:
        for cars in self._traffic:
            cars.cancel()
        ends = await asyncio.gather(*self._traffic, return_exceptions=True)
        for station in self.stations.values():
            await station.switch_off()
        for end in ends:
            if isinstance(end, Exception):
                raise end

    async def shut_down(self, *, within_s: float) -> None:
        """End what runs, as a station does whose power fails but whose battery lasts to say so."""
        for station in self.stations.values():
            station.forecourt.end_all("PowerLoss")
        told = [station.settled() for station in self.stations.values() if station.is_online]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*told), within_s)

    @property
    def registers(self) -> dict[str, list[int]]:
        """What every meter shows, so that the next run can go on from there."""
        return {
            identity: [bay.register_wh for bay in station.forecourt.bays.values()]
            for identity, station in self.stations.items()
        }

    def go_on_from(self, registers: dict[str, list[int]]) -> None:
        """Set the meters to what they showed before, for a register never turns back."""
        for identity, shown in registers.items():
            if identity in self.stations:
                bays = self.stations[identity].forecourt.bays.values()
                for bay, register_wh in zip(bays, shown, strict=False):
                    bay.set_register(register_wh)

    async def online(self) -> None:
        """Wait until every station is registered."""
        for station in self.stations.values():
            await station.online()

    async def __aenter__(self) -> Self:
        await self.switch_on()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.switch_off()


def _meter(planned: PlannedStation, number: int) -> SigningMeter | None:
    if planned.meter_secret is None:
        return None
    return SigningMeter(f"{planned.identity}-{number}", secret=int(planned.meter_secret, 16))


def _built(options: Options, planned: PlannedStation) -> Options:
    options.can_reserve = planned.can_reserve
    return options


def _specs(planned: PlannedStation) -> list[EvseSpec]:
    dice = random.Random(planned.identity)
    return [
        EvseSpec(
            number=number,
            power_w=evse.power_w,
            current=evse.current,
            connector=evse.connector,
            # A meter in the field has counted for years.
            register_wh=_given(evse.register_wh, dice.randint(100_000, 9_000_000)),
            meter=_meter(planned, number),
        )
        for number, evse in enumerate(planned.evses, start=1)
    ]


def _given(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value


async def _come_and_go(
    station: Station, bay: Bay, traffic: Traffic, regular: Regular | None = None
) -> None:
    """One EVSE's day: a car comes, shows a card or itself, charges, leaves; then a pause."""
    dice = random.Random(f"{traffic.seed} {station.identity} {bay.number}")
    pace = max(station.speed, 1e-6)
    while True:
        await asyncio.sleep(dice.uniform(*traffic.pause_s) / pace)
        shows = regular or Regular(station=station.identity, uid=dice.choice(traffic.tokens))
        car = random_car(dice)
        stays_s = dice.uniform(*traffic.stay_s) / pace
        if bay.state is not State.AVAILABLE:
            continue
        try:
            station.forecourt.plug_in(bay.number, car)
            await asyncio.sleep(dice.uniform(2, 20) / pace)
            station.forecourt.present(bay.number, shows.uid, shows.kind, shows.contract)
        except CannotDo:
            # A person was faster, or the port is out of order.
            pass
        await _stay(bay, car, stays_s)
        if bay.car is car:
            station.forecourt.unplug(bay.number)


async def _stay(bay: Bay, car: Car, seconds: float) -> None:
    """Wait until the car has what it came for, its driver must go, or it was taken away."""
    left_s = seconds
    while left_s > 0 and bay.car is car and not car.is_full:
        await asyncio.sleep(min(LOOK_S, left_s))
        left_s -= LOOK_S


def random_car(dice: random.Random) -> Car:
    model = dice.choice(list(car_models().values()))
    soc = dice.uniform(10, 60)
    return Car(model, soc=soc, target=min(100.0, soc + dice.uniform(10, 40)))
