"""The wire between machines: NATS core, which keeps nothing.

``<prefix>.all`` is heard by every process, ``<prefix>.to.<process>`` by one, and
``<prefix>.order.<station>`` by the gateway that holds the station's socket: a request there says
that an order waits in its table, and is answered by who holds the station. If nobody does, NATS
says so at once.

A lost connection is given up and made anew by us, rather than by the client library: it would keep
what was said meanwhile, and say it long after.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, cast
from uuid import uuid4

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error, NoRespondersError
from nats.errors import TimeoutError as NobodyAnswered

from voltway.runtime.ending import end
from voltway.runtime.lasting import lasting
from voltway.runtime.wire import Brought, Ear

RECONNECT_S: Final = 0.5
CONNECT_S_MAX: Final = 5
#: A server that is cut off rather than stopped is noticed within three of these.
PING_S: Final = 2
#: How long the gateway that holds a station has to say so.
BRING_S_MAX: Final = 1.0
WAITING_MAX: Final = 1_000

log = structlog.get_logger("voltway.wire")

_BROKEN: Final = (OSError, TimeoutError, Error)


class _Heard:
    """Stands where the client expects a future, and is told each message as it comes. A callback
    would cost a task for each subscription, and there is one for each station."""

    def __init__(self, hear: Callable[[Msg], None]) -> None:
        self._hear = hear

    def cancelled(self) -> bool:
        return False

    def set_result(self, message: Msg) -> None:
        try:
            self._hear(message)
        except Exception:  # the client's reader must go on
            log.exception("word_not_understood")


class NatsWire:
    """A ``Wire`` between all processes that reach the same NATS."""

    bytes_max = 256 * 1024
    brings_orders = True

    def __init__(self, url: str, prefix: str = "voltway") -> None:
        self.name = uuid4().hex
        self.trouble = "NATS was not reached yet."
        self._servers = url.split(",")
        self._prefix = prefix
        self._ear: Ear
        self._client: Client | None = None
        self._words: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(WAITING_MAX)
        self._held: set[str] = set()
        self._subscribed: dict[str, Subscription] = {}
        self._changed: set[str] = set()
        self._has_changed = asyncio.Event()
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

    # -- what is said

    def tell(self, to: str, word: bytes) -> None:
        self._say(f"{self._prefix}.to.{to}", word)

    def tell_all(self, word: bytes) -> None:
        self._say(f"{self._prefix}.all", word)

    def _say(self, subject: str, word: bytes) -> None:
        if not self.trouble:
            with suppress(asyncio.QueueFull):
                self._words.put_nowait((subject, word))

    async def bring(self, station: str) -> Brought:
        client = self._client
        if client is None or self.trouble:
            return Brought.SILENT
        try:
            await client.request(f"{self._prefix}.order.{station}", timeout=BRING_S_MAX)
        except NoRespondersError:
            return Brought.NOBODY
        except (NobodyAnswered, *_BROKEN):
            return Brought.SILENT
        return Brought.HERE

    # -- whom we hold

    def hold(self, station: str) -> None:
        self._held.add(station)
        self._change(station)

    def let_go(self, station: str) -> None:
        self._held.discard(station)
        self._change(station)

    def _change(self, station: str) -> None:
        self._changed.add(station)
        self._has_changed.set()

    async def _keep_held(self, client: Client) -> None:
        """Be asked for the stations that we hold, and for no others."""
        self._subscribed.clear()
        self._changed = set(self._held)
        heard = cast("asyncio.Future[Msg]", _Heard(self._asked))
        while True:
            while self._changed:
                station = self._changed.pop()
                if station not in self._held:
                    if (old := self._subscribed.pop(station, None)) is not None:
                        await old.unsubscribe()
                elif station not in self._subscribed:
                    subject = f"{self._prefix}.order.{station}"
                    self._subscribed[station] = await client.subscribe(subject, future=heard)
            self._has_changed.clear()
            await self._has_changed.wait()

    def _asked(self, message: Msg) -> None:
        if self._ear.asked(message.subject.rpartition(".")[2]) and self._client is not None:
            self._answer(message.reply)

    def _answer(self, subject: str) -> None:
        with suppress(asyncio.QueueFull):
            self._words.put_nowait((subject, b""))

    # -- the connection

    async def _keep(self) -> None:
        """Be connected, through losses of the server, until cancelled."""
        while True:
            ended = asyncio.Event()
            client = Client()
            try:
                await self._connect(client, ended)
                await self._serve(client, ended)
            except _BROKEN as trouble:
                log.debug("wire_broken", why=str(trouble) or type(trouble).__name__)
            finally:
                self._lost()
                with suppress(*_BROKEN):
                    async with asyncio.timeout(1):
                        await client.close()
            await asyncio.sleep(RECONNECT_S)

    async def _connect(self, client: Client, ended: asyncio.Event) -> None:
        async def is_over() -> None:
            ended.set()

        async with asyncio.timeout(CONNECT_S_MAX):
            await client.connect(
                servers=self._servers,
                name=f"voltway {self.name}",
                allow_reconnect=False,
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                connect_timeout=CONNECT_S_MAX - 1,
                ping_interval=PING_S,
                max_outstanding_pings=2,
                error_cb=_ignore,
                closed_cb=is_over,
                disconnected_cb=is_over,
                no_echo=True,
            )
        for subject in (f"{self._prefix}.all", f"{self._prefix}.to.{self.name}"):
            heard = cast("asyncio.Future[Msg]", _Heard(lambda message: self._hear(message)))
            await client.subscribe(subject, future=heard)
        await client.flush()

    async def _serve(self, client: Client, ended: asyncio.Event) -> None:
        self._client, self.trouble = client, ""
        self._ear.came_up()
        parts: set[asyncio.Task[Any]] = {
            asyncio.create_task(ended.wait()),
            asyncio.create_task(self._keep_held(client)),
            asyncio.create_task(self._send(client)),
        }
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for part in done:
                part.result()
        finally:
            await end(parts)

    async def _send(self, client: Client) -> None:
        while True:
            subject, word = await self._words.get()
            try:
                await client.publish(subject, word)
            finally:
                self._words.task_done()

    def _lost(self) -> None:
        was_up = self._client is not None
        self._client, self.trouble = None, "NATS does not answer."
        while not self._words.empty():
            self._words.get_nowait()
            self._words.task_done()
        if was_up:
            log.warning("nats_lost")
            self._ear.went_down()

    def _hear(self, message: Msg) -> None:
        self._ear.heard(message.data)


async def _ignore(trouble: Exception) -> None:
    """What goes wrong ends the connection, and is seen there."""
