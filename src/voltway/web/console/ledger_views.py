"""What the pages of the books show: an entry with what shows it, the checks, the months."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from voltway.billing import checking
from voltway.billing.model_checks import SAYS, Invariant, OpenFinding
from voltway.kernel.ids import EntryId
from voltway.ledger import actions as ledger
from voltway.ledger.model import Head, KeptEntry, Period
from voltway.parties.model import Party
from voltway.runtime.work import Row, Work

#: Months of the books that are shown.
MONTHS: Final = 24

#: Where the console shows what a finding or the evidence of an entry is about.
_AT: Final[Mapping[str, str]] = {
    "session": "/console/sessions/{id}",
    "payment": "/console/money?on={id}",
    "entry": "/console/ledger/entries/{id}",
    "invoice": "/console/receipts/{id}/receipt.pdf",
    "account": "/console/ledger?under={id}",
    "currency": "/console/ledger",
    "books": "/console/ledger",
    "link": "/console/books",
    "series": "/console/money",
}


def address(about: str, settled: Mapping[str, UUID]) -> str:
    """Where the console shows it; a settlement and a CDR by their session."""
    kind, _, id = about.partition(":")
    if kind in ("settlement", "cdr"):
        return f"/console/sessions/{settled[id]}" if id in settled else ""
    return _AT.get(kind, "").format(id=id)


async def _settled(work: Work, ids: Sequence[str]) -> dict[str, UUID]:
    """The sessions of these settlements and CDRs."""
    rows = await work.all(
        """
        SELECT id::text AS settlement, cdr_id::text AS cdr, session_id FROM settlement_view
         WHERE id::text = ANY($1::text[]) OR cdr_id::text = ANY($1::text[])
        """,
        list(ids),
    )
    return {name: row["session_id"] for row in rows for name in (row["settlement"], row["cdr"])}


@dataclass(frozen=True, slots=True)
class Shows:
    """One thing that an entry names as its evidence."""

    kind: str
    id: str
    at: str


@dataclass(frozen=True, slots=True)
class EntryPage:
    kept: KeptEntry
    place: int
    kept_at: datetime
    number: int | None
    hash: str
    evidence: tuple[Shows, ...]


async def entry_page(work: Work, id: EntryId) -> EntryPage | None:
    """An entry, what shows it, and its link."""
    found = await ledger.entry(work, id)
    if found is None:
        return None
    placed, link = found
    evidence = placed.entry.evidence
    settled = await _settled(work, list(evidence.values()))
    return EntryPage(
        kept=KeptEntry(placed.id, placed.entry),
        place=placed.place,
        kept_at=placed.kept_at,
        number=link[0] if link else None,
        hash=link[1].hex() if link else "",
        evidence=tuple(
            Shows(kind, value, address(f"{kind}:{value}", settled))
            for kind, value in evidence.items()
        ),
    )


@dataclass(frozen=True, slots=True)
class Part:
    """What the last check came to for one invariant."""

    invariant: str
    says: str
    checked: int
    unchecked: int
    found: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Finding:
    of: OpenFinding
    says: str
    at: str


@dataclass(frozen=True, slots=True)
class BooksPage:
    last: Row | None
    parts: tuple[Part, ...]
    findings: tuple[Finding, ...]
    closed: Sequence[Row]
    closed_months: Mapping[str, Period]
    months: tuple[str, ...]
    next_month: str
    head: Head | None
    is_mapped: bool
    sound: bool


async def books_page(work: Work, party: Party) -> BooksPage:
    """The last check, what is open, the months, and the newest head."""
    last, parts = await checking.last_check(work, party.id)
    found = await checking.open_findings(work, party.id)
    settled = await _settled(work, [one.about.partition(":")[2] for one in found])
    zone = ZoneInfo(party.time_zone)
    periods = await ledger.periods(work, party.id)
    following = await ledger.next_to_close(work, party.id, zone, work.now)
    heads = await ledger.heads(work, party.id)
    findings = tuple(
        Finding(one, SAYS[one.invariant], address(one.about, settled)) for one in found
    )
    return BooksPage(
        last=last,
        parts=tuple(
            Part(
                row["invariant"],
                SAYS[Invariant(row["invariant"])],
                row["checked"],
                row["unchecked"],
                row["found"],
                row["seconds"],
            )
            for row in parts
        ),
        findings=findings,
        closed=await checking.closed_findings(work, party.id),
        closed_months={each.name: each for each in periods},
        months=await _months(work, party, zone),
        next_month=f"{following:%Y-%m}" if following else "",
        head=heads[-1] if heads else None,
        is_mapped=await ledger.is_mapped(work, party.id),
        sound=last is not None and not findings,
    )


async def _months(work: Work, party: Party, zone: ZoneInfo) -> tuple[str, ...]:
    """The months that have entries, the newest first."""
    oldest = await ledger.oldest(work, party.id)
    if oldest is None:
        return ()
    month = work.now.astimezone(zone).date().replace(day=1)
    first = oldest.astimezone(zone).date().replace(day=1)
    found: list[str] = []
    while month >= first and len(found) < MONTHS:
        found.append(f"{month:%Y-%m}")
        month = date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)
    return tuple(found)
