"""CDRs and invoices as rows: added, never changed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from voltway.billing.model import Cdr, Invoice
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import InvoiceId, PartyId, PaymentId, SessionId, SettlementId
from voltway.kernel.money import Currency
from voltway.runtime.work import Row, Work


@dataclass(eq=False)
class NoSuchInvoice(Refusal):
    """There is no invoice {invoice}."""

    kind = Kind.ABSENT

    invoice: InvoiceId


@dataclass(frozen=True, slots=True)
class Numbered:
    """An invoice and its place in its series."""

    invoice: Invoice
    settlement: SettlementId
    series: str
    year: int
    place: int


async def keep_cdrs(work: Work, cdrs: Sequence[Cdr]) -> None:
    await work.copy(
        "cdr",
        (
            "id",
            "party_id",
            "settlement_id",
            "session_id",
            "total_minor",
            "currency",
            "document",
            "sha256",
            "made_at",
        ),
        [
            (
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
            for cdr in cdrs
        ],
    )


async def cdrs_of(work: Work, settlements: Collection[SettlementId]) -> dict[SettlementId, Cdr]:
    """The CDRs of these settlements, as far as they are frozen."""
    rows = await work.all(
        "SELECT * FROM cdr WHERE settlement_id = ANY($1::uuid[])", list(settlements)
    )
    return {row["settlement_id"]: _cdr(row) for row in rows}


async def cdr_of_session(work: Work, session: SessionId) -> Cdr | None:
    row = await work.one("SELECT * FROM cdr WHERE session_id = $1", session)
    return _cdr(row) if row else None


async def next_places(work: Work, party: PartyId, series: str, year: int, count: int) -> range:
    """The next numbers of a series. Its row stays locked until this work is kept or undone, so
    no other work can have the number after them before."""
    row = await work.one(
        """
        INSERT INTO invoice_counter AS counter (party_id, series, year, last)
        VALUES ($1, $2, $3, $4)
            ON CONFLICT (party_id, series, year) DO UPDATE SET last = counter.last + $4
        RETURNING last
        """,
        party,
        series,
        year,
        count,
    )
    assert row is not None
    last = int(row["last"])
    return range(last - count + 1, last + 1)


async def keep_invoices(work: Work, numbered: Sequence[Numbered]) -> None:
    await work.copy(
        "invoice",
        (
            "id",
            "party_id",
            "settlement_id",
            "session_id",
            "payment_id",
            "kind",
            "series",
            "year",
            "place",
            "number",
            "total_minor",
            "currency",
            "document",
            "sha256",
            "issued_at",
        ),
        [
            (
                each.invoice.id,
                each.invoice.party,
                each.settlement,
                each.invoice.session,
                each.invoice.payment,
                each.invoice.kind,
                each.series,
                each.year,
                each.place,
                each.invoice.number,
                each.invoice.total_minor,
                each.invoice.currency,
                each.invoice.document.decode(),
                each.invoice.sha256,
                each.invoice.issued_at,
            )
            for each in numbered
        ],
    )


async def invoice(work: Work, id: InvoiceId) -> Invoice:
    row = await work.one("SELECT * FROM invoice WHERE id = $1", id)
    if row is None:
        raise NoSuchInvoice(id)
    return _invoice(row)


async def invoice_of(work: Work, session: SessionId) -> Invoice | None:
    row = await work.one("SELECT * FROM invoice WHERE session_id = $1", session)
    return _invoice(row) if row else None


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
