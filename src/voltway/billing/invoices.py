"""An invoice or a credit note on a page, as a PDF, and for machines.

The PDF of what has a buyer is a Factur-X: PDF/A-3b and PDF/UA-1 in one, with the XML of EN 16931 in
it (see ``typesetting``).
"""

from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from voltway.billing import documents_invoice, typesetting, xml_cii, xml_ubl
from voltway.billing.documents import fingerprint
from voltway.billing.documents_invoice import InvoiceDocument
from voltway.billing.model import DocumentKind
from voltway.billing.views_invoice import InvoiceView, invoice_view
from voltway.billing.words import words

_LAYOUT: Final = "templates/invoice.typ"


def _layouts(folder: str) -> Environment:
    return Environment(
        loader=PackageLoader("voltway.billing", folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


_pages, _mails = _layouts("templates"), _layouts("templates_mail")


def _read(document: bytes) -> InvoiceDocument:
    return documents_invoice.invoice(document)


def view_of(document: bytes, locale: str) -> InvoiceView:
    """The document that these frozen bytes are, in words."""
    return invoice_view(_read(document), fingerprint(document), locale)


def invoice_html(document: bytes, locale: str) -> str:
    """The document as part of a page."""
    return _pages.get_template("invoice.html").render(r=view_of(document, locale))


def invoice_text(document: bytes, locale: str, *, url: str | None = None) -> str:
    """The document as plain text, for mail programs that show nothing else."""
    return _mails.get_template("invoice.txt").render(r=view_of(document, locale), url=url)


def invoice_mail(document: bytes, locale: str, attached: str, *, url: str | None = None) -> str:
    """The document as a whole HTML mail, which says what is attached."""
    said = words(locale)
    return _mails.get_template("invoice_mail.html").render(
        r=view_of(document, locale),
        greeting=invoice_greeting(document, locale),
        attached=attached,
        look=said.mail_look,
        why=said.invoice_mail_why,
        url=url,
    )


def invoice_greeting(document: bytes, locale: str) -> str:
    """What its mail begins with."""
    shown, said = view_of(document, locale), words(locale)
    is_credit = _read(document).kind == DocumentKind.CREDIT_NOTE
    greeting = said.credit_mail_greeting if is_credit else said.invoice_mail_greeting
    return greeting.format(number=_read(document).number, total=shown.total)


def invoice_subject(document: bytes, locale: str) -> str:
    made, said = _read(document), words(locale)
    is_credit = made.kind == DocumentKind.CREDIT_NOTE
    subject = said.credit_mail_subject if is_credit else said.invoice_mail_subject
    total = view_of(document, locale).total
    return subject.format(number=made.number, seller=made.seller.name, total=total)


def invoice_pdf(document: bytes, locale: str) -> bytes:
    """The document as a PDF, with its XML where it has a buyer. The same document gives the same
    bytes. It takes some tens of milliseconds of CPU, so call it off the event loop."""
    made, data = _read(document), view_of(document, locale).as_data()
    if made.buyer is None:
        return typesetting.pdf(_LAYOUT, "invoice", data, made.issued_at)
    xml = xml_cii.cii(made).decode()
    return typesetting.pdf(_LAYOUT, "invoice", data, made.issued_at, xml=xml)


def invoice_picture(document: bytes, locale: str) -> bytes:
    """The first page of the PDF as a PNG."""
    return typesetting.picture(_LAYOUT, "invoice", view_of(document, locale).as_data())[0]


def invoice_xrechnung(document: bytes) -> bytes:
    """The document as XRechnung in UBL."""
    return xml_ubl.xrechnung(_read(document))


def invoice_cii(document: bytes) -> bytes:
    """The XML of the document's Factur-X by itself."""
    return xml_cii.cii(_read(document))
