"""Many documents in one go, measured: the statements of a month, and a zip of all its receipts.

    python -m tests.billing.many --documents 1000 --customers 100

Builds a database of its own, prints what each step took on the clock and of the processor, beside
a yardstick of the same moment, and how much more memory the zip needed than there was before it.
The figures are in ``docs/figures/documents.md``.
"""

import argparse
import asyncio
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from msgspec.structs import replace

from tests.billing.months import GIVEN
from tests.billing.sample import KAMPPI
from tests.network import a_party
from voltway.billing import actions, documents, drawing, rules, runs, store_documents
from voltway.billing.documents import CdrDocument, Paid
from voltway.billing.model import Cdr, Invoice
from voltway.billing.model_runs import Run, RunKind
from voltway.billing.rules_statements import month
from voltway.billing.store_documents import Numbered
from voltway.cli.admin_desk import opened
from voltway.drivers import actions as drivers
from voltway.drivers.model import Token
from voltway.kernel.ids import InvoiceId, SessionId, SettlementId, new_id
from voltway.kernel.money import EUR
from voltway.parties.model import Party
from voltway.runtime.database import Database
from voltway.runtime.work import Work

BEGINS = datetime(2026, 10, 2, 6, 0, tzinfo=UTC)
AT_ONCE = 500
YARDSTICK_TURNS = 6_000_000


@dataclass
class Took:
    wall_s: float = 0.0
    cpu_s: float = 0.0


@contextmanager
def clocked() -> Iterator[Took]:
    took = Took()
    wall, cpu = time.perf_counter(), time.process_time()
    yield took
    took.wall_s, took.cpu_s = time.perf_counter() - wall, time.process_time() - cpu


def yardstick() -> Took:
    with clocked() as took:
        total = 0
        for turn in range(YARDSTICK_TURNS):
            total += turn * turn
    return took


async def fill(database: Database, count: int, customers: int) -> Party:
    """A party whose customers have charged in October, each with one card."""
    async with database.begin() as work:
        party = await a_party(work)
        cards: list[Token] = []
        for place in range(customers):
            card = await drivers.add_token(work, party.id, f"04{place:010X}", label=f"Van {place}")
            made = actions.new_customer(work, party.id, {**GIVEN, "name": f"Customer {place}"})
            await actions.add_customer(work, made)
            await actions.give_cards(work, made.id, [card.uid])
            cards.append(card)
    for start in range(0, count, AT_ONCE):
        async with database.begin() as work:
            await _receipts(work, party, cards, range(start, min(start + AT_ONCE, count)))
    return party


async def _receipts(work: Work, party: Party, cards: list[Token], turns: range) -> None:
    places = await store_documents.next_places(work, party.id, "R", 2026, len(turns))
    cdrs: list[Cdr] = []
    numbered: list[Numbered] = []
    settlements: list[tuple[object, ...]] = []
    for turn, place in zip(turns, places, strict=True):
        at = BEGINS + timedelta(seconds=200 * turn % 2_400_000)
        settlement = SettlementId(new_id(at))
        session = SessionId(new_id(at))
        visit = replace(
            KAMPPI.visit,
            session=str(session),
            begins=at.isoformat(),
            ends=(at + timedelta(minutes=54)).isoformat(),
        )
        cdr, made = _frozen(party, cards[turn % len(cards)], settlement, session, visit, at, place)
        settlements.append((settlement, party.id, session, ["price", "invoice"], 2, "done", at, at))
        cdrs.append(cdr)
        numbered.append(Numbered(made, settlement, "R", 2026, place))
    columns = ("id", "party_id", "session_id", "route", "done", "state", "opened_at", "done_at")
    await work.copy("settlement", columns, settlements)
    await store_documents.keep_cdrs(work, cdrs)
    await store_documents.keep_invoices(work, numbered)


