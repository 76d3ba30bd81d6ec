"""A turn: somebody stands in line at a place, and a bay is held for them when they are first."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from voltway.kernel.facts import Fact
from voltway.kernel.ids import EvseId, LocationId, PartyId, StationId


class TurnState(StrEnum):
    WAITING = "waiting"
    OFFERED = "offered"  # a bay is held for them, and they have not said yet that they come
    HELD = "held"  # they come
    STARTED = "started"
    ENDED = "ended"


class WhyTurn(StrEnum):
    """Why a turn is over, or back in line."""

    LEFT = "left"
    MISSED = "missed"  # the bay was held, and they did not begin in time
    TIME = "time"  # nothing was free in time
    CLOSED = "closed"  # the place is closed
    TAKEN = "taken"  # back in line: somebody else charges at the bay
    LOST = "lost"  # back in line: the bay has no line any more, or a fault
    PASSED = "passed"  # back in line: they let others go first


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """``power_w_min`` is in W. ``evse``, ``station`` and ``held_until`` are there while a bay is
    held; ``nth`` counts the bays that were offered."""

    id: UUID
    party: PartyId
    key: str
    location: LocationId
    power_w_min: int
    email: str
    locale: str
    state: TurnState
    ranked_at: datetime
    lasts_until: datetime
    created_at: datetime
    why: str = ""
    passes_until: datetime | None = None
    evse: EvseId | None = None
    station: StationId | None = None
    held_until: datetime | None = None
    nth: int = 0
    visit_key: str | None = None
    ended_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.state in (TurnState.WAITING, TurnState.OFFERED, TurnState.HELD)

    @property
    def has_bay(self) -> bool:
        return self.state in (TurnState.OFFERED, TurnState.HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class BayNow:
    """A bay as the line sees it: ``works`` where it is in contact and has no fault, ``is_free``
    where nobody stands there either, ``is_used`` where somebody charges, ``is_reserved`` where it
    says that it is kept for somebody, as it was asked to for who is next, ``is_doubtful`` where its
    last starts all failed."""

    evse: EvseId
    station: StationId
    power_w: int
    works: bool
    is_free: bool
    is_used: bool
    is_reserved: bool = False
    is_doubtful: bool = False

    @property
    def is_for_the_line(self) -> bool:
        """Whether it may be offered. Who is called to a doubtful bay would spend their turn on it;
        anybody may try it without one."""
        return self.is_free and not self.is_doubtful


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How somebody stands in line. ``place`` is 1 for the first; ``about_min`` is the wait in
    minutes, none where too little is known."""

    turn: Turn
    place: int
    behind: int
    about_min: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _TurnFact(Fact):
    location: LocationId
    turn: UUID

    @property
    def subject(self) -> str:
        return f"turn:{self.turn}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnCame(_TurnFact):
    """A bay is held for them. ``nth`` of their offers."""

    evse: EvseId
    nth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnOver(_TurnFact):
    """They stand in line no more, and did not ask for that."""

    why: str
