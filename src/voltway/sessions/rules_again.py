"""A session made again from what its station said, by the rules that made it the first time.

Nothing that was stored of its meter is read: not its readings, not its flows, not its energy. What
no frame tells, because we decided it ourselves (the EVSE behind a number, the zone, the tariff), is
in a ``Basis``. So whoever holds the frames and the basis comes to the same record, without us.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, repeat
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from voltway.kernel.errors import Refusal
from voltway.kernel.ids import (
    EvseId,
    LocationId,
    PartyId,
    SessionId,
    StationId,
    TransactionRef,
)
from voltway.kernel.units import PowerW
from voltway.sessions import rules, rules_record
from voltway.sessions.desk import Desk, Names, Place, Port
from voltway.sessions.model import EndKind, Row, Session, SessionRecord, SessionState
from voltway.sessions.text import clean_ref
from voltway.stations.clock import ZONE_STEP_S, Method
from voltway.stations.reports import Booted, Ended, HeardAgain, Metered, Started, StatusChanged

#: Frames keep whole milliseconds of their moments, sessions all that the clock gave.
_GRAIN: Final = timedelta(milliseconds=1)


@dataclass(eq=False)
class NotTold(Refusal):
    """The frames that are kept do not tell of session {session}."""

    session: SessionId


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """What we decided about a session ourselves, and what its bill knew: ``read_at`` is when it was
    priced, ``ends`` the end that it was priced with. ``heard`` are moments at which it was heard
    of, finer than the frames keep them."""

    session: SessionId
    party: PartyId
    station: StationId
    location: LocationId
    zone: str
    ref: TransactionRef
    evse: EvseId | None
    evse_number: int | None
    power_w_max: PowerW
    has_one_evse: bool
    offset_s: int  # of the station's clock when it started
    offset_end_s: int
    token_word: str | None
    tariff_version_id: UUID | None
    created_at: datetime
    heard: tuple[datetime, ...]
    ends: datetime
    read_at: datetime


def basis(session: Session, *, has_one_evse: bool, ends: datetime, read_at: datetime) -> Basis:
    """What of a stored session no frame tells."""
    start = _offset_s(session.start_method, session.started_claimed, session.started_at)
    end = _offset_s(session.end_method, session.ended_claimed, session.ended_at)
    return Basis(
        session=session.id,
        party=session.party,
        station=session.station,
        location=session.location,
        zone=session.zone,
        ref=session.ref,
        evse=session.evse,
        evse_number=session.evse_number,
        power_w_max=session.power_w_max,
        has_one_evse=has_one_evse,
        offset_s=start,
        offset_end_s=end,
        token_word=session.token_word,
        tariff_version_id=session.tariff_version_id,
        created_at=session.created_at,
        heard=tuple(
            at for at in (session.created_at, session.end_heard_at, session.heard_at) if at
        ),
        ends=ends,
        read_at=read_at,
    )


def _offset_s(method: str | None, claimed: datetime | None, at: datetime | None) -> int:
    """How far the station's clock was believed to be off: whole steps, see ``stations.clock``."""
    if method != Method.SHIFTED or claimed is None or at is None:
        return 0
    return round((at - claimed).total_seconds() / ZONE_STEP_S) * ZONE_STEP_S


@dataclass(frozen=True, slots=True)
class Retold:
    """A session made again: as it stands, what was read of its meter, and its record."""

    session: Session
    rows: tuple[Row, ...]
    record: SessionRecord


def recorded_again(basis: Basis, heard: Sequence[HeardAgain]) -> SessionRecord:
    """The record of a session as its bill was made from it, out of what its station told until
    then. Raises ``NotTold`` where it told nothing of it.
    """
    return told_again(basis, heard).record


