"""The WebSocket server on picows: fragments, compression, closing and caps, which it leaves to us.

RFC 6455 §5.4 (fragments), §5.5 (control frames), §7 (closing); RFC 7692 (compression).
"""

import asyncio
import logging
import socket
import zlib
from typing import Any, Final

import picows
from picows.picows import WSProtocol  # type: ignore[attr-defined] # its stubs leave it out

from voltway.ocpp.deflate import WORTH_BYTES, Deflate, TooBig, agree
from voltway.ocpp.transport import Admitted, Close, Doorman, Handshake, Peer, TurnedAway

HANDSHAKE_S_MAX: Final = 10.0

#: After our goodbye the other side has so long to hang up.
GOODBYE_S: Final = 1.0

READ_BUFFER_BYTES: Final = 4096

#: What one flooding station can make the kernel hold for us.
RECEIVE_BUFFER_BYTES: Final = 65_536

BACKLOG: Final = 4096

_TEXT: Final = picows.WSMsgType.TEXT
_BINARY: Final = picows.WSMsgType.BINARY
_CONTINUATION: Final = picows.WSMsgType.CONTINUATION
_PING: Final = picows.WSMsgType.PING
_PONG: Final = picows.WSMsgType.PONG
_CLOSE: Final = picows.WSMsgType.CLOSE

# Each frame that a stranger sends would be a line of log; what matters is counted by the gateway.
_quiet = logging.Logger("voltway.sockets", logging.CRITICAL)


class PicowsSocket(picows.WSListener):
    """One line: an open WebSocket and the peer that is told of it."""

    def __init__(self, peer: Peer, deflate: Deflate | None, bytes_max: int) -> None:
        self._peer = peer
        self._deflate = deflate
        self._bytes_max = bytes_max
        self._transport: Any = None
        self._parts: bytearray | None = None
        self._packed = False
        self._is_paused = False

    # -- what picows tells

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self._transport = transport
        self._peer.opened(self)

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        kind = frame.msg_type
        if kind is _TEXT or kind is _BINARY:
            if self._parts is not None:
                self._violated("a new message within a fragmented one")
            elif frame.fin and not frame.rsv1:
                self._peer.heard(frame.get_payload_as_bytes())
            else:
                self._begin(frame)
        elif kind is _CONTINUATION:
            self._go_on(frame)
        elif kind is _PING:
            transport.send_pong(frame.get_payload_as_bytes())
            self._peer.alive()
        elif kind is _PONG:
            self._peer.alive()
        elif kind is _CLOSE:
            # RFC 6455 §5.5.1: a close is answered with the same code, and the server hangs up.
            code = frame.get_close_code()
            transport.send_close(picows.WSCloseCode.OK if _is_empty(code) else code)
            transport.disconnect()

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        self._transport = None
        self._parts = None
        self._peer.closed()

    # -- fragments and compression

    def _begin(self, frame: picows.WSFrame) -> None:
        if frame.rsv1 and self._deflate is None:
            self._violated("a compressed message, and compression was not agreed")
            return
        self._packed = frame.rsv1
        data = frame.get_payload_as_bytes()
        if frame.fin:
            self._whole(data)
        else:
            self._parts = bytearray(data)

    def _go_on(self, frame: picows.WSFrame) -> None:
        if self._parts is None or frame.rsv1:
            self._violated("a fragment of no message")
            return
        if len(self._parts) + frame.payload_size > self._bytes_max:
            self._parts = None
            self.close(Close.TOO_BIG, f"a message has at most {self._bytes_max} bytes")
            return
        self._parts += frame.get_payload_as_bytes()
        if frame.fin:
            data, self._parts = bytes(self._parts), None
            self._whole(data)

    def _whole(self, data: bytes) -> None:
        if self._packed:
            assert self._deflate is not None
            try:
                data = self._deflate.unpack(data, self._bytes_max)
            except TooBig:
                self.close(Close.TOO_BIG, f"a message has at most {self._bytes_max} bytes")
                return
            except zlib.error:
                self.close(Close.INVALID_DATA, "a compressed message cannot be read")
                return
        self._peer.heard(data)

    def _violated(self, why: str) -> None:
        self.close(Close.PROTOCOL_ERROR, why)

    # -- what the gateway asks for

    def send(self, text: bytes) -> None:
        if self._transport is None:
            return
        if self._deflate is not None and len(text) >= WORTH_BYTES:
            self._transport.send(_TEXT, self._deflate.pack(text), rsv1=True)
        else:
            self._transport.send(_TEXT, text)

    def ping(self) -> None:
        if self._transport is not None:
            self._transport.send_ping()

    def close(self, code: Close, reason: str = "") -> None:
        if self._transport is None:
            return
        self._transport.send_close(picows.WSCloseCode(code), reason.encode()[:120])
        self.resume()  # so that the other side's goodbye is read
        asyncio.get_running_loop().call_later(GOODBYE_S, self.drop)

    def drop(self) -> None:
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    def pause(self) -> None:
        if self._transport is not None and not self._is_paused:
            self._is_paused = True
            self._transport.underlying_transport.pause_reading()

    def resume(self) -> None:
        if self._transport is not None and self._is_paused:
            self._is_paused = False
            self._transport.underlying_transport.resume_reading()


