"""A small central system that records what stations say and checks it by OCPP's own schemas."""

import asyncio
import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from types import TracebackType
from typing import Any, Self, TypeAlias

import jsonschema  # type: ignore[import-untyped]
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

PATIENCE_S = 10
Payload: TypeAlias = dict[str, Any]
Answer: TypeAlias = Callable[[Payload], Payload]


@cache
def _schema(protocol: str, action: str, suffix: str) -> Any:
    package = {"ocpp1.6": "v16", "ocpp2.0.1": "v201"}[protocol]
    name = f"{action}{suffix}.json"
    return json.loads(files("ocpp").joinpath(package, "schemas", name).read_text("utf-8-sig"))


def _check(protocol: str, action: str, payload: Payload, *, is_answer: bool) -> None:
    suffix = "Response" if is_answer else "" if protocol == "ocpp1.6" else "Request"
    jsonschema.validate(payload, _schema(protocol, action, suffix))


class Central:
    """Answers with yes. Each recorded call is (identity, message id, action, payload)."""

    def __init__(self, *, key: str | None = None) -> None:
        self.calls: list[tuple[str, str, str, Payload]] = []
        self.boots = 0
        self.now = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
        self.answers: dict[str, Answer] = {}
        self.swallows: dict[str, int] = {}
        self.refuses: dict[str, int] = {}
        self.ignores: dict[str, int] = {}
        self.turned_away = 0
        self.wrong: list[str] = []
        self._key = key
        self._numbers = 1000
        self._news = asyncio.Condition()
        self._lines: dict[str, ServerConnection] = {}
        self._replies: dict[str, asyncio.Future[list[Any]]] = {}
        self._server: Server | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._port}/ocpp"

    def said(self, action: str | None = None, identity: str = "ST-1") -> list[Payload]:
        return [c[3] for c in self.calls if c[0] == identity and action in (None, c[2])]

    def actions(self, identity: str = "ST-1") -> list[str]:
        return [call[2] for call in self.calls if call[0] == identity]

    async def hears(self, action: str, times: int = 1, identity: str = "ST-1") -> list[Payload]:
        """Wait until a station has said something so many times."""
        await self.until(lambda: len(self.said(action, identity)) >= times)
        return self.said(action, identity)

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(true)

    async def order(
        self, action: str, payload: Payload, identity: str = "ST-1", *, makes_sense: bool = True
    ) -> list[Any]:
        """Send an order; gives the whole answer frame, checked by its schema if it is a result."""
        line = self._lines[identity]
        if makes_sense:
            _check(str(line.subprotocol), action, payload, is_answer=False)
        message_id = f"order-{len(self._replies)}"
        reply = self._replies[message_id] = asyncio.get_running_loop().create_future()
        await line.send(json.dumps([2, message_id, action, payload]))
        async with asyncio.timeout(PATIENCE_S):
            frame: list[Any] = await reply
        if frame[0] == 3:
            _check(str(line.subprotocol), action, frame[2], is_answer=True)
        return frame

    async def obeyed(self, action: str, payload: Payload, identity: str = "ST-1") -> Payload:
        frame = await self.order(action, payload, identity)
        assert frame[0] == 3, frame
        answer: Payload = frame[2]
        return answer

    async def start(self) -> None:
        self._server = await serve(
            self._converse,
            "127.0.0.1",
            self._port,
            subprotocols=["ocpp1.6", "ocpp2.0.1"],  # type: ignore[list-item]
            process_request=self._let_in,
            ping_interval=None,
        )
        self._port = self._server.sockets[0].getsockname()[1]

    async def die(self) -> None:
        """Be gone at once, without goodbye, as a killed process is."""
        for line in list(self._lines.values()):
            line.transport.abort()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.die()
        assert not self.wrong, self.wrong

    async def _let_in(self, line: ServerConnection, request: Request) -> Response | None:
        identity = request.path.rsplit("/", 1)[1]
        proof = base64.b64encode(f"{identity}:{self._key}".encode()).decode()
        if self._key is None or request.headers.get("Authorization") == f"Basic {proof}":
            return None
        async with self._news:
            self.turned_away += 1
            self._news.notify_all()
        return Response(HTTPStatus.UNAUTHORIZED, "Unauthorized", Headers(), b"")

    async def _converse(self, line: ServerConnection) -> None:
        assert line.request is not None
        identity = line.request.path.rsplit("/", 1)[1]
        self._lines[identity] = line
        try:
            async for text in line:
                await self._take(identity, line, json.loads(text))
        except ConnectionClosed:
            return

    async def _take(self, identity: str, line: ServerConnection, frame: list[Any]) -> None:
        if frame[0] != 2:
            self._replies[frame[1]].set_result(frame)
            return
        _, message_id, action, payload = frame
        try:
            _check(str(line.subprotocol), action, payload, is_answer=False)
        except jsonschema.ValidationError as error:
            self.wrong.append(f"{action}: {error.message}")
        async with self._news:
            self.calls.append((identity, message_id, action, payload))
            self._news.notify_all()
        if self.swallows.get(action, 0) > 0:
            self.swallows[action] -= 1
            line.transport.abort()
            return
        if self.ignores.get(action, 0) > 0:
            self.ignores[action] -= 1
            return
        if self.refuses.get(action, 0) > 0:
            self.refuses[action] -= 1
            await line.send(json.dumps([4, message_id, "InternalError", "Not today.", {}]))
            return
        answer = self.answers.get(action, self._yes)(payload | {"": action})
        await line.send(json.dumps([3, message_id, answer]))

    def _yes(self, payload: Payload) -> Payload:
        accepted = {"idTagInfo": {"status": "Accepted"}}
        match payload[""]:
            case "BootNotification":
                self.boots += 1
                now = self.now.isoformat().replace("+00:00", "Z")
                return {"currentTime": now, "interval": 300, "status": "Accepted"}
            case "Heartbeat":
                return {"currentTime": self.now.isoformat().replace("+00:00", "Z")}
            case "Authorize":
                return accepted | {"idTokenInfo": {"status": "Accepted"}}
            case "StartTransaction":
                self._numbers += 1
                return accepted | {"transactionId": self._numbers}
            case "DataTransfer":
                return {"status": "Accepted"}
            case _:
                return {}
