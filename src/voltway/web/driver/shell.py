"""What makes the driver's pages an app: its manifest, its service worker, the page without a line.

Kept by the browser are the shell and the receipts read last (``Voltway-Keep``), never a state or a
price: docs/decisions/0046-what-an-app-may-remember.md.
"""

import json
from functools import cache
from hashlib import sha256
from typing import Final

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Response

from voltway.web import assets, words
from voltway.web.driver import views
from voltway.web.house import House
from voltway.web.pages import HttpRequest, page

#: A page with this header may be kept by the browser and read without a line.
KEEP_RECEIPT: Final = {"Voltway-Keep": "receipt"}

#: The page that stands for every page that cannot be had.
OFFLINE: Final = "/offline"

#: Canvas of the light theme (``tokens.css``): what a phone shows while the app opens.
GROUND: Final = "#f4f5f2"

#: Files without which no page looks like itself.
_SHELL: Final = ("driver.css", "page.js", "htmx.js", "offline.js", "mark.svg", "inter-latin.woff2")

_ICONS: Final = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-maskable-512.png", "512x512", "maskable"),
    ("mark.svg", "any", "any"),
)

#: What a phone says of us: what we are for, and the way into the account.
SAID: Final = (
    "Find a place to charge, see the price, start, and keep the receipt.",
    "My charging",
)

_TYPES: Final = {"png": "image/png", "svg": "image/svg+xml"}


@get("/manifest.webmanifest", include_in_schema=False, sync_to_thread=False)
def manifest(lang: FromQuery[str] = "en") -> Response[bytes]:
    """What a phone needs to put us on its home screen (W3C Web Application Manifest), in the
    language of the page that names it: it is asked for without cookies."""
    spoken = lang if lang in words.LANGUAGES or lang in words.PSEUDO else "en"
    say = words.sentences(spoken).gettext
    url = assets.load().url
    said = {
        "id": "/",
        "lang": spoken,
        "dir": words.locale(spoken).text_direction,
        "name": "Voltway",
        "short_name": "Voltway",
        "description": say(SAID[0]),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": GROUND,
        "theme_color": GROUND,
        "categories": ["navigation", "travel"],
        "icons": [
            {"src": url(name), "sizes": sizes, "type": _TYPES[name[-3:]], "purpose": purpose}
            for name, sizes, purpose in _ICONS
        ],
        "shortcuts": [{"name": say(SAID[1]), "url": "/me"}],
    }
    return Response(
        json.dumps(said).encode(),
        media_type="application/manifest+json",
        headers={"Cache-Control": "no-cache"},
    )


@get("/sw.js", include_in_schema=False, sync_to_thread=False)
def service_worker() -> Response[bytes]:
    """The service worker, with the addresses of the shell. It is asked for anew at each look, so
    that a new build of the shell replaces the old one."""
    return Response(_worker(), media_type="text/javascript", headers={"Cache-Control": "no-cache"})


@cache
def _worker() -> bytes:
    built = assets.load()
    addresses = [OFFLINE, *(built.url(name) for name in _SHELL)]
    script = built.served[built.files["sw.js"]].content
    shell = {
        "version": sha256(json.dumps(built.files, sort_keys=True).encode()).hexdigest()[:10],
        "addresses": addresses,
        "icon": built.url("icon-192.png"),
        "badge": built.url("mark.svg"),
    }
    return f"const SHELL = {json.dumps(shell)};\n".encode() + script


@get(OFFLINE, include_in_schema=False)
async def offline(request: HttpRequest, house: NamedDependency[House]) -> Response[str]:
    """No line: what can be read all the same, whom to ring, and nothing that may have changed."""
    async with house.begin() as work:
        help_ = await views.help_of(work, None, about="")
    return page(request, house, "driver/offline.html", help=help_)
