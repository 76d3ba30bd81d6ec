"""A receipt on a page, in a mail and as a PDF: three layouts of one view."""

from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec
import typst
from jinja2 import Environment, PackageLoader, StrictUndefined

from voltway.billing import documents
from voltway.billing.documents import Receipt
from voltway.billing.formats import local
from voltway.billing.views import ReceiptView, view
from voltway.billing.words import words

_HERE: Final = Path(str(files("voltway.billing")))

_pages = Environment(
    loader=PackageLoader("voltway.billing", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def receipt_view(document: bytes | str, locale: str) -> ReceiptView:
    """The receipt that these frozen bytes are, in words."""
    raw = document.encode() if isinstance(document, str) else document
    made = documents.receipt(raw)
    return view(made, documents.fingerprint(raw), locale)


def receipt_html(document: bytes | str, locale: str) -> str:
    """The receipt as part of a page: sections with the classes of the design, no page around."""
    return _pages.get_template("receipt.html").render(r=receipt_view(document, locale))


def receipt_mail(document: bytes | str, locale: str, *, url: str | None = None) -> str:
    """The receipt as a whole HTML mail."""
    shown, said = receipt_view(document, locale), words(locale)
    return _pages.get_template("receipt_mail.html").render(
        r=shown,
        greeting=said.mail_greeting.format(place=shown.place),
        look=said.mail_look,
        why=said.mail_why,
        url=url,
    )


def receipt_text(document: bytes | str, locale: str, *, url: str | None = None) -> str:
    """The receipt as plain text, for mail programs that show nothing else."""
    return _pages.get_template("receipt.txt").render(r=receipt_view(document, locale), url=url)


def receipt_pdf(document: bytes | str, locale: str) -> bytes:
    """The receipt as a PDF. The same document gives the same bytes. It takes some tens of
    milliseconds of CPU, so call it off the event loop."""
    raw = document.encode() if isinstance(document, str) else document
    made = documents.receipt(raw)
    shown = receipt_view(raw, locale)
    return _typeset(shown, made, "pdf")


def receipt_picture(document: bytes | str, locale: str) -> bytes:
    """The first page of the PDF as a PNG."""
    raw = document.encode() if isinstance(document, str) else document
    return _typeset(receipt_view(raw, locale), documents.receipt(raw), "png")


def _typeset(shown: ReceiptView, made: Receipt, form: str) -> bytes:
    data = {**shown.as_data(), "brand": made.seller.name}
    inputs = {"receipt": msgspec.json.encode(data).decode()}
    compiler = typst.Compiler(
        str(_HERE / "templates" / "receipt.typ"), font_paths=fonts(), sys_inputs=inputs
    )
    if form == "png":
        picture = compiler.compile(format="png", ppi=144)
        return picture[0] if isinstance(picture, list) else picture or b""
    issued = int(local(made.issued_at, "UTC").timestamp())
    # Archival, and readable aloud: PDF/A-3b and PDF/UA-1 in one file.
    pdf = compiler.compile(format="pdf", pdf_standards=["a-3b", "ua-1"], timestamp=issued)
    assert isinstance(pdf, bytes), "a PDF is one file"
    return pdf


@lru_cache(maxsize=1)
def fonts() -> typst.Fonts:
    """The faces that documents are set in, read once."""
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(_HERE / "fonts")]
    )
