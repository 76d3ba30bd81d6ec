"""A reservation: a station was asked to keep a bay for one driver, until a moment."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from voltway.kernel.facts import Fact
from voltway.kernel.ids import EvseId, LocationId, OrderId, PartyId, StationId, TokenUid
from voltway.stations.orders import OrderState


class ReservationState(StrEnum):
    ASKED = "asked"  # of the station, which has not answered
    KEPT = "kept"
    STARTED = "started"
    ENDED = "ended"


class WhyReservation(StrEnum):
    """Why a reservation is over without a start."""

    LEFT = "left"  # its driver gave it back
    EXPIRED = "expired"
    REFUSED = "refused"  # the station said no
    SILENT = "silent"  # the station did not answer in time
    FAULT = "fault"  # the bay broke down, was closed, or lost its line
    TAKEN = "taken"  # somebody else charges there
    REMOVED = "removed"  # the station says that it keeps it no more
    CLOSED = "closed"  # the place is closed
    WORK = "work"  # planned work has begun at the bay
    OPERATOR = "operator"


#: Those that a driver hears of: what they did not do themselves and may not have seen. That the
#: time is over they were told before.
TOLD = frozenset(WhyReservation) - {WhyReservation.LEFT, WhyReservation.EXPIRED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """``turn`` is there where it stands beside a hold in a line, which lives on without it.
    ``token`` is what starts there: a card of the driver's own, or one made for this. ``said`` is
    the station's word or an operator's reason. ``let_go``: the station keeps it no more, we do."""

    id: UUID
    number: int = 0  # given when it is kept
    party: PartyId
    key: str
    location: LocationId
    station: StationId
    evse: EvseId
    turn: UUID | None
    email: str
    locale: str
    minutes: int
    token: TokenUid
    own_card: bool
    state: ReservationState
    asked_at: datetime
    created_at: datetime
    until: datetime
    order: OrderId | None = None  # the newest that asks the station for it
    why: str = ""
    said: str = ""
    let_go: bool = False
    warned_at: datetime | None = None
    paying_at: datetime | None = None
    visit_key: str | None = None
    ended_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.state in (ReservationState.ASKED, ReservationState.KEPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaySeen:
    """A reservation's bay as it stands. ``open``: to the public; ``worked``: planned work runs
    there; ``broken``: it reports a fault or is out of service; ``used``: somebody charges there;
    ``shown``: it says that it is reserved; ``away_since``: its line is gone since then;
    ``started``: its driver charges there; ``turn_holds``: the turn beside which it stands still has
    this bay."""

    open: bool
    worked: bool = False
    broken: bool
    used: bool
    shown: bool
    started: bool
    turn_holds: bool
    order: OrderState
    word: str
    away_since: datetime | None = None
    booted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReservationFact(Fact):
    reservation: UUID

    @property
    def subject(self) -> str:
        return f"reservation:{self.reservation}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationKept(_ReservationFact):
    """Its station keeps the bay."""

    location: LocationId
    station: StationId
    evse: EvseId
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationEnded(_ReservationFact):
    """It is over, however; ``why`` is ``STARTED`` where its driver charges there."""

    location: LocationId
    evse: EvseId
    why: str


#: Why a reservation is over that came to what it was for.
STARTED = "started"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationSoonOver(_ReservationFact):
    """Its time is over soon, and nothing has started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationOver(_ReservationFact):
    """It is over, and its driver did not ask for that."""

    why: str
