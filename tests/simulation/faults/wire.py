"""The network between two parts of the house, as a proxy of ours: it can be cut and slowed."""

import asyncio
import re
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

HOST: Final = "127.0.0.1"
CHUNK: Final = 65_536
COMMIT: Final = b"COMMIT\x00"

#: The name under which asyncpg prepares the one statement by which the ingest keeps a batch, and
#: which is its own transaction (decision 22). Where it is run, its name stands between two zeros.
KEEPS: Final = re.compile(rb"(__asyncpg_stmt_\w+__)\x00(?:WITH part0 AS|INSERT INTO frame_batch)")

#: SO_LINGER with no time to linger: closing sends a reset.
RESET: Final = struct.pack("ii", 1, 0)

Dial: TypeAlias = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class AtCommit(StrEnum):
    """When the line breaks around what keeps: nobody can tell the two apart from our side."""

    BEFORE = "before"  # the server never hears it
    AFTER = "after"  # the server does it, and its answer is lost


@dataclass(eq=False)
class _Line:
    """One connection through the wire."""

    near: asyncio.StreamWriter  # to who dialled us
    far: asyncio.StreamWriter  # to who was dialled
    is_dark: bool = False  # nothing passes any more, and the near side is not told
    answer_is_lost: bool = False
    keeps: set[bytes] = field(default_factory=set)  # names of statements that keep a batch


@dataclass(eq=False)
class Wire:
    """Open until it is told otherwise. ``broken`` counts the lines that it broke."""

    dial: Dial
    port: int = 0
    broken: int = 0
    at_commit: AtCommit | None = None  # break a line at the next COMMIT
    at_keeping: AtCommit | None = None  # or at the next statement that keeps a batch
    _lines: set[_Line] = field(default_factory=set)
    _flows: asyncio.Event = field(default_factory=asyncio.Event)
    _is_cut: bool = False

    def cut(self) -> None:
        """Reset all lines, and every new one at once, until ``mend``."""
        self._is_cut = True
        self.reset()

    def reset(self) -> None:
        """Reset all lines; new ones pass."""
        for line in list(self._lines):
            self._break(line)

    def stall(self) -> None:
        """Nothing passes, and nobody is told, until ``mend``."""
        self._flows.clear()

    def darken(self) -> None:
        """Half-open lines: the far side sees them closed, the near side hears nothing any more."""
        for line in list(self._lines):
            line.is_dark = True
            line.far.close()

    def mend(self) -> None:
        """Let everything pass; half-open lines are found out now."""
        self._is_cut, self.at_commit, self.at_keeping = False, None, None
        self._flows.set()
        for line in [line for line in self._lines if line.is_dark]:
            self._break(line)

    def say(self, words: bytes) -> None:
        """Tell the near side of all lines what the far side never said."""
        for line in self._lines:
            line.near.write(words)

    async def carry(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        """One connection, until one side closes it or we do."""
        if self._is_cut:
            _reset(near_out)
            return
        try:
            far_in, far_out = await self.dial()
        except OSError:
            _reset(near_out)
            return
        line = _Line(near_out, far_out)
        self._lines.add(line)
        pumps = [
            asyncio.create_task(self._send(near_in, line)),
            asyncio.create_task(self._give(far_in, line)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            if line.is_dark:
                await asyncio.wait(pumps)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.wait(pumps)
            self._lines.discard(line)
            near_out.close()
            far_out.close()

    async def _send(self, near_in: asyncio.StreamReader, line: _Line) -> None:
        """From who dialled to who was dialled."""
        with suppress(OSError):
            while chunk := await near_in.read(CHUNK):
                await self._flows.wait()
                if line.is_dark:
                    continue
                moment = self._moment_of(chunk, line)
                if moment is AtCommit.BEFORE:
                    self._break(line)
                    return
                if moment is AtCommit.AFTER:
                    line.answer_is_lost = True
                line.far.write(chunk)
                await line.far.drain()

    def _moment_of(self, chunk: bytes, line: _Line) -> AtCommit | None:
        """When this line breaks, if these words are those that a break was asked for at."""
        line.keeps.update(KEEPS.findall(chunk))
        moment = None
        if self.at_commit is not None and COMMIT in chunk:
            moment, self.at_commit = self.at_commit, None
        elif self.at_keeping is not None and any(
            b"\x00%b\x00" % name in chunk for name in line.keeps
        ):
            moment, self.at_keeping = self.at_keeping, None
        return moment

    async def _give(self, far_in: asyncio.StreamReader, line: _Line) -> None:
        """The way back."""
        with suppress(OSError):
            while chunk := await far_in.read(CHUNK):
                await self._flows.wait()
                if line.answer_is_lost:
                    self._break(line)
                    return
                line.near.write(chunk)
                await line.near.drain()

    def _break(self, line: _Line) -> None:
        self.broken += 1
        line.is_dark = False
        _reset(line.near)
        line.far.transport.abort()


def _reset(writer: asyncio.StreamWriter) -> None:
    opened = writer.get_extra_info("socket")
    if opened is not None:
        with suppress(OSError):
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


@asynccontextmanager
async def open_wire(dial: Dial) -> AsyncIterator[Wire]:
    """A wire that listens on a port of its own."""
    wire = Wire(dial)
    wire.mend()
    carried: set[asyncio.Task[None]] = set()

    def take(near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(wire.carry(near_in, near_out))
        carried.add(task)
        task.add_done_callback(carried.discard)

    server = await asyncio.start_server(take, HOST, 0)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        server.close()
        wire.mend()
        wire.cut()
        if carried:
            await asyncio.wait(list(carried))
