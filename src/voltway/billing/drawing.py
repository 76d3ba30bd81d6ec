"""Any document that was issued, as PDF, by its kind."""

from collections.abc import Callable, Mapping
from typing import Final

from voltway.billing import receipts, statement_layouts
from voltway.billing.documents_statement import SETTLEMENT, STATEMENT
from voltway.billing.model import DocumentKind

#: How each kind is drawn, of its frozen bytes and for a locale.
DRAWN: Final[Mapping[str, Callable[[bytes, str], bytes]]] = {
    DocumentKind.RECEIPT: receipts.receipt_pdf,
    DocumentKind.SIMPLIFIED: receipts.receipt_pdf,
    STATEMENT: statement_layouts.statement_pdf,
    SETTLEMENT: statement_layouts.statement_pdf,
}


def pdf(kind: str, document: bytes, locale: str) -> bytes:
    """The PDF of a document. It takes some tens of milliseconds of CPU."""
    return DRAWN[kind](document, locale)
