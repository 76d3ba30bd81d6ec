"""Whether a bay can give anything now: nobody pays for what cannot start.

A code that somebody has pasted over another leads to a bay where no cable is plugged, and a station
without a line starts nothing: both are refused before anything is held.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar, Final

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import EvseId, PublicEvseId
from voltway.runtime.settings import PlugFirst
from voltway.runtime.work import Work
from voltway.stations import worked_at
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


#: So many starts at a bay were ordered with a car plugged in before it is taken to tell of plugs:
#: once may be a card that was shown at a station that calls that preparing too.
TOLD_ENOUGH: Final = 2
#: After so many refusals in a row without a plug the bay has surely stopped telling of them. Those
#: close together count once: nobody turns the guard off by sending forms.
MISSED_MAX: Final = 10
MISSED_APART: Final = timedelta(minutes=10)


def tells_of_plugs(told: int, missed: int) -> bool:
    """Whether a bay that says it is free surely has no car plugged in. ``told``: starts that were
    ordered while it told of a plug; ``missed``: drivers refused for want of one since then. Some
    stations of 1.6 tell of a plug only once a card was shown: who was asked there to plug in first
    could never pay."""
    return told >= TOLD_ENOUGH and missed < MISSED_MAX


async def plugs_first(work: Work, evse: EvseId, wanted: PlugFirst) -> bool:
    """Whether a car must be plugged in at this bay before its driver pays."""
    if wanted != "learned":
        return wanted == "always"
    row = await work.one("SELECT told, missed FROM plug_told WHERE evse_id = $1", evse)
    return row is not None and tells_of_plugs(row["told"], row["missed"])


async def note_plug(work: Work, evse: EvseId) -> None:
    """A start is ordered at this bay now: if a plug is told of, the bay tells of plugs."""
    await work.run(
        """
        INSERT INTO plug_told (evse_id, party_id, told, at)
        SELECT id, party_id, 1, $2 FROM port_view
         WHERE id = $1 AND status = 'preparing' AND session_state IS NULL
            ON CONFLICT (evse_id)
            DO UPDATE SET told = least(plug_told.told + 1, 1000), missed = 0, at = excluded.at
        """,
        evse,
        work.now,
    )


async def _note_missed(work: Work, evse: EvseId) -> None:
    await work.run(
        """
        UPDATE plug_told SET missed = missed + 1, missed_at = $2
         WHERE evse_id = $1 AND (missed_at IS NULL OR missed_at <= $3)
        """,
        evse,
        work.now,
        work.now - MISSED_APART,
    )


async def must_be_ready(
    work: Work, evse: EvseId, plug_first: PlugFirst = "never", *, is_theirs: bool = False
) -> None:
    """Raises ``NothingWouldStart``, with why, and ``PlannedWork``. ``plug_first``: whether a car
    must be plugged in; who is refused for want of that is counted. ``is_theirs``: the bay is
    reserved for who asks."""
    await worked_at.must_not_be_worked_at(work, evse)
    row = await work.one(
        "SELECT public_id, status, connected, session_state FROM port_view WHERE id = $1", evse
    )
    if row is None:
        return  # ``open_visit`` says so
    found = hindrance(
        PortStatus(row["status"]),
        connected=row["connected"],
        in_use=row["session_state"] is not None,
        plug_first=await plugs_first(work, evse, plug_first),
    )
    if found is Hindrance.RESERVED and is_theirs:
        return
    if found is Hindrance.UNPLUGGED:
        await _note_missed(work, evse)
    if found is not None:
        raise NothingWouldStart(PublicEvseId(row["public_id"]), SAYS[found], found)
