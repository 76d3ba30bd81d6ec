"""What goes wrong at the API, as RFC 9457 problems: every answer that is no success is one."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
from litestar import Request
from litestar.exceptions import ClientException, SerializationException, ValidationException
from litestar.response import Response
from msgspec import Meta

from voltway.kernel.errors import Trouble
from voltway.web import card_numbers, problems, security
from voltway.web.api.doorkeeper import KeyNotValid, NoKey
from voltway.web.api.pace import TooFast
from voltway.web.pages import HttpRequest


class FieldFault(msgspec.Struct, kw_only=True):
    """Where a request is not right."""

    field: Annotated[str, Meta(description="Its path.", examples=["evses.0.power_w"])]
    source: Annotated[str, Meta(description="`body`, `query`, `path` or `header`.")]
    message: str


class Problem(msgspec.Struct, kw_only=True):
    """What went wrong (RFC 9457). `code` is stable and for machines, `detail` is for people."""

    type: Annotated[str, Meta(examples=["about:blank"])]
    title: str
    status: Annotated[int, Meta(examples=[404])]
    code: Annotated[str, Meta(examples=["no_such_station"])]
    detail: Annotated[str, Meta(examples=["There is no station 0190."])]
    fields: Annotated[dict[str, str], Meta(description="What fills the sentence, by name.")]
    errors: Annotated[
        list[FieldFault], Meta(description="Where the request is not right (422).")
    ] = []


def on_unknown(request: HttpRequest, trouble: Trouble) -> Response[Any]:
    """Who shows no key that holds: 401, and how to show one (RFC 6750 §3)."""
    _, body = problems.problem(trouble)
    answer = problems.answer(request, HTTPStatus.UNAUTHORIZED, body)
    wrong = ', error="invalid_token"' if isinstance(trouble, KeyNotValid) else ""
    answer.set_header("WWW-Authenticate", f'Bearer realm="Voltway"{wrong}')
    return answer


async def readable(request: Request[Any, Any, Any]) -> None:
    """Refuse an address that names nothing, and a body that is no JSON, before an operation is
    asked.

    Litestar knows most faults; bytes that are no UTF-8 and brackets without end it takes for ours.
    """
    security.must_be_keepable(request.scope)
    await card_numbers.must_hold_none(request)
    if "data" not in request.route_handler.parsed_fn_signature.parameters:
        return
    try:
        await request.json()
    except SerializationException as trouble:
        raise ClientException(str(trouble)) from trouble
    except UnicodeDecodeError as trouble:
        raise ClientException(f"It is no UTF-8 (byte {trouble.start}).") from trouble
    except RecursionError as trouble:
        raise ClientException("It is nested too deeply.") from trouble


def on_silent(request: HttpRequest, trouble: Trouble) -> Response[Any]:
    """A station that we asked for the caller did not answer: we are its gateway (504)."""
    _, body = problems.problem(trouble)
    return problems.answer(request, HTTPStatus.GATEWAY_TIMEOUT, body)


def on_busy(request: HttpRequest, trouble: Trouble) -> Response[Any]:
    status, body = problems.problem(trouble)
    answer = problems.answer(request, status, body)
    answer.set_header("Retry-After", "1")
    return answer


def on_too_fast(request: HttpRequest, trouble: TooFast) -> Response[Any]:
    status, body = problems.problem(trouble)
    answer = problems.answer(request, status, body)
    answer.set_header("Retry-After", str(trouble.retry_after_s))
    return answer


def on_not_valid(request: HttpRequest, refused: ValidationException) -> Response[Any]:
    """A sound request with something in it that is not: 422, and where."""
    extra = refused.extra if isinstance(refused.extra, list) else []
    errors = [_fault(each) for each in extra if isinstance(each, Mapping)]
    where = "; ".join(
        f"{each['field'] or each['source']}: {each['message']}" for each in errors[:3]
    )
    body: dict[str, object] = {
        "code": "invalid",
        "detail": f"Something in the request is not right. {where}".strip(),
        "fields": {},
        "errors": errors,
    }
    return problems.answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, body)


def _fault(told: Mapping[str, Any]) -> dict[str, str]:
    return {
        "field": str(told.get("key", "")),
        "source": str(told.get("source", "body")),
        "message": str(told.get("message", ""))[:500],
    }


def on_unreadable(request: HttpRequest, refused: ClientException) -> Response[Any]:
    """What is no JSON, or no request at all: 400, and where."""
    if refused.status_code != HTTPStatus.BAD_REQUEST:
        return problems.on_http(request, refused)
    body: dict[str, object] = {
        "code": "not_readable",
        "detail": f"The request could not be read: {refused.detail[:500]}",
        "fields": {},
    }
    return problems.answer(request, HTTPStatus.BAD_REQUEST, body)


#: What the API's router registers, before the handlers of the whole site.
HANDLERS: Final[dict[Any, Any]] = {
    NoKey: on_unknown,
    KeyNotValid: on_unknown,
    TooFast: on_too_fast,
    ValidationException: on_not_valid,
    ClientException: on_unreadable,
}
