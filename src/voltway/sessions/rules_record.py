"""The one true reading of a session: what was kept of it, in order, as pricing needs it."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from voltway.kernel.units import EnergyWh, RegisterWh
from voltway.sessions import rules_flow
from voltway.sessions.desk import Flow
from voltway.sessions.model import Doubt, EndKind, Row, Session, SessionRecord
from voltway.sessions.rules_energy import Measured, Sample, Told, measure
from voltway.sessions.rules_evidence import Evidence, evidence
from voltway.sessions.sequence import is_whole
from voltway.stations.reports import Context


def measured(session: Session, rows: Sequence[Row], now: datetime) -> Measured:
    """The energy of a session from all its readings. The order of the rows does not matter."""
    return measure(told(session, rows, now))


def told(session: Session, rows: Sequence[Row], now: datetime) -> Told:
    """All that the registers of a session are known by."""
    ends = session.ended_at or max(now, session.started_at)
    begin = session.begin_wh
    end = session.end_wh
    firsts = _registers(rows, Context.BEGIN)
    lasts = _registers(rows, Context.END)
    if begin is None and firsts:
        begin = RegisterWh(firsts[0])
    if end is None and lasts and session.ended_at is not None and lasts[-1] > 0:
        end = RegisterWh(lasts[-1])
    return Told(
        begins=session.started_at,
        ends=ends,
        begin_wh=begin,
        end_wh=end,
        samples=[_sample(row, begin, end) for row in rows],
        power_w_max=session.power_w_max,
        bound_s=_bound_s(session, ends, now),
        running=session.is_running,
    )


def evidence_for(session: Session, rows: Sequence[Row], now: datetime) -> Evidence:
    """Which readings made the energy of a session, which were set aside, and why."""
    known = told(session, rows, now)
    return evidence(known, measure(known), rows)


def _registers(rows: Sequence[Row], context: Context) -> list[int]:
    told = [row for row in rows if row.context is context and row.register_wh is not None]
    ordered = sorted(told, key=lambda row: (row.at, row.register_wh or 0))
    return [row.register_wh for row in ordered if row.register_wh is not None]


def _sample(row: Row, begin: int | None, end: int | None) -> Sample:
    """A reading between. The registers of start and end are told apart, so that readings which
    count from the session's start are not mixed with those of the meter's life."""
    is_border = (row.context is Context.BEGIN and row.register_wh == begin) or (
        row.context is Context.END and row.register_wh == end
    )
    return Sample(row.at, None if is_border else row.register_wh, row.power_w)


def _bound_s(session: Session, ends: datetime, now: datetime) -> float:
    """The longer of the station's count and ours, for either clock may have been set between."""
    heard_until = session.end_heard_at or session.heard_at
    if session.is_running:
        heard_until = now
    claimed = (ends - session.started_at).total_seconds()
    ours = (heard_until - session.created_at).total_seconds()
    return max(claimed, ours, 0.0)


def judged(session: Session, found: Measured) -> frozenset[Doubt]:
    """All that is doubtful about a session, but for what it said itself."""
    doubts = set(found.doubts)
    if not session.start_told:
        doubts.add(Doubt.START_MISSING)
    if session.end_kind is EndKind.PROVISIONAL:
        doubts.add(Doubt.END_MISSING)
    if session.end_kind is EndKind.INFERRED:
        doubts.add(Doubt.END_INFERRED)
    if session.is_final and not is_whole(session.seen, session.start_seq, session.end_seq):
        doubts.add(Doubt.EVENTS_MISSING)
    if session.token is None or session.token_word in (None, "unknown", "invalid"):
        doubts.add(Doubt.TOKEN_UNKNOWN)
    elif session.token_word != "accepted":
        doubts.add(Doubt.TOKEN_NOT_ACCEPTED)
    return frozenset(doubts)


def is_complete(session: Session) -> bool:
    """Whether nothing more can come that changes the bill: no need to wait for late readings."""
    return (
        session.is_final
        and session.start_told
        and session.end_wh is not None
        and is_whole(session.seen, session.start_seq, session.end_seq)
    )


def remeasured(session: Session, rows: Sequence[Row], now: datetime) -> Session:
    """The session with the energy that all its readings tell."""
    found = measured(session, rows, now)
    return replace(session, energy_wh=found.energy_wh, judged=judged(session, found))


def record(
    session: Session, rows: Sequence[Row], flows: Sequence[Flow], now: datetime
) -> SessionRecord:
    """All that pricing and billing need; of a running session as it stands at this moment."""
    found = measured(session, rows, now)
    doubts = session.doubts | judged(session, found)
    return SessionRecord(
        session=session.id,
        party=session.party,
        station=session.station,
        location=session.location,
        evse=session.evse,
        ref=session.ref,
        token=session.token,
        tariff_version_id=session.tariff_version_id,
        zone=ZoneInfo(session.zone),
        begins=session.started_at,
        ends=session.ended_at or max(now, session.started_at),
        running=session.is_running,
        reason=session.reason,
        energy_wh=EnergyWh(found.energy_wh),
        points=found.points,
        changes=rules_flow.changes(flows),
        start_register_wh=session.begin_wh,
        end_register_wh=session.end_wh,
        doubts=tuple(doubt for doubt in Doubt if doubt in doubts),
    )
