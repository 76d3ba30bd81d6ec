"""What becomes of a report about a session, in whatever order reports come.

Everything here writes on one station's ``Desk`` and returns the session concerned. Each report can
come twice, late, or out of order; see ``rules_start``, ``rules_end`` and Note [Told in any order].
"""

from datetime import datetime, timedelta
from typing import Any

from voltway.sessions.desk import Desk, Names
from voltway.sessions.model import Doubt, EndKind, Session, SessionState
from voltway.sessions.rules_end import ended, matched, orphaned
from voltway.sessions.rules_flow import withholder
from voltway.sessions.rules_meter import keep, moved
from voltway.sessions.rules_plain import plainly
from voltway.sessions.rules_start import (
    begun_without_start,
    identified,
    make_room,
    numbered,
    started,
)
from voltway.sessions.sequence import holds, is_number, valid
from voltway.sessions.text import clean_ref
from voltway.stations.reports import Context, Ended, Metered, PortStatus, Started, StatusChanged

#: How long after its end readings still count for a session without further ado.
READINGS_GRACE = timedelta(seconds=30)

#: From "available" until the end for the time being.
FORGOTTEN_AFTER = timedelta(minutes=15)

#: The same from a boot: many stations send one at each reconnect, and go on charging.
FORGOTTEN_AFTER_BOOT = timedelta(hours=6)

#: A register that rises by more between two readings is another meter's.
RISE_WH_MAX = 500_000

Told = Started | Metered | Ended

# Note [Told in any order]
# ~~~~~~~~~~~~~~~~~~~~~~~~
# The start gives times, EVSE, token and the first register; the end gives time, reason and the
# last; each is taken once, by whichever report tells it. Readings are kept as they come. What is
# billed is read from these by pure rules that sort first, so the order of arrival cannot change
# it. The numbers of 2.x tell what came twice and what is missing.


def hear(
    desk: Desk, report: Told, received_at: datetime, word: str | None, names: Names
) -> Session | None:
    """Take one report in; the session that it belongs to, if it belongs to any."""
    if isinstance(report, Metered):  # nearly all are
        return metered(desk, report, received_at, word, names)
    if isinstance(report, Started):
        return started(desk, report, received_at, word, names)
    return ended(desk, report, received_at, word, names)


def metered(
    desk: Desk, report: Metered, received_at: datetime, word: str | None, names: Names
) -> Session | None:
    """Readings, and in 2.x news of a running transaction."""
    if report.ref is None:
        only = _only_session(desk, report)
        if only is None:
            _keep_outside(desk, report, received_at)
            return None
        only = desk.put(only, doubts=only.doubts | {Doubt.REF_INFERRED})
        return _take(desk, only, report, received_at, word)
    session = desk.by_ref(clean_ref(report.ref), report.at)
    if session is None and report.seq is not None:
        session = begun_without_start(desk, report, received_at, word, names)
    if session is not None:
        return _take(desk, session, report, received_at, word)
    at, _ = desk.when(report.at, received_at)
    match = matched(desk, report.evse, at) if report.evse else None
    if match is not None:
        match = desk.put(match, doubts=match.doubts | {Doubt.REF_INFERRED})
        return _take(desk, match, report, received_at, word)
    if _names_nothing(report):
        _keep_outside(desk, report, received_at)
    else:
        orphaned(desk, "metered", report, received_at)
    return None


def may_be_of_only_session(report: Metered) -> bool:
    """Connector 0 of 1.6 is the main meter, unless the station has one connector (§4.7)."""
    if report.ref is not None or report.evse != 0:
        return False
    return not any(each.context is Context.CLOCK for each in report.readings)


def _only_session(desk: Desk, report: Metered) -> Session | None:
    """The session that runs on a station's one EVSE, if the readings go on from its own."""
    running = desk.running()
    if not (desk.has_one_evse and len(running) == 1 and may_be_of_only_session(report)):
        return None
    session = running[0]
    last = session.last_wh if session.last_wh is not None else session.begin_wh
    registers = [each.register_wh for each in report.readings if each.register_wh is not None]
    if last is None or not all(last <= each <= last + RISE_WH_MAX for each in registers):
        return None
    return session


def _names_nothing(report: Metered) -> bool:
    """1.6: a number that is none of ours by its form means no transaction (M-023, M-024)."""
    ref = report.ref or ""
    return not (len(ref) <= 10 and ref.isascii() and ref.isdigit() and 0 < int(ref) < 2**31)


def _keep_outside(desk: Desk, report: Metered, received_at: datetime) -> None:
    """Readings outside of a transaction. EVSE 0 is the station's main meter (1.6 §4.7)."""
    port = desk.ports.get(report.evse or 0)
    keep(
        desk,
        report.readings,
        received_at,
        None,
        claimed=report.at,
        evse=port.evse if port else None,
    )


