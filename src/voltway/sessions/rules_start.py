"""What becomes of a start (OCPP 1.6 §4.8 StartTransaction; 2.0.1 part 2 E01 to E03).

A start is always taken: the station may have given energy already. The same start is the same
session, also after our restart; a start on an EVSE where a session still runs ends that one for
the time being. See Note [Two sessions on one EVSE].
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from voltway.kernel.ids import SessionId, TransactionRef
from voltway.kernel.units import PowerW
from voltway.sessions import sequence
from voltway.sessions.desk import Desk, Flow, Names
from voltway.sessions.model import Doubt, EndKind, LastFlow, Session, SessionState
from voltway.sessions.rules_meter import keep, moved, register_of
from voltway.sessions.text import clean_ref, clean_token
from voltway.stations.clock import EARLIEST, Method
from voltway.stations.reports import Context, Ended, Metered, Started

#: How long a provisional end waits for the station's own word before it is told.
PROVISIONAL_FOR = timedelta(minutes=15)

#: What an EVSE that nobody knows may give, at most: more than any charger of today.
POWER_W_UNKNOWN = PowerW(500_000)

_BIGINT = 2**63 - 1


def started(
    desk: Desk, report: Started, received_at: datetime, word: str | None, names: Names
) -> Session:
    """The session that a start belongs to: a new one, or the one that it told of before."""
    if report.ref is None:
        return _started_unnamed(desk, report, received_at, word, names)
    ref = clean_ref(report.ref)
    known = desk.by_ref(ref, report.at)
    if known is None:
        return _begin(desk, report, received_at, word, next(names.ids), ref=ref)
    if not known.start_told:
        return _fill_start(desk, known, report, received_at, word)
    if known.started_claimed == report.at:
        return known  # told twice
    if known.is_final:
        newest = max(each.round for each in desk.sessions.values() if each.ref == ref)
        again = _begin(desk, report, received_at, word, next(names.ids), ref=ref, round=newest + 1)
        return desk.put(again, doubts=again.doubts | {Doubt.REF_REUSED})
    keep(desk, report.readings, received_at, known, claimed=report.at)
    return desk.put(known, doubts=known.doubts | {Doubt.SECOND_START}, heard_at=received_at)


def _started_unnamed(
    desk: Desk, report: Started, received_at: datetime, word: str | None, names: Names
) -> Session:
    """1.6: the name is a number of ours, and the same start gets the same number again.

    A station whose clock was never set tells the same start for each of its sessions: there the
    number is given again only as long as the session runs.
    """
    key = start_key(report)
    known = [each for each in desk.sessions.values() if each.start_key == key]
    clock_set = report.at is not None and report.at >= EARLIEST
    same = [each for each in known if clock_set or not each.is_final]
    if same:
        return max(same, key=lambda each: each.created_at)
    number = next(names.numbers)
    return _begin(
        desk,
        report,
        received_at,
        word,
        next(names.ids),
        ref=TransactionRef(str(number)),
        ref_number=number,
        start_key=key,
    )


def start_key(report: Started) -> bytes:
    """What makes two starts of a station the same: connector, token, time and register as told."""
    register = report.readings[0].register_wh if report.readings else None
    told = (
        report.evse,
        (report.token or "").upper(),
        report.at and report.at.isoformat(),
        register,
    )
    return hashlib.blake2b(repr(told).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _begin(
    desk: Desk,
    report: Started | Metered | Ended,
    received_at: datetime,
    word: str | None,
    id: SessionId,
    **named: Any,
) -> Session:
    """A new session from whichever of its reports came first."""
    start = report if isinstance(report, Started) else None
    at, method = desk.when(report.at, received_at)
    if start is None:
        at = min(
            [at, *(desk.when(each.at or report.at, received_at)[0] for each in report.readings)]
        )
    begin = register_of(start.readings, Context.BEGIN) if start else None
    port = desk.ports.get(report.evse or 0)
    session = Session(
        id=id,
        party=desk.place.party,
        station=desk.place.station,
        location=desk.place.location,
        zone=desk.place.zone,
        power_w_max=port.power_w_max if port else POWER_W_UNKNOWN,
        started_at=at,
        start_method=method.value,
        start_told=start is not None,
        started_claimed=start.at if start else None,
        created_at=received_at,
        heard_at=received_at,
        evse=port.evse if port else None,
        evse_number=report.evse or None,
        token=clean_token(report.token),
        token_word=word if report.token else None,
        remote_start_id=_bounded(report.remote_start_id),
        begin_wh=begin.register_wh if begin else None,
        doubts=_clock_doubts(method),
        **named,
    )
    desk.put(session)
    if start is None:
        return session
    session = desk.put(session, **numbered(session, start))
    return make_room(desk, _take(desk, session, start, received_at), received_at)


def begun_without_start(
    desk: Desk, report: Metered | Ended, received_at: datetime, word: str | None, names: Names
) -> Session:
    """2.x: the middle or the end of a session came before its start, which may still come."""
    assert report.ref is not None
    return _begin(desk, report, received_at, word, next(names.ids), ref=clean_ref(report.ref))


def _fill_start(
    desk: Desk, session: Session, report: Started, received_at: datetime, word: str | None
) -> Session:
    """The start of a session of which we know later parts."""
    at, method = desk.when(report.at, received_at)
    begin = register_of(report.readings, Context.BEGIN)
    session = desk.put(session, **identified(desk, session, report, word))
    ended_at = session.ended_at
    doubts = session.doubts | _clock_doubts(method)
    if ended_at is not None and ended_at < at:
        ended_at, doubts = at, doubts | {Doubt.ENDED_BEFORE_START}
    session = desk.put(
        session,
        started_at=at,
        ended_at=ended_at,
        started_claimed=report.at,
        start_method=method.value,
        start_told=True,
        begin_wh=begin.register_wh if begin else None,
        doubts=doubts,
    )
    session = desk.put(session, **numbered(session, report))
    desk.remeasure.add(session.id)
    return make_room(desk, _take(desk, session, report, received_at), received_at)


def _take(desk: Desk, session: Session, report: Started, received_at: datetime) -> Session:
    """The readings of a start, and whether energy flows."""
    kept = keep(desk, report.readings, received_at, session, claimed=report.at)
    by_vehicle = False if report.charging else None  # nobody withholds what has not begun
    if report.charging is not None:
        desk.flows.append(
            Flow(
                session.id,
                session.started_at,
                report.charging,
                by_vehicle,
                sequence.valid(report.seq),
            )
        )
    changes = moved(session, kept)
    if report.charging is not None and report.seq is not None:
        changes["flow"] = LastFlow(report.seq, report.charging, by_vehicle, sure=True)
    if report.charging is False and session.is_running and session.last_at is None:
        changes["state"] = SessionState.IDLE
    return desk.put(session, heard_at=received_at, **changes)


def identified(
    desk: Desk, session: Session, report: Started | Metered | Ended, word: str | None
) -> dict[str, Any]:
    """What a later report tells of a session that was not known at first: EVSE, token, order."""
    changes: dict[str, Any] = {}
    if session.evse_number is None and report.evse:
        port = desk.ports.get(report.evse)
        changes["evse_number"] = report.evse
        if port is not None:
            changes |= {"evse": port.evse, "power_w_max": port.power_w_max}
    if session.token is None and report.token:
        changes |= {"token": clean_token(report.token), "token_word": word}
    if session.remote_start_id is None and report.remote_start_id is not None:
        changes["remote_start_id"] = _bounded(report.remote_start_id)
    return changes


def numbered(session: Session, report: Started | Metered | Ended) -> dict[str, Any]:
    """What the number and the time of a report add to what was heard of the session."""
    changes: dict[str, Any] = {}
    if report.at is not None and (
        session.claimed_until is None or report.at > session.claimed_until
    ):
        changes["claimed_until"] = report.at
    if report.seq is None or not sequence.is_number(report.seq):
        return changes
    changes["seen"] = sequence.with_(session.seen, report.seq)
    if isinstance(report, Started):
        changes["start_seq"] = report.seq
    if isinstance(report, Ended):
        changes["end_seq"] = report.seq
    return changes


def make_room(desk: Desk, session: Session, received_at: datetime) -> Session:
    """Let one session at most run on the EVSE of a session that has begun."""
    if session.evse_number is None:
        return session
    for other in desk.running(session.evse_number):
        if other.id == session.id:
            continue
        older, newer = sorted((other, session), key=lambda s: (s.started_at, s.created_at, s.id))
        if older.is_running:
            _supersede(desk, older, newer.started_at, received_at)
    return desk.sessions[session.id]


def _supersede(desk: Desk, session: Session, at: datetime, received_at: datetime) -> None:
    desk.put(
        session,
        ended_at=at,
        end_method="superseded",
        end_kind=EndKind.PROVISIONAL,
        reason="superseded",
        state=SessionState.ENDING,
        power_w=None,
        settle_at=received_at + PROVISIONAL_FOR,
    )
    desk.remeasure.add(session.id)


# Note [Two sessions on one EVSE]
# ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
# An EVSE serves one car at a time, so a start while another session runs there means that we have
# not heard the other's end yet: it was lost, or is still to come. The new session is accepted, and
# the older of the two, whichever was told first, ends where the newer begins, for the time being.
# Its own end, when it comes, takes the place of that. Only when none came for a while is the
# provisional end told to the house.


def _clock_doubts(method: Method) -> frozenset[Doubt]:
    return frozenset({Doubt.CLOCK_UNSURE}) if method is Method.RECEIVED else frozenset()


def _bounded(number: int | None) -> int | None:
    return number if number is not None and abs(number) <= _BIGINT else None
