"""A driver's month of home charging on a page and as a PDF: the layouts of statements."""

from voltway.billing import documents, statement_layouts
from voltway.billing.documents_home import home_statement
from voltway.billing.views_home import home_view


def home_html(document: bytes, locale: str) -> str:
    """The month as part of a page: sections, no page around."""
    made = home_statement(document)
    return statement_layouts.view_html(home_view(made, documents.fingerprint(document), locale))


def home_pdf(document: bytes, locale: str) -> bytes:
    """The month as a PDF. The same document gives the same bytes. Call it off the event loop."""
    made = home_statement(document)
    shown = home_view(made, documents.fingerprint(document), locale)
    return statement_layouts.view_pdf(shown, made.issued_at)
