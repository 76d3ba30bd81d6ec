"""Times as stations write them, and as we write them to stations.

OCPP 1.6 §3.14 and 2.x part 2 "Time notations" ask for RFC 3339 in UTC. Stations send what they
have; whatever a person could read is read, and the word says what was odd. What a time is worth
against the moment of its receipt is decided where the station's clock is known.
"""

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum

#: Before OCPP 1.6 was published no clock that was ever set can have stood.
OLDEST = datetime(2015, 1, 1, tzinfo=UTC)

TEXT_MAX = 64


class Oddity(StrEnum):
    """What was odd about a time."""

    NO_ZONE = "no_zone"  # taken as UTC
    FORM = "form"  # ISO 8601, but not as RFC 3339 has it
    UNSET_CLOCK = "unset_clock"  # 1970 and the like
    IMPOSSIBLE = "impossible_date"  # 29 February of a common year, 24:30, second 61
    LEAP_SECOND = "leap_second"  # taken as the second before
    UNREADABLE = "unreadable_time"


_FORM = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})(?P<gap>[Tt ])"
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<part>[0-9]{0,12}))?)?"
    r" ?(?P<zone>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)

_STRICT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)

#: What most stations write; read without a second look, for it needs no conversion.
_IN_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3}(?:\d{3})?)?Z", re.ASCII)


def read_time(text: str | None) -> tuple[datetime | None, Oddity | None]:
    """The moment in UTC, and what was odd about it. Absent or empty is neither.

    >>> read_time("2024-04-26T14:35:02+02")
    (datetime.datetime(2024, 4, 26, 12, 35, 2, tzinfo=datetime.timezone.utc), <Oddity.FORM: 'form'>)
    """
    if not text:
        return None, None
    if len(text) > TEXT_MAX:
        return None, Oddity.UNREADABLE
    if text[-1] == "Z" and _IN_UTC.fullmatch(text):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return _read_slowly(text)
        return moment, Oddity.UNSET_CLOCK if moment < OLDEST else None
    if _STRICT.fullmatch(text):
        try:
            moment = datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            return _read_slowly(text)
        return moment, Oddity.UNSET_CLOCK if moment < OLDEST else None
    return _read_slowly(text)


def _read_slowly(text: str) -> tuple[datetime | None, Oddity | None]:
    found = _FORM.fullmatch(text.strip())
    if found is None:
        return None, Oddity.UNREADABLE
    second = int(found["second"] or 0)
    leap = second == 60
    try:
        moment = _moment(found, 59 if leap else second)
    except (ValueError, OverflowError):
        return None, Oddity.IMPOSSIBLE
    if moment < OLDEST:
        return moment, Oddity.UNSET_CLOCK
    if found["zone"] is None:
        return moment, Oddity.NO_ZONE
    return moment, Oddity.LEAP_SECOND if leap else Oddity.FORM


def _moment(found: re.Match[str], second: int) -> datetime:
    """The UTC time of a well-formed text; raises ``ValueError`` where there is no such day."""
    hour, minute = int(found["hour"]), int(found["minute"])
    at_midnight = (hour, minute, second) == (24, 0, 0)  # ISO 8601: the end of the day
    day = datetime.strptime(found["date"], "%Y-%m-%d").replace(tzinfo=UTC)
    moment = day.replace(
        hour=0 if at_midnight else hour,
        minute=minute,
        second=second,
        microsecond=int(((found["part"] or "") + "000000")[:6]),
    )
    return moment + timedelta(days=at_midnight) - _offset(found["zone"])


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone in "Zz":
        return timedelta()
    digits = zone[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    if hours > 14 or minutes > 59:
        raise ValueError(zone)
    size = timedelta(hours=hours, minutes=minutes)
    return -size if zone[0] == "-" else size


QUARTER = timedelta(minutes=15)

ZONE_MAX = timedelta(hours=14)

NEAR = timedelta(minutes=2)


def zone_mistaken_for_utc(claimed: datetime, received: datetime) -> timedelta | None:
    """The offset of a station that sends its local time as UTC, guessed from one live message.

    Zones lie whole quarters of an hour apart, at most fourteen hours from UTC (quirk C-001).
    ``None`` where the difference is no such offset, or none at all.
    """
    ahead = claimed - received
    offset = round(ahead / QUARTER) * QUARTER
    if offset == timedelta() or abs(offset) > ZONE_MAX or abs(ahead - offset) > NEAR:
        return None
    return offset


def write_time(moment: datetime) -> str:
    """``YYYY-MM-DDTHH:MM:SSZ``: the one form that every station can read (quirk C-011)."""
    assert moment.tzinfo is not None, "a time without a zone is no moment"
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
