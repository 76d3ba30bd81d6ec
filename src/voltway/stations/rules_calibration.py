"""What may be written down as the calibration of a meter, and which day it is at a place."""

import re
from datetime import date, datetime
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from voltway.kernel.errors import Kind, Refusal
from voltway.stations.model_calibration import Calibration

#: Meters in stations are good for 8 years in Germany (MessEV §34 and annex 7), elsewhere for longer
#: or shorter: what lies farther ahead than this is a slip.
AHEAD_MOST_YEARS: Final = 20
EARLIEST: Final = date(2000, 1, 1)
NOTE_MAX: Final = 100
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class NotALastDay(Refusal):
    """Write the last day of a meter as 2031-12-31."""

    kind: ClassVar[Kind] = Kind.INVALID


class LastDayOutOfReach(Refusal):
    """The last day of a meter is in 2000 or later, and not more than 20 years from now."""

    kind: ClassVar[Kind] = Kind.INVALID


class NotANote(Refusal):
    """A note of a meter is one line of at most 100 signs."""

    kind: ClassVar[Kind] = Kind.INVALID


class NoteWithoutDay(Refusal):
    """Say the last day of the meter too: a note alone does not say until when it is good."""

    kind: ClassVar[Kind] = Kind.INVALID


def typed(day: str, note: str) -> Calibration | None:
    """What the fields of a form say; none where they are empty. Raises ``NotALastDay``,
    ``NoteWithoutDay``."""
    if not day.strip():
        if note.strip():
            raise NoteWithoutDay
        return None
    return Calibration(last_day(day), note)


def last_day(said: str) -> date:
    """Raises ``NotALastDay``."""
    plain = said.strip()
    if not _DAY.fullmatch(plain):
        raise NotALastDay
    try:
        return date.fromisoformat(plain)
    except ValueError:
        raise NotALastDay from None


def checked(told: Calibration, today: date) -> Calibration:
    """A calibration as it is kept; one that is over may be written down too. Raises
    ``LastDayOutOfReach``, ``NotANote``."""
    is_far = told.valid_until.year > today.year + AHEAD_MOST_YEARS
    if is_far or told.valid_until < EARLIEST:
        raise LastDayOutOfReach
    note = told.note.strip()
    if len(note) > NOTE_MAX or not note.isprintable():
        raise NotANote
    return Calibration(told.valid_until, note)


def today_at(zone: str, now: datetime) -> date:
    """The day that it is at a place."""
    return now.astimezone(ZoneInfo(zone)).date()
