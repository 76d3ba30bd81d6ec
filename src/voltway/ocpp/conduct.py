"""How a station behaves on its line, and what is borne with.

Each fault is answered as the standard says. Whoever makes them faster than a broken station would
is sent away after a bounded number, and let in again when the time for them has passed: the debt
is the station's, whichever socket made it. Only who showed the station's key can run up its debt.
"""

from collections.abc import Callable, Hashable
from math import ceil
from typing import Final, Generic, TypeVar

from voltway.kernel.ids import StationId
from voltway.ocpp.raw_frames import RawFrames

#: Faults that a station may make at once, and how soon one is forgiven.
FAULTS_MAX: Final = 120.0
FAULT_S: Final = 0.5

#: Whoever was sent away comes back when so much of it is left.
FAULTS_LEFT: Final = 60.0

#: No debt is larger, so nobody is sent away for longer.
DEBT_MAX: Final = 1200.0

#: What is a fault: a frame that is no OCPP, and each so many bytes of it.
BROKEN_BYTES: Final = 8192
#: A call that is refused for what is in it; a ping or a pong; pieces of one message.
REFUSED_COSTS: Final = 0.5
PING_COSTS: Final = 0.25
PIECES_A_FAULT: Final = 256
#: A line that had to be closed for what is no WebSocket.
VIOLATION_COSTS: Final = 10.0

#: Raw frames of faults that are kept of a station; the others are counted on its page.
FAULTS_KEPT_MAX: Final = 30.0
FAULT_KEPT_S: Final = 2.0
FAULT_BYTES_KEPT: Final = 8192

#: How often a station may dial at once, and how soon again.
DIALS_MAX: Final = 30.0
DIAL_S: Final = 1.0

#: Stations and sources that are remembered for what they did.
REMEMBERED_MAX: Final = 20_000

Who = TypeVar("Who", bound=Hashable)


class Debts(Generic[Who]):
    """What each has done too often: a debt that fades with time. The longest untouched are
    forgotten where there are too many."""

    def __init__(
        self, now_s: Callable[[], float], forgiven_s: float, most: float, remembered: int
    ) -> None:
        self._now_s = now_s
        self._forgiven_s = forgiven_s
        self._most = most
        self._remembered = remembered
        self._debts: dict[Who, tuple[float, float]] = {}

    def __len__(self) -> int:
        return len(self._debts)

    def of(self, who: Who) -> float:
        debt, at_s = self._debts.get(who, (0.0, 0.0))
        return max(0.0, debt - (self._now_s() - at_s) / self._forgiven_s)

    def add(self, who: Who, count: float = 1.0) -> float:
        """Owe so much more; what is owed then."""
        debt = min(self._most, self.of(who) + count)
        self._debts.pop(who, None)
        self._debts[who] = (debt, self._now_s())
        if len(self._debts) > self._remembered:
            del self._debts[next(iter(self._debts))]
        return debt


class Conduct:
    """What stations have done of late that no good station does, and what is left of the bytes
    that are kept of them in a day (0: all are)."""

    def __init__(self, now_s: Callable[[], float], raw_bytes_a_day: int = 0) -> None:
        self.raw = RawFrames(now_s, raw_bytes_a_day)
        self._faults: Debts[StationId] = Debts(now_s, FAULT_S, DEBT_MAX, REMEMBERED_MAX)
        #: Who was sent away and did not come back yet.
        self._away: set[StationId] = set()
        self._kept: Debts[StationId] = Debts(now_s, FAULT_KEPT_S, FAULTS_KEPT_MAX, REMEMBERED_MAX)
        self._dials: Debts[StationId] = Debts(now_s, DIAL_S, DIALS_MAX, REMEMBERED_MAX)

    def erred(self, station: StationId, count: float) -> bool:
        """Count a fault; whether it was one too many."""
        if self._faults.add(station, count) <= FAULTS_MAX:
            return False
        self._away.add(station)
        return True

    def keeps(self, station: StationId) -> bool:
        """Whether the raw frame of a fault is still kept."""
        if self._kept.of(station) > FAULTS_KEPT_MAX - 1:
            return False
        self._kept.add(station)
        return True

    def comes_too_soon(self, station: StationId) -> int:
        """In how many seconds a station that showed its key is let in; 0: now."""
        if station in self._away:
            over = self._faults.of(station) - FAULTS_LEFT
            if over > 0:
                return ceil(over * FAULT_S)
            self._away.discard(station)
        if self._dials.of(station) > DIALS_MAX - 1:
            return ceil(DIAL_S)
        self._dials.add(station)
        return 0
