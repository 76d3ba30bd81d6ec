"""What readings change in a running session: what lists and live pages show.

The energy that is billed is read anew from all readings by ``rules_energy``; here is the quick
figure between.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from voltway.kernel.ids import EvseId
from voltway.kernel.units import EnergyWh
from voltway.sessions.desk import Desk, Kept
from voltway.sessions.model import Session
from voltway.sessions.rules_energy import bound_wh
from voltway.sessions.text import clean_reading
from voltway.stations.reports import Context, Reading


def keep(
    desk: Desk,
    readings: Sequence[Reading],
    received_at: datetime,
    session: Session | None,
    *,
    claimed: datetime | None = None,
    evse: EvseId | None = None,
) -> list[Kept]:
    """The readings to be kept; one without a time of its own has that of its message."""
    kept = [
        Kept(
            received_at,
            desk.when(reading.at or claimed, received_at)[0],
            clean_reading(reading),
            session.id if session else None,
            None if session else evse,
        )
        for reading in readings
    ]
    desk.readings += kept
    return kept


def moved(session: Session, kept: Sequence[Kept]) -> dict[str, Any]:
    """What readings change in the session. It moves only forward in time."""
    changes: dict[str, Any] = {}
    last_at = session.last_at
    for one in sorted(kept, key=lambda each: each.at):
        if last_at is not None and one.at < last_at:
            continue
        last_at = one.at
        reading = one.reading
        changes["last_at"] = one.at
        if reading.power_w is not None:
            changes["power_w"] = reading.power_w
        if reading.soc_percent is not None:
            changes["soc_percent"] = reading.soc_percent
        if reading.register_wh is not None:
            first = changes.get("first_wh", session.first_wh)
            changes["first_wh"] = reading.register_wh if first is None else first
            changes["last_wh"] = reading.register_wh
            changes["energy_wh"] = _so_far(
                session,
                changes["first_wh"],
                reading.register_wh,
                one.at,
                changes.get("energy_wh", session.energy_wh),
            )
    return changes


def _so_far(session: Session, first: int, register: int, at: datetime, before: int) -> EnergyWh:
    """A register below the first counts from the session's start; what cannot be is left out."""
    energy = register - first if register >= first else register
    lasted_s = (at - session.started_at).total_seconds()
    if energy > bound_wh(session.power_w_max, lasted_s):
        return EnergyWh(before)
    return EnergyWh(max(before, energy))


def register_of(readings: Sequence[Reading], context: Context) -> Reading | None:
    """The reading that tells the register of the start (``BEGIN``) or the end (``END``)."""
    sound = [clean_reading(each) for each in readings]
    told = [each for each in sound if each.register_wh is not None]
    named = [each for each in told if each.context is context]
    if context is Context.BEGIN:
        return next(iter(named or told), None)
    if named:
        return named[-1]
    # An end that names its register without a value (1.6 meterStop -1) does not know it.
    if any(each.context is context for each in readings):
        return None
    return told[-1] if told else None
