"""A line of picows: its handshake, and the memory that it holds before and between messages."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

import picows
import structlog
from multidict import CIMultiDict
from picows.picows import WSProtocol  # type: ignore[attr-defined] # its stubs leave it out

from voltway.ocpp.deflate import Deflate, agree
from voltway.ocpp.porch import (
    HANDSHAKES_MAX,
    UNFINISHED_BYTES_MAX,
    YOUNG_S,
    Holdings,
    Porch,
    Turns,
)
from voltway.ocpp.transport import Admitted, Doorman, Handshake, Peer, TurnedAway

log = structlog.get_logger("voltway.ocpp")

#: Long, because it is the number that is bounded: a station behind a slow line has its time.
HANDSHAKE_S_MAX: Final = 30.0

#: The head of a handshake, of which picows reads no more.
HANDSHAKE_BYTES_MAX: Final = 16 * 1024

#: A message that comes in pieces, or is too long for one read, is whole after so long.
MESSAGE_S_MAX: Final = 60.0

#: Words of ours that are not read stay so for so long.
UNSENT_S_MAX: Final = 30.0

#: The least that picows takes for each line. It leaves some spare at the end, and doubles.
READ_BUFFER_BYTES: Final = 2048
_SPARE: Final = 256
_SIZE: Final = READ_BUFFER_BYTES - _SPARE

#: A buffer that grew so far stays; a longer one is counted, timed, and given back.
SIZE_KEPT: Final = _SIZE * 4

_NO_HEADERS: Final[CIMultiDict[str]] = CIMultiDict()

_AGAIN: Final = (
    b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


class Quiet:
    """Where picows logs. Each frame that a stranger sends would be a line; what matters is counted
    by the gateway. A logger of its own for each line would be a kilobyte for each station."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 # the name of logging
        return False

    def _nothing(self, *_: object) -> None: ...

    debug = info = warning = error = _nothing

    def log(self, level: int, *_: object) -> None: ...

    def exception(self, *words: object) -> None:
        """A fault of ours."""
        log.exception("line_failed", why=str(words[0]))


_QUIET: Final = Quiet()


class Owner(Protocol):
    """The socket of a line."""

    line: "Line"

    def take_turns(self) -> None:
        """There is more to read than fits at once: wait for ``go_on``."""
        ...

    def go_on(self) -> None: ...

    def too_slow(self) -> None:
        """A message was not whole in time."""
        ...


