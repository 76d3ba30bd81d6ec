"""The WebSocket server on picows: fragments, compression, closing and caps, which it leaves to us.

RFC 6455 §5.4 (fragments), §5.5 (control frames), §7 (closing); RFC 7692 (compression). What a line
may cost is bounded here and listed in ``docs/operating/limits.md``.
"""

import asyncio
import zlib
from typing import Any, Final

import picows

from voltway.ocpp.deflate import WORTH_BYTES, Deflate, TooBig
from voltway.ocpp.sockets_line import Line, forget_handshake
from voltway.ocpp.transport import VIOLATIONS, Close, Peer

#: After our goodbye the other side has so long to hang up.
GOODBYE_S: Final = 1.0

#: Pieces of one message. No station needs more than a handful.
FRAGMENTS_MAX: Final = 2048

#: Pieces are counted among what is unfinished by so many bytes.
PIECES_HELD_BYTES: Final = 4096

#: Unread answers beyond which we read no further, and hang up when they stay unread.
UNSENT_BYTES: Final = 65_536

#: Unread answers and orders beyond which we hang up at once.
UNSENT_BYTES_MAX: Final = 1024 * 1024

_TEXT: Final = picows.WSMsgType.TEXT
_BINARY: Final = picows.WSMsgType.BINARY
_CONTINUATION: Final = picows.WSMsgType.CONTINUATION
_PING: Final = picows.WSMsgType.PING
_PONG: Final = picows.WSMsgType.PONG
_CLOSE: Final = picows.WSMsgType.CLOSE

# Why a line is not read: the gateway has enough of it, it does not read us, or others have a turn.
_BY_PEER: Final = 1
_BY_UNSENT: Final = 2
_BY_TURN: Final = 4


class PicowsSocket(picows.WSListener):
    """One line: an open WebSocket and the peer that is told of it."""

    __slots__ = (
        "_deflate",
        "_held",
        "_is_shut",
        "_packed",
        "_parts",
        "_paused",
        "_peer",
        "_pieces",
        "_transport",
        "line",
    )

    def __init__(self, peer: Peer, deflate: Deflate | None, line: Line) -> None:
        self.line = line
        self._peer = peer
        self._deflate = deflate
        self._transport: Any = None
        self._parts: bytearray | None = None
        self._pieces = 0
        self._held = 0
        self._packed = False
        self._paused = 0
        self._is_shut = False

    # -- what picows tells

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        is_new = self._transport is None
        self._transport = transport
        forget_handshake(transport)
        transport.underlying_transport.set_write_buffer_limits(UNSENT_BYTES, UNSENT_BYTES // 2)
        if is_new:
            self._peer.opened(self)

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        kind = frame.msg_type
        line = self.line
        line.unread = frame.tail_size
        if self._is_shut:
            return
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
        if line.has_grown and self._parts is None and not line.unread:
            line.finished()
            asyncio.get_running_loop().call_soon(line.renew)

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        self._transport = None
        self._parts = None
        said: Any = transport.close_handshake  # none, or without our half, where no close was said
        if said is not None and said.sent is not None and said.sent.code in VIOLATIONS:
            self._peer.violated()
        self._peer.closed()

    def pause_writing(self) -> None:
        """Our words are not read: hear nothing more until they are, and not for ever."""
        self._pause(_BY_UNSENT)
        asyncio.get_running_loop().call_later(self.line.front.bounds.unsent_s, self._drop_unread)

    def resume_writing(self) -> None:
        self._resume(_BY_UNSENT)

    def _drop_unread(self) -> None:
        if self._paused & _BY_UNSENT:
            self.drop()

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
            self._pieces = 1
            self._held = len(data)
            self.line.hold(len(data))

    def _go_on(self, frame: picows.WSFrame) -> None:
        if self._parts is None or frame.rsv1:
            self._violated("a fragment of no message")
            return
        if len(self._parts) + frame.payload_size > self.line.front.bytes_max:
            self._too_big(f"a message has at most {self.line.front.bytes_max} bytes")
            return
        self._pieces += 1
        if self._pieces > FRAGMENTS_MAX:
            self._too_big(f"a message has at most {FRAGMENTS_MAX} fragments")
            return
        self._parts += frame.get_payload_as_bytes()
        if frame.fin:
            data, self._parts = bytes(self._parts), None
            self.line.finished()
            self._whole(data)
            if self._transport is not None:
                self._peer.in_pieces(self._pieces)
        elif len(self._parts) - self._held > PIECES_HELD_BYTES:
            self.line.hold(len(self._parts) - self._held)
            self._held = len(self._parts)

    def _whole(self, data: bytes) -> None:
        if self._packed:
            assert self._deflate is not None
            try:
                data = self._deflate.unpack(data, self.line.front.bytes_max)
            except TooBig:
                self._too_big(f"a message has at most {self.line.front.bytes_max} bytes")
                return
            except zlib.error:
                self.shut(Close.INVALID_DATA, "a compressed message cannot be read")
                return
        self._peer.heard(data)

    def _violated(self, why: str) -> None:
        self.shut(Close.PROTOCOL_ERROR, why)

    def _too_big(self, why: str) -> None:
        self.shut(Close.TOO_BIG, why)

    def take_turns(self) -> None:
        self._pause(_BY_TURN)

    def go_on(self) -> None:
        self._resume(_BY_TURN)

    def too_slow(self) -> None:
        if self.line.unread or self._parts is not None:
            self.shut(
                Close.POLICY, f"a message is whole within {self.line.front.bounds.message_s:.0f} s"
            )

    # -- what the gateway asks for

    def send(self, text: bytes) -> None:
        transport = self._transport
        if transport is None or self._is_shut:
            return
        if self._deflate is not None and len(text) >= WORTH_BYTES:
            transport.send(_TEXT, self._deflate.pack(text), rsv1=True)
        else:
            transport.send(_TEXT, text)
        if self._paused & _BY_UNSENT:
            unsent = transport.underlying_transport.get_write_buffer_size()
            if unsent > UNSENT_BYTES_MAX:
                self.drop()

    def ping(self) -> None:
        if self._transport is not None:
            self._transport.send_ping()

    def close(self, code: Close, reason: str = "") -> None:
        if self._transport is None:
            return
        self._transport.send_close(picows.WSCloseCode(code), reason.encode()[:120])
        self._resume(_BY_PEER)  # so that the other side's goodbye is read
        asyncio.get_running_loop().call_later(GOODBYE_S, self.drop)

    def shut(self, code: Close, reason: str) -> None:
        if self._transport is None or self._is_shut:
            return
        self._is_shut = True
        self._parts = None
        self._transport.send_close(picows.WSCloseCode(code), reason.encode()[:120])
        self._pause(_BY_PEER)
        asyncio.get_running_loop().call_later(GOODBYE_S, self.drop)

    def drop(self) -> None:
        self._is_shut = True
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    def pause(self) -> None:
        self._pause(_BY_PEER)

    def resume(self) -> None:
        if not self._is_shut:
            self._resume(_BY_PEER)

    @property
    def is_paused(self) -> bool:
        return bool(self._paused)

    def _pause(self, why: int) -> None:
        if self._transport is not None and not self._paused:
            self._transport.underlying_transport.pause_reading()
        self._paused |= why

    def _resume(self, why: int) -> None:
        if self._paused == why and self._transport is not None:
            self._transport.underlying_transport.resume_reading()
        self._paused &= ~why


def _is_empty(code: picows.WSCloseCode | int) -> bool:
    return code == picows.WSCloseCode.NO_INFO
