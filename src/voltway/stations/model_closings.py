"""A bay that planned work closes, and what its station was asked for it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from voltway.kernel.ids import EvseId, OrderId, StationId
from voltway.stations.orders import OrderState


class ClosingState(StrEnum):
    SHUT = "shut"
    OPENING = "opening"


class Step(StrEnum):
    """What is to be done about a closing now."""

    SHUT = "shut"  # ask the station to make the bay inoperative
    OPEN = "open"  # ask for the bay back
    FORGET = "forget"  # there is nothing more to ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """``shut_until``: when the last window ends that keeps the bay closed now; ``None`` where none
    does. ``was_out``: it was out of service by hand before. ``order`` was asked last, ``tries``
    times, and stands so; ``by_hand`` is what somebody ordered for the bay meanwhile: operative or
    not, ``None`` where nobody did."""

    evse: EvseId
    station: StationId
    number: int
    state: ClosingState
    was_out: bool
    shut_until: datetime | None
    tries: int
    order: OrderId | None = None
    order_state: OrderState | None = None
    order_ended_at: datetime | None = None
    by_hand: bool | None = None
