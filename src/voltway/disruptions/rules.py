"""When a disruption is told, and when it is over. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from voltway.disruptions.model import Disruption, DisruptionKind, Seen, WhyOver

#: So long it lasts before it is told: stations lose their line for minutes every day.
HOLDS: Final[Mapping[DisruptionKind, timedelta]] = {
    DisruptionKind.OFFLINE: timedelta(minutes=10),
    DisruptionKind.FAULTED: timedelta(minutes=2),
    DisruptionKind.STARTS: timedelta(),
}
#: What was told and over so lately must last longer: it flaps.
AGAIN_WITHIN: Final = timedelta(hours=2)
HOLDS_AGAIN: Final = timedelta(minutes=30)
#: So long it is well before it is called well.
WELL_FOR: Final = timedelta(minutes=5)
#: Where nobody looked for longer, what was seen before proves nothing: we may have been down, and
#: the stations without us.
GAP: Final = timedelta(minutes=2)
#: A bay at which nobody tried a start for so long is not spoken of any more.
STALE: Final = timedelta(hours=24)
#: So many starts in a row that come to nothing are no accident.
MISSES: Final = 3


def judged(known: Disruption, seen: Seen, now: datetime) -> Disruption:
    """A disruption after a look at what stands behind it."""
    looked = replace(known, looked_at=now)
    if not seen.is_there:
        return replace(looked, over_at=now, over_why=WhyOver.GONE)
    has_gap = now - known.looked_at > GAP
    if seen.is_bad:
        return _bad(looked, seen, now, has_gap=has_gap)
    if known.told_at is None:
        return replace(looked, over_at=now, over_why=WhyOver.PASSED)
    since = now if known.well_since is None or has_gap else known.well_since
    if now - since >= WELL_FOR or known.kind is DisruptionKind.STARTS:
        return replace(looked, well_since=since, over_at=now, over_why=WhyOver.WELL)
    return replace(looked, well_since=since)


def _bad(looked: Disruption, seen: Seen, now: datetime, *, has_gap: bool) -> Disruption:
    if looked.told_at is not None:
        if looked.kind is DisruptionKind.STARTS and now - looked.began_at > STALE:
            return replace(looked, over_at=now, over_why=WhyOver.TIME)
        return replace(looked, well_since=None)
    since = now if has_gap else looked.seen_at
    holds = HOLDS_AGAIN if looked.is_again else HOLDS[looked.kind]
    if now - since < holds or seen.in_window:
        return replace(looked, seen_at=since)
    return replace(looked, seen_at=since, told_at=now)
