"""The wire through the database: LISTEN/NOTIFY, with one channel for each process.

Words are sent by a connection of their own, never in the transaction that they tell of: a NOTIFY
makes commits wait for each other, and its own commit need not wait for the disk.
"""

import asyncio
from contextlib import suppress
from typing import Any, Final
from uuid import uuid4

import asyncpg
import structlog

from voltway.kernel.errors import Trouble
from voltway.runtime.database import Database
from voltway.runtime.database_trouble import BROKEN
from voltway.runtime.ending import end
from voltway.runtime.lasting import lasting
from voltway.runtime.wire import Brought, Ear

EVERYBODY: Final = "voltway_all"
RECONNECT_S: Final = 1.0
#: Words that wait to be sent; more are lost, and those who look at pages look again.
WAITING_MAX: Final = 1_000
SEND_S_MAX: Final = 5.0

log = structlog.get_logger("voltway.wire")

_BROKEN: Final = (*BROKEN, Trouble)


class NotifyWire:
    """A ``Wire`` between processes on one database."""

    bytes_max = 7_000  # PostgreSQL, NOTIFY: less than 8000 bytes
    brings_orders = False

    def __init__(self, database: Database) -> None:
        self.name = f"voltway_{uuid4().hex}"
        self.trouble = "The database was not reached yet."
        self._database = database
        self._ear: Ear
        self._words: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(WAITING_MAX)
        self._task: asyncio.Task[None] | None = None

    async def start(self, ear: Ear) -> None:
        self._ear = ear
        self._task = asyncio.create_task(lasting("wire", self._keep))

    async def stop(self) -> None:
        if self._task is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(RECONNECT_S):
                    await self._words.join()
            await end({self._task})

    def tell(self, to: str, word: bytes) -> None:
        if not self.trouble:
            with suppress(asyncio.QueueFull):
                self._words.put_nowait((to, word))

    def tell_all(self, word: bytes) -> None:
        self.tell(EVERYBODY, word)

    def hold(self, station: str) -> None: ...

    def let_go(self, station: str) -> None: ...

    async def bring(self, station: str) -> Brought:
        return Brought.NOBODY

    async def _keep(self) -> None:
        """Listen and send, through losses of the database, until cancelled."""
        while True:
            try:
                connection = await self._database.connect()
                try:
                    await self._serve(connection)
                finally:
                    self._lost()
                    with suppress(*_BROKEN):
                        await connection.close(timeout=1)
            except _BROKEN as trouble:
                log.debug("wire_broken", why=str(trouble) or type(trouble).__name__)
            await asyncio.sleep(RECONNECT_S)

    async def _serve(self, connection: "asyncpg.Connection[Any]") -> None:
        await connection.execute("SET synchronous_commit = off")
        for channel in (self.name, EVERYBODY):
            await connection.add_listener(channel, self._hear)
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        self.trouble = ""
        self._ear.came_up()
        ending = asyncio.ensure_future(ended.wait())
        try:
            while not ended.is_set():
                taking = asyncio.ensure_future(self._words.get())
                await asyncio.wait({taking, ending}, return_when=asyncio.FIRST_COMPLETED)
                if not taking.done():
                    taking.cancel()
                    return
                to, word = taking.result()
                try:
                    await connection.execute(
                        "SELECT pg_notify($1, $2)", to, word.decode(), timeout=SEND_S_MAX
                    )
                finally:
                    self._words.task_done()
        finally:
            ending.cancel()

    def _lost(self) -> None:
        self.trouble = "The database does not answer."
        while not self._words.empty():
            self._words.get_nowait()
            self._words.task_done()
        self._ear.went_down()

    def _hear(self, connection: object, process: int, channel: str, word: object) -> None:
        self._ear.heard(str(word).encode())
