"""A statement or settlement on a page, in a mail and as a PDF: layouts of one view."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from voltway.billing import documents, documents_statement, typesetting, xml_statement
from voltway.billing.documents_statement import SETTLEMENT
from voltway.billing.views_statement import StatementView, view
from voltway.billing.words import words
from voltway.billing.xml_ubl import LacksForXRechnung, NotForMachines

_LAYOUT = "templates_statement/statement.typ"

_pages = Environment(
    loader=PackageLoader("voltway.billing", "templates_statement"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def statement_view(document: bytes, locale: str) -> StatementView:
    """The statement that these frozen bytes are, in words."""
    return view(documents_statement.statement(document), documents.fingerprint(document), locale)


def statement_html(document: bytes, locale: str) -> str:
    """The statement as part of a page: sections, no page around."""
    return view_html(statement_view(document, locale))


def view_html(shown: StatementView) -> str:
    """A view in the layout of statements, as part of a page."""
    return _pages.get_template("statement.html").render(r=shown)


def statement_text(document: bytes, locale: str) -> str:
    return _pages.get_template("statement.txt").render(r=statement_view(document, locale))


def statement_mail(document: bytes, locale: str, attached: str | None = None) -> str:
    """The statement as a whole HTML mail, with the sums of its groups; each line is in the PDF."""
    return _pages.get_template("statement_mail.html").render(
        r=statement_view(document, locale),
        greeting=statement_greeting(document, locale),
        attached=attached or words(locale).document_attached,
        why=statement_why(document, locale),
    )


def statement_greeting(document: bytes, locale: str) -> str:
    """What its mail begins with."""
    said, shown = words(locale), statement_view(document, locale)
    greeting = said.settlement_greeting if _is_settlement(document) else said.statement_greeting
    return greeting.format(month=shown.month)


def statement_why(document: bytes, locale: str) -> str:
    """Why they get the mail."""
    said = words(locale)
    return said.settlement_why if _is_settlement(document) else said.statement_why


def _is_settlement(document: bytes) -> bool:
    return documents_statement.statement(document).kind == SETTLEMENT


def statement_subject(document: bytes, locale: str) -> str:
    made, said = documents_statement.statement(document), words(locale)
    shown = statement_view(document, locale)
    subject = said.settlement_subject if made.kind == SETTLEMENT else said.statement_subject
    return subject.format(month=shown.month, seller=made.seller.name, total=shown.total)


def statement_pdf(document: bytes, locale: str) -> bytes:
    """The statement as a PDF; to a business it is a Factur-X. The same document gives the same
    bytes. Call it off the event loop."""
    made = documents_statement.statement(document)
    shown = statement_view(document, locale)
    return view_pdf(shown, made.issued_at, xml=_for_machines(document))


def view_pdf(shown: StatementView, issued_at: str, *, xml: str | None = None) -> bytes:
    """A view in the layout of statements, as a PDF; ``xml``: the invoice for machines in it."""
    return typesetting.pdf(_LAYOUT, "statement", shown.as_data(), issued_at, xml=xml)


def _for_machines(document: bytes) -> str | None:
    """The same for machines, where it is an invoice to a business that says all that it needs."""
    try:
        return xml_statement.statement_cii(document).decode()
    except (NotForMachines, LacksForXRechnung):
        return None


def statement_pictures(document: bytes, locale: str) -> list[bytes]:
    """The pages of the PDF as PNGs."""
    data = statement_view(document, locale).as_data()
    return typesetting.picture(_LAYOUT, "statement", data)
