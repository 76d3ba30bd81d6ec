"""What can be done about signed meter data: register keys, check sessions, give what is kept."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

from voltway.evidence import container, keys, rules, rules_keys, store
from voltway.evidence.model import Dossier, Finding, Flaw, MeterKey, Question, Sent, Verdict
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId, SessionId, StationId, TariffId, new_id
from voltway.runtime.work import BeginWork, Job, Work
from voltway.sessions import actions as sessions
from voltway.sessions.model import Session, SignedSample
from voltway.stations import actions as stations
from voltway.tariffs import actions as tariffs
from voltway.tariffs.model import Dimension

#: So many sessions are looked at anew when a station gets its key, and the job that does it.
AGAIN_MAX: Final = 200
CHECK_UNCHECKED: Final = "check_unchecked"

#: See Note [Judged off the loop].
_JUDGES: Final = ThreadPoolExecutor(2, thread_name_prefix="judge")

_BY_TIME: Final = frozenset({Dimension.TIME, Dimension.PARKING_TIME})

#: Before any meter that signs.
SINCE_EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)

#: One round of forgetting.
FORGET_MAX: Final = 10_000


@dataclass(eq=False)
class NoSuchMeterKey(Refusal):
    """There is no meter key {key}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    key: UUID


@dataclass(eq=False)
class KeyIsOld(Refusal):
    """This meter's last key was changed on {since}; another can take its place only after that."""

    since: str


@dataclass(eq=False)
class KeyEnded(Refusal):
    """This key has not held since {since}."""

    since: str


@dataclass(eq=False)
class SameKey(Refusal):
    """This key is registered for this meter already, since {since}."""

    since: str


@dataclass(eq=False)
class NothingSigned(Refusal):
    """The station sent no signed meter data of this session."""

    kind: ClassVar[Kind] = Kind.ABSENT


async def register_key(
    work: Work,
    station: StationId,
    text: str,
    *,
    by: str,
    evse_number: int | None = None,
    meter: str = "",
    since: datetime | None = None,
    source: str = "operator",
) -> MeterKey:
    """Let a key hold for a meter from a moment on; the one before it ends there.

    Raises ``keys.NoKey``, ``SameKey`` and ``KeyIsOld``. Sessions whose data had no key are checked
    anew.
    """
    public = keys.read_key(text)
    place = await stations.station(work, station)
    before = await store.lock_newest_key(work, station, evse_number)
    # The first key of a meter is that of its whole life so far.
    begins = since or (SINCE_EVER if before is None else work.now)
    if before is not None:
        ended = before.holds_until
        if ended is None and before.key.is_same(public):
            raise SameKey(_moment(before.holds_from))
        if begins < (ended or before.holds_from):
            raise KeyIsOld(_moment(ended or before.holds_from))
        if ended is None:
            await store.end_key(work, before.id, begins, by)
    key = MeterKey(
        id=new_id(work.now),
        party=place.party,
        station=station,
        evse_number=evse_number,
        meter=meter.strip()[:100],
        key=public,
        source=source,
        holds_from=begins,
        holds_until=None,
        added_by=by[:200],
    )
    await store.keep_key(work, key)
    work.touch(f"station:{station}")
    if await store.unchecked_of(work, station, 1):
        body = {"party": str(key.party), "station": str(station)}
        await work.enqueue(
            Job(CHECK_UNCHECKED, f"{CHECK_UNCHECKED}:{key.id}", body, party=key.party)
        )
    return key


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


async def end_key(work: Work, id: UUID, *, by: str) -> MeterKey:
    """Let a key hold no more from now on; what it proved stays proved."""
    found = await meter_key(work, id)
    if found.holds_until is not None:
        raise KeyEnded(_moment(found.holds_until))
    ends = max(work.now, found.holds_from)
    await store.end_key(work, id, ends, by)
    work.touch(f"station:{found.station}")
    return replace(found, holds_until=ends)


async def meter_key(work: Work, id: UUID) -> MeterKey:
    found = await store.key(work, id)
    if found is None:
        raise NoSuchMeterKey(id)
    return found


async def keys_of(work: Work, station: StationId) -> list[MeterKey]:
    """The keys that a station's meters have and had, the newest first."""
    return await store.keys_of(work, [station])


async def questions(work: Work, ids: Collection[SessionId]) -> dict[SessionId, Question]:
    """The signed data in these sessions' readings, and the keys to check them with. Sessions of
    which nothing was signed are left out."""
    samples = await sessions.signed_of(work, ids)
    if not samples:
        return {}
    found = await sessions.sessions_by_id(work, samples)
    registered = await store.keys_of(work, {each.station for each in found})
    asked = {}
    for session in found:
        theirs = [each for each in registered if each.station == session.station]
        pieces, is_cut = _pieces(samples[session.id])
        asked[session.id] = Question(
            session=session.id,
            party=session.party,
            pieces=tuple(pieces),
            is_cut=is_cut,
            key=rules_keys.key_at(theirs, session.evse_number, session.started_at),
            by_time=await _is_priced_by_time(work, session),
        )
    return asked


