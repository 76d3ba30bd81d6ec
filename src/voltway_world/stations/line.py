"""One WebSocket to the central system: frames out, frames in, and answers matched to calls."""

import asyncio
import base64
from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.parse import quote

import msgspec
from picows import WSCloseCode, WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

CALL, RESULT, ERROR = 2, 3, 4


#: Hears a CALL of the central system: the line it came by, its id, action and payload.
Hear: TypeAlias = Callable[["Line", str, str, Any], None]


class LineLost(Exception):
    """The line to the central system was lost before it answered."""


class CallRefused(Exception):
    """The central system answered with a CALLERROR."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description


class Line(WSListener):
    """An open line. ``closed`` is set when it is gone, by whomever."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._parts: list[bytes] = []
        self._transport: WSTransport | None = None
        self.closed = asyncio.Event()

    async def ask(self, message_id: str, action: str, payload: Any, within_s: float) -> Any:
        """Send a CALL and wait for its answer, whatever else arrives in between."""
        if self.closed.is_set():
            raise LineLost
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[message_id] = answer
        try:
            self.send([CALL, message_id, action, payload])
            async with asyncio.timeout(within_s):
                return await answer
        finally:
            self._waiting.pop(message_id, None)

    def send(self, frame: Any) -> None:
        if self._transport is not None and not self.closed.is_set():
            self._transport.send(WSMsgType.TEXT, msgspec.json.encode(frame))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.send_close(WSCloseCode.OK)
            self._transport.disconnect()

    def cut(self) -> None:
        """Lose the line at once, as when a cable is torn: no goodbye."""
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.closed.set()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(LineLost())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()
        elif frame.msg_type in (WSMsgType.TEXT, WSMsgType.CONTINUATION):
            self._parts.append(frame.get_payload_as_bytes())
            if frame.fin:
                text = b"".join(self._parts)
                self._parts.clear()
                self._take(msgspec.json.decode(text))

    def _take(self, message: list[Any]) -> None:
        kind, message_id = message[0], message[1]
        if kind == CALL:
            self._hear(self, message_id, message[2], message[3])
            return
        answer = self._waiting.get(message_id)
        if answer is None or answer.done():
            return
        if kind == RESULT:
            answer.set_result(message[2])
        elif kind == ERROR:
            answer.set_exception(CallRefused(message[2], message[3]))


async def connect(url: str, identity: str, key: str | None, protocol: str, hear: Hear) -> Line:
    """Open a line with HTTP Basic (OCPP security profile 1). Raises ``LineLost`` if refused."""
    headers = {"Sec-WebSocket-Protocol": protocol}
    if key is not None:
        proof = base64.b64encode(f"{identity}:{key}".encode()).decode()
        headers["Authorization"] = f"Basic {proof}"
    address = f"{url.rstrip('/')}/{quote(identity, safe='')}"
    try:
        transport, line = await ws_connect(lambda: Line(hear), address, extra_headers=headers)
    except (OSError, WSError, TimeoutError) as error:
        raise LineLost(str(error)) from error
    if not isinstance(line, Line):  # picows lets go of the listener of a line that is lost
        raise LineLost("the line was lost as soon as it was there")
    chosen = transport.response.headers.get("Sec-WebSocket-Protocol")
    if chosen != protocol:
        line.close()
        raise LineLost(f"the central system chose {chosen!r} instead of {protocol!r}")
    return line
