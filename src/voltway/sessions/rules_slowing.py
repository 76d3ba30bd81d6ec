"""Whether a car charges much more slowly than was to be expected. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from voltway.kernel.ids import SessionId

#: Less than this share of what was expected, for so long, is told.
SLOW_SHARE: Final = 0.5
SLOW_FOR: Final = timedelta(minutes=5)
#: What a station says that it withholds is told sooner: it is no guess.
WITHHELD_FOR: Final = timedelta(minutes=1)
#: From this share on it is as expected again.
WELL_SHARE: Final = 0.7
#: A battery that is filled with direct current takes less and less: what is expected halves in this
#: time, and from this charge on nothing is.
HALVES_IN: Final = timedelta(minutes=20)
FULL_FROM: Final = 80
#: Of less nobody would notice a half. No station limits alternating current as low either (IEC
#: 61851-1: 6 A at least), so that a car which takes less is nearly full.
LEAST_W: Final = 1_000
#: Power that falls on by such a share is no limit yet: a battery that is nearly full tapers.
FALLS_SHARE: Final = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What is kept of how fast a session charges. ``expected_w``: at ``seen_at``; ``low_w``: what
    it took at least since ``low_since``."""

    session: SessionId
    seen_at: datetime
    expected_w: int
    low_since: datetime | None = None
    low_w: int | None = None
    is_told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """How a session charges now. ``charges``: energy flows; ``withheld``: its station says that it
    gives nothing."""

    power_w: int
    is_dc: bool
    soc_percent: int | None
    charges: bool = True
    withheld: bool = False


def looked_at(known: Pace, flow: Flow, now: datetime) -> tuple[Pace, bool]:
    """What is kept after a look, and whether its driver is to be told now."""
    expected_w = expected(known, flow, now)
    kept = replace(known, seen_at=now, expected_w=max(expected_w, flow.power_w))
    if _is_sated(flow) or (kept.expected_w < LEAST_W and not flow.withheld):
        return replace(kept, low_since=None, low_w=None), False
    if not flow.withheld and flow.power_w >= expected_w * SLOW_SHARE:
        is_told = known.is_told and flow.power_w < expected_w * WELL_SHARE
        return replace(kept, low_since=None, low_w=None, is_told=is_told), False
    lowest = flow.power_w if known.low_w is None else min(known.low_w, flow.power_w)
    since = known.low_since or now
    if not flow.withheld and known.low_w is not None and lowest < known.low_w * FALLS_SHARE:
        since = now
    lasts = WITHHELD_FOR if flow.withheld else SLOW_FOR
    tells = now - since >= lasts and not known.is_told
    is_told = known.is_told or tells
    return replace(kept, low_since=since, low_w=lowest, is_told=is_told), tells


def _is_sated(flow: Flow) -> bool:
    """Whether it is the car that wants no more: it stopped by itself, or is nearly full."""
    if flow.is_dc and flow.soc_percent is not None and flow.soc_percent >= FULL_FROM:
        return True
    if flow.withheld:
        return False
    return not flow.charges or (not flow.is_dc and flow.power_w < LEAST_W)


def expected(known: Pace, flow: Flow, now: datetime) -> int:
    """What a session should take now, by what it took before: the same, or of direct current less,
    as batteries do. While it is low it stays as it was before."""
    if not flow.is_dc or known.low_since is not None:
        return known.expected_w
    return int(known.expected_w * 0.5 ** ((now - known.seen_at) / HALVES_IN))
