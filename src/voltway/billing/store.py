"""Settlements, CDRs and invoices as rows."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from voltway.billing.model import Cdr, Invoice, Settlement, SettlementState, Step
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import InvoiceId, PartyId, PaymentId, SessionId, SettlementId
from voltway.kernel.money import Currency
from voltway.runtime.work import Row, Work


@dataclass(eq=False)
class NoSuchSettlement(Refusal):
    """There is no settlement {settlement}."""

    kind = Kind.ABSENT

    settlement: SettlementId


@dataclass(eq=False)
class NoSuchInvoice(Refusal):
    """There is no invoice {invoice}."""

    kind = Kind.ABSENT

    invoice: InvoiceId


async def open_settlement(work: Work, settlement: Settlement) -> bool:
    """Keep a new settlement; whether it is new. A session has one."""
    count = await work.run(
        """
        INSERT INTO settlement (id, party_id, session_id, route, state, opened_at, next_try_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (session_id) DO NOTHING
        """,
        settlement.id,
        settlement.party,
        settlement.session,
        list(settlement.route),
        settlement.state,
        settlement.opened_at,
        settlement.next_try_at,
    )
    return count == 1


async def lock(work: Work, id: SettlementId) -> Settlement:
    """The settlement, locked until the work ends, so that each step is taken once."""
    row = await work.one("SELECT * FROM settlement WHERE id = $1 FOR UPDATE", id)
    if row is None:
        raise NoSuchSettlement(id)
    return _settlement(row)


async def of_session(work: Work, session: SessionId) -> Settlement | None:
    row = await work.one("SELECT * FROM settlement WHERE session_id = $1", session)
    return _settlement(row) if row else None


async def save(work: Work, settlement: Settlement) -> None:
    """Keep where a locked settlement is now."""
    await work.run(
        """
        UPDATE settlement
           SET payment_id = $2, route = $3, done = $4, state = $5, next_try_at = $6, tries = $7,
               last_trouble = $8, done_at = $9, reviewed_by = $10
         WHERE id = $1
        """,
        settlement.id,
        settlement.payment,
        list(settlement.route),
        settlement.done,
        settlement.state,
        settlement.next_try_at,
        settlement.tries,
        settlement.last_trouble,
        settlement.done_at,
        settlement.reviewed_by,
    )
    work.touch(settlement.subject)


async def overdue(work: Work, before: datetime) -> list[Settlement]:
    """Settlements whose time has come and gone: their job was lost, or its worker died."""
    rows = await work.all(
        """
        SELECT * FROM settlement
         WHERE state NOT IN ('done', 'held') AND next_try_at <= $1
         ORDER BY next_try_at
         LIMIT 500
        """,
        before,
    )
    return [_settlement(row) for row in rows]


async def keep_cdr(work: Work, cdr: Cdr) -> None:
    await work.run(
        """
        INSERT INTO cdr
            (id, party_id, settlement_id, session_id, total_minor, currency, document, sha256,
             made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        cdr.id,
        cdr.party,
        cdr.settlement,
        cdr.session,
        cdr.total_minor,
        cdr.currency,
        cdr.document.decode(),
        cdr.sha256,
        cdr.made_at,
    )


async def cdr_of(work: Work, settlement: SettlementId) -> Cdr:
    row = await work.one("SELECT * FROM cdr WHERE settlement_id = $1", settlement)
    assert row is not None, "the first step of every route freezes the CDR"
    return _cdr(row)


async def cdr_of_session(work: Work, session: SessionId) -> Cdr | None:
    row = await work.one("SELECT * FROM cdr WHERE session_id = $1", session)
    return _cdr(row) if row else None


async def next_place(work: Work, party: PartyId, series: str, year: int) -> int:
    """The next number of a series. Its row stays locked until this work is kept or undone, so
    no other work can have the number after it before."""
    row = await work.one(
        """
        INSERT INTO invoice_counter AS counter (party_id, series, year, last)
        VALUES ($1, $2, $3, 1)
            ON CONFLICT (party_id, series, year) DO UPDATE SET last = counter.last + 1
        RETURNING last
        """,
        party,
        series,
        year,
    )
    assert row is not None
    return int(row["last"])


async def keep_invoice(
    work: Work, invoice: Invoice, settlement: SettlementId, *, series: str, year: int, place: int
) -> None:
    await work.run(
        """
        INSERT INTO invoice
            (id, party_id, settlement_id, session_id, payment_id, kind, series, year, place,
             number, total_minor, currency, document, sha256, issued_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        """,
        invoice.id,
        invoice.party,
        settlement,
        invoice.session,
        invoice.payment,
        invoice.kind,
        series,
        year,
        place,
        invoice.number,
        invoice.total_minor,
        invoice.currency,
        invoice.document.decode(),
        invoice.sha256,
        invoice.issued_at,
    )


async def invoice(work: Work, id: InvoiceId) -> Invoice:
    row = await work.one("SELECT * FROM invoice WHERE id = $1", id)
    if row is None:
        raise NoSuchInvoice(id)
    return _invoice(row)


async def invoice_of(work: Work, session: SessionId) -> Invoice | None:
    row = await work.one("SELECT * FROM invoice WHERE session_id = $1", session)
    return _invoice(row) if row else None


def _settlement(row: Row) -> Settlement:
    return Settlement(
        id=SettlementId(row["id"]),
        party=PartyId(row["party_id"]),
        session=SessionId(row["session_id"]),
        payment=PaymentId(row["payment_id"]) if row["payment_id"] else None,
        route=tuple(Step(step) for step in row["route"]),
        done=row["done"],
        state=SettlementState(row["state"]),
        opened_at=row["opened_at"],
        next_try_at=row["next_try_at"],
        tries=row["tries"],
        last_trouble=row["last_trouble"],
        reviewed_by=row["reviewed_by"],
        done_at=row["done_at"],
    )


def _cdr(row: Row) -> Cdr:
    return Cdr(
        id=UUID(str(row["id"])),
        party=PartyId(row["party_id"]),
        session=SessionId(row["session_id"]),
        settlement=SettlementId(row["settlement_id"]),
        total_minor=row["total_minor"],
        currency=Currency(row["currency"]),
        document=row["document"].encode(),
        sha256=row["sha256"],
        made_at=row["made_at"],
    )


def _invoice(row: Row) -> Invoice:
    return Invoice(
        id=InvoiceId(row["id"]),
        party=PartyId(row["party_id"]),
        session=SessionId(row["session_id"]),
        payment=PaymentId(row["payment_id"]) if row["payment_id"] else None,
        kind=row["kind"],
        number=row["number"],
        total_minor=row["total_minor"],
        currency=Currency(row["currency"]),
        document=row["document"].encode(),
        sha256=row["sha256"],
        issued_at=row["issued_at"],
    )
