"""From data to a page: one Typst layout, its data, and the fonts, as PDF or as a picture.

A PDF is archival and can be read aloud: PDF/A-3b and PDF/UA-1 in one file. The same data give the
same bytes. One that carries the invoice for machines is a Factur-X: Typst attaches the XML; what it
cannot say, that the attachment is an invoice (Factur-X 1.0, §6.2.3), is added to the metadata
afterwards, and nothing else is touched.
"""

import io
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec
import pikepdf
import typst

_HERE: Final = Path(str(files("voltway.billing")))
PICTURE_PPI: Final = 144

#: What Factur-X wants in the XMP: its four properties, and the schema that PDF/A asks of any that
#: it does not know (ISO 19005-3, §6.6.2.3.3).
FACTUR_X: Final = files("voltway.billing").joinpath("factur_x.xmp").read_bytes()


def pdf(
    template: str, name: str, data: Mapping[str, Any], issued_at: str, *, xml: str | None = None
) -> bytes:
    """The PDF of these data; ``name`` is what the layout calls them, ``xml`` the invoice for
    machines in it. It takes some tens of milliseconds of CPU, so call it off the event loop."""
    moment = int(datetime.fromisoformat(issued_at).timestamp())
    attached = {} if xml is None else {"xml": xml}
    made = _compiler(template, name, data, attached).compile(
        format="pdf", pdf_standards=["a-3b", "ua-1"], timestamp=moment
    )
    assert isinstance(made, bytes), "a PDF is one file"
    return made if xml is None else _told_as_factur_x(made)


def _told_as_factur_x(raw: bytes) -> bytes:
    """The same PDF, whose metadata tell that its attachment is an invoice."""
    with pikepdf.open(io.BytesIO(raw)) as pdf:
        told = bytes(pdf.Root.Metadata.read_bytes())
        head, end, rest = told.rpartition(b"</rdf:RDF>")
        assert end, "Typst writes XMP"
        pdf.Root.Metadata.write(head + FACTUR_X + end + rest)
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True)
    return out.getvalue()


def picture(template: str, name: str, data: Mapping[str, Any]) -> list[bytes]:
    """The pages as PNGs."""
    made = _compiler(template, name, data).compile(format="png", ppi=PICTURE_PPI)
    pages = made if isinstance(made, list) else [made]
    return [page for page in pages if page is not None]


def _compiler(
    template: str, name: str, data: Mapping[str, Any], more: Mapping[str, str] | None = None
) -> typst.Compiler:
    return typst.Compiler(
        str(_HERE / template),
        font_paths=_fonts(),
        sys_inputs={name: msgspec.json.encode(data).decode(), **(more or {})},
    )


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(_HERE / "fonts")]
    )
