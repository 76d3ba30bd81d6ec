"""Lets in who shows a key that holds, may do what it asks, and does not ask too often.

It stands before everything else: who has no key learns nothing of how a request should look.
"""

from typing import Any, Final

from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from voltway.kernel.errors import Kind, Refusal
from voltway.parties import actions as parties
from voltway.parties.model import Permission
from voltway.web.api.pace import Pace
from voltway.web.house import House

#: Where an operation says what it needs; see ``operations.py``.
NEEDS: Final = "needs"

SCHEME: Final = "bearer"


class NoKey(Refusal):
    """
    This needs an API key: send it as "Authorization: Bearer <key>". Keys are made in the console,
    or by voltway admin key add.
    """

    kind = Kind.FORBIDDEN


class KeyNotValid(Refusal):
    """This API key does not hold: it is mistyped, revoked or over."""

    kind = Kind.FORBIDDEN


class Doorkeeper:
    """ASGI middleware of the API's router."""

    def __init__(self, app: ASGIApp, *, pace: Pace) -> None:
        self._app = app
        self._pace = pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        house: House = scope["litestar_app"].state.house
        key = _shown(Headers.from_scope(scope))
        async with house.begin() as work:
            actor = await parties.who_by_key(work, key)
        if actor is None or actor.id is None:
            raise KeyNotValid
        self._pace.take(actor.id, house.clock.now().timestamp())
        needs: Permission = scope["route_handler"].opt.get(NEEDS, Permission.SEE_ALL)
        actor.must(needs)
        scope["user"], scope["auth"] = actor, key
        await self._app(scope, receive, _without_traces(send))


def _shown(headers: Headers) -> str:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() != SCHEME or not key.strip():
        raise NoKey
    return key.strip()


def _without_traces(send: Send) -> Send:
    """What an answer holds is the caller's alone: no cache keeps it."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers: Any = MutableScopeHeaders.from_message(message)
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sending
