"""Whether a bay can give anything now: nobody pays for what cannot start.

A code that somebody has pasted over another leads to a bay where no cable is plugged, and a station
without a line starts nothing: both are refused before anything is held.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import EvseId, PublicEvseId
from voltway.runtime.work import Work
from voltway.stations.reports import PortStatus


class Hindrance(StrEnum):
    """Why nothing can start."""

    OFFLINE = "offline"
    FAULTED = "faulted"
    CLOSED = "closed"
    IN_USE = "in_use"
    RESERVED = "reserved"
    UNPLUGGED = "unplugged"


SAYS: Final = {
    Hindrance.OFFLINE: "has no line to us at the moment, so nothing would start there",
    Hindrance.FAULTED: "reports a fault, so nothing would start there",
    Hindrance.CLOSED: "is out of service",
    Hindrance.IN_USE: "is in use by somebody else",
    Hindrance.RESERVED: "is reserved for somebody",
    Hindrance.UNPLUGGED: "has no car plugged in. Plug in first, at the bay with this very number",
}


@dataclass(eq=False)
class NothingWouldStart(Refusal):
    """{evse} {why}. Nothing was held."""

    kind: ClassVar[Kind] = Kind.CONFLICT

    evse: PublicEvseId
    why: str
    hindrance: Hindrance


def hindrance(
    status: PortStatus, *, connected: bool, in_use: bool, plug_first: bool
) -> Hindrance | None:
    """What stands against a start. What a station does not tell stands against nothing; a plug is
    missed only where the station says that its bay is free."""
    if not connected:
        return Hindrance.OFFLINE
    match status:
        case PortStatus.FAULTED:
            return Hindrance.FAULTED
        case PortStatus.UNAVAILABLE:
            return Hindrance.CLOSED
        case PortStatus.RESERVED:
            return Hindrance.RESERVED
        case PortStatus.AVAILABLE if plug_first and not in_use:
            return Hindrance.UNPLUGGED
    return Hindrance.IN_USE if in_use else None


async def must_be_ready(work: Work, evse: EvseId, *, plug_first: bool) -> None:
    """Raises ``NothingWouldStart``, with why. ``plug_first``: a car must be plugged in."""
    row = await work.one(
        "SELECT public_id, status, connected, session_state FROM port_view WHERE id = $1", evse
    )
    if row is None:
        return  # ``open_visit`` says so
    found = hindrance(
        PortStatus(row["status"]),
        connected=row["connected"],
        in_use=row["session_state"] is not None,
        plug_first=plug_first,
    )
    if found is not None:
        raise NothingWouldStart(PublicEvseId(row["public_id"]), SAYS[found], found)
