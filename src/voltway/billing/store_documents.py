"""CDRs and invoices as rows: added, never changed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from voltway.billing.model import Cdr, Figures, Invoice, Relation
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import InvoiceId, OnceKey, PartyId, PaymentId, SessionId, SettlementId
from voltway.kernel.money import Currency
from voltway.runtime.work import Row, Work


@dataclass(eq=False)
class NoSuchInvoice(Refusal):
    """There is no invoice {invoice}."""

    kind = Kind.ABSENT

    invoice: InvoiceId


@dataclass(frozen=True, slots=True)
class Numbered:
    """An invoice and its place in its series; a receipt is the one of its settlement."""

    invoice: Invoice
    settlement: SettlementId | None
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


_COLUMNS = (
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
    "original_id",
    "relation",
    "once",
    "rounding",
    "net_minor",
    "tax_minor",
    "rounding_minor",
    "buyer",
    "reason",
)


async def keep_invoices(work: Work, numbered: Sequence[Numbered]) -> None:
    await work.copy("invoice", _COLUMNS, [_values(each) for each in numbered])


def _values(numbered: Numbered) -> tuple[object, ...]:
    invoice, figures = numbered.invoice, numbered.invoice.figures
    return (
        invoice.id,
        invoice.party,
        numbered.settlement,
        invoice.session,
        invoice.payment,
        invoice.kind,
        numbered.series,
        numbered.year,
        numbered.place,
        invoice.number,
        invoice.total_minor,
        invoice.currency,
        invoice.document.decode(),
        invoice.sha256,
        invoice.issued_at,
        invoice.original,
        invoice.relation,
        invoice.once,
        figures and figures.rounding,
        None if figures is None else figures.net_minor,
        None if figures is None else figures.tax_minor,
        None if figures is None else figures.rounding_minor,
        invoice.buyer,
        invoice.reason,
    )


async def invoice(work: Work, id: InvoiceId) -> Invoice:
    row = await work.one("SELECT * FROM invoice WHERE id = $1", id)
    if row is None:
        raise NoSuchInvoice(id)
    return _invoice(row)


async def lock_invoice(work: Work, id: InvoiceId) -> Invoice:
    """The document, locked: what refers to it is written by one work at a time."""
    row = await work.one("SELECT * FROM invoice WHERE id = $1 FOR UPDATE", id)
    if row is None:
        raise NoSuchInvoice(id)
    return _invoice(row)


async def invoice_of(work: Work, session: SessionId) -> Invoice | None:
    """The receipt of a session."""
    row = await work.one(
        "SELECT * FROM invoice WHERE session_id = $1 AND settlement_id IS NOT NULL", session
    )
    return _invoice(row) if row else None


async def referring_to(work: Work, ids: Collection[InvoiceId]) -> list[Invoice]:
    """What replaces or credits these documents, the oldest first."""
    rows = await work.all(
        "SELECT * FROM invoice WHERE original_id = ANY($1::uuid[]) ORDER BY issued_at, place",
        list(ids),
    )
    return [_invoice(row) for row in rows]


async def numbered(work: Work, party: PartyId, numbers: Collection[str]) -> list[Invoice]:
    """A party's documents of these numbers, by their numbers."""
    rows = await work.all(
        "SELECT * FROM invoice WHERE party_id = $1 AND number = ANY($2::text[]) ORDER BY number",
        party,
        list(numbers),
    )
    return [_invoice(row) for row in rows]


async def issued_once(work: Work, once: OnceKey) -> Invoice | None:
    """What was issued under this key."""
    row = await work.one("SELECT * FROM invoice WHERE once = $1", once)
    return _invoice(row) if row else None


async def cover(work: Work, invoice: Invoice, sessions: Collection[SessionId]) -> None:
    """Say which sessions a full invoice covers. Each is covered once, whoever tries."""
    await work.copy(
        "invoiced_session",
        ("session_id", "invoice_id", "party_id"),
        [(session, invoice.id, invoice.party) for session in sessions],
    )


async def covered(work: Work, sessions: Collection[SessionId]) -> dict[SessionId, InvoiceId]:
    """Those of these sessions that a full invoice covers already."""
    rows = await work.all(
        "SELECT session_id, invoice_id FROM invoiced_session WHERE session_id = ANY($1::uuid[])",
        list(sessions),
    )
    return {row["session_id"]: row["invoice_id"] for row in rows}


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
        session=SessionId(row["session_id"]) if row["session_id"] else None,
        payment=PaymentId(row["payment_id"]) if row["payment_id"] else None,
        kind=row["kind"],
        number=row["number"],
        total_minor=row["total_minor"],
        currency=Currency(row["currency"]),
        document=row["document"].encode(),
        sha256=row["sha256"],
        issued_at=row["issued_at"],
        figures=_figures(row),
        original=InvoiceId(row["original_id"]) if row["original_id"] else None,
        relation=Relation(row["relation"]) if row["relation"] else None,
        once=OnceKey(row["once"]) if row["once"] else None,
        buyer=row["buyer"],
        reason=row["reason"],
    )


def _figures(row: Row) -> Figures | None:
    if row["rounding"] is None:
        return None
    return Figures(
        rounding=row["rounding"],
        net_minor=row["net_minor"],
        tax_minor=row["tax_minor"],
        rounding_minor=row["rounding_minor"],
    )
