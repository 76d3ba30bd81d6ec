"""What happens on the Monday of the pictures, and who came on the Monday before."""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from tests.browser.town import PLACES, Happening, Town, Visit, pays
from voltway.stations import actions as stations
from voltway.stations.orders import (
    ChangeAvailability,
    Order,
    ReadVariables,
    SetVariable,
    Trigger,
    Unlock,
)
from voltway_world.stations import Station

MONDAY: Final = datetime(2026, 11, 23, tzinfo=UTC) - timedelta(hours=2)  # midnight in Helsinki
WEEK: Final = timedelta(days=7)
CARD: Final = "4242424242424242"

#: Where the guest of the pictures will charge.
IN_THE_PICTURE: Final = ("Kamppi Garage", 3)

#: Under repair all day, or out of order in the end.
CLOSED: Final = {("Käpylä Depot", 5), ("Käpylä Depot", 6), ("Kallio Torkkelinmäki", 2)}

#: Who is still there when the pictures are taken; one of them is long full.
STAY: Final = (
    Visit("Lauttasaari Pier", 1, 15 * 60 + 48, 600, CARD, 31),
    Visit("Munkkiniemi", 1, 16 * 60 + 5, 600, "apple_pay", 22),
    Visit("Herttoniemi Yard", 1, 16 * 60 + 20, 600, CARD, 62, target=80),
    Visit("Munkkiniemi", 3, 16 * 60 + 31, 600, "5100000000003341", 44),
    Visit("Käpylä Depot", 2, 16 * 60 + 50, 600, "5100000000009819", 15),
    Visit("Pasila Tripla", 7, 17 * 60 + 2, 600, "google_pay", 12),
    Visit("Pasila Tripla", 2, 17 * 60 + 9, 600, "apple_pay", 27),
    Visit("Pasila Tripla", 5, 17 * 60 + 13, 600, "5100000000001162", 19),
    Visit("Kamppi Garage", 1, 17 * 60 + 11, 600, "google_pay", 33),
)


def visits(seed: int, share: float, stay: Sequence[Visit] = ()) -> list[Visit]:
    """Who comes on a Monday: bay after bay, until the early evening."""
    dice = random.Random(seed)
    found = list(_at_the_bay_in_the_picture(dice))
    for name, _, bays, power_w, _ in PLACES:
        for bay in range(1, bays + 1):
            if (name, bay) == IN_THE_PICTURE or (name, bay) in CLOSED:
                continue
            stays = any((name, bay) == (visit.place, visit.bay) for visit in STAY)
            minute = dice.randrange(6 * 60, 11 * 60)
            while minute < (13 if stays else 16) * 60:
                minutes = dice.randrange(24, 42) if power_w >= 50_000 else dice.randrange(60, 150)
                if dice.random() < share:
                    soc = dice.randrange(12, 40)
                    found.append(Visit(name, bay, minute, minutes, _card(dice), soc))
                minute += minutes + dice.randrange(45, 160)
    return [*found, *stay]


def _at_the_bay_in_the_picture(dice: random.Random) -> Iterator[Visit]:
    """One after another, but for the time when its station had no contact."""
    for nth, begins in enumerate(range(7 * 60 + 5, 16 * 60 + 40, 43)):
        if nth != 6:
            yield Visit(*IN_THE_PICTURE, begins, 22, _card(dice), dice.randrange(12, 45))


def _card(dice: random.Random) -> str:
    """A wallet, or a card number whose last digit is right (ISO/IEC 7812-1, Annex B)."""
    if dice.random() < 0.4:
        return dice.choice(("apple_pay", "google_pay"))
    digits = [5, 1] + [dice.randrange(10) for _ in range(13)]
    total = sum(sum(divmod(2 * digit, 10)) for digit in digits[::2]) + sum(digits[1::2])
    return "".join(map(str, digits)) + str(-total % 10)


async def _closes_for_repair(town: Town) -> None:
    for bay in (5, 6):
        await _asks(town, "Käpylä Depot", ChangeAvailability(operative=False, evse=bay))


async def _pays_in_vain(town: Town) -> None:
    """A start that no station hears: the driver gets the hold back."""
    name, bay = IN_THE_PICTURE
    await pays(town.world, town.places[name], bay, CARD, goes_offline=True)


async def _comes_back(town: Town) -> None:
    station = _outside(town, IN_THE_PICTURE[0])
    station.come_back()
    await town.world.within(station.online())


async def _falls_silent(town: Town) -> None:
    _outside(town, "Otaniemi Metro").go_offline()


async def _breaks(town: Town) -> None:
    await town.world.within(_outside(town, "Kallio Torkkelinmäki").fault(2))


async def _asks_for_the_configuration(town: Town) -> None:
    await _asks(town, IN_THE_PICTURE[0], ReadVariables())


async def _asks_for_an_unlock(town: Town) -> None:
    await _asks(town, IN_THE_PICTURE[0], Unlock(1))


async def _sets_the_interval(town: Town) -> None:
    await _asks(town, IN_THE_PICTURE[0], SetVariable("SampledDataCtrlr.TxUpdatedInterval", "60"))


async def _asks_for_the_states(town: Town) -> None:
    await _asks(town, IN_THE_PICTURE[0], Trigger("StatusNotification", evse=3))


async def _asks(town: Town, name: str, order: Order) -> None:
    async with town.world.house.begin() as work:
        station = town.places[name].inside.station.id
        placed = await stations.place_order(work, station, order, by="Aino Laine")

    async def is_over() -> bool:
        async with town.world.house.begin() as work:
            return not (await stations.order(work, placed)).is_open

    await town.world.until(f"order:{placed}", is_over)


def _outside(town: Town, name: str) -> Station:
    return town.places[name].outside


#: By the minute of the day.
HAPPENINGS: Final[Mapping[int, Happening]] = {
    7 * 60 + 30: _closes_for_repair,
    11 * 60 + 23: _pays_in_vain,
    11 * 60 + 27: _comes_back,
    17 * 60 + 0: _falls_silent,
    17 * 60 + 7: _breaks,
    17 * 60 + 10: _asks_for_the_configuration,
    17 * 60 + 12: _asks_for_an_unlock,
    17 * 60 + 14: _sets_the_interval,
    17 * 60 + 16: _asks_for_the_states,
}
