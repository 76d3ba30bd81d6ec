"""A disruption: a station without contact, a bay with a fault, or one where no start works."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from voltway.kernel.facts import Fact
from voltway.kernel.ids import EvseId, LocationId, PartyId, StationId


class DisruptionKind(StrEnum):
    OFFLINE = "offline"
    FAULTED = "faulted"
    STARTS = "starts"  # one start after another came to nothing


class WhyOver(StrEnum):
    PASSED = "passed"  # before anybody was told
    WELL = "well"
    TIME = "time"  # nobody tried to start there for long, so nobody knows
    GONE = "gone"  # the station or its place is not there any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Disruption:
    """``evse`` is one bay, or all of the station. Told where ``told_at`` is there; before it is a
    suspicion."""

    id: UUID
    party: PartyId
    location: LocationId
    station: StationId
    evse: EvseId | None
    kind: DisruptionKind
    is_again: bool
    began_at: datetime
    seen_at: datetime
    looked_at: datetime
    well_since: datetime | None = None
    told_at: datetime | None = None
    over_at: datetime | None = None
    over_why: WhyOver | None = None

    @property
    def is_open(self) -> bool:
        return self.told_at is not None and self.over_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What stands behind a disruption now. ``in_window``: planned work is done there, which its
    drivers know of; ``is_there``: it is open to the public; ``is_bad``: it keeps on."""

    is_there: bool
    is_bad: bool
    in_window: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFact(Fact):
    """What was found at a place in one go, so that a dark street is told once."""

    location: LocationId
    disruptions: tuple[UUID, ...]

    @property
    def subject(self) -> str:
        return f"place:{self.location}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceDisrupted(PlaceFact):
    """These have lasted long enough to be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRestored(PlaceFact):
    """These were told, and are over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceUncertain(PlaceFact):
    """These were told, and nobody can say any more how it is there: it is closed to the public, or
    nobody has charged there for long."""
