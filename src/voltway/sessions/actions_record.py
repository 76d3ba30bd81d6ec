"""The hot path: what stations told of sessions, a whole batch at once.

Lay out the desks, let the rules write on them, keep what they wrote, tell what became of it. No
statement is run for a single report, and none to ask what the gateway's shelf knows; what is
written is put off, so that a batch of plain readings costs one round trip, its commit included.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from voltway.drivers import actions as drivers
from voltway.drivers import homes
from voltway.drivers.model import Token
from voltway.drivers.rules import standing
from voltway.kernel.facts import Fact
from voltway.kernel.ids import SessionId, StationId, TokenUid
from voltway.runtime.work import Work
from voltway.sessions import rules, store, store_changes, store_readings
from voltway.sessions.actions_lay_out import Told, lay_out, tokens_in, told_of
from voltway.sessions.desk import Desk, Names
from voltway.sessions.driver_kinds import kind_of
from voltway.sessions.model import (
    AT_HOME,
    Row,
    Session,
    SessionCorrected,
    SessionEnded,
    SessionResumed,
    SessionStarted,
)
from voltway.sessions.rules_record import is_complete, remeasured
from voltway.sessions.shelf import Shelf
from voltway.stations import actions as stations
from voltway.stations.reports import Booted, Decision, Heard, Metered, Started, StatusChanged
from voltway.tariffs import actions as tariffs
from voltway.tariffs.model_versions import Place

_SHOWN: Final = "The price that the driver was shown."


async def record(
    work: Work,
    heard: Sequence[Heard],
    shelf: Shelf | None = None,
    *,
    shown: Mapping[tuple[StationId, TokenUid], Token] | None = None,
    waiting: Container[StationId] | None = None,
) -> dict[int, Decision]:
    """Take in what stations told of sessions, in every order, doubled, late, unknown.

    Each call is answered by its index, where there is something to say: the name that we give to a
    1.6 transaction, and how a shown token stands. ``shelf`` is what a gateway remembers of its
    stations, ``shown`` the tokens in what was told (``tokens_in``), and ``waiting`` names the
    stations for which an order may wait for its effect (``None``: any may); all three save the
    database work. Where what was remembered is no longer so, the work raises ``Overtaken`` when it
    ends: then do it again.
    """
    told = told_of(heard)
    if not told:
        return {}
    desks, names = await lay_out(work, told, shelf or Shelf())
    if shown is None:
        shown = await drivers.shown_at(work, tokens_in(heard))

    decisions = _decide(work, desks, told, shown, names)

    at_work = list(desks.values())
    weighed = [desk for desk in at_work if desk.weighed]
    await _choose_tariffs(work, weighed, shown)
    await _keep(work, at_work, weighed)
    await _tell(work, at_work, waiting)
    return decisions


def _decide(
    work: Work,
    desks: dict[StationId, Desk],
    told: Sequence[Told],
    shown: Mapping[tuple[StationId, TokenUid], Token],
    names: Names,
) -> dict[int, Decision]:
    decisions: dict[int, Decision] = {}
    for one in told:
        desk = desks.get(one.call.station)
        if desk is None:
            continue  # the station was removed while its socket was open
        report, received_at = one.report, one.call.received_at
        if not isinstance(report, Metered):  # nearly all are
            if isinstance(report, StatusChanged):
                rules.status_changed(desk, report, received_at)
                continue
            if isinstance(report, Booted):
                rules.booted(desk, received_at)
                continue
        token = one.token
        word = None
        if token:
            at = desk.when(report.at, received_at)[0] if type(report) is Started else None
            word = standing(shown.get((one.call.station, token)), work.now, at)
        session = rules.hear(desk, report, received_at, word, names)
        if token is None and type(report) is not Started:
            continue  # a reading; nothing is owed but that it was heard
        ref = None
        if session is not None and isinstance(one.report, Started) and one.report.ref is None:
            ref = session.ref
        if word is not None or ref is not None:
            decisions[one.call.index] = Decision(token=word, ref=ref)
    return decisions


async def _choose_tariffs(
    work: Work,
    desks: Iterable[Desk],
    shown: Mapping[tuple[StationId, TokenUid], Token],
) -> None:
    """Freeze the price of each session that began, or of which the token or the start came late.

    The price that the driver was shown; else the one that held here for the driver when the session
    began.
    """
    by_place: list[tuple[Desk, Session, tuple[Place, datetime]]] = []
    at_home: dict[SessionId, homes.Shown] = {}
    for desk in desks:
        for before, session in _concerned(desk):
            if before is not None and not _is_priced_anew(before, session):
                continue
            token = shown.get((session.station, session.token)) if session.token else None
            if token is not None and token.tariff_version_id is not None:
                desk.put(
                    session,
                    tariff_version_id=token.tariff_version_id,
                    tariff_why=_SHOWN,
                )
            elif before is None or before.started_at != session.started_at or token is not None:
                by_place.append((desk, session, _question(session, token)))
                if token is not None and token.driver is not None and token.fleet is not None:
                    at_home[session.id] = homes.Shown(
                        session.station, token.driver, token.fleet, session.started_at
                    )
    asked = {question for _, _, question in by_place}
    found = await tariffs.tariffs_at(work, asked) if asked else {}
    home = await homes.at_home(work, set(at_home.values()))
    for desk, session, question in by_place:
        if at_home.get(session.id) in home:
            desk.put(session, tariff_version_id=None, tariff_why=AT_HOME)
            continue
        assigned = found.get(question)
        desk.put(
            session,
            tariff_version_id=assigned.version_id if assigned else None,
            tariff_why=assigned.why if assigned else "No tariff is assigned here: it is free.",
        )


def _is_priced_anew(before: Session, after: Session) -> bool:
    if before.token is None and after.token is not None:
        return True
    return before.started_at != after.started_at and before.tariff_why != _SHOWN


def _question(session: Session, token: Token | None) -> tuple[Place, datetime]:
    """Where the price is asked for, and for whom: who showed no token that we know is nobody."""
    here = (session.party, session.location, session.station, session.evse)
    if token is None:
        return Place(*here), session.started_at
    kind = kind_of(token)
    return Place(*here, token.driver, token.contract, token.fleet, kind), session.started_at


def _concerned(desk: Desk) -> list[tuple[Session | None, Session]]:
    """The sessions that are others now: as they stood before, and as they stand; the new first."""
    return [*((None, session) for session in desk.fresh()), *desk.changed()]


async def _keep(work: Work, desks: Sequence[Desk], weighed: Sequence[Desk]) -> None:
    await store_readings.keep_readings(work, desks)
    for desk in desks:
        if desk.rows or desk.weighed:
            desk.remember_rows()
    await _measure_ends(work, weighed)
    store_changes.add(work, [session for desk in weighed for session in desk.fresh()])
    metered = [pair for desk in desks for pair in desk.metered.values()]
    changed = [pair for desk in weighed for pair in desk.changed()]
    store_changes.save(work, changed, metered)
    for desk in weighed:
        desk.count_revisions()
    store_readings.keep_flows(work, desks)
    if any(desk.orphans for desk in desks):
        await store_readings.keep_orphans(work, desks)


async def _measure_ends(work: Work, desks: Sequence[Desk]) -> None:
    """Read the energy of sessions that are over anew; and ends that the stations told themselves
    are told to the house now."""
    asked: list[Session] = []
    rows: dict[SessionId, list[Row]] = {}
    for desk in desks:
        for id in desk.remeasure:
            if desk.sessions[id].is_running:
                continue
            if id in desk.rows:
                rows[id] = desk.rows[id]
            else:
                asked.append(desk.sessions[id])
    if asked:
        rows |= await store_readings.readings(work, asked)
    for desk in desks:
        for id in desk.remeasure & rows.keys():
            desk.put(remeasured(desk.sessions[id], rows[id], work.now))
        for session in list(desk.sessions.values()):
            if session.is_final and session.told_at is None:
                desk.put(session, told_at=work.now)


async def _tell(work: Work, desks: Sequence[Desk], waiting: Container[StationId] | None) -> None:
    started: list[Session] = []
    ended: list[Session] = []
    facts: list[Fact] = []
    stale: set[str] = set()
    for desk in desks:
        for _, session in desk.metered.values():
            stale.update(desk.subjects_of(session))
        if desk.weighed:
            for before, session in _concerned(desk):
                stale.update(desk.subjects_of(session))
                facts += facts_of(before, session)
                if before is None or _is_news(before, session):
                    started.append(session)
                if session.is_final and not (before and before.is_final):
                    ended.append(session)
        if desk.metered or desk.weighed or desk.orphans:
            stale.add(desk.place.wall)
    work.touch(*stale)
    await work.announce(facts)
    await _fulfil_orders(work, started, ended, waiting)


def _is_news(before: Session, after: Session) -> bool:
    return (before.token, before.evse, before.remote_start_id) != (
        after.token,
        after.evse,
        after.remote_start_id,
    )


def facts_of(before: Session | None, after: Session) -> list[Fact]:
    """What is worth telling of a session that became another, the start before the end."""
    facts: list[Fact] = []
    if before is None or _is_news(before, after):
        facts.append(
            SessionStarted(
                party=after.party,
                at=after.started_at,
                session=after.id,
                station=after.station,
                evse=after.evse,
                location=after.location,
                token=after.token,
            )
        )
    if before is not None and not before.is_running and after.is_running:
        facts.append(SessionResumed(party=after.party, at=after.heard_at, session=after.id))
    if after.told_at is not None and (before is None or before.told_at is None):
        facts.append(
            SessionEnded(
                party=after.party,
                at=after.ended_at or after.told_at,
                session=after.id,
                energy_wh=after.energy_wh,
                reason=after.reason or "unknown",
                complete=is_complete(after),
            )
        )
    elif before is not None and before.told_at is not None and _is_other_bill(before, after):
        facts.append(
            SessionCorrected(
                party=after.party,
                at=after.heard_at,
                session=after.id,
                energy_wh=after.energy_wh,
                doubt=", ".join(sorted(after.doubts - before.doubts)) or "energy",
            )
        )
    return facts


def _is_other_bill(before: Session, after: Session) -> bool:
    return (before.energy_wh, before.started_at, before.ended_at, before.doubts) != (
        after.energy_wh,
        after.started_at,
        after.ended_at,
        after.doubts,
    )


async def _fulfil_orders(
    work: Work,
    started: Sequence[Session],
    ended: Sequence[Session],
    may_wait: Container[StationId] | None,
) -> None:
    """A start is the effect of the order to start, an end that of the order to stop."""
    concerned = {
        session.station
        for session in (*started, *ended)
        if may_wait is None or session.station in may_wait
    }
    waiting = await store.waiting_orders(work, concerned) if concerned else set()
    for session in started:
        if session.station in waiting:
            await stations.effect_of_start(
                work,
                session.station,
                session.evse_number,
                session.token,
                session.remote_start_id,
                session.id,
            )
    for session in ended:
        if session.station in waiting:
            await stations.effect_of_stop(work, session.station, session.ref, session.id)


async def close(work: Work, sessions: Sequence[Session]) -> None:
    """Tell the house of ends that stations never told, as far as their readings show them."""
    rows = await store_readings.readings(work, sessions)
    changed: list[tuple[Session, Session]] = []
    facts: list[Fact] = []
    for before in sessions:
        after = remeasured(before, rows[before.id], work.now)
        after = replace(after, settle_at=None, told_at=work.now)
        changed.append((before, after))
        facts += facts_of(before, after)
        work.touch(f"session:{after.id}", f"wall:{after.party}")
        if after.evse is not None:
            work.touch(f"evse:{after.evse}")
    store_changes.save(work, changed)
    await work.announce(facts)
