"""Operations: each says what it reads or does, and what its caller's role must allow."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from litestar import delete, get, patch, post
from litestar.handlers import HTTPRouteHandler

from voltway.parties.model import Permission
from voltway.web.api.doorkeeper import NEEDS

#: Where an operation says that it moves money, and so takes no request without a key of its own.
KEY_REQUIRED: Final = "idempotency_key_required"

Operation = Callable[[Callable[..., Any]], HTTPRouteHandler]


def reads(
    path: str, summary: str, needs: Permission = Permission.SEE_ALL, **more: Any
) -> Operation:
    return get(path, summary=summary, opt={NEEDS: needs}, **more)


def adds(path: str, summary: str, needs: Permission, **more: Any) -> Operation:
    """A POST that makes something: 201."""
    return post(path, summary=summary, opt={NEEDS: needs}, **more)


def asks(path: str, summary: str, needs: Permission, **more: Any) -> Operation:
    """A POST that does something with what is there: 200."""
    return post(path, summary=summary, opt={NEEDS: needs}, status_code=HTTPStatus.OK, **more)


def moves_money(path: str, summary: str, **more: Any) -> Operation:
    opt = {NEEDS: Permission.MOVE_MONEY, KEY_REQUIRED: True}
    return post(path, summary=summary, opt=opt, **more)


def changes(path: str, summary: str, needs: Permission, **more: Any) -> Operation:
    return patch(path, summary=summary, opt={NEEDS: needs}, **more)


def removes(path: str, summary: str, needs: Permission, **more: Any) -> Operation:
    return delete(path, summary=summary, opt={NEEDS: needs}, **more)
