"""One station's sessions while a batch of its reports is taken in, and what is to be kept of it.

The rules write on the desk and nowhere else; the actions lay it out before and clear it after.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from voltway.kernel.ids import EvseId, LocationId, PartyId, SessionId, StationId, TransactionRef
from voltway.kernel.units import PowerW
from voltway.sessions.model import Session
from voltway.stations.clock import Method, corrected
from voltway.stations.reports import Reading


@dataclass(frozen=True, slots=True)
class Port:
    """An EVSE of the station, by what sessions need of it."""

    evse: EvseId
    power_w_max: PowerW


@dataclass(frozen=True, slots=True)
class Place:
    """The station and where it stands."""

    station: StationId
    party: PartyId
    location: LocationId
    zone: str
    clock_offset_s: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """A reading to be kept. Without a session it belongs to an EVSE, or to the main meter."""

    received_at: datetime
    at: datetime
    reading: Reading
    session: SessionId | None
    evse: EvseId | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """From a moment on, energy flows in a session, or does not."""

    session: SessionId
    at: datetime
    charging: bool
    by_vehicle: bool


@dataclass(frozen=True, slots=True)
class Orphan:
    """What was told of a transaction that is none of this station's."""

    kind: str
    ref: TransactionRef
    heard_at: datetime
    claimed_at: datetime | None
    evse_number: int | None
    register_wh: int | None
    report: dict[str, Any]


@dataclass(slots=True)
class Names:
    """New names for new sessions, drawn before the rules begin: rules draw no lots."""

    ids: Iterator[SessionId]
    numbers: Iterator[int]


@dataclass(slots=True)
class Desk:
    """``sessions`` as they stand now, ``before`` as they stood; new ones are not in ``before``."""

    place: Place
    has_one_evse: bool = False  # asked only where it matters
    ports: dict[int, Port] = field(default_factory=dict)
    sessions: dict[SessionId, Session] = field(default_factory=dict)
    before: dict[SessionId, Session] = field(default_factory=dict)
    readings: list[Kept] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    orphans: list[Orphan] = field(default_factory=list)
    remeasure: set[SessionId] = field(default_factory=set)

    def put(self, session: Session, **changes: Any) -> Session:
        """Lay the changed session back on the desk."""
        changed = replace(session, **changes) if changes else session
        self.sessions[changed.id] = changed
        return changed

    def when(self, claimed: datetime | None, received: datetime) -> tuple[datetime, Method]:
        """The moment to believe. What is told of transactions may have been kept through an outage,
        and 1.6 does not say so; hence old claims are believed, and claims of the future are not."""
        return corrected(claimed, received, self.place.clock_offset_s, offline=True)

    def by_ref(self, ref: TransactionRef, claimed: datetime | None = None) -> Session | None:
        """The session of this name; of several, the newest that had begun by then."""
        named = [each for each in self.sessions.values() if each.ref == ref]
        if len(named) < 2:
            return named[0] if named else None
        if claimed is not None:
            begun = [each for each in named if (each.started_claimed or claimed) <= claimed]
            named = begun or named
        return max(named, key=lambda each: each.round)

    def running(self, evse_number: int | None = None) -> list[Session]:
        """The sessions that run, of one EVSE or of all."""
        return [
            each
            for each in self.sessions.values()
            if each.is_running and (evse_number is None or each.evse_number == evse_number)
        ]

    def changed(self) -> list[Session]:
        """The sessions of before that are others now."""
        return [
            each
            for id, each in self.sessions.items()
            if id in self.before and each is not self.before[id]
        ]

    def fresh(self) -> list[Session]:
        return [each for id, each in self.sessions.items() if id not in self.before]
