"""When planned work may be, by the clock of its place, and when people are told of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from voltway.kernel.errors import Kind, Refusal
from voltway.stations.model_windows import Window, WindowState

#: People are told so many hours before, the farthest first.
NOTICES_H: Final = (48, 2)
#: What lasts longer is no window: the bays are to be taken out of service.
LASTS_MOST: Final = timedelta(days=60)
AHEAD_MOST: Final = timedelta(days=366)


class NotATimeThere(Refusal):
    """Write the times as 2026-03-02T12:00, by the clock of the place."""

    kind: ClassVar[Kind] = Kind.INVALID


class ClockSkipsThat(Refusal):
    """There is no such time at the place: its clocks are put forward over it that night."""

    kind: ClassVar[Kind] = Kind.INVALID


class NotAWindow(Refusal):
    """Planned work begins within a year, ends in the future, and lasts 60 days at most."""

    kind: ClassVar[Kind] = Kind.INVALID


def moment(said: str, zone: str, *, is_end: bool) -> datetime:
    """The moment that a time of day at the place is. Where its clocks are put back and the time
    comes twice, work begins at the first and ends at the second: it is never shorter than it was
    meant. Raises ``NotATimeThere``, ``ClockSkipsThat``."""
    try:
        clock = datetime.fromisoformat(said.strip())
    except ValueError:
        raise NotATimeThere from None
    if clock.tzinfo is not None or not 1970 <= clock.year <= 9998:
        raise NotATimeThere
    there = clock.replace(tzinfo=ZoneInfo(zone), fold=int(is_end))
    found = there.astimezone(UTC)
    if found.astimezone(there.tzinfo).replace(tzinfo=None) != clock:
        raise ClockSkipsThat
    return found


def check(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Raises ``NotAWindow``."""
    is_short = timedelta() < ends_at - starts_at <= LASTS_MOST
    if not (is_short and ends_at > now and starts_at <= now + AHEAD_MOST):
        raise NotAWindow


def notice_due(window: Window, now: datetime) -> int | None:
    """Of which notice it is time, in hours before; ``None`` where it is of none. Of notices that
    were missed only the last is given: it says all that the others did."""
    left = window.starts_at - now
    if window.state is not WindowState.PLANNED or left <= timedelta():
        return None
    due = [hours for hours in NOTICES_H if left <= timedelta(hours=hours)]
    if not due or (window.told_h is not None and window.told_h <= due[-1]):
        return None
    return due[-1]


def told_by_moving(window: Window, now: datetime) -> int | None:
    """The notice that telling of new times is for who was told of the times before; ``None`` where
    nobody was, or the new times are far off."""
    return None if window.told_h is None else notice_due(replace(window, told_h=None), now)


def covers(window: Window, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether a window and this time have a moment in common."""
    return window.starts_at < ends_at and starts_at < window.ends_at
