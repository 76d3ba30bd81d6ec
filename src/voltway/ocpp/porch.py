"""What strangers may hold of ours: lines before their handshake is done, and unfinished messages.

Both have a limit in all, kept by letting who lingers go for who comes: a station finishes its
handshake and its message at once, and whoever lingers is whoever attacks. So a crowd of lingerers
takes no room from a station that comes (the design's "successes always pass").
"""

from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable, Hashable
from ipaddress import AddressValueError, IPv6Address, IPv6Network
from typing import Final, Generic, Protocol, TypeVar

#: Handshakes that are not finished.
HANDSHAKES_MAX: Final = 16_384

#: A handshake that was just begun is never given up for another: ten thousand stations behind one
#: proxy that come back at once are no attack.
YOUNG_S: Final = 5.0

#: What unfinished long and fragmented messages hold in all.
UNFINISHED_BYTES_MAX: Final = 64 * 1024 * 1024


#: What was just begun weighs by its bytes alone.
_LEAST_S: Final = 0.1

#: Lines with much to say that are read in one round of the event loop, which is to last no longer.
TURNS_MAX: Final = 64
ROUND_S_MAX: Final = 0.01


class Lingerer(Hashable, Protocol):
    """Who can be let go."""

    def let_go(self) -> None:
        """Hang up; the place is free at once."""
        ...

    def go_on(self) -> None:
        """Read on."""
        ...


Line = TypeVar("Line", bound=Lingerer)


class Porch(Generic[Line]):
    """The lines whose handshake is not finished, oldest first."""

    def __init__(
        self,
        now_s: Callable[[], float],
        in_all: int = HANDSHAKES_MAX,
        young_s: float = YOUNG_S,
    ) -> None:
        self._now_s = now_s
        self._in_all = in_all
        self._young_s = young_s
        self._lines: dict[Line, tuple[str, float]] = {}
        self._by_source: dict[str, dict[Line, None]] = {}

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def is_crowded(self) -> bool:
        """Whether it is full of those that were just begun: let the kernel hold the next."""
        return len(self._lines) >= self._in_all and self._is_young(next(iter(self._lines)))

    def enter(self, line: Line, source: str) -> None:
        """Let in; where it is full, the oldest of the source that holds most goes."""
        source = network_of(source)
        if len(self._lines) >= self._in_all:
            greediest = max(self._by_source, key=lambda each: len(self._by_source[each]))
            self._let_go(next(iter(self._by_source[greediest])))
        self._lines[line] = (source, self._now_s())
        self._by_source.setdefault(source, {})[line] = None

    def leave(self, line: Line) -> None:
        """The handshake is finished, or the line is gone."""
        known = self._lines.pop(line, None)
        if known is None:
            return
        source, _ = known
        theirs = self._by_source[source]
        del theirs[line]
        if not theirs:
            del self._by_source[source]

    def clear(self) -> None:
        """Nobody lingers any more: we close."""
        for line in list(self._lines):
            self._let_go(line)

    def _is_young(self, line: Line) -> bool:
        return self._now_s() - self._lines[line][1] < self._young_s

    def _let_go(self, line: Line) -> None:
        self.leave(line)
        line.let_go()


class Holdings(Generic[Line]):
    """Bytes that lines hold of one limited whole, each since when."""

    def __init__(self, now_s: Callable[[], float], bytes_max: int = UNFINISHED_BYTES_MAX) -> None:
        self._now_s = now_s
        self._bytes_max = bytes_max
        self._held: dict[Line, tuple[int, float]] = {}
        self.used = 0

    def take(self, line: Line, count: int) -> None:
        """Hold so many more; where there is no more, who holds most for longest is let go."""
        held, since_s = self._held.get(line, (0, self._now_s()))
        self._held[line] = (held + count, since_s)
        self.used += count
        while self.used > self._bytes_max:
            worst = self._worst()
            self.give(worst)
            worst.let_go()

    def give(self, line: Line) -> None:
        """Hold nothing any more."""
        self.used -= self.held_by(line)
        self._held.pop(line, None)

    def held_by(self, line: Line) -> int:
        return self._held.get(line, (0, 0.0))[0]

    def _worst(self) -> Line:
        now_s = self._now_s()

        def harm(line: Line) -> float:
            held, since_s = self._held[line]
            return held * (now_s - since_s + _LEAST_S)

        return max(self._held, key=harm)


class Turns(Generic[Line]):
    """Lines that have more to say than one read holds, each in its turn.

    Whoever says little is read at once. A thousand lines that never stop are read a few at a time
    between the others' words, as few as it takes to keep the loop's round short.
    """

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[Line] = deque()
        self._at_once = TURNS_MAX
        self._began_s = 0.0
        self._goes = False

    def wait(self, line: Line) -> None:
        """The line is read no further until its turn comes."""
        self._waiting.append(line)
        if not self._goes:
            self._goes = True
            self._began_s = self._loop.time()
            self._loop.call_soon(self._go)

    def _go(self) -> None:
        now_s = self._loop.time()
        took_s, self._began_s = now_s - self._began_s, now_s
        if took_s > ROUND_S_MAX:
            self._at_once = max(1, self._at_once // 2)
        elif took_s < ROUND_S_MAX / 4:
            self._at_once = min(TURNS_MAX, self._at_once + 1)
        for _ in range(min(self._at_once, len(self._waiting))):
            self._waiting.popleft().go_on()
        self._goes = bool(self._waiting)
        if self._goes:
            self._loop.call_soon(self._go)


def network_of(source: str) -> str:
    """Whom an address belongs to: itself, or the /64 that one customer is given of IPv6."""
    if ":" not in source:
        return source
    try:
        address = IPv6Address(source.partition("%")[0])
    except AddressValueError:
        return source
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address, 64), strict=False).network_address)
