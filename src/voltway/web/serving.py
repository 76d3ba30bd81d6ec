"""Uvicorn around the site: listens before it says so, and finishes what is under way."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from errno import EADDRINUSE
from typing import Final

import uvicorn
from litestar import Litestar

from voltway.kernel.errors import Misconfigured

BACKLOG: Final = 1024
DRAIN_S: Final = 4


@dataclass(eq=False)
class AddressUnusable(Misconfigured):
    """{name} cannot listen on {address}: {reason}."""

    name: str
    address: str
    reason: str


class _Server(uvicorn.Server):
    """Uvicorn leaves the signals to us: the whole house drains, not the pages alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.serving = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.serving.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """Serves a site on a listening socket until it is stopped."""

    def __init__(self, site: Litestar, listener: socket.socket) -> None:
        self._listener = listener
        self._server = _Server(
            uvicorn.Config(
                site,
                loop="none",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=DRAIN_S,
                timeout_keep_alive=30,
            )
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serve; returns when the first request would be answered."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._listener]))
        serving = asyncio.create_task(self._server.serving.wait())
        await asyncio.wait({self._task, serving}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            serving.cancel()
            await self._task

    async def stop(self) -> None:
        """Answer what is under way, then close."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task


def address_of(listener: socket.socket) -> str:
    """Where it listens, as ``http://HOST:PORT``."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def listen(name: str, address: str, *, shares_port: bool = False) -> socket.socket:
    """A listening socket for ``HOST:PORT``, or a sentence that says why not. With ``shares_port``
    other processes may listen there too, and the kernel deals out."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shares_port:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host, int(port)))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as reason:
        listener.close()
        raise AddressUnusable(name, address, _said(reason)) from None
    listener.setblocking(False)
    return listener


def _said(reason: OSError | OverflowError) -> str:
    if isinstance(reason, OverflowError):
        return "ports end at 65535"
    if reason.errno == EADDRINUSE:
        return "another program uses this port"
    return (reason.strerror or str(reason)).lower()