MakeSocket: TypeAlias = Callable[[Peer, Deflate | None, "Line"], Any]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of a listener that a test may want to reach sooner."""

    handshakes: int = HANDSHAKES_MAX
    young_s: float = YOUNG_S
    unfinished_bytes: int = UNFINISHED_BYTES_MAX
    message_s: float = MESSAGE_S_MAX
    unsent_s: float = UNSENT_S_MAX


@dataclass(frozen=True, slots=True)
class Frontage:
    """What all lines of one listener share."""

    doorman: Doorman
    bytes_max: int
    make_socket: MakeSocket
    bounds: Bounds
    porch: "Porch[Line]"
    turns: "Turns[Line]"
    unfinished: "Holdings[Line]"


class Line(WSProtocol):  # type: ignore[misc] # its stubs leave it out
    """One connection, from its first byte."""

    __slots__ = ("_full", "_size", "_socket", "_threshold", "_timer", "front", "unread")

    def __init__(self, front: Frontage) -> None:
        self.front = front
        #: Bytes of a frame that is not whole, which picows holds; and how large its buffer grew.
        self.unread = 0
        self._size = _SIZE
        #: A read that brings more fills it: there is more to come, and picows doubles it.
        self._full = _full(_SIZE)
        self._socket: Owner | None = None
        self._threshold = Threshold(self)
        self._timer: asyncio.TimerHandle | None = None
        super().__init__(
            None,
            None,
            False,
            self._threshold,
            _QUIET,
            True,
            HANDSHAKE_S_MAX,
            False,
            20,
            20,
            picows.WSAutoPingStrategy.PING_WHEN_IDLE,
            False,
            front.bytes_max,
            None,
            READ_BUFFER_BYTES,
        )

    # -- what the event loop tells

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.front.porch.enter(self, _source(transport))

    def buffer_updated(self, count: int) -> None:
        self.unread += count
        if self.unread > self._full:
            self._grow()
            if self._socket is not None:
                self._socket.take_turns()
                self.front.turns.wait(self)
        super().buffer_updated(count)

    def connection_lost(self, reason: Exception | None) -> None:
        self._leave()
        self.finished()
        self.front.unfinished.give(self)
        super().connection_lost(reason)
        self._socket = None

    # -- the handshake

    def welcome(
        self, request: picows.WSUpgradeRequest, heir: Any
    ) -> picows.WSUpgradeResponseWithListener:
        """The answer to a handshake, and the socket that it becomes."""
        self._leave()
        self.unread = 0
        if heir is not None:
            answer = picows.WSUpgradeResponseWithListener(
                picows.WSUpgradeResponse.create_101_response(), heir
            )
        else:
            answer = _answer(request, _source(self.transport.underlying_transport), self)
        self._socket = answer.listener
        return answer

    def let_go(self) -> None:
        """Others need the room that we take."""
        self.transport.disconnect(graceful=False)

    def go_on(self) -> None:
        """It is our turn to be read."""
        if self._socket is not None:
            self._socket.go_on()

    def _leave(self) -> None:
        self.front.porch.leave(self)
        self._threshold.line = None

    # -- the memory of a message that is not whole

    def hold(self, count: int) -> None:
        """So much more is held of a message that is not whole, and it has its time."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(
                self.front.bounds.message_s, self._too_slow
            )
        self.front.unfinished.take(self, count)

    def finished(self) -> None:
        """The message is whole; what the read buffer grew by is held until it is given back."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.front.unfinished.give(self)
        if self._size > SIZE_KEPT:
            self.front.unfinished.take(self, self._size - SIZE_KEPT)

    def _grow(self) -> None:
        """What picows did just now: its buffer doubles when nine tenths of it are full."""
        while self.unread > self._full:
            self._size *= 2
            self._full = _full(self._size)
            if self._size > SIZE_KEPT and self._socket is not None:
                self.hold(self._size // 2)

    def _too_slow(self) -> None:
        self._timer = None
        if self._socket is not None:
            self._socket.too_slow()

    @property
    def has_grown(self) -> bool:
        return self._size > SIZE_KEPT

    def renew(self) -> None:
        """Give back a read buffer that grew, which picows keeps as long as its protocol lives: a
        fresh one takes the connection over between two messages."""
        if self.unread or self._socket is None or self.transport.is_close_frame_sent:
            return
        transport = self.transport.underlying_transport
        line = Line(self.front)
        line._threshold.heir = self._socket
        hushed = Hushed(transport.beneath if isinstance(transport, Hushed) else transport)
        line.connection_made(hushed)
        line.get_buffer(-1)[: len(_AGAIN)] = _AGAIN
        line.buffer_updated(len(_AGAIN))
        hushed.is_hushed = False
        self._socket.line = line
        self._socket = None
        self._size = _SIZE
        self.finished()
        hushed.beneath.set_protocol(line)


class Threshold:
    """What picows calls with a handshake. It lets go of its line, or the two would keep each other
    alive until the collector comes."""

    __slots__ = ("heir", "line")

    def __init__(self, line: Line) -> None:
        self.line: Line | None = line
        #: The socket that a fresh line takes over.
        self.heir: Any = None

    def __call__(self, request: picows.WSUpgradeRequest) -> picows.WSUpgradeResponseWithListener:
        assert self.line is not None
        return self.line.welcome(request, self.heir)


class Hushed:
    """A transport that swallows the answer to a handshake which nobody made."""

    __slots__ = ("beneath", "is_hushed")

    def __init__(self, beneath: Any) -> None:
        self.beneath = beneath
        self.is_hushed = True

    def write(self, data: bytes) -> None:
        if not self.is_hushed:
            self.beneath.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.beneath, name)


def forget_handshake(transport: picows.WSTransport) -> None:
    """picows keeps the request and the answer as long as the line lives; nobody asks again."""
    transport.request.headers = _NO_HEADERS
    transport.response.headers = _NO_HEADERS


def _full(size: int) -> int:
    """picows doubles a buffer of which more than nine tenths, or all but the spare, are used."""
    return min(size * 91 // 100, size - _SPARE) - 1


def _source(transport: Any) -> str:
    name = transport.get_extra_info("peername")
    return str(name[0]) if name else ""


def _answer(
    request: picows.WSUpgradeRequest, source: str, line: Line
) -> picows.WSUpgradeResponseWithListener:
    headers = {name.lower(): value for name, value in request.headers.items()}
    decision = line.front.doorman(Handshake(request.path.decode("latin-1"), headers, source))
    if isinstance(decision, TurnedAway):
        return picows.WSUpgradeResponseWithListener(_refusal(decision), None)
    if "upgrade" in headers.get("connection", "").lower().replace(" ", "").split(","):
        # picows knows the word alone; proxies send "keep-alive, Upgrade" (RFC 9110 §7.6.1).
        request.headers["Connection"] = "upgrade"
    return _welcome(decision, headers, line)


def _refusal(decision: TurnedAway) -> Any:
    return picows.WSUpgradeResponse.create_error_response(
        decision.status, decision.words.encode(), dict(decision.headers)
    )


def _welcome(
    decision: Admitted, headers: dict[str, str], line: Line
) -> picows.WSUpgradeResponseWithListener:
    said = {}
    if decision.subprotocol is not None:
        said["Sec-WebSocket-Protocol"] = decision.subprotocol
    deflate = agree(headers.get("sec-websocket-extensions", ""))
    if deflate is not None:
        said["Sec-WebSocket-Extensions"] = deflate.answer
    return picows.WSUpgradeResponseWithListener(
        picows.WSUpgradeResponse.create_101_response(said),
        line.front.make_socket(decision.peer, deflate, line),
    )
