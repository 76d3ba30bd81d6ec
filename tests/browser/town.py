"""A small network in Helsinki on a Monday in November, and the Monday before: for the pictures.

All of it happens: guests pay at the provider, cars charge along their curves, stations tell it.
Only time is ours. The places are imagined, as in the design.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from tests.browser.forecourt import METER_S, Forecourt, a_forecourt
from tests.stories.world import World
from voltway.stations.model import Current
from voltway_world.stations import Car, car_models

MONDAY: Final = datetime(2026, 11, 23, tzinfo=UTC) - timedelta(hours=2)  # midnight in Helsinki
WEEK: Final = timedelta(days=7)

#: Name, version, bays, power of a bay, and how often people come.
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

#: Where the guest of the pictures will charge.
IN_THE_PICTURE: Final = ("Kamppi Garage", 3)

#: Silence of a station means that its state is unknown; heartbeats keep real time, not ours.
BEAT_MINUTES: Final = 5


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody charges: where, from which minute of the day to which."""

    place: str
    bay: int
    begins: int
    minutes: int  # 0: pays, and never plugs in
    card: str
    soc: int


@dataclass
class Town:
    world: World
    places: dict[str, Forecourt]
    busy: list[tuple[int, Visit]] = field(default_factory=list)
    bills: int = 0

    async def live(self, visits: Iterable[Visit], midnight: datetime, until: int) -> None:
        """Let this day pass until this minute; who is still charging then stays."""
        waiting = sorted(visits, key=lambda visit: visit.begins)
        first = waiting[0].begins
        self.world.clock.jump_to(midnight + timedelta(minutes=first))
        await self._beat()
        for minute in range(first, until + 1):
            while waiting and waiting[0].begins <= minute:
                visit = waiting.pop(0)
                if not visit.minutes:
                    await pays(self.world, self.places[visit.place], visit.bay, visit.card)
                    continue
                await self.arrives(visit)
                self.busy.append((minute + visit.minutes, visit))
            for ends, visit in [each for each in self.busy if each[0] <= minute]:
                await self.leaves(visit)
                self.busy.remove((ends, visit))
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


async def pays(world: World, place: Forecourt, bay: int, card: str) -> str:
    """A guest starts at a bay and pays by a card; the address of the visit's page."""
    asked = await world.browser.post(
        f"/e/{place.public_id(bay)}/start", data={"email": "driver@example.com"}
    )
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
        )
    return Town(world, places)


def a_day(seed: int, share: float) -> list[Visit]:
    """Who comes on a Monday: few in the night, many in the afternoon, bay after bay."""
    dice = random.Random(seed)
    visits = _at_the_bay_in_the_picture(dice)
    for name, _, bays, power_w, _ in PLACES:
        for bay in range(1, bays + 1):
            if (name, bay) == IN_THE_PICTURE:
                continue
            minute = dice.randrange(6 * 60, 11 * 60)
            while minute < 16 * 60:
                minutes = dice.randrange(18, 36) if power_w >= 50_000 else dice.randrange(60, 150)
                if dice.random() < share:
                    visits.append(
                        Visit(name, bay, minute, minutes, _card(dice), dice.randrange(12, 45))
                    )
                minute += minutes + dice.randrange(45, 200)
    return visits


def _at_the_bay_in_the_picture(dice: random.Random) -> list[Visit]:
    """One after another, and one who pays and walks away."""
    place, bay = IN_THE_PICTURE
    return [
        Visit(place, bay, begins, 0 if nth == 6 else 22, _card(dice), dice.randrange(12, 45))
        for nth, begins in enumerate(range(7 * 60 + 5, 17 * 60 - 20, 43))
    ]


def _card(dice: random.Random) -> str:
    """A wallet, or a card number whose last digit is right (ISO/IEC 7812-1, Annex B)."""
    if dice.random() < 0.4:
        return dice.choice(("apple_pay", "google_pay"))
    digits = [5, 1] + [dice.randrange(10) for _ in range(13)]
    total = sum(sum(divmod(2 * digit, 10)) for digit in digits[::2]) + sum(digits[1::2])
    return "".join(map(str, digits)) + str(-total % 10)


def _car(visit: Visit) -> Car:
    models = list(car_models().values())
    return Car(models[(visit.begins + visit.bay) % len(models)], soc=visit.soc, target=100)
