"""From data to a page: one Typst layout, its data, and the fonts, as PDF or as a picture.

A PDF is archival and can be read aloud: PDF/A-3b and PDF/UA-1 in one file. The same data give the
same bytes.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec
import typst

_HERE: Final = Path(str(files("voltway.billing")))
PICTURE_PPI: Final = 144


def pdf(
    template: str, name: str, data: Mapping[str, Any], issued_at: str, *, xml: str | None = None
) -> bytes:
    """The PDF of these data; ``name`` is what the layout calls them, ``xml`` what it attaches. It
    takes some tens of
    milliseconds of CPU, so call it off the event loop."""
    moment = int(datetime.fromisoformat(issued_at).timestamp())
    attached = {} if xml is None else {"xml": xml}
    made = _compiler(template, name, data, attached).compile(
        format="pdf", pdf_standards=["a-3b", "ua-1"], timestamp=moment
    )
    assert isinstance(made, bytes), "a PDF is one file"
    return made


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
