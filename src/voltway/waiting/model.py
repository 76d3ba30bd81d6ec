"""A watch: somebody wants to know, once, when a bay is free."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from voltway.kernel.facts import Fact
from voltway.kernel.ids import EvseId, LocationId, PartyId


class WatchState(StrEnum):
    WAITING = "waiting"
    TOLD = "told"
    OUTRUN = "outrun"  # told, and somebody else was faster
    CHARGED = "charged"  # told, and got it
    ENDED = "ended"


class Why(StrEnum):
    """Why a watch is over that told nobody."""

    LEFT = "left"  # they do not want to know any more
    TIME = "time"  # nothing was free in time
    CLOSED = "closed"  # the place is closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """``power_w_min`` is in W; ``evse`` is one bay, or any of the place."""

    id: UUID
    party: PartyId
    key: str
    location: LocationId
    evse: EvseId | None
    power_w_min: int
    email: str
    locale: str
    state: WatchState
    why: str
    until: datetime
    created_at: datetime
    told_at: datetime | None = None
    told_evse: EvseId | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What some watch together: a place, or a bay of it, and the least power in W."""

    location: LocationId
    evse: EvseId | None
    power_w_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _WatchesFact(Fact):
    """Many watches at once: a place may have a hundred thousand."""

    location: LocationId
    watches: tuple[UUID, ...]

    @property
    def subject(self) -> str:
        return f"place:{self.location}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BayFree(_WatchesFact):
    """A bay is free, and these want to know, in this order."""

    evse: EvseId


@dataclass(frozen=True, slots=True, kw_only=True)
class BayTaken(_WatchesFact):
    """These were told, and somebody else was faster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceClosed(_WatchesFact):
    """These wait for a place that is closed."""
