"""A place with a fast station, and cars that come to it: what a browser has to look at."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tests.network import AStation, number
from tests.stories.world import World
from voltway.kernel.units import PowerW
from voltway.stations import actions as stations
from voltway.stations.model import Current, EvsePlan, Location
from voltway_world.stations import (
    Car,
    EvseSpec,
    Options,
    SigningMeter,
    Station,
    some_car,
)

POWER_W: Final = 150_000
METER_S: Final = 60


@dataclass(frozen=True, slots=True)
class Forecourt:
    """A station as it stands outside, and as Voltway knows it."""

    world: World
    outside: Station
    inside: AStation

    @property
    def name(self) -> str:
        return self.inside.location.name

    def public_id(self, bay: int = 1) -> str:
        return self.inside.evses[bay].public_id

    async def plug_in(self, bay: int = 1, car: Car | None = None) -> None:
        await self.world.within(self.outside.plug_in(bay, car))

    async def unplug(self, bay: int = 1) -> None:
        await self.world.within(self.outside.unplug(bay))

    async def charge(self, minutes: int) -> None:
        """Let the cars charge for so long; the station tells its meters each minute."""
        for _ in range(minutes):
            self.world.clock.jump(timedelta(seconds=METER_S))
            self.outside.pass_time(METER_S)
            await self.world.within(self.outside.settled())

    def register_wh(self, bay: int = 1) -> int:
        return self.outside.forecourt.bay(bay).register_wh


async def a_forecourt(
    world: World,
    location: Location | None = None,
    *,
    name: str = "Kamppi Garage",
    version: str = "2.0.1",
    bays: int = 2,
    power_w: int = POWER_W,
    current: Current = Current.DC,
    identity: str | None = None,
    meter: SigningMeter | None = None,
    spot: tuple[str, float, float] = ("Urho Kekkosen katu 1", 60.1687, 24.9316),
) -> Forecourt:
    """A station at a place of its own, or at this one, switched on and online. ``spot`` is the
    address in Helsinki, with its latitude and longitude."""
    address, lat, lon = spot
    plug, spoken = ("IEC_62196_T2_COMBO", "CCS2") if current is Current.DC else ("IEC_62196_T2", "")
    async with world.house.begin() as work:
        place = location or await stations.add_location(
            work,
            world.party.id,
            name=name,
            address=address,
            city="Helsinki",
            country="FIN",
            lat=lat,
            lon=lon,
            time_zone="Europe/Helsinki",
            postal_code="00100",
        )
        plans = [EvsePlan(nth + 1, plug, current, PowerW(power_w)) for nth in range(bays)]
        station, key = await stations.add_station(
            work, world.party.id, place.id, identity or f"VW-{number():05d}", plans
        )
        found = await stations.evses_by_number(work, {(station.id, plan.number) for plan in plans})
    evses = {nth: place for (_, nth), place in found.items()}
    outside = Station(
        world.house.ocpp,
        station.identity,
        key,
        version,
        [
            EvseSpec(n + 1, power_w, current.value, spoken or "TYPE2", meter=meter)
            for n in range(bays)
        ],
        clock=world.clock.now,
        options=Options(tick_s=0, meter_interval_s=METER_S, reconnect_s=0.05),
    )
    await world.stack.enter_async_context(outside)
    await world.within(outside.online())
    await world.within(outside.settled())
    return Forecourt(world, outside, AStation(world.party, place, station, key, evses))


def a_car(soc: float = 18.0, target: float = 100.0) -> Car:
    return some_car(soc=soc, target=target)
