"""What a place is like, in the words of pages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

#: OCPI's facilities, and what is asked for most, as people say them.
FACILITIES: Final = {
    "TOILETS": "Toilets",
    "CAFE": "Café",
    "RESTAURANT": "Restaurant",
    "SUPERMARKET": "Supermarket",
    "MALL": "Shopping centre",
    "HOTEL": "Hotel",
    "WIFI": "Wi-Fi",
    "PARKING_LOT": "Car park",
    "FUEL_STATION": "Petrol station",
    "TRAIN_STATION": "Railway station",
    "METRO_STATION": "Metro",
    "TRAM_STATION": "Tram",
    "BUS_STOP": "Bus stop",
    "AIRPORT": "Airport",
    "SPORT": "Sports",
    "RECREATION_AREA": "Recreation area",
    "NATURE": "Nature",
    "MUSEUM": "Museum",
    "TAXI_STAND": "Taxis",
    "BIKE_SHARING": "Bicycles to share",
    "CARPOOL_PARKING": "Car pool parking",
}

YES_OR_NO: Final = {
    "step_free": ("Step-free from the bay to the screen", "There is a step or a kerb"),
    "lit": ("Lit at night", "Not lit at night"),
    "roofed": ("Under a roof", "No roof"),
}


@dataclass(frozen=True, slots=True)
class Accessible:
    """What a page says of a place: access first, then hours, then what is around."""

    access: tuple[str, ...]
    hours: tuple[str, ...]
    is_open: bool | None
    around: tuple[str, ...]
    phone: str | None

    @property
    def is_told(self) -> bool:
        return bool(self.access or self.hours or self.around or self.phone)


def english(sentence: str, **given: object) -> str:
    return sentence % given if given else sentence


def in_words(row: Mapping[str, Any] | None, say: Callable[..., str] = english) -> Accessible:
    """A row of ``location_features_view`` with ``is_open``; only what was told is said, by ``say``
    in the language of a page."""
    if row is None:
        return Accessible((), (), None, (), None)
    access = [
        say(words[0] if row[name] else words[1])
        for name, words in YES_OR_NO.items()
        if row[name] is not None
    ]
    if row["bay_width_cm"] is not None:
        access.append(say("Widest bay %(m)s m", m=f"{row['bay_width_cm'] / 100:.2f}"))
    if row["screen_height_cm"] is not None:
        access.append(say("Screen at %(cm)s cm", cm=row["screen_height_cm"]))
    return Accessible(
        access=tuple(access),
        hours=tuple(row["hours_words"].splitlines()),
        is_open=row["is_open"],
        around=tuple(say(FACILITIES.get(each, each)) for each in row["facilities"]),
        phone=row["help_phone"],
    )
