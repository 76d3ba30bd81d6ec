"""The hot path: what stations told of sessions, a whole batch at once.

Lay out the desks, let the rules write on them, keep what they wrote, tell what became of it. No
statement is run for a single report: a batch of readings costs four.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from voltway.drivers import actions as drivers
from voltway.drivers.model import Token
from voltway.drivers.rules import standing
from voltway.kernel.facts import Fact
from voltway.kernel.ids import (
    LocationId,
    PartyId,
    SessionId,
    StationId,
    TokenUid,
    TransactionRef,
    new_id,
)
from voltway.runtime.work import Work
from voltway.sessions import rules, store, store_readings
from voltway.sessions.desk import Desk, Names, Port
from voltway.sessions.model import (
    Session,
    SessionCorrected,
    SessionEnded,
    SessionResumed,
    SessionStarted,
)
from voltway.sessions.rules_record import is_complete, remeasured
from voltway.sessions.rules_start import start_key
from voltway.sessions.text import clean_ref, clean_token
from voltway.stations import actions as stations
from voltway.stations.reports import Booted, Decision, Ended, Heard, Metered, Started, StatusChanged
from voltway.tariffs import actions as tariffs

_SHOWN: Final = "The price that the driver was shown."


@dataclass(frozen=True, slots=True)
class _Told:
    """One report that concerns sessions, the call that it came in, and the names in it."""

    call: Heard
    report: Started | Metered | Ended | StatusChanged | Booted
    ref: TransactionRef | None = None
    token: TokenUid | None = None


def _told(heard: Sequence[Heard]) -> list[_Told]:
    told: list[_Told] = []
    for call in heard:
        for report in call.reports:
            match report:
                case Started() | Metered() | Ended():
                    ref = None if report.ref is None else clean_ref(report.ref)
                    told.append(_Told(call, report, ref, clean_token(report.token)))
                case StatusChanged() | Booted():
                    told.append(_Told(call, report))
                case _:
                    pass
    return told


async def record(work: Work, heard: Sequence[Heard]) -> dict[int, Decision]:
    """Take in what stations told of sessions, in every order, doubled, late, unknown.

    Each call is answered by its index, where there is something to say: the name that we give to a
    1.6 transaction, and how a shown token stands.
    """
    told = _told(heard)
    if not told:
        return {}
    desks = await _lay_out(work, told)
    shown = await _tokens(work, told)
    names = await _names(work, told)

    decisions = _decide(work, desks, told, shown, names)

    await _choose_tariffs(work, desks.values(), shown)
    await _keep(work, list(desks.values()))
    await _tell(work, list(desks.values()))
    return decisions


async def _lay_out(work: Work, told: Sequence[_Told]) -> dict[StationId, Desk]:
    """A desk for each station, with the sessions and EVSEs that its reports can concern."""
    days = {one.call.received_at.date() for one in told}
    places = await store.places(work, {one.call.station for one in told}, days)
    refs = {(one.call.station, one.ref) for one in told if one.ref is not None}
    keys = {
        (one.call.station, start_key(one.report))
        for one in told
        if isinstance(one.report, Started) and one.report.ref is None
    }
    loaded = await store.load(work, places, refs, keys)
    desks = {id: Desk(place) for id, place in places.items()}
    for session in loaded:
        desks[session.station].sessions[session.id] = session
        desks[session.station].before[session.id] = session
    main_meters = {
        one.call.station
        for one in told
        if isinstance(one.report, Metered) and rules.may_be_of_only_session(one.report)
    } & desks.keys()
    if main_meters:
        for station in await store.with_one_evse(work, main_meters):
            desks[station].has_one_evse = True
    for (station, number), port in (await _ports(work, desks, told)).items():
        desks[station].ports[number] = port
    return desks


async def _ports(
    work: Work, desks: dict[StationId, Desk], told: Sequence[_Told]
) -> dict[tuple[StationId, int], Port]:
    """The EVSEs that are not known from the sessions already: those of starts and of strangers."""
    wanted = {
        (one.call.station, one.report.evse)
        for one in told
        if isinstance(one.report, Started | Metered | Ended)
        and one.report.evse
        and one.call.station in desks
        and not _is_placed(desks[one.call.station], one)
    }
    found = await stations.evses_by_number(work, wanted)
    return {pair: Port(place.evse, place.power_w) for pair, place in found.items()}


def _is_placed(desk: Desk, one: _Told) -> bool:
    if one.ref is None or isinstance(one.report, Started):
        return False
    session = desk.by_ref(one.ref)
    return session is not None and session.evse is not None


async def _tokens(
    work: Work, told: Sequence[_Told]
) -> dict[tuple[StationId, TokenUid], Token | None]:
    """The tokens that were shown; ``None`` for those nobody knows."""
    shown = {(one.call.station, uid) for one in told if (uid := one.token) is not None}
    found = await drivers.shown_at(work, shown)
    return {pair: found.get(pair) for pair in shown}


async def _names(work: Work, told: Sequence[_Told]) -> Names:
    """Ids and numbers for as many sessions as may begin. Numbers are random, so that nobody can
    guess another's, and unique in the database (see design, stations, rule 4)."""
    unnamed = sum(isinstance(one.report, Started) and one.report.ref is None for one in told)
    numbers: set[int] = set()
    while len(numbers) < unnamed:
        drawn = {secrets.randbelow(2**31 - 1) + 1 for _ in range(unnamed - len(numbers))}
        numbers |= drawn - await store.taken_numbers(work, drawn)
    return Names(_ids(work), iter(numbers))


