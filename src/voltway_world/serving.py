"""An HTTP server inside the running event loop, on a port of its own."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Iterator, MutableMapping
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

Peer: TypeAlias = tuple[str, int]

#: What is answered when a server ends has so long to be said.
ANSWERS_WITHIN_S: Final = 1.0

#: The open lines of all servers of this process, so that a fault can cut one of them.
_lines: MutableMapping[Peer, asyncio.BaseTransport] = {}


class _Line(H11Protocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.client is not None:
            _lines[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.client is not None:
            _lines.pop(self.client, None)
        super().connection_lost(exc)


def cut_line(peer: Peer) -> None:
    """Reset the TCP connection of a caller, as a crashed server does."""
    line = _lines.get(peer)
    if not isinstance(line, asyncio.Transport):
        return
    # Lingering for zero seconds turns the close into an RST instead of an orderly FIN.
    line.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    line.abort()


class _Server(uvicorn.Server):
    """Begins and ends at once, where uvicorn looks about ten times a second: a world is begun for
    thousands of tests."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_over = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # Signals belong to the program that runs us, for it may run more than one server.
        yield

    async def main_loop(self) -> None:
        await self.is_over.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for line in list(self.server_state.connections):
            line.shutdown()
        if self.server_state.tasks:
            _, late = await asyncio.wait(self.server_state.tasks, timeout=ANSWERS_WITHIN_S)
            for task in late:
                task.cancel()


class Serving:
    """Serves one ASGI application from ``start`` to ``stop``."""

    def __init__(self, app: Any, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._app = app
        self._address = (host, port)
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None
        self.url = ""

    async def start(self) -> str:
        """Listen, and say at which URL. Raises ``OSError`` when the port is taken."""
        listening = socket.create_server(self._address, reuse_port=False)
        host, port = listening.getsockname()[:2]
        config = uvicorn.Config(
            self._app,
            http=_Line,
            ws="none",
            interface="asgi3",
            proxy_headers=False,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
        )
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[listening]))
        self.url = f"http://{host}:{port}"
        return self.url

    async def stop(self) -> None:
        if self._server is None or self._task is None:
            return
        self._server.is_over.set()
        await self._task


class Served:
    """Something outside that speaks HTTP in this event loop: ``async with It() as it: it.url``.

    Who is one sets ``_serving``.
    """

    _serving: Serving

    @property
    def url(self) -> str:
        return self._serving.url

    async def start(self) -> str:
        return await self._serving.start()

    async def stop(self) -> None:
        await self._serving.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()
