"""The guard of cars that show themselves: pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import Final

#: Faster as the crow flies is no car on a road.
KMH_MAX: Final = 150.0
#: So near to each other two stations are one place: clocks and positions are not exact.
NEAR_KM: Final = 2.0
EARTH_KM: Final = 6371.0


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a car charged, until when; ``None``: it charges still."""

    lat: float
    lon: float
    place: str
    until: datetime | None


def km_between(here: Seen, there: Seen) -> float:
    """As the crow flies (haversine)."""
    lat, lon = radians(there.lat - here.lat), radians(there.lon - here.lon)
    half = sin(lat / 2) ** 2 + cos(radians(here.lat)) * cos(radians(there.lat)) * sin(lon / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))


def spoofed(before: Seen, now: Seen, began: datetime) -> str | None:
    """Why one car cannot have been at both places, in a sentence; ``None`` where it can."""
    if before.until is None:
        return f"It charges at {before.place} still, and began at {now.place} too."
    km = km_between(before, now)
    if km <= NEAR_KM:
        return None
    between = max(began - before.until, timedelta(minutes=1))
    if km / (between / timedelta(hours=1)) <= KMH_MAX:
        return None
    minutes = int(between / timedelta(minutes=1))
    return (
        f"It ended at {before.place} and began {minutes} min later at {now.place},"
        f" {km:.0f} km away."
    )
