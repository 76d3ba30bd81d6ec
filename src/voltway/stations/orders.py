"""What we can ask of a station, in any version of OCPP, and what became of it.

``Accepted`` is not an effect: an order has *asked*, *answered* and *took effect*, and pages and
API tell which.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from voltway.kernel.ids import OrderId, StationId, TokenUid, TransactionRef


@dataclass(frozen=True, slots=True)
class StartCharging:
    evse: int
    token: TokenUid
    token_kind: str = "Central"
    remote_start_id: int = 0


@dataclass(frozen=True, slots=True)
class ReserveNow:
    """Keep an EVSE until a moment for who shows this token. ``reservation`` is our number of it;
    one that the station knows is replaced (1.6 §5.13; 2.0.1 part 2 H01.FR.02)."""

    evse: int
    reservation: int
    token: TokenUid
    until: datetime
    token_kind: str = "Central"


@dataclass(frozen=True, slots=True)
class CancelReservation:
    reservation: int


@dataclass(frozen=True, slots=True)
class StopCharging:
    ref: TransactionRef


@dataclass(frozen=True, slots=True)
class Reset:
    """``immediate`` is 1.6 Hard, 2.x Immediate; otherwise Soft, OnIdle."""

    immediate: bool = False
    evse: int | None = None


@dataclass(frozen=True, slots=True)
class Unlock:
    evse: int
    connector: int = 1


@dataclass(frozen=True, slots=True)
class ChangeAvailability:
    operative: bool
    evse: int | None = None  # None: the whole station


@dataclass(frozen=True, slots=True)
class Trigger:
    """Ask for a message now; ``message`` in 2.x words (BootNotification, StatusNotification …)."""

    message: str
    evse: int | None = None


@dataclass(frozen=True, slots=True)
class ReadVariables:
    """``names`` are ``Component.Variable`` in 2.x and keys in 1.6; empty asks for all."""

    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetVariable:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class ClearCache:
    pass


@dataclass(frozen=True, slots=True)
class SendVendorData:
    vendor: str
    message: str | None = None
    data: str | None = None


@dataclass(frozen=True, slots=True)
class RawCall:
    """Any call of the station's own version, as JSON text: the API's way to everything."""

    action: str
    payload: str


Order: TypeAlias = (
    StartCharging
    | ReserveNow
    | CancelReservation
    | StopCharging
    | Reset
    | Unlock
    | ChangeAvailability
    | Trigger
    | ReadVariables
    | SetVariable
    | ClearCache
    | SendVendorData
    | RawCall
)


class Answered(StrEnum):
    """How a station answered an order. The word it used is kept beside it."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"  # will happen later, e.g. after the running session
    REBOOT_REQUIRED = "reboot_required"
    REJECTED = "rejected"
    NOT_SUPPORTED = "not_supported"
    ERROR = "error"  # a CALLERROR


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    value: str | None
    readonly: bool | None = None
    status: str = "Accepted"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A station's answer to an order. ``payload`` is the whole answer as JSON text."""

    answered: Answered
    word: str
    payload: str = "{}"
    ref: TransactionRef | None = None
    variables: tuple[Variable, ...] = ()


class OrderState(StrEnum):
    """The walk of an order; a cross stands where it stopped."""

    QUEUED = "queued"  # waits for the station's socket
    SENT = "sent"
    ANSWERED = "answered"  # and waits for its effect
    DONE = "done"  # took effect (or has none beyond its answer)
    REFUSED = "refused"  # the station said no
    SILENT = "silent"  # no answer in time
    WITHOUT_EFFECT = "without_effect"  # it said yes and nothing happened in time
    EXPIRED = "expired"  # never sent in time
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order as the gateway sends it."""

    id: OrderId
    station: StationId
    order: Order
    placed_at: datetime
    expires_at: datetime
