"""Carries touches, the news of facts, and that an order waits, from process to process.

Nothing that must not be lost travels here: facts are in the outbox, orders in their table, and
whoever draws a page reads the database. What is carried only says "look now". So a word that is
lost costs a moment, and while the wire is down everybody looks again and again by themselves.

A process hears only of what somebody in it looks at: each tells the others which subjects it wants
(*hello*), and says that it is still there every few seconds.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec
import structlog

from voltway.kernel.errors import Outage
from voltway.runtime.bus import Bus
from voltway.runtime.ending import end
from voltway.runtime.lasting import lasting
from voltway.runtime.metrics import counter, gauge
from voltway.runtime.pgwork import Kept
from voltway.runtime.wire import Brought, Wire

HELLO_S: Final = 3.0
#: Who says nothing for so long is gone.
SILENCE_S_MAX: Final = 10.0
#: Touches within this time travel together.
JOIN_S: Final = 0.005
#: What is wanted anew is told to the others together after this.
WANT_S: Final = 0.02
#: By then everybody knows what is wanted, and what was touched before that is looked at again.
KNOWN_S: Final = 0.3
#: How often all pages look by themselves while the wire is down.
LOOK_S: Final = 2.0
#: Somebody who vanished may live on, cut off from us: so long we look by ourselves.
DOUBT_S: Final = 60.0
#: Of more touches at once, it is only told that there were many.
TOUCHES_MAX: Final = 4_096

ORDERS: Final = "orders:"

WORDS: Final = counter("voltway_relay_words", "Words sent to other processes", "kind")
BROUGHT: Final = counter("voltway_relay_orders", "Orders told to gateways, by outcome", "outcome")
UP: Final = gauge("voltway_relay_up", "1 while other processes can be reached")

log = structlog.get_logger("voltway.relay")


@dataclass(eq=False)
class OrdersCannotPass(Outage):
    """
    Orders cannot reach stations just now: the line between the processes of this Voltway (NATS) is
    down. Nothing was sent, and nothing is left waiting: what is asked for now shall not come over
    the station by surprise, minutes later. Charging goes on. Please try again in a moment.
    """


class Reach(Protocol):
    """Who knows whether other processes can be reached."""

    def hold(self, station: str) -> None:
        """A station's socket is in this process."""
        ...

    def let_go(self, station: str) -> None: ...

    def must_reach(self, station: str) -> None:
        """Raises ``OrdersCannotPass`` where an order of this process would not reach it soon."""
        ...


class Alone:
    """There is no other process: everything is within reach."""

    def hold(self, station: str) -> None: ...

    def let_go(self, station: str) -> None: ...

    def must_reach(self, station: str) -> None: ...


class _Hello(msgspec.Struct, tag="hello", omit_defaults=True):
    """A process is here, and what it wants to hear."""

    of: str
    subjects: list[str] = []
    facts: list[str] = []
    asks: bool = False


class _Told(msgspec.Struct, tag="told", omit_defaults=True):
    """What was touched, and facts of which kinds were announced."""

    subjects: list[str] = []
    facts: list[str] = []
    many: bool = False


class _Bye(msgspec.Struct, tag="bye"):
    """A process ends."""

    of: str


_Word = _Hello | _Told | _Bye
_DECODER: Final = msgspec.json.Decoder(_Word)


@dataclass(slots=True)
class _Other:
    """Another process, as far as we know it."""

    heard_s: float
    subjects: frozenset[str] = frozenset()
    facts: frozenset[str] = frozenset()
    pending: set[str] = field(default_factory=set)
    pending_facts: set[str] = field(default_factory=set)


