"""Orders go out: one open call for each socket, the most urgent first, never before the station
was heard and answered.

Some stations fall into a boot loop when they are called before their boot is answered (quirk
B-007), so a new socket is left in peace until its first message is answered, and a little longer.
Replies are matched by their id alone: one that comes late or twice is kept in its order's history
and credited to nobody else.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final
from uuid import UUID

import structlog
from msgspec import Raw

from voltway.kernel.errors import Outage, Refusal
from voltway.kernel.ids import GatewayId, OrderId, StationId
from voltway.ocpp import frame
from voltway.ocpp.batch import Pending
from voltway.ocpp.frame import Call
from voltway.ocpp.link import Link
from voltway.ocpp.transport import Close
from voltway.runtime.metrics import counter
from voltway.runtime.work import BeginWork, Touches
from voltway.stations import actions as stations
from voltway.stations.model import OrderRecord
from voltway.stations.rules import ANSWER_WITHIN

log = structlog.get_logger("voltway.ocpp")

SENT: Final = counter("voltway_ocpp_orders_sent", "Orders sent to stations", "kind")

SETTLE_S: Final = 1.0
POLL_S: Final = 1.0

#: A station that goes on talking but answers none of our calls is asked to dial again (R-019).
SILENT_MAX: Final = 3

REMEMBERED_MAX: Final = 20_000


class Sender:
    """Brings orders from their table to the sockets."""

    def __init__(
        self,
        begin: BeginWork,
        touches: Touches,
        links: dict[StationId, Link],
        say: Callable[[Link, bytes], None],
        gateway: Callable[[], GatewayId],
        *,
        settle_s: float = SETTLE_S,
        answer_s: float = ANSWER_WITHIN.total_seconds(),
    ) -> None:
        self._begin = begin
        self._touches = touches
        self._links = links
        self._say = say
        self._gateway = gateway
        self._settle_s = settle_s
        self._answer_s = answer_s
        self._loop = asyncio.get_running_loop()
        self._wanted: set[StationId] = set()
        self._wake = asyncio.Event()
        self._look = asyncio.Event()
        self._sent: OrderedDict[OrderId, OrderRecord] = OrderedDict()
        self._is_over = False

    # -- what the gateway tells

    def answered(self, link: Link) -> None:
        """The first message of this link was answered."""
        link.is_settled = True
        self._loop.call_later(self._settle_s, self._settled, link)

    def _settled(self, link: Link) -> None:
        link.is_ready = True
        self.want(link.station)

    def replied(self, link: Link, pending: Pending) -> None:
        """A reply came; it frees the link only if it answers the call that is open on it."""
        order = pending.reply_to
        if order is None:
            return
        pending.order = self._sent.get(order)
        if link.sent is not None and link.sent.id == order:
            link.free()
            link.silent = 0
            self.want(link.station)

    def want(self, station: StationId) -> None:
        """Look whether an order waits for this station."""
        self._wanted.add(station)
        self._wake.set()

    def stop(self) -> None:
        self._is_over = True

    # -- at work

    async def listen(self) -> None:
        """Hear of new orders."""
        async with self._touches.listen("orders:*") as touched:
            async for subjects in touched:
                self._want_all(subjects)

    def _want_all(self, subjects: Iterable[str]) -> None:
        for subject in subjects:
            name = subject.partition(":")[2]
            if name == "*":
                self._look.set()  # too many to name, or nobody knows: the table does
            else:
                self._wanted.update(s for s in (_station(name),) if s in self._links)
        if self._wanted:
            self._wake.set()

    async def poll(self) -> None:
        """What was placed by another process is found here, and what nobody waits for any more."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._look.wait()
            self._look.clear()
            if not self._links:
                continue
            try:
                async with self._begin() as work:
                    waiting = await stations.stations_with_orders(work, of=self._gateway())
                    awaiting = [each.station for each in self._links.values() if each.awaits]
                    still = await stations.stations_waiting(work, awaiting) if awaiting else set()
            except Outage:
                continue
            for station in awaiting:
                link = self._links.get(station)
                if link is not None and link.sent is None:
                    link.awaits = station in still
            self._wanted.update(station for station in waiting if station in self._links)
            if self._wanted:
                self._wake.set()

    async def run(self) -> None:
        """Send orders until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            wanted, self._wanted = self._wanted, set()
            free = {
                station: link
                for station in wanted
                if (link := self._links.get(station)) is not None and self._is_free(link)
            }
            if free and not self._is_over:
                try:
                    await self._send(free)
                except Outage:
                    await asyncio.sleep(POLL_S)
                    self._wanted.update(free)
                    self._wake.set()

    def _is_free(self, link: Link) -> bool:
        return link.is_open and link.is_ready and link.sent is None

    async def _send(self, free: dict[StationId, Link]) -> None:
        for link in free.values():
            link.awaits = True
        async with self._begin() as work:
            taken = await stations.take_orders(work, list(free), by=self._gateway())
        for record in taken:
            await self._send_one(free[record.station], record)

    async def _send_one(self, link: Link, record: OrderRecord) -> None:
        if not link.is_open:
            async with self._begin() as work:
                await stations.put_back_order(work, record.id)
            return
        try:
            action, payload = link.dialect.say(record.order)
        except Refusal as trouble:
            async with self._begin() as work:
                await stations.refuse_order(work, record.id, str(trouble))
            self.want(link.station)
            return
        self._remember(record)
        link.sent = record
        link.timer = self._loop.call_later(self._answer_s, self._gave_up, link, record.id)
        SENT.labels(type(record.order).__name__).inc()
        self._say(link, frame.encode(Call(str(record.id), action, Raw(payload))))

    def _remember(self, record: OrderRecord) -> None:
        self._sent[record.id] = record
        if len(self._sent) > REMEMBERED_MAX:
            self._sent.popitem(last=False)

    def _gave_up(self, link: Link, order: OrderId) -> None:
        """The time for a reply is over; the sweep calls the order silent."""
        if link.sent is None or link.sent.id != order:
            return
        link.free()
        link.silent += 1
        if link.silent >= SILENT_MAX:
            log.warning("station_answers_nothing", station=str(link.station))
            link.close(Close.GOING_AWAY, "no call was answered; please connect again")
        else:
            self.want(link.station)


def _station(name: str) -> StationId | None:
    try:
        return StationId(UUID(name))
    except ValueError:
        return None
