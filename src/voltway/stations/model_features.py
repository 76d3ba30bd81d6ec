"""What a place is like beyond where it is: access, hours, light, what is around, whom to ring."""

from dataclasses import dataclass
from typing import Final

#: What may be around a place: OCPI 2.3.0 Facility (mod_locations), and what is asked for most.
FACILITIES: Final = (
    "TOILETS",
    "CAFE",
    "RESTAURANT",
    "SUPERMARKET",
    "MALL",
    "HOTEL",
    "WIFI",
    "PARKING_LOT",
    "FUEL_STATION",
    "TRAIN_STATION",
    "METRO_STATION",
    "TRAM_STATION",
    "BUS_STOP",
    "AIRPORT",
    "SPORT",
    "RECREATION_AREA",
    "NATURE",
    "MUSEUM",
    "TAXI_STAND",
    "BIKE_SHARING",
    "CARPOOL_PARKING",
)


@dataclass(frozen=True, slots=True)
class Features:
    """What an operator told of a place. ``None`` is "not told", never "no"."""

    step_free: bool | None = None
    lit: bool | None = None
    roofed: bool | None = None
    bay_width_cm: int | None = None
    screen_height_cm: int | None = None
    facilities: tuple[str, ...] = ()
    hours_words: str = ""
    help_phone: str | None = None
