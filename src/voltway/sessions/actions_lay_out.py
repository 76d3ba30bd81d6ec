"""What a batch of reports needs before the rules begin: the desks, the tokens, new names.

What a gateway's shelf holds is taken from there; the rest is asked of the database, a whole batch
in one question each.
"""

import secrets
from collections.abc import Iterator, Sequence

import msgspec

from voltway.kernel.ids import SessionId, StationId, TokenUid, TransactionRef, new_id
from voltway.runtime.work import Work
from voltway.sessions import rules, store, store_readings
from voltway.sessions.desk import Desk, Names, Port
from voltway.sessions.rules_start import start_key
from voltway.sessions.shelf import Shelf
from voltway.sessions.text import clean_ref, clean_token
from voltway.stations import actions as stations
from voltway.stations.reports import Booted, Ended, Heard, Metered, Report, Started, StatusChanged


class Told(msgspec.Struct, frozen=True, gc=False):
    """One report that concerns sessions, the call that it came in, and the names in it."""

    call: Heard
    report: Started | Metered | Ended | StatusChanged | Booted
    ref: TransactionRef | None = None
    token: TokenUid | None = None
    key: bytes | None = None


def told_of(heard: Sequence[Heard]) -> list[Told]:
    """The reports that concern sessions."""
    told: list[Told] = []
    for call in heard:
        for report in call.reports:
            if isinstance(report, Metered):  # nearly all are
                ref = None if report.ref is None else clean_ref(report.ref)
                token = None if report.token is None else clean_token(report.token)
                told.append(Told(call, report, ref, token))
            elif isinstance(report, Started | Ended):
                ref = None if report.ref is None else clean_ref(report.ref)
                key = start_key(report) if ref is None and isinstance(report, Started) else None
                told.append(Told(call, report, ref, clean_token(report.token), key))
            elif isinstance(report, StatusChanged | Booted):
                told.append(Told(call, report))
    return told


async def lay_out(
    work: Work, told: Sequence[Told], shelf: Shelf
) -> tuple[dict[StationId, Desk], Names]:
    """A desk for each station, with the sessions and EVSEs that its reports can concern; and ids
    and numbers for as many sessions as may begin."""
    await _ensure_days(work, told, shelf)
    desks: dict[StationId, Desk] = {}
    missing: set[StationId] = set()
    strange: list[Told] = []
    for one in told:
        station = one.call.station
        desk = desks.get(station) or shelf.take(station, work.now)
        if desk is None:
            missing.add(station)
            strange.append(one)
        else:
            desks[station] = desk
            if not _is_at_home(desk, one):
                strange.append(one)
    numbers: set[int] = set()
    if strange:
        numbers = await _look_up_names(work, strange, desks)
        missing |= {one.call.station for one in strange} - desks.keys()
        if missing:
            desks |= await _from_database(work, told, missing)
        await _count_evses(work, strange, desks)
        for (number_of, number), port in (await _ports(work, desks, strange)).items():
            desks[number_of].ports[number] = port
    shelf.work_on(desks)
    return desks, Names(_ids(work), iter(numbers))


def _is_at_home(desk: Desk, one: Told) -> bool:
    """Whether a desk has all that a report can concern: a session of its name, at a known EVSE; a
    status and a boot concern what is on the desk."""
    if one.ref is None:
        return type(one.report) is StatusChanged or type(one.report) is Booted
    session = desk.by_ref(one.ref)
    return session is not None and session.evse is not None and type(one.report) is not Started


async def _ensure_days(work: Work, told: Sequence[Told], shelf: Shelf) -> None:
    days = {told[0].call.received_at.date(), told[-1].call.received_at.date()}
    if not days <= shelf.days:
        days = {one.call.received_at.date() for one in told}
        await store_readings.ensure_days(work, days)
        shelf.days |= days


async def _look_up_names(
    work: Work, told: Sequence[Told], desks: dict[StationId, Desk]
) -> set[int]:
    """Free numbers for the sessions that may begin. A known desk on which something is named that
    is not there, but in the database, is put aside: it is laid out anew.

    Numbers are random, so that nobody can guess another's, and unique in the database (see design,
    stations, rule 4).
    """
    refs: set[tuple[StationId, TransactionRef]] = set()
    keys: set[tuple[StationId, bytes]] = set()
    unnamed = 0
    for one in told:
        desk = desks.get(one.call.station)
        if one.ref is not None:
            if desk is not None and desk.by_ref(one.ref) is None:
                refs.add((one.call.station, one.ref))
        elif one.key is not None:
            unnamed += 1
            if desk is not None:
                keys.add((one.call.station, one.key))
    free: set[int] = set()
    while refs or keys or len(free) < unnamed:
        drawn = {secrets.randbelow(2**31 - 1) + 1 for _ in range(unnamed - len(free))}
        strangers, taken = await store.named(work, refs, keys, drawn)
        for station in strangers:
            desks.pop(station, None)
        refs, keys = set(), set()
        free |= drawn - taken
    return free


async def _from_database(
    work: Work, told: Sequence[Told], wanted: set[StationId]
) -> dict[StationId, Desk]:
    places = await store.places(work, wanted)
    refs = {
        (one.call.station, one.ref)
        for one in told
        if one.ref is not None and one.call.station in wanted
    }
    keys = {
        (one.call.station, one.key)
        for one in told
        if one.key is not None and one.call.station in wanted
    }
    desks = {id: Desk(place, work.now) for id, place in places.items()}
    for session in await store.load(work, places, refs, keys):
        desks[session.station].sessions[session.id] = session
    return desks


async def _count_evses(work: Work, told: Sequence[Told], desks: dict[StationId, Desk]) -> None:
    main_meters = {
        one.call.station
        for one in told
        if isinstance(one.report, Metered) and rules.may_be_of_only_session(one.report)
    } & desks.keys()
    if main_meters:
        alone = await store.with_one_evse(work, main_meters)
        for station in main_meters:
            desks[station].has_one_evse = station in alone


async def _ports(
    work: Work, desks: dict[StationId, Desk], told: Sequence[Told]
) -> dict[tuple[StationId, int], Port]:
    """The EVSEs that are not known yet: those of starts and of strangers."""
    wanted = set()
    for one in told:
        desk = desks.get(one.call.station)
        if desk is None or not isinstance(one.report, Started | Metered | Ended):
            continue
        number = one.report.evse
        if number and number not in desk.ports and not _is_placed(desk, one):
            wanted.add((one.call.station, number))
    if not wanted:
        return {}
    found = await stations.evses_by_number(work, wanted)
    return {pair: Port(place.evse, place.power_w) for pair, place in found.items()}


def _is_placed(desk: Desk, one: Told) -> bool:
    if one.ref is None or isinstance(one.report, Started):
        return False
    session = desk.by_ref(one.ref)
    return session is not None and session.evse is not None


def tokens_in(heard: Sequence[Heard]) -> set[tuple[StationId, TokenUid]]:
    """The tokens that were shown at the start, in the middle or at the end of sessions."""
    return {
        (call.station, token)
        for call in heard
        for report in call.reports
        if (token := _token_in(report)) is not None
    }


def _token_in(report: Report) -> TokenUid | None:
    if isinstance(report, Metered):  # nearly all are, and of 1.6 none has a token
        return report.token and clean_token(report.token)
    if isinstance(report, Started | Ended):
        return clean_token(report.token)
    return None


def _ids(work: Work) -> Iterator[SessionId]:
    while True:
        yield SessionId(new_id(work.now))