def _frozen(
    party: Party,
    card: Token,
    settlement: SettlementId,
    session: SessionId,
    visit: documents.Visit,
    at: datetime,
    place: int,
) -> tuple[Cdr, Invoice]:
    raw, sha256 = documents.frozen(
        CdrDocument(
            session=str(session),
            party=str(party.id),
            evse=KAMPPI.place.evse,
            place=KAMPPI.place,
            visit=visit,
            tariff="DAY",
            tariff_version="",
            account=str(card.id),
            currency="EUR",
            total_before_taxes="19.66",
            total_after_taxes="24.67",
            total_minor=KAMPPI.total_minor,
            charged=True,
            lines=KAMPPI.lines,
            taxes=KAMPPI.taxes,
            points=(),
            changes=(),
        )
    )
    cdr = Cdr(
        id=new_id(at),
        party=party.id,
        session=session,
        settlement=settlement,
        total_minor=KAMPPI.total_minor,
        currency=EUR,
        document=raw,
        sha256=sha256,
        made_at=at,
    )
    number = rules.number(party.ident, "R", 2026, place)
    paid = Paid(how="account", open_minor=KAMPPI.total_minor)
    receipt = replace(KAMPPI, number=number, visit=visit, issued_at=at.isoformat(), paid=paid)
    document, fingerprint = documents.frozen(receipt)
    return cdr, Invoice(
        id=InvoiceId(new_id(at)),
        party=party.id,
        session=session,
        payment=None,
        kind="receipt",
        number=number,
        total_minor=KAMPPI.total_minor,
        currency=EUR,
        document=document,
        sha256=fingerprint,
        issued_at=at + timedelta(minutes=54),
    )


async def measure(count: int, customers: int, say: Callable[[str], None]) -> None:
    with _folder() as folder:
        async with opened(folder / "data") as database:
            with clocked() as filled:
                party = await fill(database, count, customers)
            say(f"filled with {count} receipts on account in {filled.wall_s:.1f} s")
            await _statements(database, party, customers, say)
            await _zip(database, party, folder / "october.zip", say)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="voltway-many-") as made:
        Path(made).chmod(0o711)  # the embedded server may run under another account
        yield Path(made)


async def _ask(database: Database, party: Party, kind: RunKind) -> Run:
    async with database.begin(party.id) as work:
        return await runs.ask(
            work, party, kind, month("2026-10", party.time_zone), locale="fi", by="many"
        )


async def _statements(
    database: Database, party: Party, customers: int, say: Callable[[str], None]
) -> None:
    run = await _ask(database, party, RunKind.STATEMENTS)
    before = yardstick()
    with clocked() as took:
        done = await runs.write(database.begin, {"run": str(run.id)}, lambda _: None)
    assert done.done == customers
    say(
        f"{customers} statements written: {took.wall_s:.2f} s, {took.cpu_s:.2f} s of the processor "
        f"here; yardstick {before.wall_s:.2f} s, {before.cpu_s:.2f} s of the processor"
    )


async def _zip(database: Database, party: Party, to: Path, say: Callable[[str], None]) -> None:
    run = await _ask(database, party, RunKind.ARCHIVE)
    drawing.pdf("receipt", documents.frozen(KAMPPI)[0], "fi")  # the fonts are read once
    before, memory, size = yardstick(), _memory_mb(), 0
    with clocked() as took, to.open("wb") as file:
        async for chunk in await runs.download(database.begin, party.id, UUID(str(run.id))):
            size += file.write(chunk)
    async with database.begin(party.id) as work:
        done = (await runs.found(work, run.id)).done
    after = yardstick()
    say(
        f"{done} documents zipped with PDF: {took.wall_s:.1f} s, {took.cpu_s:.1f} s of the "
        f"processor here ({1000 * took.cpu_s / done:.1f} ms each), {size / 1e6:.0f} MB; "
        f"memory at most {_memory_mb() - memory:.0f} MB more; yardstick {before.wall_s:.2f} s and "
        f"{after.wall_s:.2f} s, {before.cpu_s:.2f} s and {after.cpu_s:.2f} s of the processor"
    )


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=1_000)
    parser.add_argument("--customers", type=int, default=100)
    given = parser.parse_args()
    asyncio.run(measure(given.documents, given.customers, print))


if __name__ == "__main__":
    main()