def told_again(basis: Basis, heard: Sequence[HeardAgain]) -> Retold:
    """The same, with the session and its readings. Raises ``NotTold``."""
    desk, _ = _listened(basis, heard)
    session = _ended(_named(desk, basis), basis)
    rows = {
        Row(one.at, one.reading.register_wh, one.reading.power_w, one.reading.context)
        for one in desk.readings
        if one.session == session.id
    }
    flows = [flow for flow in desk.flows if flow.session == session.id]
    own = replace(session, id=basis.session, tariff_version_id=basis.tariff_version_id)
    made = rules_record.record(own, list(rows), flows, basis.read_at)
    return Retold(own, tuple(rows), made)


def touched_by(basis: Basis, heard: Sequence[HeardAgain]) -> frozenset[int]:
    """Which calls, by their index, said anything of this session. Raises ``NotTold``."""
    desk, touches = _listened(basis, heard)
    own = _named(desk, basis).id
    return frozenset(index for index, touched in touches if own in touched)


def _named(desk: Desk, basis: Basis) -> Session:
    named = [each for each in desk.sessions.values() if each.ref == clean_ref(basis.ref)]
    if not named:
        raise NotTold(basis.session)
    return min(named, key=lambda each: each.round)


def _listened(
    basis: Basis, heard: Sequence[HeardAgain]
) -> tuple[Desk, list[tuple[int, set[SessionId]]]]:
    """The desk when all is heard, and which sessions each call touched."""
    desk = _desk(basis)
    ids = (SessionId(UUID(int=number)) for number in count(1))
    touches = []
    for one in heard:
        if one.call.received_at > basis.read_at:
            continue
        before, readings, flows = dict(desk.sessions), len(desk.readings), len(desk.flows)
        _hear(desk, one, basis, Names(ids, repeat(int(one.number or 0))))
        touched = {id for id, each in desk.sessions.items() if before.get(id) is not each}
        touched.update(each.session for each in desk.readings[readings:] if each.session)
        touched.update(each.session for each in desk.flows[flows:])
        touches.append((one.call.index, touched))
    return desk, touches


def _desk(basis: Basis) -> Desk:
    place = Place(basis.station, basis.party, basis.location, basis.zone, basis.offset_s)
    ports = {}
    if basis.evse is not None and basis.evse_number is not None:
        ports[basis.evse_number] = Port(basis.evse, basis.power_w_max)
    return Desk(place, basis.created_at, has_one_evse=basis.has_one_evse, ports=ports)


def _hear(desk: Desk, one: HeardAgain, basis: Basis, names: Names) -> None:
    """Take one call in, as ``actions_record`` does."""
    received_at = _exact(one.call.received_at, basis)
    for report in one.call.reports:
        if isinstance(report, StatusChanged):
            rules.status_changed(desk, report, received_at)
        elif isinstance(report, Booted):
            rules.booted(desk, received_at)
        elif isinstance(report, Started) and report.ref is None and one.number is None:
            continue  # it was never answered, so the station told it again
        elif isinstance(report, Started | Metered | Ended):
            if isinstance(report, Ended) and basis.offset_end_s != desk.place.clock_offset_s:
                desk.place = Place(
                    basis.station, basis.party, basis.location, basis.zone, basis.offset_end_s
                )
            rules.hear(desk, report, received_at, basis.token_word, names)
    for session in list(desk.sessions.values()):
        if session.is_final and session.told_at is None:
            desk.put(session, told_at=received_at)


def _exact(at: datetime, basis: Basis) -> datetime:
    """The moment of a frame, to the microsecond where it is known."""
    near = [each for each in basis.heard if abs(each - at) < _GRAIN]
    return min(near, key=lambda each: abs(each - at), default=at)


def _ended(session: Session, basis: Basis) -> Session:
    """An end that the station never told was ours to decide: the one that the bill says."""
    if not session.is_running:
        return session
    return replace(
        session,
        ended_at=max(basis.ends, session.started_at),
        end_kind=EndKind.PROVISIONAL,
        end_method="decided",
        reason="forgotten",
        state=SessionState.ENDING,
    )
