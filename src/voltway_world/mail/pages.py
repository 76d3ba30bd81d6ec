"""The mail catcher's pages and JSON: a list, a mail, its parts."""

from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader
from litestar import Litestar, MediaType, Response, get
from litestar.params import FromPath, FromQuery

from voltway_world.mail.box import Box, Mail, content_of, name_of
from voltway_world.web import Asking, icon, look, opened_to, quiet_site

_pages = Environment(
    loader=PackageLoader("voltway_world.mail", "pages"), autoescape=True, trim_blocks=True
)
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'"
)
#: What a mail's own HTML may do: nothing, but look as it was made.
_SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class NoSuchMail(Exception):
    pass


def _box(request: Asking) -> Box:
    box: Box = request.app.state.box
    return box


def _mail(request: Asking, mail_id: str) -> Mail:
    found = _box(request).mails.get(mail_id)
    if found is None:
        raise NoSuchMail
    return found


def _page(name: str, status: int = HTTPStatus.OK, **values: object) -> Response[str]:
    html = _pages.get_template(name).render(**values)
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
    return Response(html, status_code=status, media_type=MediaType.HTML, headers=headers)


@get("/", sync_to_thread=False)
def list_page(request: Asking, to: FromQuery[str | None] = None) -> Response[str]:
    return _page("list.html", mails=_box(request).to(to or None), to=to or "")


@get("/mails/{mail_id:str}", sync_to_thread=False)
def mail_page(request: Asking, mail_id: FromPath[str]) -> Response[str]:
    mail = _mail(request, mail_id)
    files = [(name_of(part), len(content_of(part))) for part in mail.attachments]
    return _page("mail.html", mail=mail, attachments=files)


@get("/mails/{mail_id:str}/html", sync_to_thread=False)
def html_part(request: Asking, mail_id: FromPath[str]) -> Response[str]:
    html = _mail(request, mail_id).html or ""
    headers = {"Content-Security-Policy": _SANDBOX, "X-Content-Type-Options": "nosniff"}
    return Response(html, media_type=MediaType.HTML, headers=headers)


@get("/mails/{mail_id:str}/attachments/{number:int}", sync_to_thread=False)
def attachment(request: Asking, mail_id: FromPath[str], number: FromPath[int]) -> Response[bytes]:
    attachments = _mail(request, mail_id).attachments
    if not 0 <= number < len(attachments):
        raise NoSuchMail
    part = attachments[number]
    return _download(content_of(part), part.get_content_type(), name_of(part))


@get("/mails/{mail_id:str}/raw", sync_to_thread=False)
def raw(request: Asking, mail_id: FromPath[str]) -> Response[bytes]:
    mail = _mail(request, mail_id)
    return _download(mail.raw, "message/rfc822", f"{mail.id}.eml")


def _download(content: bytes, kind: str, name: str) -> Response[bytes]:
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=kind, headers=headers)


@get("/api/mails", sync_to_thread=False)
def list_mails(request: Asking, to: FromQuery[str | None] = None) -> list[dict[str, Any]]:
    return [mail.shown() for mail in _box(request).to(to)]


@get("/api/mails/{mail_id:str}", sync_to_thread=False)
def one_mail(request: Asking, mail_id: FromPath[str]) -> dict[str, Any]:
    return _mail(request, mail_id).shown()


def _not_found(request: Asking, _: NoSuchMail) -> Response[str]:
    return _page("sorry.html", HTTPStatus.NOT_FOUND)


def make_pages(box: Box) -> Litestar:
    return opened_to(_doors(), box=box)


@cache
def _doors() -> Litestar:
    return quiet_site(
        [list_page, mail_page, html_part, attachment, raw, list_mails, one_mail, look, icon],
        exception_handlers={NoSuchMail: _not_found},
    )
