"""What guards every answer and every form: headers, and where a form may come from."""

from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Final
from urllib.parse import urlsplit

from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from voltway.kernel.errors import Kind, Refusal

#: Methods that change nothing.
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

#: Doors for machines prove themselves by a key or a signature, never by a cookie.
MACHINE_PATHS: Final = ("/api/", "/webhooks/", "/ocpi/")

#: The page with the map of places, the only one that reads from elsewhere, if an operator says so.
MAP_PATH: Final = "/map"

#: The largest body of a request. What is larger is refused before it is read.
BODY_BYTES_MAX: Final = 1 << 20


@dataclass(eq=False)
class FromElsewhere(Refusal):
    """This form was sent from another site, so nothing was done. Open the page and try again."""

    kind = Kind.FORBIDDEN


@dataclass(eq=False)
class UnkeepableAddress(Refusal):
    """The address of this request holds a NUL, which no name of ours has."""

    kind = Kind.INVALID


def policy(form_targets: tuple[str, ...], map_origins: tuple[str, ...] = ()) -> str:
    """The content security policy: everything from us, nothing inline.

    A form's redirect counts as its target (CSP 3 §6.4), so the provider's page is one. A page with
    a map may read, and show pictures, from where the map's style is.
    """
    targets = " ".join(("'self'", *form_targets))
    maps = "".join(f" {origin}" for origin in map_origins)
    return "; ".join(
        (
            "default-src 'self'",
            f"img-src 'self' data:{maps}",
            "style-src 'self'",
            "script-src 'self'",
            f"connect-src 'self'{maps}",
            "font-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            f"form-action {targets}",
        )
    )


def origin_of(url: str) -> str | None:
    """``https://pay.example`` of a URL that has an origin."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else None


class Guard:
    """Stands before the site and gives every answer its headers."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        form_targets: tuple[str, ...],
        is_https: bool,
        map_origins: tuple[str, ...] = (),
    ) -> None:
        self._app = app
        self._for_map = policy(form_targets, map_origins)
        self._headers = {
            "Content-Security-Policy": policy(form_targets),
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            # Not no-referrer: then browsers send `Origin: null` with our own forms. The key of a
            # visit is in its address, so other sites are told nothing of it.
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "geolocation=(self), camera=(), microphone=(), payment=()",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        if is_https:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                if scope["path"] == MAP_PATH:
                    headers.setdefault("Content-Security-Policy", self._for_map)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)


def must_be_keepable(scope: Scope) -> None:
    """Refuse an address with a NUL in its path or query: PostgreSQL keeps none in a text, so there
    is nothing that it could name."""
    if b"%00" in scope["query_string"] or "\x00" in scope["path"]:
        raise UnkeepableAddress


def must_be_from_here(method: str, path: str, headers: Headers) -> None:
    """Refuse a form that another site sent with this browser's cookies.

    Browsers say where a form comes from (``Sec-Fetch-Site``, and ``Origin`` in older ones). Who
    says neither is no browser, and without a cookie has nothing that a form could misuse.
    """
    if method in SAFE or path.startswith(MACHINE_PATHS):
        return
    site = headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise FromElsewhere
        return
    origin = headers.get("origin")
    if origin is not None:
        if urlsplit(origin).netloc != headers.get("host", ""):
            raise FromElsewhere
        return
    if SimpleCookie(headers.get("cookie", "")):
        raise FromElsewhere