class Relay:
    """This process among the others. Plug it with ``database.when_kept(relay.carry)``.

    ``always`` are subjects that it wants to hear of also while nobody in it listens: for those who
    begin to listen when it is almost too late.
    """

    def __init__(
        self, wire: Wire, bus: Bus, *, hears_facts: bool, always: frozenset[str] = frozenset()
    ) -> None:
        self._wire = wire
        self._always = always
        self._bus = bus
        self._touches = bus.touches
        self._facts = bus.kinds if hears_facts else frozenset()
        self._others: dict[str, _Other] = {}
        self._by_subject: dict[str, list[_Other]] = {}
        self._held: set[str] = set()
        self._wanted: frozenset[str] = frozenset()
        self._is_wanting = False
        self._is_flushing = False
        self._flushed_s = 0.0
        self._doubt_until_s = 0.0
        self._loop: asyncio.AbstractEventLoop
        self._bringing: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to hear and to tell."""
        self._loop = asyncio.get_running_loop()
        self._touches.when_wanted = self._want
        await self._wire.start(self)
        self._task = asyncio.create_task(lasting("relay", self._live))

    async def stop(self) -> None:
        """Say goodbye."""
        self._say_all(_Bye(self._wire.name))
        await self._wire.stop()
        if self._task is not None:
            await end({self._task})
        if self._bringing:
            await asyncio.wait(self._bringing)

    @property
    def trouble(self) -> str:
        """Why others cannot be reached now; empty while they can."""
        return self._wire.trouble

    @property
    def others(self) -> int:
        """How many other processes we know."""
        return len(self._others)

    @property
    def wanted_elsewhere(self) -> frozenset[str]:
        """The subjects and kinds of facts that other processes want to hear of."""
        facts = (fact for other in self._others.values() for fact in other.facts)
        return frozenset((*self._by_subject, *facts))

    @property
    def waiting(self) -> int:
        """How many touches are on their way out."""
        return sum(len(other.pending) for other in self._others.values())

    # -- stations and orders

    def hold(self, station: str) -> None:
        """A station's socket is in this process."""
        self._held.add(station)
        self._wire.hold(station)

    def let_go(self, station: str) -> None:
        self._held.discard(station)
        self._wire.let_go(station)

    def must_reach(self, station: str) -> None:
        """Raises ``OrdersCannotPass`` where an order of this process would not reach it soon."""
        if self._wire.brings_orders and self._wire.trouble and station not in self._held:
            raise OrdersCannotPass

    async def _bring(self, station: str) -> None:
        brought = await self._wire.bring(station)
        BROUGHT.labels(brought).inc()
        if brought is Brought.SILENT:
            log.warning("order_not_told", station=station, why=self._wire.trouble or "no answer")

    # -- what happened here

    def carry(self, kept: Kept) -> None:
        """Called after each commit of this process."""
        if self._wire.brings_orders:
            for subject in kept.touched:
                if subject.startswith(ORDERS) and subject[len(ORDERS) :] not in self._held:
                    self._keep(self._loop.create_task(self._bring(subject[len(ORDERS) :])))
        if not self._others:
            return
        told = False
        if self._by_subject:
            for subject in kept.touched:
                for name in (subject, f"{subject.partition(':')[0]}:*"):
                    for other in self._by_subject.get(name, ()):
                        other.pending.add(subject)
                        told = True
        if kept.kinds:
            for other in self._others.values():
                if news := kept.kinds & other.facts:
                    other.pending_facts |= news
                    told = True
        if told and not self._is_flushing:
            self._is_flushing = True
            wait_s = self._flushed_s + JOIN_S - self._loop.time()
            self._loop.call_later(max(wait_s, 0), self._flush)

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._bringing.add(task)
        task.add_done_callback(self._bringing.discard)

    def _flush(self) -> None:
        self._is_flushing = False
        self._flushed_s = self._loop.time()
        for name, other in self._others.items():
            if not (other.pending or other.pending_facts):
                continue
            facts, other.pending_facts = sorted(other.pending_facts), set()
            subjects, other.pending = sorted(other.pending), set()
            if len(subjects) > TOUCHES_MAX:
                self._say(name, _Told(facts=facts, many=True))
                continue
            size = max(1, self._wire.bytes_max // 100)  # a subject is a kind and a UUID
            for first in range(0, max(len(subjects), 1), size):
                self._say(name, _Told(subjects[first : first + size], facts))
                facts = []

    # -- what others say

    def heard(self, word: bytes) -> None:
        try:
            said = _DECODER.decode(word)
        except msgspec.MsgspecError:
            return  # of another Voltway, perhaps a newer one
        match said:
            case _Hello(of=name) if name != self._wire.name:
                self._greeted(said)
            case _Told():
                self._touches.tell(said.subjects)
                if said.facts:
                    self._bus.wake(frozenset(said.facts))
                if said.many:
                    self._touches.tell_all()
            case _Bye(of=name):
                if self._others.pop(name, None) is not None:
                    self._index()
            case _:
                pass  # our own hello

    def _greeted(self, hello: _Hello) -> None:
        other = self._others.get(hello.of)
        is_new = other is None
        if other is None:
            other = self._others[hello.of] = _Other(self._loop.time())
        other.heard_s = self._loop.time()
        subjects, facts = frozenset(hello.subjects), frozenset(hello.facts)
        if (subjects, facts) != (other.subjects, other.facts):
            other.subjects, other.facts = subjects, facts
            self._index()
        if is_new or hello.asks:
            self._say(hello.of, self._hello())

    def _index(self) -> None:
        self._by_subject = {}
        for other in self._others.values():
            for subject in other.subjects:
                self._by_subject.setdefault(subject, []).append(other)

    def asked(self, station: str) -> bool:
        if station not in self._held:
            return False
        self._touches.tell((f"{ORDERS}{station}",))
        return True

    def came_up(self) -> None:
        UP.set(1)
        self._say_all(self._hello(asks=True))
        self._touches.tell_all()
        self._bus.wake(self._facts)

    def went_down(self) -> None:
        UP.set(0)
        self._others.clear()
        self._index()
        # Who waits for touches looks now, and then by itself.
        self._touches.tell_all()

    # -- what we want

    def _want(self) -> None:
        if not self._is_wanting:
            self._is_wanting = True
            self._loop.call_later(WANT_S, self._say_wanted)

    def _say_wanted(self) -> None:
        self._is_wanting = False
        wanted = self._touches.wanted
        fresh, self._wanted = wanted - self._wanted, wanted
        if fresh:
            self._say_all(self._hello())
            self._loop.call_later(KNOWN_S, self._touches.tell, fresh)

    def _hello(self, *, asks: bool = False) -> _Hello:
        subjects = sorted(
            one
            for one in self._touches.wanted | self._always
            if not (self._wire.brings_orders and one.startswith(ORDERS))
        )
        if len(subjects) > self._wire.bytes_max // 100:
            subjects = sorted({f"{one.partition(':')[0]}:*" for one in subjects} | _whole(subjects))
        return _Hello(self._wire.name, subjects, sorted(self._facts), asks)

    async def _live(self) -> None:
        """Say that we are here; look by ourselves while that is all there is."""
        hello_s = 0.0
        while True:
            await asyncio.sleep(LOOK_S)
            now_s = self._loop.time()
            if now_s - hello_s >= HELLO_S:
                hello_s = now_s
                self._say_all(self._hello())
                self._miss(now_s)
            if self._wire.trouble or now_s < self._doubt_until_s:
                self._touches.tell_all()

    def _miss(self, now_s: float) -> None:
        gone = [one for one, o in self._others.items() if now_s - o.heard_s > SILENCE_S_MAX]
        for name in gone:
            del self._others[name]
            self._doubt_until_s = now_s + DOUBT_S
        if gone:
            self._index()

    def _say(self, to: str, word: _Word) -> None:
        WORDS.labels(type(word).__name__[1:].lower()).inc()
        self._wire.tell(to, msgspec.json.encode(word))

    def _say_all(self, word: _Word) -> None:
        WORDS.labels(type(word).__name__[1:].lower()).inc()
        self._wire.tell_all(msgspec.json.encode(word))


def _whole(subjects: list[str]) -> set[str]:
    """Subjects that are of no kind: they cannot be told of as one of many."""
    return {one for one in subjects if ":" not in one}
