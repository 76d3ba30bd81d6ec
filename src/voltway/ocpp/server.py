"""The door for stations: a listening server, the gateway behind it, and what keeps both up."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from errno import EADDRINUSE
from typing import Final

import structlog

from voltway.kernel.errors import Misconfigured, Outage
from voltway.ocpp import fallback
from voltway.ocpp.afterwards import Afterwards
from voltway.ocpp.dialects import DIALECTS
from voltway.ocpp.farewell import send_away
from voltway.ocpp.gateway import Gateway
from voltway.ocpp.gateways import Membership
from voltway.ocpp.link import Link
from voltway.ocpp.listening import listen
from voltway.ocpp.lobby import Guest, Lobby
from voltway.ocpp.sending import SETTLE_S, Sender
from voltway.ocpp.transport import Close, Listener, Peer
from voltway.runtime.ending import end
from voltway.runtime.lasting import BEGIN_AGAIN_S, lasting
from voltway.runtime.relay import Alone, Reach
from voltway.runtime.settings import Settings
from voltway.runtime.work import BeginWork, Clock, Touches
from voltway.stations import actions as stations

log = structlog.get_logger("voltway.ocpp")

CREDENTIALS_POLL_S: Final = 2.0

KNOCKS_S: Final = 0.5
LIVENESS_S: Final = 5.0
PING_AFTER_S: Final = 50.0  # NAT boxes forget a silent line after a minute

#: A station that was not heard for so many heartbeats is gone.
HEARTBEATS_MAX: Final = 3

GOODBYES_S: Final = 1.0

#: Of the time to drain, what is kept for all that comes after the stations.
AFTERWARDS_S: Final = 3.5

#: A part that failed begins again after this long.


@dataclass(eq=False)
class CannotListen(Misconfigured):
    """Stations cannot be served at {address}: {reason}. Check VOLTWAY_OCPP."""

    address: str
    reason: str


class OcppServer:
    """Serves stations from ``start`` to ``drain``.

    ``is_sole`` says that no other gateway can be at work on this database, and ``shares_port`` that
    others of this machine accept at the same address (SO_REUSEPORT).
    """

    def __init__(
        self,
        begin: BeginWork,
        touches: Touches,
        clock: Clock,
        settings: Settings | None = None,
        *,
        ingest: BeginWork | None = None,
        settle_s: float = SETTLE_S,
        reach: Reach | None = None,
        is_sole: bool = False,
        shares_port: bool = False,
        afterwards: Afterwards | None = None,
    ) -> None:
        self._afterwards = afterwards
        self._ingest = ingest or begin
        self._settings = settings or Settings()
        self._begin = begin
        self._touches = touches
        self._clock = clock
        self._settle_s = settle_s
        self._reach = reach or Alone()
        self._is_sole = is_sole
        self._shares_port = shares_port
        self._tasks: list[asyncio.Task[None]] = []
        self._learned: str | None = None
        self._refresh = asyncio.Event()
        self.refreshed = asyncio.Condition()

    async def start(self) -> str:
        """Begin to serve; the address as stations are given it, without their name."""
        settings = self._settings
        host, _, port = settings.ocpp.rpartition(":")
        host = host.strip("[]")
        self.gateway = Gateway(
            self._ingest,
            self._clock,
            wait_ms=settings.batch_wait_ms,
            interval_s=settings.heartbeat_s,
            raw_bytes_a_day=settings.keep_frames_mb_a_day * 1_000_000,
            pages=settings.public_url.rstrip("/"),
            on_answered=lambda link: self._sender.answered(link),
            on_replied=lambda link, pending: self._sender.replied(link, pending),
            reach=self._reach,
            is_sole=self._is_sole,
            afterwards=self._afterwards,
        )
        self._sender = Sender(
            self._begin,
            self._touches,
            self.gateway.links,
            self.gateway.said,
            lambda: self.gateway.id,
            settle_s=self._settle_s,
        )
        self._lobby = Lobby(self._clock, DIALECTS, self._receive, self.gateway.conduct)
        self._membership = Membership(self._begin, self.gateway)
        await self._membership.join(is_sole=self._is_sole)
        await self._learn()
        try:
            serve = listen if settings.ocpp_transport == "picows" else fallback.listen
            self._listener: Listener = await serve(
                host,
                int(port),
                self._lobby.decide,
                settings.frame_bytes_max,
                shares_port=self._shares_port,
            )
        except (OSError, OverflowError) as reason:
            raise CannotListen(settings.ocpp, _said(reason)) from None
        self._tasks = [
            asyncio.create_task(_for_ever(part))
            for part in (
                self.gateway.run,
                self._membership.run,
                self._sender.listen,
                self._sender.poll,
                self._sender.run,
                self._hear_credentials,
                self._keep_credentials,
                self._keep_knocks,
                self._watch_lines,
            )
        ]
        bound, port_bound = self._listener.address
        return f"ws://{f'[{bound}]' if ':' in bound else bound}:{port_bound}/ocpp"

    @property
    def trouble(self) -> str:
        """A sentence where something was lost that no station was promised; empty where not."""
        lost = self.gateway.stalled.lost
        return _LOST.format(lost) if lost else ""

    async def drain(self) -> None:
        """Accept no more, answer what was heard, and send the stations to the others at a pace."""
        settings = self._settings
        self._listener.stop_accepting()
        self._sender.stop()
        await send_away(
            self.gateway.links.values,
            per_s=settings.drain_per_s,
            within_s=max(settings.drain_s - AFTERWARDS_S, AFTERWARDS_S / 2),
        )
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYES_S):
                await self.gateway.drain()
        links = list(self.gateway.links.values())
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYES_S):
                await self.gateway.all_gone()
        for link in links:
            if link.socket is not None:
                link.socket.drop()
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYES_S):
                await self.gateway.rest()
        await self._flush_knocks()
        await self._membership.leave()
        await end(self._tasks)
        await self._listener.close()

    def _receive(self, guest: Guest) -> Peer:
        return Link(self.gateway, guest, DIALECTS[guest.subprotocol])

    # -- credentials

    async def _hear_credentials(self) -> None:
        async with self._touches.listen("credentials") as touched:
            async for _ in touched:
                self._refresh.set()

    async def _keep_credentials(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(CREDENTIALS_POLL_S):
                    await self._refresh.wait()
            self._refresh.clear()
            with suppress(Outage):
                await self._learn()

    async def _learn(self) -> None:
        """Take in what changed; stations that were removed are sent away."""
        async with self._begin() as work:
            horizon = await stations.credentials_horizon(work)
            credentials = await stations.credentials(work, self._learned)
        self._learned = horizon
        for credential in credentials:
            self.gateway.forget(credential.station)
        for station in self._lobby.learn(credentials):
            if (link := self.gateway.links.get(station)) is not None:
                link.close(Close.POLICY, "this station was removed")
        async with self.refreshed:
            self.refreshed.notify_all()

    # -- the lobby's list

    async def _keep_knocks(self) -> None:
        while True:
            await asyncio.sleep(KNOCKS_S)
            with suppress(Outage):
                await self._flush_knocks()

    async def _flush_knocks(self) -> None:
        knocks = self._lobby.take_knocks()
        if knocks:
            async with self._begin() as work:
                await stations.record_knocks(work, knocks)

    # -- liveness

    async def _watch_lines(self) -> None:
        """Any inbound frame is life. A silent line is pinged; one silent for three heartbeat
        intervals is dropped. A missing pong alone closes nothing (quirk H-016)."""
        silent_s = HEARTBEATS_MAX * max(self._settings.heartbeat_s, PING_AFTER_S)
        while True:
            await asyncio.sleep(LIVENESS_S)
            now_s = self.gateway.now_s()
            for link in list(self.gateway.links.values()):
                quiet_s = now_s - link.heard_s
                if quiet_s > silent_s and link.socket is not None:
                    link.socket.drop()
                elif quiet_s > PING_AFTER_S and now_s - link.pinged_s > PING_AFTER_S:
                    link.pinged_s = now_s
                    if link.socket is not None:
                        link.socket.ping()


_LOST: Final = (
    "Notes of lines that opened or closed, or of what was said to stations, which the database "
    "refused since the start: {}. What stations told is kept. The log says why: extras_lost."
)


async def _for_ever(part: Callable[[], Awaitable[None]]) -> None:
    """Run a part until cancelled; one that ends, or fails, begins again."""
    while True:
        await lasting(part.__qualname__, part)
        await asyncio.sleep(BEGIN_AGAIN_S)


def _said(reason: Exception) -> str:
    if isinstance(reason, OSError) and reason.errno == EADDRINUSE:
        return "another program uses this port"
    if isinstance(reason, OverflowError):
        return "a port is a number up to 65535"
    return str(getattr(reason, "strerror", None) or reason).lower()
