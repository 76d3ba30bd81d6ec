"""What becomes of an end (OCPP 1.6 §4.10 StopTransaction; 2.0.1 part 2 E06, E07).

1.6 names no connector in a stop. A stop for 0, a negative number or a foreign one is matched by
time and register with the one session that it can belong to on that station; else it is an orphan.
"""

from datetime import datetime
from typing import Any

import msgspec

from voltway.kernel.ids import TransactionRef
from voltway.sessions.desk import Desk, Names, Orphan
from voltway.sessions.model import Doubt, EndKind, Session, SessionState
from voltway.sessions.rules_meter import keep, moved, register_of
from voltway.sessions.rules_start import PROVISIONAL_FOR, begun_without_start, identified, numbered
from voltway.sessions.text import clean, clean_ref
from voltway.stations.clock import BOUND
from voltway.stations.reports import Context, Ended, Metered

REASON_LENGTH_MAX = 50


def ended(
    desk: Desk, report: Ended, received_at: datetime, word: str | None, names: Names
) -> Session | None:
    """The session that an end belongs to, ended; ``None`` for an orphan."""
    session = desk.by_ref(clean_ref(report.ref), report.at) if report.ref is not None else None
    if session is not None:
        return _end(desk, session, report, received_at, word, EndKind.TOLD)
    if report.ref is not None and report.seq is not None:
        new = begun_without_start(desk, report, received_at, word, names)
        return _end(desk, new, report, received_at, word, EndKind.TOLD)
    at, _ = desk.when(report.at, received_at)
    register = register_of(report.readings, Context.END)
    match = matched(desk, report.evse, at, register.register_wh if register else None)
    if match is not None:
        return _end(desk, match, report, received_at, word, EndKind.INFERRED)
    orphaned(desk, "ended", report, received_at)
    return None


def matched(
    desk: Desk, evse_number: int | None, at: datetime, register_wh: int | None = None
) -> Session | None:
    """The one running session of the station that something without its name can belong to."""
    fits = [
        each
        for each in desk.running(evse_number or None)
        if each.started_at <= at + BOUND
        and (register_wh is None or each.begin_wh is None or register_wh >= each.begin_wh)
    ]
    return fits[0] if len(fits) == 1 else None


def _end(
    desk: Desk,
    session: Session,
    report: Ended,
    received_at: datetime,
    word: str | None,
    kind: EndKind,
) -> Session:
    register = register_of(report.readings, Context.END)
    end_wh = register.register_wh if register else None
    if session.is_final:
        return _told_again(desk, session, report, received_at, end_wh)

    session = desk.put(session, **identified(desk, session, report, word))
    session = desk.put(session, **numbered(session, report))
    kept = keep(desk, report.readings, received_at, session, claimed=report.at)
    at, method = desk.when(report.at, received_at)
    doubts = set(session.doubts)
    if at < session.started_at:
        at = session.started_at
        doubts.add(Doubt.ENDED_BEFORE_START)
    if session.told_at is not None:
        doubts.add(Doubt.END_AFTER_BILL)
    desk.remeasure.add(session.id)
    return desk.put(
        session,
        **moved(session, kept)
        | {
            "ended_at": at,
            "ended_claimed": report.at,
            "end_method": method.value,
            "end_kind": kind,
            "end_wh": end_wh,
            "end_heard_at": received_at,
            "reason": clean(report.reason)[:REASON_LENGTH_MAX],
            "state": SessionState.ENDED if kind is EndKind.TOLD else SessionState.ENDING,
            "power_w": None,
            "heard_at": received_at,
            "doubts": frozenset(doubts),
            "forgotten_since": None,
            "settle_at": None if kind is EndKind.TOLD else received_at + PROVISIONAL_FOR,
        },
    )


def _told_again(
    desk: Desk, session: Session, report: Ended, received_at: datetime, end_wh: int | None
) -> Session:
    """An end that is known already. Another register makes it another end, or another time; and
    that under the same number too, for stations give one number to two messages (V-001, V-004).

    Retries of the same end may be dated anew, a little later: these are no other end.
    """
    same_time = (
        report.at is None
        or session.ended_claimed is None
        or abs(report.at - session.ended_claimed) <= BOUND
    )
    if end_wh == session.end_wh and same_time:
        return session
    keep(desk, report.readings, received_at, session, claimed=report.at)
    return desk.put(session, doubts=session.doubts | {Doubt.SECOND_END}, heard_at=received_at)


def orphaned(desk: Desk, kind: str, report: Ended | Metered, received_at: datetime) -> None:
    """Keep what fits no session, with its readings, for a person to look at."""
    register = register_of(report.readings, Context.END)
    port = desk.ports.get(report.evse or 0)
    keep(
        desk,
        report.readings,
        received_at,
        None,
        claimed=report.at,
        evse=port.evse if port else None,
    )
    desk.orphans.append(
        Orphan(
            kind=kind,
            ref=clean_ref(report.ref or TransactionRef("")),
            heard_at=received_at,
            claimed_at=report.at,
            evse_number=report.evse,
            register_wh=register.register_wh if register else None,
            report=_as_told(report),
        )
    )


def _as_told(report: Ended | Metered) -> dict[str, Any]:
    """The report for people to read, without its readings, which are kept as rows."""
    told: dict[str, Any] = msgspec.to_builtins(report)
    told.pop("readings", None)
    return {name: clean(value) if isinstance(value, str) else value for name, value in told.items()}
