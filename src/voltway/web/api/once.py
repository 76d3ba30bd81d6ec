"""A request that carries an ``Idempotency-Key`` is done once, however often it is sent.

The same key with the same request is given the same answer, for a day at least. An answer may hold
a key that is shown only once, so it is kept sealed. See Note [Sealed answers].
"""

import hashlib
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import Request
from litestar.datastructures import Headers, State
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

from voltway.kernel.errors import Kind, Outage, Refusal, Violation
from voltway.kernel.ids import OnceKey
from voltway.parties.model import Actor
from voltway.runtime.work import BeginWork
from voltway.web.api import store
from voltway.web.api.operations import KEY_REQUIRED
from voltway.web.house import House

HEADER: Final = "idempotency-key"

KEEP: Final = timedelta(hours=25)

#: Longer than any request takes: one that is older and has no answer died with its process.
LEASE: Final = timedelta(minutes=5)

#: Headers that belong to the answer itself.
KEPT_HEADERS: Final = frozenset({"content-type", "location", "retry-after"})


class IdempotencyKeyMissing(Violation):
    """
    This moves money, so it needs the header Idempotency-Key: a new random text for each new
    intention, and the same one when you ask again.
    """


class IdempotencyKeyNotUsable(Violation):
    """The header Idempotency-Key takes 1 to 255 printable ASCII characters."""


class IdempotencyKeyOfAnotherRequest(Refusal):
    """This Idempotency-Key was used for another request; take a new one for a new intention."""

    kind = Kind.CONFLICT


class StillUnderWay(Refusal):
    """The first request with this Idempotency-Key is still under way; ask again in a moment."""

    kind = Kind.CONFLICT


@dataclass(slots=True)
class _Answer:
    """An answer as it is sent."""

    messages: list[Message] = field(default_factory=list)

    @property
    def status(self) -> int:
        start = self._start
        return HTTPStatus.INTERNAL_SERVER_ERROR if start is None else start["status"]

    @property
    def headers(self) -> dict[str, str]:
        start = self._start
        pairs = () if start is None else start["headers"]
        told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in pairs}
        return {name: value for name, value in told.items() if name in KEPT_HEADERS}

    @property
    def body(self) -> bytes:
        return b"".join(
            each["body"] for each in self.messages if each["type"] == "http.response.body"
        )

    @property
    def _start(self) -> HTTPResponseStartEvent | None:
        return next((each for each in self.messages if each["type"] == "http.response.start"), None)


class Once:
    """ASGI middleware of the API's router, behind the doorkeeper."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == ScopeType.HTTP
        if scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        request: Request[Actor, str, State] = Request(scope, receive, send)
        once = _key(request.headers)
        if once is None:
            if scope["route_handler"].opt.get(KEY_REQUIRED):
                raise IdempotencyKeyMissing
            await self._app(scope, receive, send)
            return
        begun = await _begin(request, once)
        if isinstance(begun, store.KeptAnswer):
            await _send(send, begun, request.auth)
            return
        scope["state"]["once"] = OnceKey(f"api:{begun.key}:{once}")
        answer = _Answer()

        async def hear(message: Message) -> None:
            answer.messages.append(message)

        try:
            await self._app(scope, receive, hear)
        finally:
            with suppress(Outage):  # the effect is there: the caller is told of it all the same
                await begun.end(answer, request.auth)
        for message in answer.messages:
            await send(message)


@dataclass(frozen=True, slots=True)
class _Begun:
    """A request that is ours to do."""

    begin: BeginWork
    actor: Actor
    key: UUID
    once: str

    async def end(self, answer: _Answer, secret: str) -> None:
        """Keep the answer; what is our fault or comes too fast may be tried again."""
        final = answer.status < HTTPStatus.INTERNAL_SERVER_ERROR
        async with self.begin(self.actor.party) as work:
            if not final or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
                await store.forget(work, self.key, self.once)
                return
            nonce = secrets.token_bytes(16)
            await store.keep(
                work,
                self.key,
                self.once,
                status=answer.status,
                headers=answer.headers,
                nonce=nonce,
                body=_sealed(answer.body, secret, nonce),
            )


async def _begin(request: Request[Actor, str, State], once: str) -> _Begun | store.KeptAnswer:
    house: House = request.app.state.house
    actor = request.user
    assert actor.id is not None, "the doorkeeper lets in keys only"
    asked = await _hash(request)
    async with house.begin(actor.party) as work:
        if await store.claim(work, actor.id, once, asked, lease=LEASE, keep=KEEP):
            return _Begun(house.begin, actor, actor.id, once)
        known = await store.kept(work, actor.id, once)
    if known is None or (known.ended_at is None and known.request_hash == asked):
        raise StillUnderWay
    if known.request_hash != asked:
        raise IdempotencyKeyOfAnotherRequest
    return known


def _key(headers: Headers) -> str | None:
    given = headers.get(HEADER)
    if given is None:
        return None
    if not (1 <= len(given) <= 255 and given.isascii() and given.isprintable()):
        raise IdempotencyKeyNotUsable
    return given


async def _hash(request: Request[Actor, str, State]) -> bytes:
    """What was asked: the operation, its parameters and its body."""
    digest = hashlib.blake2b(digest_size=32)
    for part in (
        request.url.path.encode(),
        request.url.query.encode(),
        await request.body(),
    ):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


async def _send(send: Send, kept: store.KeptAnswer, secret: str) -> None:
    assert kept.status is not None
    assert kept.nonce is not None
    assert kept.body is not None
    body = _sealed(kept.body, secret, kept.nonce)
    headers: Mapping[str, str] = {
        **(kept.headers or {}),
        "content-length": str(len(body)),
        "idempotency-replayed": "true",
    }
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": kept.status, "headers": pairs})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _sealed(body: bytes, secret: str, nonce: bytes) -> bytes:
    """The body sealed, or a sealed one opened: the same step does both."""
    stream = hashlib.shake_256(b"voltway answer\0" + nonce + secret.encode()).digest(len(body))
    return bytes(one ^ other for one, other in zip(body, stream, strict=True))


# Note [Sealed answers]
# ~~~~~~~~~~~~~~~~~~~~~
# An answer may hold a station's key, which is shown once and kept only as a hash. Kept in clear
# for a day, so that the same request is given the same answer, it would lie in every backup. So
# answers are sealed with what only the caller has, the API key itself (we keep its hash): a stream
# of SHAKE-256 over a fresh nonce and the key's 256 random bits. Whoever reads the table learns the
# length of an answer, and nothing else.


async def forget_old_answers(begin: BeginWork) -> int:
    """Sweep: answers that nobody asks for any more; how many there were."""
    async with begin() as work:
        return await store.forget_before(work, work.now - KEEP)
