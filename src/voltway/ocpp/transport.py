"""WebSockets under a thin interface of our own: what the gateway needs of a line to a station.

A server turns handshakes and frames into the three calls of a ``Peer``; a ``Socket`` is the way
back. Nothing here knows OCPP. The server is ``sockets.py``; another can take its place.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from http import HTTPStatus
from typing import Protocol, TypeAlias


class Close(IntEnum):
    """Why a socket is closed (RFC 6455 §7.4.1)."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    INVALID_DATA = 1007
    POLICY = 1008
    TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013


#: With these a line is closed that broke RFC 6455 itself.
VIOLATIONS = frozenset({Close.PROTOCOL_ERROR, Close.INVALID_DATA, Close.TOO_BIG})


@dataclass(frozen=True, slots=True)
class Handshake:
    """A request to open a WebSocket, as far as it matters. Header names are in lower case."""

    target: str
    headers: Mapping[str, str]
    source: str

    @property
    def subprotocols(self) -> Sequence[str]:
        offered = self.headers.get("sec-websocket-protocol", "").split(",")
        return [each.strip() for each in offered if each.strip()]

    @property
    def wants_upgrade(self) -> bool:
        return self.headers.get("upgrade", "").strip().lower() == "websocket"


class Socket(Protocol):
    """An open line. Everything sent after its end is dropped."""

    def send(self, text: bytes) -> None: ...

    def ping(self) -> None: ...

    def close(self, code: Close, reason: str = "") -> None:
        """Say goodbye and hang up."""
        ...

    def shut(self, code: Close, reason: str) -> None:
        """Say goodbye to whoever abuses the line, and read nothing more of it."""
        ...

    def drop(self) -> None:
        """Hang up without a word: nobody is there."""
        ...

    def pause(self) -> None:
        """Read no more for now; what was read already is still told."""
        ...

    def resume(self) -> None: ...


class Peer(Protocol):
    """Who is told what a line does. None of these may raise or wait."""

    def opened(self, socket: Socket) -> None: ...

    def heard(self, text: bytes) -> None:
        """A whole message."""
        ...

    def alive(self) -> None:
        """A ping or a pong."""
        ...

    def in_pieces(self, count: int) -> None:
        """The message that was just heard came in so many fragments."""
        ...

    def violated(self) -> None:
        """The line was closed for what is no WebSocket."""
        ...

    def closed(self) -> None:
        """The line is gone. Told once, and only after ``opened``."""
        ...


@dataclass(frozen=True, slots=True)
class Admitted:
    """``subprotocol`` is ``None`` for a station that named none and is known for it."""

    peer: Peer
    subprotocol: str | None


@dataclass(frozen=True, slots=True)
class TurnedAway:
    status: HTTPStatus
    words: str
    headers: Mapping[str, str] = field(default_factory=dict)


#: Decides a handshake at once: there is no waiting before the upgrade.
Doorman: TypeAlias = Callable[[Handshake], Admitted | TurnedAway]


class Listener(Protocol):
    """A server that listens."""

    @property
    def address(self) -> tuple[str, int]: ...

    def stop_accepting(self) -> None: ...

    async def close(self) -> None: ...
