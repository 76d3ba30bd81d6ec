"""One station's sessions while a batch of its reports is taken in, and what is to be kept of it.

The rules write on the desk and nowhere else; the actions lay it out before and clear it after.
Between batches a gateway keeps desks on its shelf (``shelf``), so that it need not ask again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from voltway.kernel.ids import EvseId, LocationId, PartyId, SessionId, StationId, TransactionRef
from voltway.kernel.units import PowerW
from voltway.sessions.model import Row, Session
from voltway.stations.clock import Method, corrected
from voltway.stations.reports import Reading

#: Of how many readings of a session a gateway keeps in mind what is needed to measure its end.
ROWS_MAX = 64


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

    @property
    def wall(self) -> str:
        """The page on which all of the party's stations are seen."""
        return f"wall:{self.party}"


class Kept(msgspec.Struct, frozen=True, gc=False):
    """A reading to be kept. Without a session it belongs to an EVSE, or to the main meter."""

    received_at: datetime
    at: datetime
    reading: Reading
    session: SessionId | None
    evse: EvseId | None = None


class Flow(msgspec.Struct, frozen=True, gc=False):
    """From a moment on, energy flows in a session, or does not. ``by_vehicle``: who withholds it,
    the vehicle or (``False``) the station; ``None`` where nobody said that anybody does."""

    session: SessionId
    at: datetime
    charging: bool
    by_vehicle: bool | None
    seq: int | None = None  # the number of the event that told it, where the version has numbers


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
    """``sessions`` as they stand now, and what is to be kept.

    A batch mostly brings one plain reading for a station, and then ``metered`` alone says what
    moved. As soon as anything else is laid on the desk it is ``weighed``: ``before`` holds the
    sessions as they stood when the batch began, and new ones are not in it.
    """

    place: Place
    laid_at: datetime  # when it was asked where the station stands
    has_one_evse: bool = False  # asked only where it matters
    ports: dict[int, Port] = field(default_factory=dict)
    sessions: dict[SessionId, Session] = field(default_factory=dict)
    weighed: bool = False
    before: dict[SessionId, Session] = field(default_factory=dict)
    #: Sessions that only a plain reading moved: as they stood, and as they stand.
    metered: dict[SessionId, tuple[Session, Session]] = field(default_factory=dict)
    readings: list[Kept] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    orphans: list[Orphan] = field(default_factory=list)
    remeasure: set[SessionId] = field(default_factory=set)
    #: All readings of sessions that began on this desk, as long as they are few.
    rows: dict[SessionId, list[Row]] = field(default_factory=dict)
    #: The EVSE of a session, and the pages that show it.
    subjects: dict[SessionId, tuple[EvseId | None, tuple[str, ...]]] = field(default_factory=dict)

    def put(self, session: Session, **changes: Any) -> Session:
        """Lay the changed session back on the desk."""
        if not self.weighed:
            self.weighed = True
            self.before = dict(self.sessions)
            for id, (stood, _) in self.metered.items():
                self.before[id] = stood
            self.metered.clear()
        changed = replace(session, **changes) if changes else session
        self.sessions[changed.id] = changed
        return changed

    def is_untouched(self, session: Session) -> bool:
        """Whether nothing in this batch changed the session yet."""
        return not self.weighed and (not self.metered or session.id not in self.metered)

    def meter(self, session: Session, moved: Session) -> None:
        """Lay a session back that a plain reading moved, and nothing else."""
        self.sessions[moved.id] = moved
        if not self.weighed:
            stood = self.metered.get(moved.id)
            self.metered[moved.id] = (stood[0] if stood else session, moved)

    def tell_flow(
        self,
        session: Session,
        at: datetime,
        *,
        charging: bool,
        by_vehicle: bool | None,
        seq: int | None = None,
    ) -> None:
        """From this moment on energy flows, or does not. See Note [A flow told again]."""
        self.flows.append(Flow(session.id, at, charging, by_vehicle, seq))
        if session.flow is not None:
            self.flows += [
                Flow(session.id, *untold) for untold in session.flow.untold if untold[0] >= at
            ]

    def when(self, claimed: datetime | None, received: datetime) -> tuple[datetime, Method]:
        """The moment to believe. What is told of transactions may have been kept through an outage,
        and 1.6 does not say so; hence old claims are believed, and claims of the future are not."""
        return corrected(claimed, received, self.place.clock_offset_s, offline=True)

    def by_ref(self, ref: TransactionRef, claimed: datetime | None = None) -> Session | None:
        """The session of this name; of several, the newest that had begun by then."""
        if len(self.sessions) == 1:  # nearly always
            (only,) = self.sessions.values()
            return only if only.ref == ref else None
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

    def changed(self) -> list[tuple[Session, Session]]:
        """The sessions of before that are others now: as they stood, and as they stand."""
        if not self.weighed:
            return list(self.metered.values())
        return [
            (stood, self.sessions[id])
            for id, stood in self.before.items()
            if self.sessions[id] is not stood
        ]

    def fresh(self) -> list[Session]:
        """The sessions that were not there before."""
        if not self.weighed:
            return []
        return [each for id, each in self.sessions.items() if id not in self.before]

    def subjects_of(self, session: Session) -> tuple[str, ...]:
        """The pages that show this session; named once, since that costs more than a reading."""
        known = self.subjects.get(session.id)
        if known is None or known[0] is not session.evse:
            known = (session.evse, (f"session:{session.id}", f"evse:{session.evse}"))
            self.subjects[session.id] = known
        return known[1]

    def remember_rows(self) -> None:
        """Keep the readings of sessions that began here in mind, as long as they are few: then the
        end of a session need not ask for them."""
        if self.weighed:
            for session in self.fresh():
                self.rows.setdefault(session.id, [])
        if not self.rows:
            return
        for one in self.readings:
            rows = self.rows.get(one.session) if one.session else None
            if rows is None or one.session is None:
                continue
            if len(rows) >= ROWS_MAX:
                del self.rows[one.session]
            else:
                told = one.reading
                rows.append(Row(one.at, told.register_wh, told.power_w, told.context))

    def count_revisions(self) -> None:
        """What was written back counts one change more; plain readings have counted it."""
        if not self.weighed:
            return
        for stood, now in self.changed():
            self.sessions[now.id] = replace(now, revision=stood.revision + 1)

    def clear(self) -> None:
        """After the commit: the sessions that are not over stay as they stand, all else goes."""
        self.readings.clear()
        self.metered.clear()
        if not (self.weighed or self.flows or self.orphans):
            return
        self.flows.clear()
        self.orphans.clear()
        self.weighed = False
        self.before = {}
        self.remeasure.clear()
        self.sessions = {id: each for id, each in self.sessions.items() if each.told_at is None}
        self.rows = {id: rows for id, rows in self.rows.items() if id in self.sessions}
        self.subjects = {id: each for id, each in self.subjects.items() if id in self.sessions}
