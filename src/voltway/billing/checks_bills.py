"""Invariants of single bills: recomputed from raw frames, within bounds, the same told twice."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from time import monotonic
from typing import Final
from uuid import UUID

from msgspec import MsgspecError

from voltway.billing import recomputing
from voltway.billing.documents import CdrDocument
from voltway.billing.model_checks import Checked, Found, Invariant
from voltway.billing.recomputing import Evidence, Hearing, Recomputed, Verdict
from voltway.kernel.ids import PartyId, SessionId
from voltway.runtime.work import BeginWork, Work
from voltway.sessions.model import SessionRecord
from voltway.sessions.rules_again import NotTold, recorded_again
from voltway.sessions.rules_energy import CUT_WH_MAX, bound_wh
from voltway.stations.reports import HeardAgain, Metered

#: Bills whose frames are in memory at once.
BATCH: Final = 20

SECONDS_AN_HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class Judged:
    """What can be said of a bill without the database."""

    session: SessionId
    record: SessionRecord | None  # none: its frames are not kept
    out_of_bounds: tuple[str, ...]
    unlike: str | None


@dataclass
class Bills:
    """What checking bills one by one came to."""

    #: All bills that were frozen up to then were looked at.
    until: datetime
    recomputed: int = 0
    untold: int = 0
    bounded: int = 0
    repeated: int = 0
    seconds: float = 0.0
    found: dict[Invariant, list[Found]] = field(default_factory=dict)

    def note(self, invariant: Invariant, about: str, said: str) -> None:
        self.found.setdefault(invariant, []).append(Found(about, said))

    def take(self, one: Judged) -> None:
        """Count a bill that was judged."""
        about = f"session:{one.session}"
        self.bounded += 1
        self.repeated += one.record is not None
        for said in one.out_of_bounds:
            self.note(Invariant.BOUNDS, about, said)
        if one.unlike is not None:
            self.note(Invariant.REPEATABLE, about, one.unlike)

    def parts(self) -> Iterator[Checked]:
        """As three invariants, the seconds on the one that costs them."""
        counts = {
            Invariant.RECOMPUTED: (self.recomputed, self.untold, self.seconds),
            Invariant.BOUNDS: (self.bounded, 0, 0.0),
            Invariant.REPEATABLE: (self.repeated, self.untold, 0.0),
        }
        for invariant, (checked, unchecked, seconds) in counts.items():
            found = tuple(self.found.get(invariant, ()))
            yield Checked(invariant, checked, found, unchecked, seconds)


async def bills(
    begin: BeginWork,
    hear: Hearing,
    party: PartyId,
    since: datetime,
    until: datetime,
    *,
    seconds: float,
) -> Bills:
    """Invariants 4, 5 and 9 of the bills that were frozen from one moment to another, the oldest
    first, for so long at most."""
    came = Bills(until=since)
    began, after = monotonic(), (since, UUID(int=0))
    while True:
        async with begin(party) as work:
            rows = await work.all(
                """
                SELECT id, session_id, made_at FROM cdr
                 WHERE (made_at, id) > ($1, $2) AND made_at <= $3
                 ORDER BY made_at, id LIMIT $4
                """,
                *after,
                until,
                BATCH,
            )
            evidence = await _evidence(work, [SessionId(row["session_id"]) for row in rows], came)
        # Off the loop, which has stations to answer; and with no transaction open.
        judged = [await asyncio.to_thread(_judged, each, hear) for each in evidence]
        async with begin(party) as work:
            records = {one.session: one.record for one in judged if one.record is not None}
            for compared in await recomputing.compare(work, evidence, records):
                _note_recomputed(compared, came)
        for one in judged:
            came.take(one)
        if rows:
            after = (rows[-1]["made_at"], rows[-1]["id"])
            came.until = after[0]
        if len(rows) < BATCH:
            came.until = max(since, until)
            break
        if monotonic() - began > seconds:
            break
    came.seconds = monotonic() - began
    return came


async def _evidence(work: Work, ids: Sequence[SessionId], came: Bills) -> list[Evidence]:
    """What these bills are recomputed from. A document that cannot be read any more must not hide
    the bills beside it."""
    if not ids:
        return []
    try:
        return await recomputing.evidence_of(work, ids)
    except MsgspecError:
        if len(ids) > 1:
            return [each for id in ids for each in await _evidence(work, [id], came)]
        said = "The frozen document of its bill cannot be read."
        came.note(Invariant.RECOMPUTED, f"session:{ids[0]}", said)
        came.recomputed += 1
        return []


def _judged(evidence: Evidence, hear: Hearing) -> Judged:
    """All of a bill that needs no database: the session made again, its bounds, and whether it
    comes out the same once more."""
    heard = hear(evidence.frames)
    out = tuple(out_of_bounds(evidence))
    try:
        record = recorded_again(evidence.basis, heard)
    except NotTold:
        return Judged(evidence.cdr.session, None, out, None)
    return Judged(evidence.cdr.session, record, out, _unlike(evidence, heard, record))


def _note_recomputed(one: Recomputed, came: Bills) -> None:
    if one.verdict is Verdict.UNTOLD:
        came.untold += 1
        return
    came.recomputed += 1
    if one.verdict is Verdict.DIFFERENT:
        said = "; ".join(
            f"{d.what}: {d.billed}, recomputed {d.recomputed}" for d in one.differences
        )
        came.note(Invariant.RECOMPUTED, f"session:{one.session}", f"The bill differs in {said}.")


def out_of_bounds(evidence: Evidence) -> Iterator[str]:
    """Invariant 5: energy within what the EVSE can give, time within what passed, in slices that
    neither overlap nor leave anything out."""
    document = evidence.document
    visit = document.visit
    begins, ends = datetime.fromisoformat(visit.begins), datetime.fromisoformat(visit.ends)
    lasted_s = (ends - begins).total_seconds()
    if lasted_s < 0:
        yield "It ends before it begins."
    # Either clock may have been set between: the longer of the station's count and ours holds.
    ours_s = (evidence.basis.read_at - evidence.basis.created_at).total_seconds()
    most = bound_wh(evidence.basis.power_w_max, max(lasted_s, ours_s)) + CUT_WH_MAX
    if not 0 <= visit.energy_wh <= most:
        yield f"{visit.energy_wh} Wh are billed, and {most} Wh can have flowed at most."
    if visit.charging_s + visit.idle_s != visit.duration_s or visit.duration_s != int(lasted_s):
        yield (
            f"{visit.charging_s} s of charging and {visit.idle_s} s of idling are billed of"
            f" {int(lasted_s)} s."
        )
    timed = sum(
        (
            Decimal(line.volume)
            for line in document.lines
            if line.kind in ("TIME", "PARKING_TIME") and line.reservation is None
        ),
        Decimal(0),
    )
    if timed * SECONDS_AN_HOUR > Decimal(lasted_s) + 1:
        yield f"{timed} h are priced, and {Decimal(lasted_s) / SECONDS_AN_HOUR:.4f} h passed."
    yield from _slices(document, begins, ends)


def _slices(document: CdrDocument, begins: datetime, ends: datetime) -> Iterator[str]:
    points = [(datetime.fromisoformat(at), wh) for at, wh in document.points]
    for (at, wh), (later, more) in pairwise(points):
        if later < at or more < wh:
            yield f"The meter's points go back at {later.isoformat()}."
            return
    if points and (points[0][0] < begins or points[-1][0] > ends):
        yield "The meter's points lie outside of the session."
    if points and points[-1][1] != document.visit.energy_wh:
        yield (
            f"The last of the meter's points is {points[-1][1]} Wh, and {document.visit.energy_wh}"
            " Wh are billed."
        )


def _unlike(evidence: Evidence, heard: Sequence[HeardAgain], once: SessionRecord) -> str | None:
    """Invariant 9: everything told twice, and the readings in another order, make no other bill."""
    twice = recorded_again(evidence.basis, [one for each in heard for one in (each, each)])
    if _shape(twice) != _shape(once):
        return "Told twice, the frames make another bill."
    turned = recorded_again(evidence.basis, turned_around(heard))
    if _shape(turned) != _shape(once):
        return "With its readings in another order, the frames make another bill."
    return None


def _shape(record: SessionRecord) -> tuple[object, ...]:
    """All of a record that can change a price."""
    return record.energy_wh, record.begins, record.ends, record.points, record.changes


def turned_around(heard: Sequence[HeardAgain]) -> list[HeardAgain]:
    """The same calls, with those that only bring readings of the session in the opposite order."""
    places = [
        place
        for place, one in enumerate(heard)
        if one.call.reports
        and all(isinstance(report, Metered) and report.seq is None for report in one.call.reports)
    ]
    turned = list(heard)
    for place, other in zip(places, reversed(places), strict=True):
        turned[place] = heard[other]
    return turned
