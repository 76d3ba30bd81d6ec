"""What we would say to a bank that wants money back: made of the bill, or of a top-up's record."""

from datetime import datetime
from typing import Final
from uuid import UUID

from voltway.billing import actions as billing
from voltway.billing.model import Invoice
from voltway.billing.receipts import receipt_text
from voltway.billing.statement_layouts import statement_text
from voltway.kernel.ids import InvoiceId
from voltway.kernel.money import Currency, Money
from voltway.payments.prepaid import MoveKind
from voltway.runtime.work import Row, Work

#: So many moves of a balance after the top-up are told.
MOVES: Final = 100
_SAID: Final = {
    MoveKind.TOP_UP: "topped up",
    MoveKind.VOUCHER: "a voucher was put on it",
    MoveKind.CHARGE: "paid for a charge",
    MoveKind.REFUND: "given back for a charge",
    MoveKind.CORRECTION: "corrected",
    MoveKind.PAID_BACK: "paid back to the card",
    MoveKind.DISPUTED: "taken back by the bank",
    MoveKind.WON_BACK: "given back by the bank",
    MoveKind.OWED: "paid what was owed",
}


async def evidence(work: Work, row: Row, url: str) -> tuple[str, str]:
    """What was sold, and the proof of it; empty where there is nothing to make it of. ``row`` is a
    dispute as the console's page reads it."""
    if row["purpose"] == "top_up":
        return await _of_top_up(work, row)
    if row["invoice_id"] is None:
        return "", ""
    bill = await billing.invoice(work, InvoiceId(row["invoice_id"]))
    if row["purpose"] == "debt":
        return await _of_bill(work, row, bill, url)
    product = (
        f"Electricity for a car, charged at {row['location_name']}, bay {row['public_id']},"
        " held and confirmed by the cardholder on the provider's page before the charge began."
    )
    return product, _with_check(bill, url)


async def _of_bill(work: Work, row: Row, bill: Invoice, url: str) -> tuple[str, str]:
    product = (
        f"Electricity for cars, billed to {row['customer_name'] or 'the driver'} by the document"
        f" {bill.number}. The payer paid this bill by card after it was received."
    )
    return product, f"{await _paid(work, row['collection_id'])}\n\n{_with_check(bill, url)}"


def _with_check(bill: Invoice, url: str) -> str:
    text = receipt_text if bill.is_receipt else statement_text
    checked = (
        f"The document {bill.number} is frozen: SHA-256 {bill.sha256}. Anybody can make it"
        f" again from what the stations reported, with the file of its proof: {url}/check"
    )
    return f"{text(bill.document, 'en').strip()}\n\n{checked}"


async def _of_top_up(work: Work, row: Row) -> tuple[str, str]:
    who = row["driver_name"] or row["driver_email"] or "the driver"
    product = (
        f"Prepaid credit for charging cars, on the account of {who}. It was on the balance at once,"
        " and what is left of it is paid back to the card whenever the driver asks for it."
    )
    moves = await work.all(
        """
        SELECT m.kind, m.amount_minor, m.balance_minor, m.currency, m.at, i.number
          FROM prepaid_move_view m
          LEFT JOIN document_view i
                 ON m.about = 'payment:' || i.payment_id
                AND i.kind IN ('receipt', 'simplified_invoice')
         WHERE m.holder = $1 AND m.at >= (SELECT ended_at FROM collection_view WHERE id = $2)
         ORDER BY m.at, m.id LIMIT $3
        """,
        row["holder"],
        row["collection_id"],
        MOVES,
    )
    told = [_move(each) for each in moves]
    lines = [await _paid(work, row["collection_id"]), "", "The balance since then:", *told]
    return product, "\n".join(lines)


def _move(row: Row) -> str:
    currency = Currency(row["currency"])
    bill = f", receipt {row['number']}" if row["number"] else ""
    return (
        f"- {_at(row['at'])}: {_SAID[MoveKind(row['kind'])]}{bill},"
        f" {Money(row['amount_minor'], currency)}; then there were"
        f" {Money(row['balance_minor'], currency)}"
    )


async def _paid(work: Work, collection: UUID) -> str:
    """When, how much and how it was paid, and under which name the provider knows it."""
    row = await work.one(
        """
        SELECT c.*, m.saved_at FROM collection_view c
          LEFT JOIN payment_method_view m ON m.id = c.method_id
         WHERE c.id = $1
        """,
        collection,
    )
    assert row is not None, "a dispute names what was charged"
    amount = Money(row["amount_minor"], Currency(row["currency"]))
    how = "The cardholder confirmed it on the provider's own page."
    if row["method_id"] is not None:
        since = f" on {_at(row['saved_at'])}" if row["saved_at"] else ""
        how = (
            "It was charged to the card that its holder had saved on the provider's own page"
            f"{since} for just that."
        )
    return (
        f"{row['description']}: {amount}, asked for on {_at(row['asked_at'])} and paid on"
        f" {_at(row['ended_at'])} ({row['provider']}: {row['provider_ref']}). {how}"
    )


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
