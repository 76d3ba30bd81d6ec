"""Operations: each says what it reads or does, and what its caller's role must allow."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from litestar import delete, get, patch, post, put
from litestar.handlers import HTTPRouteHandler

from voltway.parties.model import Permission
from voltway.web.api.doorkeeper import NEEDS

#: Where an operation says that it moves money, and so takes no request without a key of its own.
KEY_REQUIRED: Final = "idempotency_key_required"

#: Where an operation that reads its body itself says what it takes.
BODY: Final = "body"

#: Where an operation that answers with no JSON says what it is.
GIVES: Final = "gives"

#: Where an operation says which other statuses it answers with, and which other troubles.
ALSO: Final = "also"
TROUBLES: Final = "troubles"

Operation = Callable[[Callable[..., Any]], HTTPRouteHandler]


def reads(
    path: str, summary: str, needs: Permission = Permission.SEE_ALL, **more: Any
) -> Operation:
    return get(path, **_told(summary, needs, more))


def adds(path: str, summary: str, needs: Permission, **more: Any) -> Operation:
    """A POST that makes something: 201."""
    return post(path, **_told(summary, needs, more))


def asks(path: str, summary: str, needs: Permission, **more: Any) -> Operation:
    """A POST that does something with what is there: 200."""
    return post(path, status_code=HTTPStatus.OK, **_told(summary, needs, more))


def moves_money(
    path: str, summary: str, needs: Permission = Permission.MOVE_MONEY, **more: Any
) -> Operation:
    """A POST that takes no request without an Idempotency-Key."""
    more["opt"] = {**more.get("opt", {}), KEY_REQUIRED: True}
    return post(path, **_told(summary, needs, more))


def changes(path: str, summary: str, needs: Permission, **more: Any) -> Operation:
    return patch(path, **_told(summary, needs, more))


def puts(path: str, summary: str, needs: Permission, **more: Any) -> Operation:
    """A PUT: the same put again changes nothing."""
    return put(path, **_told(summary, needs, more))


def removes(path: str, summary: str, needs: Permission, **more: Any) -> Operation:
    return delete(path, **_told(summary, needs, more))


def _told(summary: str, needs: Permission, more: dict[str, Any]) -> dict[str, Any]:
    return {**more, "summary": summary, "opt": {**more.get("opt", {}), NEEDS: needs}}
