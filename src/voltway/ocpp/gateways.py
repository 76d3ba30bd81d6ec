"""The gateways of the network among each other: each says that it lives, and all watch the others.

A gateway that dies says nothing of its end. So each beats once a second on a line of its own in the
database, and every process of the network, of whatever role, looks whether the beats go on. Whose
beats stand still while the watcher itself was awake and the database answered is called dead, and
its stations are lost until they come to another. One that was only held up, and hears that it was
called dead, begins anew with the sockets that are still its own.
"""

import asyncio
import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, Protocol
from uuid import uuid4

import structlog

from voltway.kernel.errors import Outage
from voltway.kernel.ids import GatewayId, StationId
from voltway.ocpp.link import Link
from voltway.ocpp.transport import Close
from voltway.runtime.database import retrying
from voltway.runtime.work import BeginWork, Work
from voltway.stations import actions as stations
from voltway.stations.model import LinkClosed, LinkOpened

log = structlog.get_logger("voltway.ocpp")

BEAT_S: Final = 1.0
LOOK_S: Final = 1.0

#: Beats that stand still for so long are those of a dead gateway.
SILENCE_S_MAX: Final = 5.0


async def record_links(work: Work, opened: Sequence[Link], closed: Sequence[Link]) -> None:
    """Sockets that came and went, numbered in the order in which the database learns of them."""
    fresh = [link for link in opened if link.generation == 0]
    if fresh:
        numbers = await stations.number_links(work, len(fresh))
        for link, number in zip(fresh, numbers, strict=True):
            link.generation = number
    await stations.record_links(
        work,
        [_opened(link) for link in opened],
        [
            LinkClosed(link.station, link.generation, link.closed_at or work.now)
            for link in closed
            if link.generation
        ],
    )


def _opened(link: Link) -> LinkOpened:
    assert link.opened_at is not None
    return LinkOpened(
        station=link.station,
        generation=link.generation,
        version=link.dialect.version,
        source=link.guest.source,
        at=link.opened_at,
        with_next_key=link.guest.with_next_key,
        took_over=link.took_over,
        gateway=link.owner.id,
    )


class Holder(Protocol):
    """Who holds the links of this process, under the name that this gateway has now."""

    id: GatewayId
    links: dict[StationId, Link]


class Membership:
    """This gateway's place among the others, from ``join`` to ``leave``."""

    def __init__(self, begin: BeginWork, holder: Holder) -> None:
        self._begin = begin
        self._holder = holder
        self._is_sole = False

    async def join(self, *, is_sole: bool = False) -> None:
        """Begin. A gateway that knows itself to be the only one calls all others dead at once, and
        beats for nobody."""
        self._is_sole = is_sole
        if is_sole:
            await lose_all_gateways(self._begin)
        await self._register({})

    async def run(self) -> None:
        """Beat, and close the sockets of stations that came to another gateway."""
        while True:
            await asyncio.sleep(BEAT_S)
            if self._is_sole:
                continue
            try:
                await self._beat()
            except Outage as trouble:
                log.debug("gateway_cannot_beat", why=str(trouble))

    async def _beat(self) -> None:
        try:
            async with self._begin() as work:
                moved = await stations.beat(work, self._holder.id)
        except stations.GatewayForgotten:
            await self._begin_anew()
            return
        for station, generation in moved.items():
            link = self._holder.links.get(station)
            if link is not None and 0 < link.generation < generation:
                link.close(Close.POLICY, "replaced by a newer connection of this station")

    async def _begin_anew(self) -> None:
        """We were called dead. What is still the newest socket of its station is ours again."""
        links = list(self._holder.links.values())
        held = {link.station: link.generation for link in links if link.generation}
        log.warning("gateway_begins_anew", stations=len(held))
        ours = await self._register(held)
        for link in links:
            if link.station in held and link.station not in ours:
                link.close(Close.POLICY, "replaced by a newer connection of this station")

    async def _register(self, held: Mapping[StationId, int]) -> set[StationId]:
        id = GatewayId(uuid4())
        name = f"{socket.gethostname()}:{os.getpid()}"
        ours = await retrying(
            self._begin, None, lambda work: stations.join_gateways(work, id, name, held)
        )
        self._holder.id = id
        return ours

    async def leave(self) -> None:
        """Say that this gateway is no more; a station that it still held is lost."""
        with suppress(Outage):
            await _lose(self._begin, self._holder.id)


class GatewayWatch:
    """Calls gateways dead whose beats stand still. Every process of the network runs one."""

    def __init__(
        self, begin: BeginWork, *, silence_s: float = SILENCE_S_MAX, look_s: float = LOOK_S
    ) -> None:
        self._begin = begin
        self._silence_s = silence_s
        self._look_s = look_s
        self._seen: dict[GatewayId, tuple[int, float]] = {}
        self._looked_s = 0.0

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await asyncio.sleep(self._look_s)
            try:
                await self.look()
            except Outage:
                self._seen.clear()  # nobody can beat while the database is away

    async def look(self) -> None:
        """Look once; those that stood still for too long are called dead."""
        async with self._begin() as work:
            beats = await stations.gateway_beats(work)
        now_s = asyncio.get_running_loop().time()
        if now_s - self._looked_s > self._look_s + self._silence_s / 2:
            self._seen.clear()  # we were held up ourselves, and perhaps so was everybody
        self._looked_s = now_s
        self._seen = {
            gateway: seen
            if (seen := self._seen.get(gateway)) is not None and seen[0] == count
            else (count, now_s)
            for gateway, count in beats.items()
        }
        for gateway, (count, since_s) in list(self._seen.items()):
            if now_s - since_s >= self._silence_s:
                lost = await _lose(self._begin, gateway, count)
                if lost is not None:
                    log.warning("gateway_died", gateway=str(gateway), stations=lost)


async def lose_all_gateways(begin: BeginWork) -> None:
    """Where nobody else can be at work: whatever gateways there were are no more."""
    async with begin() as work:
        known = await stations.gateway_beats(work)
    for gateway in known:
        await _lose(begin, gateway)


async def _lose(begin: BeginWork, gateway: GatewayId, beats: int | None = None) -> int | None:
    return await retrying(begin, None, lambda work: stations.lose_gateway(work, gateway, beats))