def _is_empty(code: picows.WSCloseCode | int) -> bool:
    return code == picows.WSCloseCode.NO_INFO


class PicowsListener:
    """A listening server."""

    def __init__(self, server: asyncio.Server) -> None:
        self._server = server
        host, port = server.sockets[0].getsockname()[:2]
        self._address = (str(host), int(port))

    @property
    def address(self) -> tuple[str, int]:
        return self._address

    def stop_accepting(self) -> None:
        self._server.close()

    async def close(self) -> None:
        self._server.close()


async def listen(
    host: str, port: int, doorman: Doorman, bytes_max: int, *, shares_port: bool = False
) -> PicowsListener:
    """Serve WebSockets there. Port 0 takes a free one. Raises ``OSError`` where it cannot.

    With ``shares_port`` other processes may accept at the same address; the kernel deals out.
    """
    loop = asyncio.get_running_loop()

    def protocol() -> Any:
        # picows tells the upgrade callback nothing of the line, so each has its own.
        def upgrade(request: picows.WSUpgradeRequest) -> picows.WSUpgradeResponseWithListener:
            source = line.transport.underlying_transport.get_extra_info("peername")
            return _upgrade(request, str(source[0]) if source else "", doorman, bytes_max)

        line = WSProtocol(
            None,
            None,
            False,
            upgrade,
            _quiet,
            True,
            HANDSHAKE_S_MAX,
            False,
            20,
            20,
            picows.WSAutoPingStrategy.PING_WHEN_IDLE,
            False,
            bytes_max,
            None,
            READ_BUFFER_BYTES,
        )
        return line

    listener = _bind(host, port, shares_port=shares_port)
    try:
        server = await loop.create_server(protocol, sock=listener, backlog=BACKLOG)
    except BaseException:
        listener.close()
        raise
    return PicowsListener(server)


def _bind(host: str, port: int, *, shares_port: bool) -> socket.socket:
    family, kind, proto, _, address = socket.getaddrinfo(
        host or "0.0.0.0",  # an empty host is how an operator asks for all of them
        port,
        type=socket.SOCK_STREAM,
        flags=socket.AI_PASSIVE,
    )[0]
    bound = socket.socket(family, kind, proto)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shares_port:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        bound.bind(address)
    except BaseException:
        bound.close()
        raise
    return bound


def _upgrade(
    request: picows.WSUpgradeRequest, source: str, doorman: Doorman, bytes_max: int
) -> picows.WSUpgradeResponseWithListener:
    headers = {name.lower(): value for name, value in request.headers.items()}
    decision = doorman(Handshake(request.path.decode("latin-1"), headers, source))
    if isinstance(decision, TurnedAway):
        return picows.WSUpgradeResponseWithListener(_refusal(decision), None)
    if "upgrade" in headers.get("connection", "").lower().replace(" ", "").split(","):
        # picows knows the word alone; proxies send "keep-alive, Upgrade" (RFC 9110 §7.6.1).
        request.headers["Connection"] = "upgrade"
    return _welcome(decision, headers, bytes_max)


def _refusal(decision: TurnedAway) -> Any:
    return picows.WSUpgradeResponse.create_error_response(
        decision.status, decision.words.encode(), dict(decision.headers)
    )


def _welcome(
    decision: Admitted, headers: dict[str, str], bytes_max: int
) -> picows.WSUpgradeResponseWithListener:
    said = {}
    if decision.subprotocol is not None:
        said["Sec-WebSocket-Protocol"] = decision.subprotocol
    deflate = agree(headers.get("sec-websocket-extensions", ""))
    if deflate is not None:
        said["Sec-WebSocket-Extensions"] = deflate.answer
    return picows.WSUpgradeResponseWithListener(
        picows.WSUpgradeResponse.create_101_response(said),
        PicowsSocket(decision.peer, deflate, bytes_max),
    )
