"""When and where a token may charge: pure."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from voltway.kernel.ids import LocationId

#: In the words of ``Decision.token``, which are those of 2.x (AuthorizationStatusEnumType).
NOT_NOW: Final = "not_at_this_time"
PLANNED_WORK: Final = "planned_work"
NOT_HERE: Final = "not_at_this_location"

EVERY_DAY: Final = frozenset(range(1, 8))


@dataclass(frozen=True, slots=True)
class Allowed:
    """Days (1 is Monday), hours by the clock of the place, and places; what is empty is any. Hours
    that do not end after they begin end on the day after, and belong to the day on which they
    begin."""

    days: frozenset[int] = frozenset()
    opens: time | None = None
    closes: time | None = None
    places: frozenset[LocationId] = frozenset()


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is said of one token, and the place at which it is shown."""

    rules: tuple[Allowed, ...]
    place: LocationId
    zone: str


def refusal(kept: Kept, at: datetime) -> str | None:
    """Why a token may not charge at its place at this moment; ``None`` where it may."""
    if any(rule.places and kept.place not in rule.places for rule in kept.rules):
        return NOT_HERE
    local = at.astimezone(ZoneInfo(kept.zone))
    return None if all(_is_open(rule, local) for rule in kept.rules) else NOT_NOW


def _is_open(rule: Allowed, local: datetime) -> bool:
    days, clock = rule.days or EVERY_DAY, local.time()
    if rule.opens is None or rule.closes is None:
        return local.isoweekday() in days
    if rule.opens < rule.closes:
        return local.isoweekday() in days and rule.opens <= clock < rule.closes
    if clock >= rule.opens:
        return local.isoweekday() in days
    return clock < rule.closes and (local - timedelta(days=1)).isoweekday() in days
