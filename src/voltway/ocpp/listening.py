"""The listening server: who is accepted, how many at once, and what the kernel holds of a line."""

import asyncio
import resource
import socket
from contextlib import suppress
from functools import partial
from typing import Final

import structlog

from voltway.ocpp.porch import Holdings, Porch, Turns
from voltway.ocpp.sockets import PicowsSocket
from voltway.ocpp.sockets_line import Bounds, Frontage, Line
from voltway.ocpp.transport import Doorman

log = structlog.get_logger("voltway.ocpp")

#: What one line can make the kernel hold for us, each way.
RECEIVE_BUFFER_BYTES: Final = 32_768
SEND_BUFFER_BYTES: Final = 65_536

#: What was sent is acknowledged by the other machine within this time, or the line is dead.
ACKNOWLEDGED_S_MAX: Final = 60

BACKLOG: Final = 4096

#: New lines that are taken between two looks at the others.
ACCEPTED_AT_ONCE: Final = 32
CROWDED_S: Final = 0.02
NO_FILES_S: Final = 0.5

_BOUNDS: Final = Bounds()


class PicowsListener:
    """A listening server. It accepts a few at a time, so that a rush of new lines is served between
    the words of the lines that are there, and none at all while too many are on the porch."""

    def __init__(self, listener: socket.socket, front: Frontage) -> None:
        self._listener = listener
        self.front = front
        self._loop = asyncio.get_running_loop()
        self._coming: set[asyncio.Task[None]] = set()
        self._later: asyncio.TimerHandle | None = None
        host, port = listener.getsockname()[:2]
        self._address = (str(host), int(port))
        self._begin_accepting()

    @property
    def address(self) -> tuple[str, int]:
        return self._address

    def stop_accepting(self) -> None:
        if self._listener.fileno() < 0:
            return
        if self._later is not None:
            self._later.cancel()
        self._loop.remove_reader(self._listener)
        self._listener.close()

    async def close(self) -> None:
        self.stop_accepting()
        if self._coming:
            await asyncio.wait(self._coming)
        self.front.porch.clear()

    def _begin_accepting(self) -> None:
        self._later = None
        self._loop.add_reader(self._listener, self._accept)

    def _rest(self, seconds: float) -> None:
        self._loop.remove_reader(self._listener)
        self._later = self._loop.call_later(seconds, self._begin_accepting)

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            if self.front.porch.is_crowded:
                self._rest(CROWDED_S)
                return
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as trouble:  # no file is left: those who are here go on
                log.warning("cannot_accept", why=str(trouble))
                self._rest(NO_FILES_S)
                return
            connection.setblocking(False)  # the word of the standard library
            task = self._loop.create_task(self._welcome(connection))
            self._coming.add(task)
            task.add_done_callback(self._coming.discard)

    async def _welcome(self, connection: socket.socket) -> None:
        with suppress(OSError):  # it is gone already
            await self._loop.connect_accepted_socket(partial(Line, self.front), connection)


async def listen(
    host: str,
    port: int,
    doorman: Doorman,
    bytes_max: int,
    *,
    shares_port: bool = False,
    bounds: Bounds = _BOUNDS,
) -> PicowsListener:
    """Serve WebSockets there. Port 0 takes a free one. Raises ``OSError`` where it cannot.

    With ``shares_port`` other processes may accept at the same address; the kernel deals out.
    """
    loop, files = asyncio.get_running_loop(), open_all_files()
    front = Frontage(
        doorman,
        bytes_max,
        PicowsSocket,
        bounds,
        Porch(loop.time, min(bounds.handshakes, files // 2), young_s=bounds.young_s),
        Turns(loop),
        Holdings(loop.time, bounds.unfinished_bytes),
    )
    listener = bind(host, port, shares_port=shares_port)
    try:
        listener.listen(BACKLOG)
        listener.setblocking(False)
        return PicowsListener(listener, front)
    except BaseException:
        listener.close()
        raise


def open_all_files() -> int:
    """Each station is an open file: take as many as the machine allows us; how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def bind(host: str, port: int, *, shares_port: bool) -> socket.socket:
    """A socket at this address, which bounds what the kernel holds of each line."""
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
        # What is accepted inherits these.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, ACKNOWLEDGED_S_MAX * 1000)
        bound.bind(address)
    except BaseException:
        bound.close()
        raise
    return bound
