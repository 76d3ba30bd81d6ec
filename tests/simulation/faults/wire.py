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

from voltway.runtime.postgres import SOCKET_NAME

HOST: Final = "127.0.0.1"
CHUNK: Final = 65_536

#: Messages of PostgreSQL's protocol: a letter, four bytes of length, what they say. asyncpg waits
#: for each answer before it asks on, so what it asks begins what arrives, and the answer ends with
#: how the connection stands: "I" where no transaction is open.
COMMITS: Final = re.compile(rb"Q.{4}COMMIT\x00", re.DOTALL)
READY: Final = re.compile(rb"Z\x00\x00\x00\x05([ITE])\Z")
DONE: Final = re.compile(rb"C.{4}[A-Z]+[ \d]*\x00Z\x00\x00\x00\x05I\Z", re.DOTALL)

#: A statement gets a name (Parse) and is run by it (Bind). Of these it is the one by which the
#: ingest keeps a batch, and which is its own transaction where none is open (decision 22).
NAMES: Final = re.compile(rb"P.{4}(\w*)\x00(WITH part0 AS|INSERT INTO frame_batch)?", re.DOTALL)
RUNS: Final = re.compile(rb"B.{4}\x00(\w*)\x00", re.DOTALL)

#: SO_LINGER with no time to linger: closing sends a reset.
RESET: Final = struct.pack("ii", 1, 0)

#: A database lets go of a client that it does not reach any more, in whatever direction: by
#: ``tcp_keepalives_*`` of ``runtime.database``. Between us and it there is no network, so we do.
LET_GO_S: Final = 11.0

Dial: TypeAlias = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class Deed(StrEnum):
    """What keeps something for good."""

    COMMIT = "commit"
    STATEMENT = "statement"  # a batch's own, outside of a transaction


class Moment(StrEnum):
    """When the line breaks around a deed: nobody can tell the two apart from our side."""

    BEFORE = "before"  # the server never hears it
    AFTER = "after"  # the server does it, and its answer is lost


class Harm(StrEnum):
    """What befalls a wire until it is mended."""

    CUT = "cut"  # lines are reset, and so is every new one
    STALLED = "stalled"  # nothing passes, and nobody is told
    MUTE = "unheard"  # what the near side says does not arrive
    DEAF = "deaf"  # what is said to the near side does not arrive
    HALF_OPEN = "half open"  # the far side sees the lines closed, the near side hears nothing


@dataclass(eq=False)
class _Line:
    """One connection through the wire."""

    near: asyncio.StreamWriter  # to who dialled us
    far: asyncio.StreamWriter  # to who was dialled
    is_dark: bool = False  # nothing passes any more, and the near side is not told
    is_in_transaction: bool = False
    keeps: set[bytes] = field(default_factory=set)  # names of statements that keep a batch
    awaited: Deed | None = None  # asked for, and its answer will be lost
    answer: bytes = b""  # what came of that answer

    def hears(self, chunk: bytes) -> Deed | None:
        """What is asked for by these words, if it keeps something for good."""
        if named := NAMES.match(chunk):
            (self.keeps.add if named[2] else self.keeps.discard)(named[1])
        if COMMITS.match(chunk):
            return Deed.COMMIT
        run = RUNS.match(chunk)
        if run and run[1] in self.keeps and not self.is_in_transaction:
            return Deed.STATEMENT
        return None

    def told(self, chunk: bytes) -> None:
        """Note how the connection stands."""
        if ready := READY.search(chunk[-6:]):
            self.is_in_transaction = ready[1] != b"I"


@dataclass(eq=False)
class Wire:
    """Open until it is told otherwise. ``broken`` counts the lines that it broke."""

    dial: Dial
    port: int = 0
    broken: int = 0
    breaks_at: tuple[Deed, Moment] | None = None  # break a line there once; nothing when it did
    harm: Harm | None = None
    let_go_s: float = LET_GO_S
    _lines: set[_Line] = field(default_factory=set)
    _asks: asyncio.Event = field(default_factory=asyncio.Event)  # set while what is said passes
    _tells: asyncio.Event = field(default_factory=asyncio.Event)  # and while what is answered does
    _letting_go: asyncio.TimerHandle | None = None

    def suffer(self, harm: Harm) -> None:
        """Until ``mend``. Half-open lines are those of now: new ones pass."""
        self.harm = harm
        match harm:
            case Harm.CUT:
                self.reset()
            case Harm.HALF_OPEN:
                self._darken()
            case Harm.STALLED | Harm.MUTE | Harm.DEAF:
                if harm is not Harm.DEAF:
                    self._asks.clear()
                if harm is not Harm.MUTE:
                    self._tells.clear()
                self._let_go_later()

    def reset(self) -> None:
        """Reset all lines; new ones pass."""
        for line in list(self._lines):
            self._break(line)

    def mend(self) -> None:
        """Let everything pass; half-open lines are found out now."""
        self.harm = self.breaks_at = None
        if self._letting_go is not None:
            self._letting_go.cancel()
        self._asks.set()
        self._tells.set()
        for line in [line for line in self._lines if line.is_dark]:
            self._break(line)

    def _darken(self) -> None:
        for line in list(self._lines):
            line.is_dark = True
            line.far.close()

    def _let_go_later(self) -> None:
        """What was on its way still arrives if the wire is mended before."""
        self._letting_go = asyncio.get_running_loop().call_later(self.let_go_s, self._let_go)

    def _let_go(self) -> None:
        self._darken()
        self._let_go_later()

    def say(self, words: bytes) -> None:
        """Tell the near side of all lines what the far side never said."""
        for line in self._lines:
            line.near.write(words)

    async def carry(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        """One connection, until one side closes it or we do."""
        if self.harm is Harm.CUT:
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
                await self._asks.wait()
                if line.is_dark:
                    continue
                deed = line.hears(chunk)
                if deed and self.breaks_at == (deed, Moment.BEFORE):
                    self._break_once(line)
                    return
                if deed and self.breaks_at == (deed, Moment.AFTER):
                    line.awaited = deed
                line.far.write(chunk)
                await line.far.drain()

    async def _give(self, far_in: asyncio.StreamReader, line: _Line) -> None:
        """The way back."""
        with suppress(OSError):
            while chunk := await far_in.read(CHUNK):
                await self._tells.wait()
                if line.awaited:
                    line.answer += chunk
                    if not READY.search(line.answer[-6:]):
                        continue
                    deed, line.awaited = line.awaited, None
                    chunk, line.answer = line.answer, b""
                    if DONE.search(chunk) and self.breaks_at == (deed, Moment.AFTER):
                        self._break_once(line)
                        return
                line.told(chunk)
                line.near.write(chunk)
                await line.near.drain()

    def _break_once(self, line: _Line) -> None:
        self.breaks_at = None
        self._break(line)

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
        wire.suffer(Harm.CUT)
        if carried:
            await asyncio.wait(list(carried))


@asynccontextmanager
async def open_wire_to(url: str) -> AsyncIterator[tuple[Wire, str]]:
    """A wire to a database that is found by its socket, and the database's address over it."""
    database, _, folder = url.partition("?host=")

    async def dial() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_unix_connection(f"{folder}{SOCKET_NAME}")

    async with open_wire(dial) as wire:
        name = database.rsplit("/", 1)[1]
        yield wire, f"postgresql://voltway@{HOST}:{wire.port}/{name}"
