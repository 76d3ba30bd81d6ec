"""How a station keeps an EVSE for a driver, in any version of OCPP."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from voltway_world.stations.bays import Reservation, State, Token
from voltway_world.stations.speech import NotKnown, Reply

if TYPE_CHECKING:
    from voltway_world.stations.mechanism import Mechanism

#: What an EVSE that cannot be kept answers (1.6 §5.13; 2.0.1 part 2 H01.FR.11 to 14).
_NO = {State.FAULTED: "Faulted", State.UNAVAILABLE: "Unavailable"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. ``evse`` is 0 or missing where any EVSE would do."""

    number: int
    evse: int | None
    token: Token
    until: datetime


def reserve(station: "Mechanism", wanted: Wanted) -> Reply:
    """Answer, and keep the EVSE from then on. An unnamed EVSE is refused, as by stations that do
    not support that (``ReserveConnectorZeroSupported``, ``NonEvseSpecific``)."""
    if not station.options.can_reserve:
        raise NotKnown("ReserveNow")
    bay = station.forecourt.bays.get(wanted.evse or 0)
    if not station.options.reserves or bay is None or wanted.until <= station.now():
        return Reply({"status": "Rejected"})
    is_own = bay.reservation is not None and bay.reservation.number == wanted.number
    if bay.state is not State.AVAILABLE and not (is_own and bay.state is State.RESERVED):
        return Reply({"status": _NO.get(bay.state, "Occupied")})
    made = Reservation(wanted.number, wanted.token, wanted.until)
    return Reply({"status": "Accepted"}, lambda: station.forecourt.reserve(bay, made))


def cancel(station: "Mechanism", number: int) -> Reply:
    """1.6 §5.1; 2.0.1 part 2 H02.FR.01: an unknown number is refused."""
    if not station.options.can_reserve:
        raise NotKnown("CancelReservation")
    if station.forecourt.reserved_as(number) is None:
        return Reply({"status": "Rejected"})
    return Reply({"status": "Accepted"}, lambda: station.forecourt.cancel(number))