def _ids(work: Work) -> Iterator[SessionId]:
    while True:
        yield SessionId(new_id(work.now))


def _decide(
    work: Work,
    desks: dict[StationId, Desk],
    told: Sequence[_Told],
    shown: dict[tuple[StationId, TokenUid], Token | None],
    names: Names,
) -> dict[int, Decision]:
    decisions: dict[int, Decision] = {}
    for one in told:
        desk = desks.get(one.call.station)
        if desk is None:
            continue  # the station was removed while its socket was open
        received_at = one.call.received_at
        if isinstance(one.report, StatusChanged):
            rules.status_changed(desk, one.report, received_at)
            continue
        if isinstance(one.report, Booted):
            rules.booted(desk, received_at)
            continue
        token = one.token
        word = standing(shown[one.call.station, token], work.now) if token else None
        session = rules.hear(desk, one.report, received_at, word, names)
        ref = None
        if session is not None and isinstance(one.report, Started) and one.report.ref is None:
            ref = session.ref
        if word is not None or ref is not None:
            decisions[one.call.index] = Decision(token=word, ref=ref)
    return decisions


async def _choose_tariffs(
    work: Work,
    desks: Iterable[Desk],
    shown: dict[tuple[StationId, TokenUid], Token | None],
) -> None:
    """Freeze the price of each session that began, or of which the token or the start came late.

    The price that the driver was shown; else the one that held here when the session began.
    """
    by_place: list[tuple[Desk, Session]] = []
    for desk in desks:
        for session in [*desk.fresh(), *desk.changed()]:
            before = desk.before.get(session.id)
            if before is not None and not _is_priced_anew(before, session):
                continue
            token = shown.get((session.station, session.token)) if session.token else None
            if token is not None and token.tariff_version_id is not None:
                desk.put(
                    session,
                    tariff_version_id=token.tariff_version_id,
                    tariff_why=_SHOWN,
                )
            elif before is None or before.started_at != session.started_at:
                by_place.append((desk, session))
    asked = {_question(session) for _, session in by_place}
    found = await tariffs.tariffs_at(work, asked) if asked else {}
    for desk, session in by_place:
        assigned = found.get(_question(session))
        desk.put(
            session,
            tariff_version_id=assigned.version_id if assigned else None,
            tariff_why=assigned.why if assigned else "No tariff is assigned here: it is free.",
        )


def _is_priced_anew(before: Session, after: Session) -> bool:
    if before.token is None and after.token is not None:
        return True
    return before.started_at != after.started_at and before.tariff_why != _SHOWN


def _question(
    session: Session,
) -> tuple[tuple[PartyId, LocationId, StationId], datetime]:
    return (session.party, session.location, session.station), session.started_at


async def _keep(work: Work, desks: Sequence[Desk]) -> None:
    await store_readings.keep_readings(work, desks)
    ending = [
        session
        for desk in desks
        for id in desk.remeasure
        if not (session := desk.sessions[id]).is_running
    ]
    rows = await store_readings.readings(work, ending)
    for desk in desks:
        for id in desk.remeasure & rows.keys():
            desk.put(remeasured(desk.sessions[id], rows[id], work.now))
        _settle_ends(work, desk)
    await store.add(work, [session for desk in desks for session in desk.fresh()])
    await store.save(work, [(desk.before[s.id], s) for desk in desks for s in desk.changed()])
    await store_readings.keep_flows(work, desks)
    if any(desk.orphans for desk in desks):
        await store_readings.keep_orphans(work, desks)


def _settle_ends(work: Work, desk: Desk) -> None:
    """Ends that the stations told themselves are told to the house now."""
    for session in list(desk.sessions.values()):
        if session.is_final and session.told_at is None:
            desk.put(session, told_at=work.now)


async def _tell(work: Work, desks: Sequence[Desk]) -> None:
    started: list[Session] = []
    ended: list[Session] = []
    facts: list[Fact] = []
    for desk in desks:
        concerned = [*desk.fresh(), *desk.changed()]
        for session in concerned:
            before = desk.before.get(session.id)
            facts += facts_of(before, session)
            if before is None or _is_news(before, session):
                started.append(session)
            if session.is_final and not (before and before.is_final):
                ended.append(session)
            work.touch(f"session:{session.id}", f"evse:{session.evse}")
        if concerned or desk.orphans:
            work.touch(f"wall:{desk.place.party}")
    await work.announce(facts)
    await _fulfil_orders(work, started, ended)


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


async def _fulfil_orders(work: Work, started: Sequence[Session], ended: Sequence[Session]) -> None:
    """A start is the effect of the order to start, an end that of the order to stop."""
    concerned = {session.station for session in (*started, *ended)}
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
    await store.save(work, changed)
    await work.announce(facts)