async def judge(question: Question) -> Finding:
    """What is found of it. See Note [Judged off the loop]."""
    return await asyncio.get_running_loop().run_in_executor(_JUDGES, judged, question)


async def keep(
    work: Work, answered: Sequence[tuple[Question, Finding]]
) -> dict[SessionId, Dossier]:
    """Keep signed data and what was found of them. Done again, the newest finding stands."""
    dossiers = {
        asked.session: Dossier(
            session=asked.session,
            party=asked.party,
            pieces=asked.pieces,
            finding=finding,
            key=asked.key,
            checked_at=work.now,
        )
        for asked, finding in answered
    }
    cut = {asked.session for asked, _ in answered if asked.is_cut}
    await store.keep(work, list(dossiers.values()), cut=cut)
    work.touch(*(f"session:{session}" for session in dossiers))
    return dossiers


async def check_again(begin: BeginWork, party: PartyId, id: SessionId) -> Dossier:
    """Check a session anew: its key was registered, or readings came late."""
    async with begin(party) as work:
        asked = (await questions(work, [id])).get(id)
    if asked is None:
        raise NothingSigned
    finding = await judge(asked)
    async with begin(party) as work:
        return (await keep(work, [(asked, finding)]))[id]


async def check_unchecked(begin: BeginWork, body: Mapping[str, str]) -> None:
    """The job of a station that got a key: check its newest sessions that had none. Done twice, the
    newest finding stands."""
    party = PartyId(UUID(body["party"]))
    async with begin(party) as work:
        again = await store.unchecked_of(work, StationId(UUID(body["station"])), AGAIN_MAX)
    for id in again:
        with suppress(NothingSigned):
            await check_again(begin, party, id)


# Note [Judged off the loop]
# ~~~~~~~~~~~~~~~~~~~~~~~~~~
# A session can have a thousand records, and a signature of secp192k1 costs a millisecond, for no
# library but a slow one knows that curve: on the loop, every station would wait for it. So what is
# asked is gathered in a work, judged in a thread with no transaction open, and kept in another
# work. Two threads at most: they take the interpreter from the loop, some milliseconds at a time.
# Whoever bills by a finding gathers the question anew, and believes it only if it is the same.


def judged(question: Question) -> Finding:
    """What is found of a session's signed data. Pure, and slow."""
    key = question.key
    finding = rules.judge(
        question.pieces,
        key.key if key else None,
        by_time=question.by_time,
        meter=key.meter if key else "",
    )
    if not question.is_cut:
        return finding
    flaws = tuple(dict.fromkeys((Flaw.TOO_LARGE, *finding.flaws)))
    return replace(finding, verdict=Verdict.INVALID, flaws=flaws)


async def dossier(work: Work, id: SessionId) -> Dossier | None:
    """What is kept of a session's signed data."""
    return (await dossiers(work, [id])).get(id)


async def dossiers(work: Work, ids: Collection[SessionId]) -> dict[SessionId, Dossier]:
    """What is kept of these sessions' signed data; those without any are left out."""
    return {each.session: each for each in await store.dossiers(work, ids)}


def transparency_file(dossier: Dossier) -> str:
    """The XML that the transparency software opens, with the registered key."""
    records = [container.read(piece) for piece in dossier.pieces]
    return container.file(records, dossier.key.key if dossier.key else None)


async def demands(work: Work, parties: Collection[PartyId]) -> set[PartyId]:
    """Those of these parties that let nobody be billed without valid signed data."""
    return await store.demands(work, parties)


async def set_demand(work: Work, party: PartyId, *, demanded: bool, by: str) -> None:
    await store.set_rule(work, party, demanded=demanded, by=by)


async def forget_old(begin: BeginWork, years: int) -> int:
    """Sweep: signed data older than this (0: never) is not kept."""
    if not years:
        return 0
    async with begin() as work:
        return await store.forget(work, work.now - timedelta(days=366 * years), FORGET_MAX)


async def _is_priced_by_time(work: Work, session: Session) -> bool:
    """Whether its tariff has prices for time; where that cannot be known, we must think so."""
    if session.tariff_version_id is None:
        return False
    try:
        tariff = await tariffs.version(work, TariffId(session.tariff_version_id))
    except tariffs.NoSuchTariffVersion:
        return True
    parts = (part for element in tariff.elements for part in element.price_components)
    return any(part.dimension in _BY_TIME and part.price for part in parts)


def _pieces(samples: Sequence[SignedSample]) -> tuple[list[Sent], bool]:
    """Each record once, as many as a session can have; and whether there were more."""
    found: dict[str, Sent] = {}
    size = 0
    for sample in samples:
        for piece in container.unwrapped(sample.data, sample.named_key):
            if piece.text in found:
                continue
            size += len(piece.text)
            if size > container.BYTES_MAX or len(found) >= container.RECORDS_MAX:
                return list(found.values()), True
            found[piece.text] = piece
    return list(found.values()), False
