"""When restrictions hold by the clock: local time of day, date and day of the week.

Durations are counted in UTC, and every instant is looked at in the location's own zone. So the
hour that autumn repeats holds twice, and the hour that spring leaves out never does.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from voltway.tariffs.model import Restrictions

MIDNIGHT = time(0)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


class Local(NamedTuple):
    """What a clock on the wall shows."""

    day: date
    weekday: int
    time: time


def local_at(at: datetime, zone: ZoneInfo) -> Local:
    """What the location's own clock shows at this moment."""
    local = at.astimezone(zone)
    return Local(local.date(), local.weekday(), local.time())


def holds_by_clock(restrictions: Restrictions, local: Local) -> bool:
    """Whether time of day, day and date allow it. Starts are inclusive, ends exclusive.

    An end before its start is on the next day; an end at 00:00 is the end of the day.
    """
    start = restrictions.start_time or MIDNIGHT
    end = restrictions.end_time or MIDNIGHT
    if start < end or end == MIDNIGHT:
        if local.time < start or (local.time >= end and end != MIDNIGHT):
            return False
    elif end <= local.time < start:
        return False
    if restrictions.days and local.weekday not in restrictions.days:
        return False
    if restrictions.start_date is not None and local.day < restrictions.start_date:
        return False
    return restrictions.end_date is None or local.day < restrictions.end_date


def named_times(restrictions: Iterable[Restrictions]) -> tuple[time, ...]:
    """The times of day at which these may turn, with midnight; none if none asks the clock."""
    asking = [each for each in restrictions if each.asks_the_clock]
    named = [at for each in asking for at in (each.start_time, each.end_time) if at is not None]
    return tuple(sorted({MIDNIGHT, *named})) if asking else ()


def clock_turns(
    times: tuple[time, ...], zone: ZoneInfo, begins: datetime, ends: datetime
) -> list[datetime]:
    """Every UTC moment after the beginning and before the end at which a clock restriction may
    begin or cease to hold, in order: the named times of each local day, its midnight, and the
    moments at which the zone's own clocks are put forward or back.
    """
    if not times:
        return []
    day = begins.astimezone(zone).date()
    last = ends.astimezone(zone).date()
    turns: set[datetime] = set()
    while day <= last:
        turns.update([turn for turn in _turns(times, zone, day) if begins < turn < ends])
        day += DAY
    return sorted(turns)


@lru_cache(maxsize=1024)
def _turns(times: tuple[time, ...], zone: ZoneInfo, day: date) -> Sequence[datetime]:
    """Those of one local day. Many sessions have the same day under the same tariff."""
    midnight, change = _day(day, zone)
    if change is None:
        return [
            midnight + timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)
            for at in times
        ]
    return [change, *_both_times(times, zone, day)]


@lru_cache(maxsize=4096)
def _day(day: date, zone: ZoneInfo) -> tuple[datetime, datetime | None]:
    """The midnight with which a local day begins, and when the clocks change on it. On an ordinary
    day they do not, and its midnight and a difference give every time of it. (In Cairo and
    Santiago, the day on which clocks are put forward has no midnight.)
    """
    midnight = datetime.combine(day, MIDNIGHT, zone).astimezone(UTC)
    next_midnight = datetime.combine(day + DAY, MIDNIGHT, zone).astimezone(UTC)
    exists = midnight.astimezone(zone).time() == MIDNIGHT
    if exists and _offset(midnight, zone) == _offset(next_midnight, zone):
        return midnight, None
    return midnight, _change(zone, midnight, next_midnight)


def _both_times(times: Sequence[time], zone: ZoneInfo, day: date) -> Iterator[datetime]:
    """The times of a day on which the clocks change: a repeated time is two moments."""
    for at in times:
        for fold in (0, 1):
            yield datetime.combine(day, at.replace(fold=fold), zone).astimezone(UTC)


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second at which the zone's offset is the later one."""
    later = _offset(after, zone)
    while after - before > SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if _offset(middle, zone) == later:
            after = middle
        else:
            before = middle
    return after


def _offset(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()
