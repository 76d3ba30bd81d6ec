"""A bill recomputed from the raw frames: what the station said, heard once more, measured by the
same rules, priced by the same calculator under the frozen tariff, and compared to the cent.

Nothing that was stored of the session's meter is read. ``evidence_of`` loads all that a bill is
recomputed from; ``sessions.rules_again.recorded_again`` makes the session of it, without the
database. What frames mean only the door of the stations knows (``Hearing``, fulfilled by
``ocpp.hearing.heard_again``).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from voltway.billing import documents, freezing, pricing
from voltway.billing.documents import CdrDocument
from voltway.billing.freezing import Priced
from voltway.billing.store_recomputing import Frozen, frozen
from voltway.kernel.errors import Trouble
from voltway.kernel.ids import PartyId, SessionId, StationId
from voltway.kernel.units import EnergyWh
from voltway.parties import actions as parties
from voltway.runtime.work import Work
from voltway.sessions.actions_again import bases
from voltway.sessions.model import SessionRecord
from voltway.sessions.rules_again import Basis, NotTold, recorded_again
from voltway.stations import actions as stations
from voltway.stations.frames import NOT_KEPT
from voltway.stations.frames_past import Span, frames_between
from voltway.stations.model import KeptFrame
from voltway.stations.reports import HeardAgain
from voltway.tariffs import promotions, purses

#: Frames keep whole milliseconds, so moments that are nearer than that are one.
GRAIN: Final = timedelta(milliseconds=1)


class Hearing(Protocol):
    """What frames of one station tell, in our words."""

    def __call__(self, frames: Sequence[KeptFrame]) -> list[HeardAgain]: ...


class Verdict(StrEnum):
    EQUAL = "equal"
    DIFFERENT = "different"
    UNTOLD = "untold"  # the frames are not kept any more, or never were


@dataclass(frozen=True, slots=True)
class Evidence:
    """A frozen bill, and all that it is recomputed from."""

    cdr: Frozen
    document: CdrDocument
    basis: Basis
    frames: tuple[KeptFrame, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the bill and its recomputation part, in words."""

    what: str
    billed: str
    recomputed: str


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What came of recomputing one bill."""

    party: PartyId
    session: SessionId
    cdr: UUID
    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    frames: int = 0


async def evidence_of(work: Work, ids: Collection[SessionId]) -> list[Evidence]:
    """The bills of these sessions, as far as they have one, with all that they are made of."""
    cdrs = {cdr.session: cdr for cdr in await frozen(work, ids)}
    read = {id: documents.cdr(cdr.document) for id, cdr in cdrs.items()}
    found = await bases(
        work,
        {
            id: (datetime.fromisoformat(read[id].visit.ends), cdr.made_at)
            for id, cdr in cdrs.items()
        },
    )
    spans: dict[StationId, Span] = {}
    for basis in found.values():
        span = Span(basis.created_at, basis.read_at)
        known = spans.get(basis.station)
        spans[basis.station] = span.joined(known) if known else span
    frames = await frames_between(work, spans)
    return [
        Evidence(cdrs[id], read[id], basis, _within(frames[basis.station], basis))
        for id, basis in found.items()
    ]


def _within(frames: Sequence[KeptFrame], basis: Basis) -> tuple[KeptFrame, ...]:
    """Those of a session's time. Where some of that time were not kept, none are: a bill is not
    made again from half of what was told."""
    first = bisect_left(frames, basis.created_at - GRAIN, key=lambda frame: frame.at)
    last = bisect_right(frames, basis.read_at, key=lambda frame: frame.at)
    found = tuple(frames[first:last])
    return () if any(frame.text == NOT_KEPT for frame in found) else found


async def recompute(work: Work, hear: Hearing, ids: Collection[SessionId]) -> list[Recomputed]:
    """Recompute the bills of these sessions from the frames that are kept, and compare them."""
    evidence = await evidence_of(work, ids)
    records = {}
    for each in evidence:
        with suppress(NotTold):
            records[each.cdr.session] = recorded_again(each.basis, hear(each.frames))
    return await compare(work, evidence, records)


async def compare(
    work: Work, evidence: Sequence[Evidence], records: Mapping[SessionId, SessionRecord]
) -> list[Recomputed]:
    """Price the sessions that were made again, and compare them with their bills."""
    known = await _known(work, list(records.values()))
    return [await _compared(work, each, records.get(each.cdr.session), known) for each in evidence]


async def _known(work: Work, records: Sequence[SessionRecord]) -> pricing.Known:
    """What prices are made of beside the record; whose account it is does not change them."""
    found = await parties.parties(work, {each.party for each in records})
    places = await stations.places_of(work, {each.evse for each in records if each.evse})
    used = await promotions.used_by(work, [each.session for each in records])
    allowed = await purses.used_by(work, [each.session for each in records])
    grants = {**allowed, **{session: (grant,) for session, grant in used.items()}}
    return pricing.Known({}, {party.id: party for party in found}, places, {}, {}, grants)


async def _compared(
    work: Work, evidence: Evidence, record: SessionRecord | None, known: pricing.Known
) -> Recomputed:
    cdr = evidence.cdr
    if record is None:
        return Recomputed(cdr.party, cdr.session, cdr.id, Verdict.UNTOLD)
    try:
        priced = await pricing.priced(
            work, record, _as_charged(known, evidence), evidence.document.decided
        )
    except Trouble as trouble:  # one that cannot be priced any more must not hide the others
        found = [Difference("its price", "as it was frozen", str(trouble))]
    else:
        found = differences(evidence.document, priced)
    if evidence.document.total_minor != cdr.total_minor:
        found.append(
            Difference(
                "the document's total", str(evidence.document.total_minor), str(cdr.total_minor)
            )
        )
    return Recomputed(
        cdr.party,
        cdr.session,
        cdr.id,
        Verdict.DIFFERENT if found else Verdict.EQUAL,
        tuple(found),
        len(evidence.frames),
    )


def _as_charged(known: pricing.Known, evidence: Evidence) -> pricing.Known:
    """From what energy on a party charges may have changed since; the bill says whether it did."""
    party = known.parties[evidence.cdr.party]
    least = EnergyWh(0) if evidence.document.charged else EnergyWh(2**31 - 1)
    return replace(known, parties={party.id: replace(party, no_charge_below_wh=least)})


def differences(document: CdrDocument, priced: Priced) -> list[Difference]:
    """Where a frozen CDR says something else than what was made again."""
    record, bill = priced.record, priced.bill
    made = freezing.cdr_document(priced)
    compared: list[tuple[str, object, object]] = [
        ("the total", document.total_minor, bill.total.minor),
        ("the currency", document.currency, bill.currency),
        ("the energy in Wh", document.visit.energy_wh, record.energy_wh),
        (
            "the lines",
            [(line.kind, line.gross_minor, line.net_minor) for line in document.lines],
            [(line.kind, line.gross_minor, line.net_minor) for line in made.lines],
        ),
        (
            "the taxes",
            [(tax.rate, tax.gross_minor, tax.net_minor) for tax in document.taxes],
            [(tax.rate, tax.gross_minor, tax.net_minor) for tax in made.taxes],
        ),
        ("the tariff", document.tariff_version, made.tariff_version),
    ]
    found = [Difference(what, str(was), str(now)) for what, was, now in compared if was != now]
    for what, told, at in (
        ("the begin", document.visit.begins, record.begins),
        ("the end", document.visit.ends, record.ends),
    ):
        if abs(datetime.fromisoformat(told) - at) >= GRAIN:
            found.append(Difference(what, told, freezing.utc(at)))
    return found


def counted(results: Sequence[Recomputed]) -> Mapping[Verdict, int]:
    """How many came out how."""
    return {verdict: sum(one.verdict is verdict for one in results) for verdict in Verdict}
