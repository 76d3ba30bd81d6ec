"""What the pages load: the files of ``assets/dist`` under names made of their content."""

import gzip
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from litestar import Request, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Response

from voltway.kernel.errors import Misconfigured

DIST: Final = Path(__file__).parent / "assets" / "dist"

#: Where they are served. A name made of the content may be kept by browsers for ever.
PREFIX: Final = "/assets"
KEEP_FOR_EVER: Final = "public, max-age=31536000, immutable"

MEDIA_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


@dataclass(eq=False)
class AssetsNotBuilt(Misconfigured):
    """The pages' assets are not in {where}; run `make setup` (or scripts/build_assets.py)."""

    where: Path


@dataclass(frozen=True, slots=True)
class Served:
    """One file as it goes out; ``packed`` is by gzip, where that makes it smaller."""

    content: bytes = field(repr=False)
    packed: bytes | None = field(repr=False)
    media_type: str


@dataclass(frozen=True, slots=True)
class Assets:
    """The files that are served, by their own and by their final names."""

    files: dict[str, str]
    served: dict[str, Served]

    def url(self, name: str) -> str:
        return f"{PREFIX}/{self.files[name]}"


@cache
def load() -> Assets:
    """All of it, in memory: what is not in the manifest cannot be asked for."""
    try:
        files: dict[str, str] = json.loads((DIST / "manifest.json").read_bytes())["files"]
        return Assets(files, {name: _served(DIST / name) for name in files.values()})
    except (OSError, ValueError) as error:
        raise AssetsNotBuilt(DIST) from error


def _served(file: Path) -> Served:
    content = file.read_bytes()
    media_type = MEDIA_TYPES[file.suffix]
    is_text = file.suffix not in (".woff2", ".png")
    return Served(content, gzip.compress(content, 6, mtime=0) if is_text else None, media_type)


@get(f"{PREFIX}/{{name:str}}", include_in_schema=False)
async def asset(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """A file whose name is made of its content: a browser may keep it for ever."""
    found = load().served.get(name)
    if found is None:
        raise NotFoundException
    headers = {"Cache-Control": KEEP_FOR_EVER, "Vary": "Accept-Encoding"}
    content = found.content
    if found.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        content = found.packed
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type=found.media_type, headers=headers)
