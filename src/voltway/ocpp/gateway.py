"""The gateway: takes what stations say, keeps it in batches, and answers after the commit.

Group commit: what arrives while the previous commit is under way is the next batch, so a thousand
stations cost one commit and a lone one waits but a moment. A batch that fails is halved until the
message that the database refuses stands alone; that one is kept raw for a person, and the others
go through. While the database is away nobody is answered: stations ask again, and are read no
further than a little.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from msgspec import Raw
from msgspec.structs import replace

from voltway.kernel.errors import Outage
from voltway.kernel.ids import GatewayId, StationId
from voltway.ocpp import batch as batches
from voltway.ocpp import frame
from voltway.ocpp.afterwards import Afterwards
from voltway.ocpp.batch import NOTHING, Extras, Pending
from voltway.ocpp.company import Company
from voltway.ocpp.conduct import FAULT_BYTES_KEPT, REFUSED_COSTS, Conduct
from voltway.ocpp.faults import BrokenPayload
from voltway.ocpp.frame import CallResult
from voltway.ocpp.link import Link, Waiting
from voltway.ocpp.poison import answer_of_poison, set_aside
from voltway.ocpp.stalled import Stalled
from voltway.ocpp.transport import Close
from voltway.runtime.metrics import counter, gauge, histogram
from voltway.runtime.relay import Reach
from voltway.runtime.work import BeginWork, Clock, Overtaken
from voltway.sessions.shelf import Shelf
from voltway.stations.model import Direction, KeptFrame
from voltway.stations.reports import Decision

log = structlog.get_logger("voltway.ocpp")

MESSAGES: Final = counter("voltway_ocpp_messages", "Messages of stations that were kept")
POISONED: Final = counter("voltway_ocpp_messages_set_aside", "Messages kept only for review")
LINKS: Final = gauge("voltway_ocpp_stations_connected", "Stations with an open socket")
BATCH_SECONDS: Final = histogram("voltway_ocpp_batch_seconds", "From a batch's begin to its commit")
BATCH_SIZE: Final = counter("voltway_ocpp_batches", "Batches that were kept")

BATCH_MAX: Final = 2000

RETRY_S: Final = 0.05
RETRY_S_MAX: Final = 2.0
#: What others wrote meanwhile is read under locks when the work is done anew: once is enough, and
#: a batch that collides again and again is halved like any other that cannot be kept.
ANEW_MAX: Final = 3

#: Our own words are kept with the next batch, or after this long without one.
SAID_WITHIN_S: Final = 0.5

_TOO_MANY: Final = "too many broken messages"


class Gateway:
    """All links of one process and the one commit at a time that keeps what they say."""

    def __init__(
        self,
        begin: BeginWork,
        clock: Clock,
        *,
        wait_ms: int = 50,
        interval_s: int = 300,
        raw_bytes_a_day: int = 0,
        pages: str = "",
        on_answered: Callable[[Link], None],
        on_replied: Callable[[Link, Pending], None],
        reach: Reach,
        is_sole: bool = True,
        afterwards: Afterwards | None = None,
    ) -> None:
        self._begin = begin
        self._afterwards = afterwards or Afterwards()
        self._asking: set[asyncio.Task[None]] = set()
        self._clock = clock
        self._interval_s = interval_s
        self._pages = pages
        self._on_answered = on_answered
        self._on_replied = on_replied
        self._reach = reach
        self._is_sole = is_sole
        self._loop = asyncio.get_running_loop()
        self.links: dict[StationId, Link] = {}
        self.waiting = Waiting()
        self.conduct = Conduct(self.now_s, raw_bytes_a_day)
        #: Our name among the gateways; another, when we begin anew.
        self.id = GatewayId(UUID(int=0))
        self._ready: list[Pending] = []
        self._extras = Extras()
        self.stalled = Stalled()
        self._shelf = Shelf()
        self._company = Company(wait_ms / 1000)
        self._is_committing = False
        self._is_over = False
        self._rested = asyncio.Event()
        self._gone = asyncio.Event()

    # -- links

    def now_s(self) -> float:
        return self._loop.time()

    def link_opened(self, link: Link) -> None:
        """The newest authenticated socket is the station's; the one before is closed."""
        link.opened_at = self._clock.now()
        before = self.links.get(link.station)
        link.took_over = before is not None
        self.links[link.station] = link
        self._shelf.forget(link.station)  # it may come from another gateway, and charged there
        self._reach.hold(str(link.station))
        LINKS.set(len(self.links))
        if before is not None:
            before.close(Close.POLICY, "replaced by a newer connection of this station")
        self._extras.opened.append(link)
        self._company.go()

    def link_closed(self, link: Link) -> None:
        if self.links.get(link.station) is link:
            del self.links[link.station]
            self._reach.let_go(str(link.station))
            LINKS.set(len(self.links))
            self._shelf.forget(link.station)
            self._gone.set()
        link.closed_at = self._clock.now()
        self._extras.closed.append(link)
        self.stalled.forget_blinks(self._extras)
        self._company.go()

    def link_heard(self, link: Link, text: bytes) -> None:
        if self._is_over or link.is_leaving:
            return
        pending = batches.read(link, text, self._clock.now())
        if pending.reply is not None:
            if link.sent is None or link.sent.id != pending.reply_to:
                pending.fault = REFUSED_COSTS  # nobody asked, or long ago
            self._on_replied(link, pending)
        if pending.fault and self._is_only_counted(pending):
            return
        if link.busy:
            link.wait(pending)
        elif self.waiting.is_full and not self._has_room(len(text)):
            link.is_leaving = True
            link.close(Close.TRY_AGAIN_LATER, "too much waits to be kept; please come back")
        else:
            link.busy = True
            self._enter(pending)

    def _has_room(self, size: int) -> bool:
        """Whether there is room for one more message, when what nobody waits for is let go."""
        self._ready = self.stalled.let_go(self._ready, self.now_s())
        return self.waiting.has_room(size)

    def _is_only_counted(self, pending: Pending) -> bool:
        """Count a fault. Of those that say nothing only so many are kept; the others are answered
        at once, for there is nothing to keep before, and take no place in a batch."""
        link = pending.link
        if pending.is_doubtful or pending.reply_to is not None:
            link.erred(pending.fault, _TOO_MANY)
            return False
        is_kept = self.conduct.keeps(link.station)
        if is_kept:
            pending.text = pending.text[:FAULT_BYTES_KEPT]
        else:
            self._extras.count_faults(pending)
            self._company.go(SAID_WITHIN_S)
            if pending.refusal is not None:
                link.send(pending.refusal)
        link.erred(pending.fault, _TOO_MANY)
        return not is_kept

    def forget(self, station: StationId) -> None:
        """Something about this station was changed by a person: ask again what it is."""
        self._shelf.forget(station)

    def said(self, link: Link, text: bytes) -> None:
        """Send, and keep what was sent with the next batch."""
        link.send(text)
        self._note_said(link, text, self._clock.now())
        self._company.go(SAID_WITHIN_S)

    # -- the batch

    def _enter(self, pending: Pending) -> None:
        self._ready.append(pending)
        self.waiting.bytes += len(pending.text)
        pending.link.raw_left -= len(pending.text)
        if pending.link.raw_left < 0:
            self.conduct.raw.lack(self._extras, pending.link, pending.at)
        if not self._is_committing:
            self._company.joins(pending, len(self._ready))

    async def run(self) -> None:
        """Keep batches, one at a time, until cancelled."""
        while True:
            await self._company.gathers()
            batch, self._ready = self._ready[:BATCH_MAX], self._ready[BATCH_MAX:]
            if self._ready:
                self._company.go()
            extras, self._extras = self._extras, Extras()
            if batch or extras:
                await self._take(batch, extras)
            if not self._ready:
                self._rested.set()

    async def _take(self, batch: list[Pending], extras: Extras) -> None:
        began = self._loop.time()
        self._is_committing = True
        try:
            await self._keep(batch, extras)
        finally:
            self._is_committing = False
            self.waiting.bytes -= sum([len(each.text) for each in batch])
        BATCH_SECONDS.observe(self._loop.time() - began)
        BATCH_SIZE.inc()
        MESSAGES.inc(len(batch))
        self._company.was_answered(batch, self._ready)

    async def _keep(self, batch: Sequence[Pending], extras: Extras) -> None:
        """Keep and answer; or halve."""
        try:
            decisions = await self._commit(batch, extras)
        except Exception as trouble:  # noqa: BLE001 # any one message may be what is refused
            await self._halve(batch, extras, trouble)
            return
        self._answer_all(batch, decisions)

    async def _commit(self, batch: Sequence[Pending], extras: Extras) -> dict[int, Decision]:
        """Keep all of it; an outage and a collision are ours, never a station's."""
        wait_s, tries = RETRY_S, 0
        while True:
            try:
                async with self._begin() as work:
                    decisions = await batches.keep(
                        work,
                        batch,
                        extras,
                        self._shelf,
                        interval_s=self._interval_s,
                        fleet=len(self.links),
                        is_sole=self._is_sole,
                        is_anew=tries > 0,
                    )
            except Overtaken:
                self._shelf.lose()
                tries += 1
                if tries > ANEW_MAX:
                    raise
            except Outage as trouble:
                self._shelf.lose()
                log.warning("batch_waits", why=str(trouble), messages=len(batch))
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, RETRY_S_MAX)
            except BaseException:
                self._shelf.lose()
                raise
            else:
                self._shelf.put_back(self.links)
                return decisions

    async def _halve(self, batch: Sequence[Pending], extras: Extras, trouble: Exception) -> None:
        if extras and batch:
            await self._keep([], extras)
            await self._keep(batch, Extras())
        elif len(batch) > 1:
            middle = len(batch) // 2
            await self._keep(batch[:middle], Extras())
            await self._keep(batch[middle:], Extras())
        elif batch:
            await self._set_aside(batch[0], trouble)
        else:
            self.stalled.lose()
            log.error("extras_lost", exc_info=trouble, opened=len(extras.opened))

    async def _set_aside(self, pending: Pending, trouble: Exception) -> None:
        POISONED.inc()
        log.error(
            "message_set_aside",
            exc_info=trouble,
            station=str(pending.link.station),
            action=pending.action[:50],
        )
        wait_s = RETRY_S
        while True:
            try:
                await set_aside(self._begin, pending, trouble)
                break
            except Outage:
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, RETRY_S_MAX)
            except Exception:  # it is not kept, and so not answered yes; the others must go on
                log.exception("message_not_kept", station=str(pending.link.station))
                pending.refusal = batches.internal_error(pending)
                break
        self._answer(pending, answer_of_poison(pending), self._clock.now(), is_poison=True)
        self._company.go(SAID_WITHIN_S)

    # -- after the commit

    def _answer_all(self, batch: Sequence[Pending], decisions: dict[int, Decision]) -> None:
        now = self._clock.now()
        for index, pending in enumerate(batch):
            decision = decisions.get(index, NOTHING)
            if decision is NOTHING and pending.is_doubtful:
                decision = answer_of_poison(pending)
            if not self._afterwards.is_due(pending, decision):
                self._answer(pending, decision, now)
            else:
                asking = asyncio.create_task(self._ask(pending, decision))
                self._asking.add(asking)
                asking.add_done_callback(self._asking.discard)
        self._company.go(SAID_WITHIN_S)

    async def _ask(self, pending: Pending, decision: Decision) -> None:
        """Ask whoever else has a word in it, and answer then; its station waits, and no other."""
        begun = batches.is_of_transaction(pending.action)
        decided = await self._afterwards.decided(pending, decision, begun=begun)
        self._answer(pending, decided, self._clock.now())
        self._company.go(SAID_WITHIN_S)

    def _answer(
        self, pending: Pending, decision: Decision, now: datetime, *, is_poison: bool = False
    ) -> None:
        link = pending.link
        if decision is batches.MOVED_AWAY:
            link.close(Close.POLICY, "replaced by a newer connection of this station")
            return
        try:
            answer = self._answer_of(pending, decision, now, is_poison=is_poison)
            if answer is not None:
                link.send(answer)
                self._note_said(link, answer, now)
            if not link.is_settled and pending.call is not None and link.is_open:
                self._on_answered(link)
        except Exception:  # one station's line must not stop the others'
            log.exception("answer_lost", station=str(link.station), action=pending.action[:50])
        following = link.next()
        if following is None:
            link.busy = False
        else:
            self._enter(following)

    def _answer_of(
        self, pending: Pending, decision: Decision, now: datetime, *, is_poison: bool
    ) -> bytes | None:
        call = pending.call
        if call is None or pending.refusal is not None:
            return pending.refusal
        if is_poison and not batches.is_of_transaction(call.action):
            return batches.internal_error(pending)
        dialect = pending.link.dialect
        if decision.receipt_url:
            decision = replace(decision, receipt_url=f"{self._pages}{decision.receipt_url}")
        try:
            payload = dialect.answer(call, decision, now)
        except BrokenPayload as trouble:
            return frame.error(call.id, trouble.fault, dialect.version, str(trouble))
        except Exception:  # the message is kept; only our words for it failed
            log.exception("answering_failed", action=call.action[:50])
            return batches.internal_error(pending)
        return frame.encode(CallResult(call.id, Raw(payload)))

    def _note_said(self, link: Link, text: bytes, now: datetime) -> None:
        link.raw_left -= len(text)
        if link.raw_left >= 0 or not self.conduct.raw.lack(self._extras, link, now):
            said = KeptFrame(link.station, Direction.SAID, now, text)
            self._extras.said.append((link.party, said))
        self._extras.subjects.add(link.subject)

    # -- the end

    async def drain(self) -> None:
        """Answer what was heard, hear nothing more, and say goodbye to all."""
        self._is_over = True
        await self.rest()
        for link in list(self.links.values()):
            link.close(Close.SERVICE_RESTART, "Voltway restarts; please come back")

    async def all_gone(self) -> None:
        """Wait until no link is open."""
        while self.links:
            self._gone.clear()
            await self._gone.wait()

    async def rest(self) -> None:
        """Wait until everything that was heard and said is kept."""
        self._company.go()
        if self._asking:
            await asyncio.wait(self._asking)
        while self._ready or self._extras or self._is_committing:
            self._rested.clear()
            await self._rested.wait()
