"""A window: planned work, for which bays of a place are out of service, and the facts of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from voltway.kernel.facts import Fact
from voltway.kernel.ids import EvseId, LocationId, PartyId, StationId


class WindowState(StrEnum):
    PLANNED = "planned"
    RUNNING = "running"
    OVER = "over"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """``station`` is one of the place, or any; ``evse`` one bay, or any. ``revision`` counts its
    times, ``told_h`` is the last notice that was given of these, in hours before. Where it does not
    close its bays (``closes_bays``) drivers read of it and charge there all the same. ``back_by``:
    it is over, and that is told once its bays are back, or then."""

    id: UUID
    party: PartyId
    location: LocationId
    station: StationId | None
    evse: EvseId | None
    reason: str
    starts_at: datetime
    ends_at: datetime
    state: WindowState
    revision: int
    told_h: int | None
    made_by: str
    made_at: datetime
    changed_by: str
    changed_at: datetime
    closes_bays: bool = True
    back_by: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.state in (WindowState.PLANNED, WindowState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowFact(Fact):
    location: LocationId
    window: UUID

    @property
    def subject(self) -> str:
        return f"window:{self.window}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkPlanned(WindowFact):
    """Somebody has planned work; without ``closes_bays`` drivers charge there all the same."""

    starts_at: datetime
    ends_at: datetime
    closes_bays: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkAhead(WindowFact):
    """Planned work begins within so many hours. Told once for each of its times."""

    within_h: int
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkMoved(WindowFact):
    """Planned work has other times."""

    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCancelled(WindowFact):
    """Planned work will not be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkBegan(WindowFact):
    """Bays are out of service from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOver(WindowFact):
    """Bays are in service again, as planned or earlier."""
