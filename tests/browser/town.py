"""A small network in Helsinki through a day: guests pay at the provider, cars charge, all is told.

Only time is ours. The places are imagined, as in the design.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from tests.browser.forecourt import METER_S, Forecourt, a_forecourt
from tests.stories.world import World
from voltway.stations import actions as stations
from voltway.stations.model import Current
from voltway_world.stations import Car, car_models

#: Name, version, bays, and the power of a bay.
PLACES: Final[tuple[tuple[str, str, int, int, Current], ...]] = (
    ("Kamppi Garage", "2.0.1", 4, 150_000, Current.DC),
    ("Pasila Tripla", "2.0.1", 8, 150_000, Current.DC),
    ("Kallio Torkkelinmäki", "1.6", 3, 22_000, Current.AC),
    ("Otaniemi Metro", "1.6", 4, 50_000, Current.DC),
    ("Lauttasaari Pier", "1.6", 2, 22_000, Current.AC),
    ("Herttoniemi Yard", "2.0.1", 2, 50_000, Current.DC),
    ("Käpylä Depot", "2.0.1", 6, 50_000, Current.DC),
    ("Munkkiniemi", "1.6", 4, 22_000, Current.AC),
)

#: Where they would be.
SPOTS: Final = (
    ("Urho Kekkosen katu 1", 60.1687, 24.9316),
    ("Fredikanterassi 1", 60.1986, 24.9330),
    ("Torkkelinkatu 4", 60.1840, 24.9560),
    ("Otaranta 2", 60.1845, 24.8270),
    ("Lauttasaarentie 50", 60.1590, 24.8720),
    ("Hiihtäjäntie 1", 60.1950, 25.0290),
    ("Käpyläntie 2", 60.2150, 24.9500),
    ("Laajalahdentie 12", 60.1975, 24.8770),
)

#: Silence of a station means that its state is unknown; heartbeats keep real time, not ours.
BEAT_MINUTES: Final = 5


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody charges: where, from which minute of the day to which."""

    place: str
    bay: int
    begins: int
    minutes: int
    card: str
    soc: int
    target: int = 100


#: Something else than a visit.
Happening: TypeAlias = Callable[["Town"], Awaitable[object]]


@dataclass
class Town:
    world: World
    places: dict[str, Forecourt]
    busy: list[tuple[int, Visit]] = field(default_factory=list)
    bills: int = 0

    async def live(
        self,
        visits: Iterable[Visit],
        midnight: datetime,
        until: int,
        happenings: Mapping[int, Happening] | None = None,
    ) -> None:
        """Let this day pass until this minute; who is still charging then stays."""
        waiting = sorted(visits, key=lambda visit: visit.begins)
        self.world.clock.jump_to(midnight + timedelta(minutes=waiting[0].begins))
        await self._beat()
        for minute in range(waiting[0].begins, until + 1):
            for ends, visit in [each for each in self.busy if each[0] <= minute]:
                self.busy.remove((ends, visit))
                await self.leaves(visit)
            while waiting and waiting[0].begins <= minute:
                visit = waiting.pop(0)
                self.busy.append((minute + visit.minutes, visit))
                await self.arrives(visit)
            if happenings and minute in happenings:
                await happenings[minute](self)
            if minute < until:
                await self.passes(1)

    async def passes(self, minutes: int) -> None:
        """Let so many minutes pass everywhere."""
        for _ in range(minutes):
            now = self.world.clock.jump(timedelta(seconds=METER_S))
            for place in self.places.values():
                place.outside.pass_time(METER_S)
            if now.minute % BEAT_MINUTES == 0:
                await self._beat()
            await self._settle()

    async def arrives(self, visit: Visit) -> str:
        """Plugs in, pays as a guest, and charges; the address of the visit's page."""
        place = self.places[visit.place]
        await place.plug_in(visit.bay, _car(visit))
        address = await pays(self.world, place, visit.bay, visit.card)

        async def is_charging() -> bool:
            async with self.world.house.begin() as work:
                return bool(
                    await work.one(
                        "SELECT id FROM session_view WHERE running AND evse_id = $1",
                        place.inside.evse(visit.bay),
                    )
                )

        await self.world.until("session:*", is_charging)
        return address

    async def leaves(self, visit: Visit) -> None:
        """Unplugs, and has the receipt before the clock moves on."""
        await self.places[visit.place].unplug(visit.bay)
        self.bills += 1
        await self.bills_are_written()

    async def closes(self) -> None:
        """Everybody leaves."""
        for _, visit in self.busy:
            await self.leaves(visit)
        self.busy.clear()

    async def clears_the_lobby(self) -> None:
        """Each station knocked once before the gateway had read its key; a person clears that."""
        async with self.world.house.begin() as work:
            for knock in await stations.lobby(work):
                await stations.dismiss(work, knock.id)

    async def bills_are_written(self) -> None:
        async def all_written() -> bool:
            async with self.world.house.begin() as work:
                row = await work.one("SELECT count(*)::int AS n FROM invoice_view")
            return row is not None and row["n"] >= self.bills

        await self.world.until("settlement:*", all_written)

    async def _beat(self) -> None:
        for place in self.places.values():
            if place.outside.is_online:
                place.outside.say_heartbeat()
        await self._settle()

    async def _settle(self) -> None:
        for place in self.places.values():
            if place.outside.is_online:
                await self.world.within(place.outside.settled())


async def pays(
    world: World, place: Forecourt, bay: int, card: str, *, goes_offline: bool = False
) -> str:
    """A guest starts at a bay and pays by a card; the address of the visit's page. The station may
    go offline while the guest pays."""
    asked = await world.browser.post(
        f"/e/{place.public_id(bay)}/start",
        data={"email": "driver@example.com"},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    if goes_offline:
        place.outside.go_offline()
    wallet = {"wallet": card}
    typed = {"number": card, "expiry": "12/40", "cvc": "123"}
    paid = await world.browser.post(
        asked.headers["location"], data=typed if card.isdecimal() else wallet
    )
    address = paid.headers["location"]
    (await world.browser.get(address)).raise_for_status()
    return address


async def a_town(world: World) -> Town:
    places = {}
    for nth, (name, version, bays, power_w, current) in enumerate(PLACES):
        places[name] = await a_forecourt(
            world,
            name=name,
            version=version,
            bays=bays,
            power_w=power_w,
            current=current,
            identity=f"E{1042 + 7 * nth}",
            spot=SPOTS[nth],
        )
    return Town(world, places)


def _car(visit: Visit) -> Car:
    models = list(car_models().values())
    model = models[(visit.begins + visit.bay) % len(models)]
    return Car(model, soc=visit.soc, target=visit.target)
