"""A port's state as people see it: one glyph, one word, how old that is and how sure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from voltway.stations.reports import PortStatus
from voltway.stations.rules import SILENT_TIMES

#: Worst first: what a person must look at comes before what runs.
TROUBLE_FIRST: Final = (
    "faulted",
    "offline",
    "unknown",
    "idle",
    "maintenance",
    "reserved",
    "charging",
    "available",
)

#: The order of the strip of counts.
IN_ORDER: Final = (
    "available",
    "charging",
    "reserved",
    "idle",
    "faulted",
    "offline",
    "maintenance",
    "unknown",
)

#: A port that is free by its own word and whose last starts all failed: no station tells of it, and
#: for drivers it is not free. It is drawn as what is unknown.
DOUBTFUL: Final = "doubtful"

#: The order in which the ports of a place are told.
TOLD: Final = (IN_ORDER[0], DOUBTFUL, *IN_ORDER[1:])

#: What several ports of a state are called together.
WORDS: Final = {
    "available": "Available",
    "charging": "In use",
    "reserved": "Reserved",
    "idle": "Idle",
    "faulted": "Faulted",
    "offline": "Offline",
    "maintenance": "Maintenance",
    "unknown": "Unknown",
}

SHOWN: Final[dict[PortStatus, tuple[str, str]]] = {
    PortStatus.AVAILABLE: ("available", "Available"),
    PortStatus.PREPARING: ("charging", "Plugged in"),
    PortStatus.CHARGING: ("charging", "In use"),
    PortStatus.IDLE: ("idle", "Idle, still plugged in"),
    PortStatus.RESERVED: ("reserved", "Reserved"),
    PortStatus.FAULTED: ("faulted", "Faulted"),
    PortStatus.UNAVAILABLE: ("maintenance", "Out of service"),
    PortStatus.UNKNOWN: ("unknown", "Unknown"),
}


@dataclass(frozen=True, slots=True)
class PortState:
    """``glyph`` is one of the eight states of the look; ``heard_at`` is when we last knew."""

    glyph: str
    word: str
    status: PortStatus
    heard_at: datetime | None
    is_old: bool = False
    lost_at: datetime | None = None

    @property
    def may_start(self) -> bool:
        """A free port, or one where the driver has already plugged in."""
        return self.glyph == "available" or self.status is PortStatus.PREPARING

    @property
    def rank(self) -> int:
        return TROUBLE_FIRST.index(self.glyph)


def in_use(status: str, session: str | None) -> str:
    """What a port does by its station's word and its running session.

    OCPP 2.x stations say only that a connector is occupied; the session knows whether energy
    flows. Faults and the like are the station's to tell, session or not.
    """
    if session in ("charging", "idle") and PortStatus(status) in _MAY_BE_IN_USE:
        return session
    return status


_MAY_BE_IN_USE: Final = frozenset(
    {PortStatus.AVAILABLE, PortStatus.PREPARING, PortStatus.CHARGING, PortStatus.IDLE}
)


def port_state(
    status: str,
    *,
    connected: bool,
    heard_at: datetime | None,
    now: datetime,
    expected_s: int,
) -> PortState:
    """What to show of a port whose station speaks at least every ``expected_s`` seconds.

    Past twice that the value is only the last one known; past four times it is unknown.
    """
    known = PortStatus(status)
    glyph, word = SHOWN[known]
    if not connected:
        return PortState("offline", "Offline", known, heard_at, is_old=True, lost_at=heard_at)
    silence = now - heard_at if heard_at else timedelta.max
    if silence > timedelta(seconds=SILENT_TIMES * expected_s):
        return PortState("unknown", "Unknown", known, heard_at, is_old=True)
    return PortState(
        glyph, word, known, heard_at, is_old=silence > timedelta(seconds=2 * expected_s)
    )


@dataclass(frozen=True, slots=True)
class Bead:
    """One port in a row of beads."""

    x: float
    glyph: str


def beads(glyphs: Sequence[str]) -> tuple[Bead, ...]:
    """The places of the beads of a location, 11 px apart."""
    return tuple(Bead(0.5 + 11 * nth, drawn(glyph)) for nth, glyph in enumerate(glyphs))


def drawn(state: str) -> str:
    """The glyph of a state."""
    return "unknown" if state == DOUBTFUL else state


def in_words(glyphs: Iterable[str], say: Callable[[str], str] = str) -> str:
    """``2 charging, 3 available``: what a row of beads says to those who cannot see it; ``say``
    says a word in the language of the page."""
    seen = list(glyphs)
    return ", ".join(f"{seen.count(state)} {say(state)}" for state in TOLD if state in seen) or say(
        "no ports"
    )


@dataclass(frozen=True, slots=True)
class Bar:
    """One state in the bar of all ports."""

    glyph: str
    count: int
    x: float
    width: float


def bars(counts: dict[str, int], width: float) -> tuple[Bar, ...]:
    """The bar of all ports by state, ``width`` wide, with gaps of 2 between the states."""
    present = [(state, counts[state]) for state in IN_ORDER if counts.get(state)]
    total = sum(count for _, count in present)
    free = width - 2 * max(0, len(present) - 1)
    x, made = 0.0, []
    for state, count in present:
        wide = round(free * count / total, 1)
        made.append(Bar(state, count, round(x, 1), wide))
        x += wide + 2
    return tuple(made)
