"""Pages: templates, and what every page knows of its reader (language, theme, moment)."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Request
from litestar.datastructures import Cookie, State
from litestar.response import Redirect, Response

from voltway.drivers.model_languages import Spoken
from voltway.kernel.errors import Trouble
from voltway.web import assets, words
from voltway.web.formats import Formats
from voltway.web.glyphs import PATTERNS, glyphs
from voltway.web.house import House

HttpRequest: TypeAlias = Request[Any, Any, State]

THEMES: Final = ("system", "light", "dark")
CONTRASTS: Final = ("system", "more")

#: Where a request keeps what the account of its browser speaks (``speaking``).
SPOKEN: Final = "spoken"

#: Theme, contrast and language are kept this long in cookies.
CHOICE_S: Final = 365 * 24 * 3600


@cache
def _environment(language: str) -> Environment:
    """Jinja for one language; templates are compiled once."""
    made = Environment(
        loader=PackageLoader("voltway.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        auto_reload=False,
    )
    catalogue = words.sentences(language)
    made.install_gettext_callables(  # type: ignore[attr-defined]
        catalogue.gettext, catalogue.ngettext, newstyle=True
    )
    made.globals.update(
        glyphs=glyphs, patterns=PATTERNS, say=lambda said: catalogue.gettext(said) if said else said
    )
    return made


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at a page, as far as the page must know."""

    language: str
    theme: str
    contrast: str
    papers: str  # the language of documents: there are more of them than of pages


def reader(request: HttpRequest) -> Reader:
    cookies = request.cookies
    spoken: Spoken = request.scope.get("state", {}).get(SPOKEN) or Spoken()
    pages, papers = spoken.pages or cookies.get("language"), spoken.papers or cookies.get("papers")
    theme, contrast = cookies.get("theme", "system"), cookies.get("contrast", "system")
    # The console speaks English alone.
    accepted = request.headers.get("accept-language", "")
    of_console = request.url.path.startswith("/console")
    return Reader(
        language="en" if of_console else words.language(pages, accepted),
        theme=theme if theme in THEMES else "system",
        contrast=contrast if contrast in CONTRASTS else "system",
        papers=words.papers(papers, accepted, pages),
    )


def choice(name: str, value: str) -> Cookie:
    """A cookie that keeps a choice of the reader."""
    return Cookie(key=name, value=value, path="/", max_age=CHOICE_S, httponly=True, samesite="lax")


def formats_of(request: HttpRequest, house: House) -> Formats:
    """The formats of this reader, now."""
    return _formats(reader(request).language, house)


def _formats(language: str, house: House) -> Formats:
    return Formats(words.locale(language), house.clock.now(), words.sentences(language))


def told(request: HttpRequest, trouble: Trouble) -> str:
    """What went wrong, in the language of its reader."""
    house: House = request.app.state["house"]
    return formats_of(request, house).told(trouble)


def public_url(request: HttpRequest, house: House) -> str:
    """Our address as drivers see it: the setting, else where this request came to."""
    return (house.settings.public_url or f"{request.url.scheme}://{request.url.netloc}").rstrip("/")


def see_other(path: str) -> Redirect:
    """Go there by GET, after a form has done its work (RFC 9110 §15.4.4)."""
    return Redirect(path, status_code=303)


def draw(request: HttpRequest, house: House, template: str, /, **knows: Any) -> str:
    """A template as HTML, for this reader, at this moment."""
    who = reader(request)
    return (
        _environment(who.language)
        .get_template(template)
        .render(
            f=_formats(who.language, house),
            reader=who,
            path=request.url.path,
            languages=words.LANGUAGES,
            asset=assets.load().url,
            now=house.clock.now(),
            **knows,
        )
    )


def page(
    request: HttpRequest,
    house: House,
    template: str,
    /,
    *,
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
    **knows: Any,
) -> Response[str]:
    """A whole page. Pages are of now, so no cache keeps them."""
    return Response(
        draw(request, house, template, **knows),
        status_code=status,
        media_type="text/html",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def packed(request: HttpRequest, shown: Response[str] | Response[bytes]) -> Response[bytes]:
    """The same by gzip, for whoever takes it so: a page is an eighth of itself on a slow line.

    Only for pages on which nothing is secret: the size of what is packed tells whether a stranger's
    words stand beside the same words of the page (BREACH).
    """
    content, media_type = shown.content, shown.media_type
    if isinstance(content, str):
        content, media_type = content.encode(), f"{media_type}; charset=utf-8"
    headers = {**shown.headers, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        content = gzip.compress(content, 5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(
        content,
        status_code=shown.status_code,
        media_type=media_type,
        headers=headers,
    )
