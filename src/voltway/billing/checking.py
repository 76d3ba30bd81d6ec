"""The nightly check: every invariant of bills and books, over what there is.

What is recent is checked every night: entries, payments and receipts of some weeks, the newest
links of the chain, and each bill once while its frames are kept. Everything is checked when
somebody asks for it (``voltway books check``). What is found is kept until a person closes it, and
told to the owners; nothing is mended here.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import ClassVar, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from voltway.billing import (
    checks_bills,
    checks_books,
    checks_documents,
    checks_money,
    checks_returned,
    store_checks,
)
from voltway.billing.model_checks import (
    BooksCheck,
    BooksFaultFound,
    Checked,
    Found,
    Invariant,
    OpenFinding,
)
from voltway.billing.recomputing import Hearing
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId, new_id
from voltway.ledger import actions as ledger
from voltway.parties import actions as parties
from voltway.parties.model import Party
from voltway.runtime.work import BeginWork, Row, Work

#: The job that checks everything for a party.
JOB: Final = "check_books"

#: What is recent: longer than frames are usually kept, and than a hold can rest.
RECENT: Final = timedelta(days=40)

#: How long a nightly check recomputes bills; what is left waits for the next.
BILLS_S: Final = 600.0

#: A bill that was frozen by then is kept by now, or never will be.
COMMITTED_WITHIN: Final = timedelta(minutes=5)

#: At this hour of a party's night its books are checked, or when the last check is this old.
NIGHT: Final = 3
STALE_AFTER: Final = timedelta(hours=26)
NIGHTS_APART: Final = timedelta(hours=6)

#: How long checks are kept; what they found stays.
KEPT: Final = timedelta(days=400)

#: Of open findings so many are shown.
OPEN_MAX: Final = 500

#: Of closed ones so many.
CLOSED_MAX: Final = 20

EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
ORDER: Final = tuple(Invariant)


class NoSuchFinding(Refusal):
    """This finding is not open any more, or never was."""

    kind: ClassVar[Kind] = Kind.ABSENT


class NoReason(Refusal):
    """Say why: a finding is closed with a reason."""

    kind: ClassVar[Kind] = Kind.INVALID


async def check_nightly(begin: BeginWork, hear: Hearing) -> int:
    """Check the books of the parties whose night it is; how many were checked."""
    async with begin() as work:
        due = [each for each in await parties.parties(work) if await _is_due(work, each)]
        await store_checks.forget(work, work.now - KEPT)
    for party in due:
        await check_books(begin, hear, party.id, asked_by="the night")
    return len(due)


async def check_asked(begin: BeginWork, hear: Hearing, body: Mapping[str, str]) -> None:
    """The job of whoever wants everything checked now."""
    party = PartyId(UUID(body["party"]))
    await check_books(begin, hear, party, asked_by=body["by"] or "somebody", whole=True)


async def _is_due(work: Work, party: Party) -> bool:
    last = await store_checks.last(work, party.id)
    if last is None:
        return True
    age = work.now - last["began_at"]
    local = work.now.astimezone(ZoneInfo(party.time_zone))
    return bool(age > STALE_AFTER or (local.hour == NIGHT and age > NIGHTS_APART))


async def check_books(
    begin: BeginWork,
    hear: Hearing,
    party: PartyId,
    *,
    asked_by: str,
    whole: bool = False,
    bills_s: float = BILLS_S,
) -> BooksCheck:
    """Check every invariant for a party, keep what came of it, and tell what is new."""
    await ledger.seal(begin)
    async with begin(party) as work:
        began_at = work.now
        last = await store_checks.last(work, party)
    since = EVER if whole else began_at - RECENT
    bills_since = since
    if last is not None and not whole:
        bills_since = max(since, last["all_bills_to"])
    parts = [
        await _timed(begin, party, lambda work: checks_books.entries(work, party, since, whole)),
        await _timed(begin, party, lambda work: _money(work, since)),
        await _timed(begin, party, lambda work: checks_money.once(work, since)),
        await _timed(begin, party, lambda work: checks_money.holds(work, since)),
        await _timed(begin, party, lambda work: _documents(work, since)),
        await _timed(begin, party, checks_books.prepaid),
        await _timed(begin, party, lambda work: checks_books.evidence(work, since)),
    ]
    began = monotonic()
    chain = await checks_books.chain(begin, party, whole=whole)
    parts.append(replace(chain, seconds=monotonic() - began))
    bills = await checks_bills.bills(
        begin,
        hear,
        party,
        bills_since,
        began_at if whole else began_at - COMMITTED_WITHIN,
        seconds=float("inf") if whole else bills_s,
    )
    parts += bills.parts()
    return await _kept(begin, party, parts, asked_by, began_at, bills.until, whole=whole)


async def _money(work: Work, since: datetime) -> Checked:
    """Invariant 2, of payments, and of top-ups and bills that banks want back."""
    charges = await checks_money.payments(work, since)
    beside = await checks_money.collected(work)
    back = await checks_returned.returned(work)
    found = checks_money.first([*charges.found, *beside.found, *back])
    return replace(charges, checked=charges.checked + beside.checked, found=found)


async def _documents(work: Work, since: datetime) -> Checked:
    """Invariant 7, of receipts and of all that is issued beside them."""
    receipts = await checks_money.invoices(work, since)
    beside = await checks_documents.documents(work, since)
    return replace(receipts, found=checks_money.first([*receipts.found, *beside]))


async def _timed(
    begin: BeginWork, party: PartyId, check: Callable[[Work], Awaitable[Checked]]
) -> Checked:
    began = monotonic()
    async with begin(party) as work:
        checked = await check(work)
    return replace(checked, seconds=monotonic() - began)


async def _kept(
    begin: BeginWork,
    party: PartyId,
    parts: list[Checked],
    asked_by: str,
    began_at: datetime,
    bills_to: datetime,
    *,
    whole: bool,
) -> BooksCheck:
    async with begin(party) as work:
        check = BooksCheck(
            id=new_id(work.now),
            party=party,
            asked_by=asked_by,
            whole=whole,
            began_at=began_at,
            ended_at=work.now,
            parts=tuple(sorted(parts, key=lambda part: ORDER.index(part.invariant))),
        )
        found: dict[tuple[Invariant, Found], None] = {
            (part.invariant, one): None for part in check.parts for one in part.found
        }
        await store_checks.keep(work, check, bills_to)
        fresh = await store_checks.note(work, party, list(found), began_at)
        if whole:
            await store_checks.close_gone(work, party, began_at)
        work.touch(f"books:{party}")
        if fresh:
            fact = BooksFaultFound(party=party, at=work.now, check=check.id, found=fresh)
            await work.announce([fact])
    return check


async def last_check(work: Work, party: PartyId) -> tuple[Row | None, Sequence[Row]]:
    """The newest check of a party, and what it came to for each invariant, in their order."""
    last = await store_checks.last(work, party)
    if last is None:
        return None, ()
    parts = await store_checks.parts(work, last["id"])
    return last, sorted(parts, key=lambda part: ORDER.index(Invariant(part["invariant"])))


async def closed_findings(work: Work, party: PartyId) -> Sequence[Row]:
    """What was closed last, and why."""
    return await store_checks.closed(work, party, CLOSED_MAX)


async def open_findings(work: Work, party: PartyId) -> list[OpenFinding]:
    """What was found and is not closed yet, the newest first."""
    return await store_checks.open_findings(work, party, OPEN_MAX)


async def close_finding(work: Work, finding: UUID, *, by: str, why: str) -> None:
    """A person has looked at what was found, and says why nothing more is to be done."""
    if not why.strip():
        raise NoReason
    if not await store_checks.close(work, finding, by, why.strip()[:1000]):
        raise NoSuchFinding
    work.touch(f"books:{work.party}")
