"""The bus: brings each fact to its watchers, soon after its commit, by one process at a time.

A watcher's effects and its place in the outbox are kept in one transaction, so what it does to the
database is done exactly once for each fact. A watcher that fails does not delay the others.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from voltway.kernel.errors import Outage
from voltway.kernel.facts import Fact
from voltway.runtime import outbox
from voltway.runtime.database import Database
from voltway.runtime.lasting import lasting
from voltway.runtime.metrics import counter
from voltway.runtime.pgwork import Kept
from voltway.runtime.touches import LocalTouches
from voltway.runtime.work import BatchWatcher, Watcher, Work

BATCH: Final = 200
POLL_S: Final = 1.0
SOLE_POLL_S: Final = 5.0
LOOK_AGAIN_S: Final = 0.005
TRIES_MAX: Final = 8
BACK_OFF_S: Final = 0.1
BACK_OFF_S_MAX: Final = 60.0
CATCH_UP_S_MAX: Final = 60.0
TRIM_BATCH: Final = 5000

HEARD: Final = counter("voltway_facts_heard", "Facts that watchers took", "watcher")
FAILED: Final = counter("voltway_facts_failed", "Tries of watchers that failed", "watcher")
DEAD: Final = counter("voltway_facts_dead", "Facts laid aside after many tries", "watcher")

log = structlog.get_logger("voltway.bus")


@dataclass(slots=True)
class _Watch:
    """One watcher at work."""

    name: str
    kinds: dict[str, type[Fact]]
    watcher: BatchWatcher
    awake: asyncio.Event = field(default_factory=asyncio.Event)
    # How many facts are told at once. A batch that breaks is halved until the fact that breaks it
    # stands alone; what goes well doubles it again.
    limit: int = BATCH
    at_most: int = BATCH
    telling: int = 0


class Bus:
    """Local delivery of facts and touches. Plug it with ``database.when_kept(bus.hear)``."""

    def __init__(
        self,
        database: Database,
        *,
        tries_max: int = TRIES_MAX,
        back_off_s: float = BACK_OFF_S,
        sole: bool = False,
    ) -> None:
        self.touches = LocalTouches()
        self._database = database
        self._tries_max = tries_max
        self._back_off_s = back_off_s
        # Facts of this process wake their watchers; the others' are looked for.
        self._poll_s = SOLE_POLL_S if sole else POLL_S
        self._watches: dict[str, _Watch] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        database.when_kept(self._hear)

    def watch(self, name: str, kinds: Iterable[type[Fact]], watcher: Watcher) -> None:
        """Tell this watcher of facts of these kinds. Its name keeps its place: never reuse it."""

        async def one_by_one(work: Work, facts: Sequence[Fact]) -> None:
            for fact in facts:
                await watcher(work, fact)

        self.watch_many(name, kinds, one_by_one)

    def watch_many(
        self,
        name: str,
        kinds: Iterable[type[Fact]],
        watcher: BatchWatcher,
        *,
        at_most: int = BATCH,
    ) -> None:
        """As ``watch``, for a watcher that takes many facts in one go; ``at_most`` so many."""
        assert name not in self._watches, f"two watchers are named {name}"
        by_name: dict[str, type[Fact]] = {}
        for kind in kinds:
            assert by_name.setdefault(kind.__name__, kind) is kind, f"two facts named {kind}"
        self._watches[name] = _Watch(name, by_name, watcher, at_most=at_most, limit=at_most)

    async def start(self) -> None:
        """Begin to tell."""
        await self._register()
        self._tasks = [
            asyncio.create_task(lasting(f"watcher {watch.name}", partial(self._attend, watch)))
            for watch in self._watches.values()
        ]
        self._tasks.append(asyncio.create_task(self._poll()))

    async def stop(self) -> None:
        """End after the batch at hand; the rest waits in the outbox."""
        self._stopping.set()
        for watch in self._watches.values():
            watch.awake.set()
        await asyncio.gather(*self._tasks)
        self._tasks.clear()

    async def catch_up(self) -> None:
        """Tell the watchers everything that is committed, and what their work brings, then return.

        For tests and replays that do not ``start``. A watcher's trouble is raised.
        """
        await self._register()
        async with asyncio.timeout(CATCH_UP_S_MAX):
            while names := await self.behind():
                for name in names:
                    await self._tell_batch(self._watches[name])
                await asyncio.sleep(0)

    async def tell_again(self, dead: int) -> bool:
        """Tell a watcher once more of a fact that was laid aside; its trouble is raised."""
        async with self._database.begin() as work:
            found = await outbox.exhume(work, dead)
            if found is None:
                return False
            name, told = found
            watch = self._watches[name]
            await watch.watcher(work, [told.read(watch.kinds)])
        return True

    async def trim(self, keep: timedelta) -> int:
        """Forget what every watcher has heard and is older than this; how many facts."""
        total = 0
        while True:
            async with self._database.begin() as work:
                gone = await outbox.trim(
                    work, list(self._watches), older_than=work.now - keep, limit=TRIM_BATCH
                )
            total += gone
            if gone < TRIM_BATCH:
                return total

    async def behind(self, *names: str) -> list[str]:
        """Those of these watchers, or of all, that may have something to hear."""
        asked = {name: self._watches[name].kinds for name in names or self._watches}
        async with self._database.begin() as work:
            return await outbox.behind(work, asked)

    @property
    def kinds(self) -> frozenset[str]:
        """The facts that watchers are told of."""
        return frozenset(kind for watch in self._watches.values() for kind in watch.kinds)

    def wake(self, kinds: frozenset[str]) -> None:
        """Let those watchers look who are told of facts of these kinds."""
        for watch in self._watches.values():
            if not kinds.isdisjoint(watch.kinds):
                watch.awake.set()

    def awake(self, watcher: str) -> asyncio.Event:
        """Set when there may be something to tell this watcher."""
        return self._watches[watcher].awake

    def _hear(self, kept: Kept) -> None:
        """Called after each commit of this process."""
        self.touches.tell(kept.touched)
        if kept.kinds:
            self.wake(kept.kinds)

    async def _register(self) -> None:
        async with self._database.begin() as work:
            for name in self._watches:
                await outbox.register(work, name)

    async def _attend(self, watch: _Watch) -> None:
        """Tell one watcher, for as long as the house is open."""
        while not self._stopping.is_set():
            watch.awake.clear()
            try:
                if not await self._tell_batch(watch):
                    await self._rest(watch)
            except Exception as trouble:  # noqa: BLE001 - whatever a watcher raises is its fact's
                await self._recover(watch, trouble)

    async def _rest(self, watch: _Watch) -> None:
        """Wait for news. While a commit is out of sight behind a slower one, look again soon."""
        pause_s = LOOK_AGAIN_S
        while not watch.awake.is_set() and await self.behind(watch.name):
            await self._wait(watch, pause_s)
            pause_s = min(pause_s * 2, POLL_S)
            if await self._tell_batch(watch):
                return
        await self._wait(watch, None)

    async def _wait(self, watch: _Watch, seconds: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await watch.awake.wait()

    async def _poll(self) -> None:
        """Look for facts of other processes, and for those that nobody woke us for."""
        while not self._stopping.is_set():
            try:
                for name in await self.behind():
                    self._watches[name].awake.set()
            except Outage:
                pass  # watchers say so themselves
            except Exception:
                log.exception("poll_failed")  # and the next one may not
            await self._pause(self._poll_s)

    async def _tell_batch(self, watch: _Watch) -> int:
        """Tell the next facts, in one transaction with the watcher's place; how many."""
        async with self._database.begin() as work:
            place = await outbox.lock_place(work, watch.name)
            if place is None:
                return 0  # another process tells this watcher
            limit = 1 if place.tries else watch.limit
            at, batch = await outbox.read(work, place, list(watch.kinds), limit=limit)
            if batch:
                watch.telling = len(batch)
                await watch.watcher(work, [told.read(watch.kinds) for told in batch])
                at = replace(at, last_id=batch[-1].id)
            if batch or (at.since, at.until) != (place.since, place.until):
                await outbox.move(work, watch.name, at)
        watch.limit = min(watch.limit * 2, watch.at_most)
        HEARD.labels(watch.name).inc(len(batch))
        return len(batch)

    async def _recover(self, watch: _Watch, trouble: Exception) -> None:
        """After a trouble: wait, and try again; lay a fact aside when it was tried often enough."""
        if isinstance(trouble, Outage):
            log.warning("watcher_waits", watcher=watch.name, trouble=str(trouble))
            await self._pause(self._back_off_s)
            return
        FAILED.labels(watch.name).inc()
        if watch.telling > 1:
            watch.limit = watch.telling // 2
            return  # a batch broke: half of it, and half of that, to find out which fact it is
        words = f"{type(trouble).__name__}: {trouble}"
        try:
            async with self._database.begin() as work:
                tries = await outbox.note_trouble(work, watch.name, words)
            if tries < self._tries_max:
                log.warning("watcher_failed", watcher=watch.name, tries=tries, exc_info=trouble)
                await self._pause(min(self._back_off_s * 2 ** (tries - 1), BACK_OFF_S_MAX))
            else:
                log.error("watcher_gave_up", watcher=watch.name, exc_info=trouble)
                await self._bury(watch, words)
        except Outage:
            await self._pause(self._back_off_s)
        except Exception:  # the watcher outlives whatever befalls it
            log.exception("watcher_cannot_note", watcher=watch.name)
            await self._pause(self._back_off_s)

    async def _bury(self, watch: _Watch, trouble: str) -> None:
        async with self._database.begin() as work:
            place = await outbox.lock_place(work, watch.name)
            if place is None:
                return
            at, batch = await outbox.read(work, place, list(watch.kinds), limit=1)
            for told in batch:
                await outbox.bury(work, watch.name, told, trouble)
                await outbox.move(work, watch.name, replace(at, last_id=told.id))
        DEAD.labels(watch.name).inc()

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
