"""A line that falls silent: it stays open, takes what is sent, and nothing comes of it."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

_CHUNK: Final = 65_536


class SilentLine:
    """A way to a server that can fall silent, as a phone's does in a tunnel."""

    def __init__(self, http: str) -> None:
        self._to = urlsplit(http)
        self._is_silent = False
        self._open: set[asyncio.StreamWriter] = set()
        self._dead: set[asyncio.StreamWriter] = set()
        self._ways: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def http(self) -> str:
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    def falls_silent(self) -> None:
        self._is_silent = True

    def is_back(self) -> None:
        """New lines get through again; those that were silent are gone."""
        self._is_silent = False
        for each in self._dead:
            each.close()
        self._dead.clear()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._joins, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for end in self._open:
            end.close()
        for way in self._ways:
            way.cancel()
        await asyncio.gather(*self._ways, return_exceptions=True)

    async def _joins(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        there, to = await asyncio.open_connection(self._to.hostname, self._to.port)
        self._open |= {back, to}
        for source, target, end in ((near, to, back), (there, back, back)):
            way = asyncio.create_task(self._carries(source, target, end))
            self._ways.add(way)
            way.add_done_callback(self._ways.discard)

    async def _carries(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        end: asyncio.StreamWriter,
    ) -> None:
        with suppress(ConnectionError):
            while said := await source.read(_CHUNK):
                if self._is_silent:
                    self._dead.add(end)
                if end in self._dead:
                    continue
                target.write(said)
                await target.drain()
        target.close()
