"""Trouble, translated once for all rooms: problem+json for machines, a designed page for people."""

from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

import structlog
from litestar import Request
from litestar.exceptions import HTTPException
from litestar.response import Response
from msgspec import ValidationError

from voltway.kernel.errors import Kind, Outage, Refusal, Trouble
from voltway.web import words
from voltway.web.house import House
from voltway.web.pages import HttpRequest, page, reader, told

STATUS: Final = {
    Kind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Kind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Kind.ABSENT: HTTPStatus.NOT_FOUND,
    Kind.CONFLICT: HTTPStatus.CONFLICT,
    Kind.LIMIT: HTTPStatus.TOO_MANY_REQUESTS,
}

#: How long a client waits before it asks again, where we know no better.
RETRY_AFTER_S: Final = 5

#: What the headings of the error page say, in the words of people.
HEADINGS: Final = {
    HTTPStatus.BAD_REQUEST: "We could not read that",
    HTTPStatus.FORBIDDEN: "Not with this role",
    HTTPStatus.NOT_FOUND: "Nothing is here",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does something else",
    HTTPStatus.CONFLICT: "Not as things stand",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "That was too much at once",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Something in it is not right",
    HTTPStatus.TOO_MANY_REQUESTS: "Too often at once",
    HTTPStatus.INTERNAL_SERVER_ERROR: "This is our fault",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not just now",
}

#: What we say of our own fault.
FAULT: Final = "Something broke on our side. Our log knows it as {number}."

log = structlog.get_logger("voltway.web")


def problem(trouble: Trouble) -> tuple[HTTPStatus, dict[str, object]]:
    """The status and body that answer a trouble. Anything else is ours: a plain 500."""
    match trouble:
        case Refusal(kind=kind):
            status = STATUS[kind]
        case Outage():
            status = HTTPStatus.SERVICE_UNAVAILABLE
        case _:
            status = HTTPStatus.BAD_REQUEST
    fields = {name: str(value) for name, value in vars(trouble).items()}
    return status, {"code": trouble.code, "detail": str(trouble), "fields": fields}


def is_for_machines(request: Request[Any, Any, Any]) -> bool:
    """Whether the asker reads JSON rather than pages."""
    path = request.url.path
    if path.startswith(("/api/", "/webhooks/", "/health/", "/metrics")):
        return True
    return "text/html" not in request.headers.get("accept", "text/html")


def on_trouble(request: HttpRequest, trouble: Trouble) -> Response[Any]:
    status, body = problem(trouble)
    if isinstance(trouble, Outage):
        log.warning("outage", code=trouble.code, path=request.url.path, detail=str(trouble))
    if not is_for_machines(request):
        body["detail"] = told(request, trouble)
    return answer(request, status, body)


def on_http(request: HttpRequest, refused: HTTPException) -> Response[Any]:
    """What the framework refuses: an unknown path, a wrong method, an unreadable form."""
    status = HTTPStatus(refused.status_code)
    detail = DETAILS.get(status, status.phrase + ".")
    is_ours_to_tell = is_for_machines(request) and status < HTTPStatus.INTERNAL_SERVER_ERROR
    if is_ours_to_tell and refused.detail not in {"", status.phrase}:
        detail = refused.detail
    code = status.phrase.lower().replace(" ", "_")
    body: dict[str, object] = {"code": code, "detail": detail, "fields": {}}
    return answer(request, status, body)


def on_invalid(request: HttpRequest, invalid: ValidationError) -> Response[Any]:
    body: dict[str, object] = {"code": "invalid", "detail": f"{invalid}.", "fields": {}}
    return answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, body)


def on_fault(request: HttpRequest, fault: Exception) -> Response[Any]:
    """Our own fault: told by a number that also stands in the log, never by its text."""
    number = uuid4().hex[:12]
    log.error("fault", number=number, path=request.url.path, exc_info=fault)
    said = FAULT
    if not is_for_machines(request):
        said = words.sentences(reader(request).language).gettext(FAULT)
    detail = said.format(number=number)
    body: dict[str, object] = {"code": "fault", "detail": detail, "fields": {"number": number}}
    return answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, body)


def answer(request: HttpRequest, status: HTTPStatus, body: dict[str, object]) -> Response[Any]:
    headers = {"Cache-Control": "no-store"}
    if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        headers["Retry-After"] = str(RETRY_AFTER_S)
    if is_for_machines(request):
        return Response(
            {"type": "about:blank", "title": status.phrase, "status": int(status), **body},
            status_code=status,
            media_type="application/problem+json",
            headers=headers,
        )
    house: House = request.app.state.house
    door = "console" if request.url.path.startswith("/console") else "driver"
    return page(
        request,
        house,
        "problem.html",
        status=status,
        headers=headers,
        door=door,
        heading=HEADINGS.get(status, status.phrase),
        detail=body["detail"],
        code=body["code"],
        retry=status == HTTPStatus.SERVICE_UNAVAILABLE,
    )


DETAILS: Final = {
    HTTPStatus.NOT_FOUND: "There is no page at this address. It may have been mistyped or moved.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address cannot be asked in this way.",
    HTTPStatus.BAD_REQUEST: "Some of what was sent could not be read. Nothing was changed.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "What was sent is larger than we take. Nothing was kept.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something broke on our side.",
}

#: What the site registers.
HANDLERS: Final[dict[Any, Any]] = {
    Trouble: on_trouble,
    HTTPException: on_http,
    ValidationError: on_invalid,
    Exception: on_fault,
}
