"""What a car can take: its battery, its curve, and what was learned of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from voltway.kernel.ids import PartyId, TokenUid

#: A curve has a power for each whole percent of charge, 0 to 100.
POINTS: Final = 101
#: With how much a car comes is told on the way to the bay, or while it charges there.
OF_THIS_VISIT: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Curve:
    """What a car takes by DC at each percent of charge, in W at the meter, if the station gives it.

    ``watts`` has ``POINTS`` values, all above 0.
    """

    watts: tuple[float, ...]

    def __post_init__(self) -> None:
        assert len(self.watts) == POINTS
        assert all(watts > 0 for watts in self.watts)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvModel:
    """A model as it is sold. Energy in Wh (usable), power in W, consumption in Wh a km.

    ``curve`` has corners ``(percent, W)`` at the battery; it is empty, and ``dc_w`` 0, where what a
    car takes by DC is not known, or is not believed.
    ``measured`` says that somebody measured it, and it is not a rule of thumb of its maker's peak.
    ``plugs`` are its inlets as Open EV Data names them; empty where nobody told.
    """

    id: UUID
    brand: str
    name: str
    year: int
    battery_wh: int
    wh_per_km: int
    ac_w: int
    dc_w: int
    curve: tuple[tuple[int, int], ...]
    measured: bool
    plugs: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        """Brand, name and year, as a driver reads it."""
        return f"{self.brand} {self.name}{f' ({self.year})' if self.year else ''}"


class Source(StrEnum):
    """What a time to done stands on, most trusted first."""

    CAR = "car"  # the car said so itself (OCPP 2.1 RemainingTimeToTargetSOC)
    VEHICLE = "vehicle"  # learned from this vehicle's sessions
    LEARNED_MODEL = "learned_model"  # learned from sessions of its model
    MODEL = "model"  # the curve of its model, as published
    TAPER = "taper"  # what most cars do
    POWER = "power"  # energy by power: AC only
    COUNTED = "counted"  # the energy since a percent that was told: by its driver, or earlier
    ENERGY = "energy"  # the energy alone, for nobody told how full it came: AC only

    @property
    def is_sure(self) -> bool:
        """Whether the car tells what is in its battery now."""
        return self not in (Source.COUNTED, Source.ENERGY)


@dataclass(frozen=True, slots=True)
class Learned:
    """What sessions showed: energy at the meter for a percent of charge, in Wh, and for each
    percent (``POINTS`` of them) what the car takes in W when nothing holds it back; 0 where no
    session was. ``sessions`` counts those that taught it something, ``cars`` whose they were.
    """

    wh_per_percent: float
    watts: tuple[float, ...]
    sessions: int
    cars: int = 1


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A car in somebody's account."""

    id: UUID
    email: str
    model: UUID
    is_default: bool


@dataclass(frozen=True, slots=True)
class Charges:
    """The car that charges by a token, to which percent its driver wants to fill it, and with how
    much they said that it comes: at ``told_at``, and of that visit alone."""

    party: PartyId
    token: TokenUid
    model: UUID
    vehicle: UUID | None
    target_percent: int
    comes_with_percent: int | None = None
    told_at: datetime | None = None

    def came_with(self, started_at: datetime) -> int | None:
        """With how much the car came to a session, if that was told for it."""
        if self.told_at is None or abs(started_at - self.told_at) > OF_THIS_VISIT:
            return None
        return self.comes_with_percent


@dataclass(frozen=True, slots=True)
class Point:
    """A reading of a session: seconds since its start, Wh at the meter since its start, what is
    in the battery in percent, where it was told."""

    at_s: float
    energy_wh: float
    soc: float | None


@dataclass(frozen=True, slots=True)
class TimeToDone:
    """Seconds from now until the target, with the range that holds 80 % of the time; the energy at
    the meter until then, in Wh; and for which share of the time the car sets the pace."""

    seconds: float
    soonest_s: float
    latest_s: float
    energy_wh: float
    source: Source
    free: float

    @property
    def to_tell_s(self) -> float:
        """Seconds by which who waits is told in time. Where it is not sure, rather some minutes too
        early than not at all."""
        return self.seconds if self.source.is_sure else (self.seconds + self.soonest_s) / 2
