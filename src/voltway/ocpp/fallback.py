"""The WebSocket server on the library ``websockets``, to fall back on: the same interface at more
CPU and memory than ``sockets.py`` takes, and nothing there that we wrote.

Chosen by ``VOLTWAY_OCPP_TRANSPORT``. What one line holds is bounded as on picows; unfinished
handshakes and messages of all lines together are not.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import Event
from websockets.typing import Subprotocol

from voltway.ocpp.listening import bind
from voltway.ocpp.sockets import GOODBYE_S, UNSENT_BYTES, UNSENT_BYTES_MAX
from voltway.ocpp.sockets_line import HANDSHAKE_S_MAX, UNSENT_S_MAX
from voltway.ocpp.transport import (
    VIOLATIONS,
    Admitted,
    Close,
    Doorman,
    Handshake,
    Peer,
    TurnedAway,
)

#: Whole messages that the library reads ahead.
READ_AHEAD: Final = 2

_SIGNS_OF_LIFE: Final = (Opcode.PING, Opcode.PONG)


class Connection(ServerConnection):
    """A line, which tells of pings and pongs too."""

    admitted: Admitted | None = None

    def process_event(self, event: Event) -> None:
        is_sign = isinstance(event, Frame) and event.opcode in _SIGNS_OF_LIFE
        if self.admitted is not None and is_sign:
            self.admitted.peer.alive()
        super().process_event(event)


class WebsocketsSocket:
    """One line. What is sent waits in a bounded queue for the library's own writing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._unsent: asyncio.Queue[bytes] = asyncio.Queue()
        self._unsent_bytes = 0
        self._readable = asyncio.Event()
        self._readable.set()
        self._is_shut = False
        self._tasks: set[asyncio.Task[Any]] = set()

    async def read(self, peer: Peer) -> None:
        """Tell the peer of each message until the line ends."""
        peer.opened(self)
        writing = asyncio.create_task(self._write())
        try:
            while not self._is_shut:
                await self._readable.wait()
                peer.heard(await self._connection.recv(decode=False))
            await self._connection.wait_closed()
        except ConnectionClosed:
            pass
        finally:
            writing.cancel()
            said = self._connection.protocol.close_sent
            if said is not None and said.code in VIOLATIONS:
                peer.violated()
            peer.closed()

    async def _write(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                text = await self._unsent.get()
                try:
                    async with asyncio.timeout(UNSENT_S_MAX):
                        await self._connection.send(text, text=True)
                except TimeoutError:
                    self.drop()
                self._unsent_bytes -= len(text)
                self._unsent.task_done()

    def send(self, text: bytes) -> None:
        self._unsent_bytes += len(text)
        if self._unsent_bytes > UNSENT_BYTES_MAX:
            self.drop()
        else:
            self._unsent.put_nowait(text)

    def ping(self) -> None:
        self._soon(self._connection.ping())

    def close(self, code: Close, reason: str = "") -> None:
        self.resume()
        self._soon(self._say_goodbye(code, reason))

    def shut(self, code: Close, reason: str) -> None:
        self._is_shut = True
        self._soon(self._say_goodbye(code, reason))

    def drop(self) -> None:
        self._connection.transport.abort()

    def pause(self) -> None:
        self._readable.clear()

    def resume(self) -> None:
        self._readable.set()

    async def _say_goodbye(self, code: Close, reason: str) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await self._unsent.join()  # answers go before the goodbye
        await self._connection.close(int(code), reason.encode()[:120].decode(errors="ignore"))

    def _soon(self, doing: Any) -> None:
        async def done() -> None:
            with suppress(ConnectionClosed):
                await doing

        task = asyncio.create_task(done())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class WebsocketsListener:
    def __init__(self, server: Server) -> None:
        self._server = server
        host, port = next(iter(server.sockets)).getsockname()[:2]
        self._address = (str(host), int(port))

    @property
    def address(self) -> tuple[str, int]:
        return self._address

    def stop_accepting(self) -> None:
        self._server.close(close_connections=False)

    async def close(self) -> None:
        self._server.close()
        await self._server.wait_closed()


async def listen(
    host: str, port: int, doorman: Doorman, bytes_max: int, *, shares_port: bool = False
) -> WebsocketsListener:
    """Serve WebSockets there. Port 0 takes a free one. Raises ``OSError`` where it cannot."""

    def decide(connection: ServerConnection, request: Request) -> Response | None:
        assert isinstance(connection, Connection)
        decision = doorman(_handshake(connection, request))
        if isinstance(decision, TurnedAway):
            return _refusal(decision)
        connection.admitted = decision
        return None

    def choose(connection: ServerConnection, _: Sequence[Subprotocol]) -> Subprotocol | None:
        assert isinstance(connection, Connection)
        assert connection.admitted is not None
        spoken = connection.admitted.subprotocol
        return None if spoken is None else Subprotocol(spoken)

    async def receive(connection: ServerConnection) -> None:
        assert isinstance(connection, Connection)
        assert connection.admitted is not None
        await WebsocketsSocket(connection).read(connection.admitted.peer)

    server = await serve(
        receive,
        sock=bind(host, port, shares_port=shares_port),
        process_request=decide,
        select_subprotocol=choose,
        create_connection=Connection,
        compression=None,
        extensions=[
            ServerPerMessageDeflateFactory(
                server_no_context_takeover=True, client_no_context_takeover=True
            )
        ],
        max_size=bytes_max,
        max_queue=READ_AHEAD,
        write_limit=UNSENT_BYTES,
        open_timeout=HANDSHAKE_S_MAX,
        close_timeout=GOODBYE_S,
        ping_interval=None,
        server_header=None,
    )
    return WebsocketsListener(server)


def _handshake(connection: Connection, request: Request) -> Handshake:
    headers: dict[str, str] = {}
    for name, value in request.headers.raw_items():
        known = headers.get(name.lower())
        headers[name.lower()] = value if known is None else f"{known}, {value}"
    source = connection.remote_address
    return Handshake(request.path, headers, str(source[0]) if source else "")


def _refusal(decision: TurnedAway) -> Response:
    words = decision.words.encode()
    headers = Headers(
        [
            ("Connection", "close"),
            ("Content-Length", str(len(words))),
            ("Content-Type", "text/plain; charset=utf-8"),
            *decision.headers.items(),
        ]
    )
    return Response(decision.status, HTTPStatus(decision.status).phrase, headers, words)
