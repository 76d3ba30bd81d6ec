"""Any document that was issued, as PDF, by its kind."""

from collections.abc import Callable, Mapping
from typing import Final

from voltway.billing import invoices, receipts, statement_layouts
from voltway.billing.model import DocumentKind

#: How each kind is drawn, of its frozen bytes and for a locale.
DRAWN: Final[Mapping[str, Callable[[bytes, str], bytes]]] = {
    DocumentKind.RECEIPT: receipts.receipt_pdf,
    DocumentKind.SIMPLIFIED: receipts.receipt_pdf,
    DocumentKind.INVOICE: invoices.invoice_pdf,
    DocumentKind.CREDIT_NOTE: invoices.invoice_pdf,
    DocumentKind.SELF_BILLED: invoices.invoice_pdf,
    DocumentKind.STATEMENT: statement_layouts.statement_pdf,
    DocumentKind.SETTLEMENT: statement_layouts.statement_pdf,
}


def pdf(kind: str, document: bytes, locale: str) -> bytes:
    """The PDF of a document. It takes some tens of milliseconds of CPU."""
    return DRAWN[kind](document, locale)