def _take(
    desk: Desk, session: Session, report: Metered, received_at: datetime, word: str | None
) -> Session:
    return plainly(desk, session, report, received_at) or take(
        desk, session, report, received_at, word
    )


def take(
    desk: Desk, session: Session, report: Metered, received_at: datetime, word: str | None
) -> Session:
    """What a session's readings and news mean, whatever they are."""
    changes: dict[str, Any] = {}
    if is_number(report.seq) and holds(session.seen, report.seq or 0):
        if not _restarted(session, report):
            return session  # told twice
        changes["doubts"] = session.doubts | {Doubt.NUMBERS_RESTARTED}
    changes |= identified(desk, session, report, word)
    is_newest = report.at is None or _is_newest(session, report.at)
    changes |= numbered(session, report)
    kept = keep(desk, report.readings, received_at, session, claimed=report.at)
    changes |= moved(session, kept)
    changes["heard_at"] = received_at
    if not session.start_told:
        at, _ = desk.when(report.at, received_at)
        changes["started_at"] = min([session.started_at, at, *(each.at for each in kept)])
    if report.charging is not None:
        at, _ = desk.when(report.at, received_at)
        desk.tell_flow(
            session,
            at,
            charging=report.charging,
            by_vehicle=withholder(report),
            seq=valid(report.seq),
        )
        if is_newest and session.is_running:
            changes["state"] = _flowing(report.charging)
    if session.is_running:
        changes["forgotten_since"] = None
    else:
        changes |= _after_end(desk, session, changes, received_at)
    changed = desk.put(session, **changes)
    if session.evse_number is None and changed.evse_number is not None:
        return make_room(desk, changed, received_at)
    return changed


def _restarted(session: Session, report: Metered) -> bool:
    """A number told before, with a later time than any told: the station counts anew (V-004)."""
    return (
        report.at is not None
        and session.claimed_until is not None
        and report.at > session.claimed_until
    )


def _is_newest(session: Session, at: datetime) -> bool:
    return session.claimed_until is None or at >= session.claimed_until


def _after_end(
    desk: Desk, session: Session, changes: dict[str, Any], received_at: datetime
) -> dict[str, Any]:
    """What readings mean for a session that is over: kept always, counted within the grace."""
    if session.end_kind is EndKind.PROVISIONAL and session.reason == "forgotten":
        return _resumed(session)
    calm = {"power_w": None, "energy_wh": session.energy_wh}  # its energy is read at its end
    in_grace = session.end_heard_at is None or received_at <= session.end_heard_at + READINGS_GRACE
    if session.told_at is None or in_grace:
        desk.remeasure.add(session.id)
        return calm
    doubts = changes.get("doubts", session.doubts)
    return calm | {"doubts": doubts | {Doubt.LATE_READINGS}}


def _resumed(session: Session) -> dict[str, Any]:
    """A session that we thought forgotten goes on, unless its end was told to the house."""
    if session.told_at is not None:
        return {"doubts": session.doubts | {Doubt.LATE_READINGS}}
    return {
        "ended_at": None,
        "end_kind": None,
        "end_method": None,
        "reason": None,
        "state": SessionState.CHARGING,
        "settle_at": None,
        "forgotten_since": None,
    }


def status_changed(desk: Desk, report: StatusChanged, received_at: datetime) -> None:
    """A status is a hint: in 1.6 it tells whether energy flows; "available" starts a timer."""
    if report.evse <= 0:
        return
    at, _ = desk.when(report.at, received_at)
    if report.charging is not None:
        _resume_forgotten(desk, report.evse, at)
    for session in desk.running(report.evse):
        if at < session.started_at:
            continue  # an old status, kept through an outage
        since = session.forgotten_since
        if report.charging is not None:
            desk.tell_flow(session, at, charging=report.charging, by_vehicle=withholder(report))
            desk.put(session, state=_flowing(report.charging), forgotten_since=None)
        elif report.status is PortStatus.AVAILABLE and (since is None or since > received_at):
            desk.put(session, forgotten_since=received_at)


def _resume_forgotten(desk: Desk, evse_number: int, at: datetime) -> None:
    """A car that charges where we thought the last session forgotten: it goes on."""
    if desk.running(evse_number):
        return
    for session in list(desk.sessions.values()):
        is_here = session.evse_number == evse_number and session.told_at is None
        if is_here and session.reason == "forgotten" and (session.ended_at or at) < at:
            desk.put(session, **_resumed(session))
            return


def booted(desk: Desk, received_at: datetime) -> None:
    """After a boot a station should tell of its session again, or of its end."""
    for session in desk.running():
        if session.forgotten_since is None:
            since = received_at + FORGOTTEN_AFTER_BOOT - FORGOTTEN_AFTER
            desk.put(session, forgotten_since=since)


def _flowing(charging: bool) -> SessionState:
    return SessionState.CHARGING if charging else SessionState.IDLE
