"""The sessions of the past: one row of the file each, in the order in which things happened."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from voltway.kernel.errors import Misconfigured

COLUMNS: Final = ("sessionId", "created", "ended", "kwhTotal", "dollars", "userId", "stationId")

#: The workplace data prints the year 2014 as 0014.
CENTURY: Final = 2000


@dataclass(eq=False)
class BrokenFile(Misconfigured):
    """{file}, line {line}: {why}."""

    file: str
    line: int
    why: str


@dataclass(eq=False)
class NoSuchFile(Misconfigured):
    """{file} cannot be read: {why}."""

    file: str
    why: str


@dataclass(frozen=True, slots=True)
class PastSession:
    """A charging session as it was: times UTC, energy in whole Wh, what was paid in cents."""

    name: str
    station: str
    user: str
    begins: datetime
    ends: datetime
    energy_wh: int
    paid_cents: int


@dataclass(frozen=True, slots=True)
class Event:
    """A session begins or ends at this moment, at this EVSE of its station."""

    at: datetime
    begins: bool
    evse: int
    session: PastSession


def read_past(file: Path) -> list[PastSession]:
    """The sessions of a CSV file; raises ``BrokenFile`` with the line that is wrong."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as reason:
        why = getattr(reason, "strerror", None) or "it is not text in UTF-8"
        raise NoSuchFile(str(file), why.lower()) from None
    rows = csv.DictReader(text.splitlines())
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise BrokenFile(str(file), 1, f"the column {missing[0]} is missing")
    found = [_session(file, rows.line_num, row) for row in rows]
    names = set()
    for number, session in enumerate(found, 2):
        if session.name in names:
            raise BrokenFile(str(file), number, f"the session {session.name} is there twice")
        names.add(session.name)
    if not found:
        raise BrokenFile(str(file), 1, "there is no session below the head")
    return found


def events(sessions: Sequence[PastSession]) -> list[Event]:
    """All begins and ends in order of time; at the same moment, ends come first."""
    told = [
        event
        for session, evse in _at_evses(sessions)
        for event in (
            Event(session.begins, True, evse, session),
            Event(session.ends, False, evse, session),
        )
    ]
    return sorted(told, key=lambda event: (event.at, event.begins))


def stations(told: Iterable[Event]) -> dict[str, int]:
    """How many EVSEs each station needs, so that sessions that overlap both have one."""
    needed: dict[str, int] = {}
    for event in told:
        name = event.session.station
        needed[name] = max(needed.get(name, 0), event.evse)
    return needed


def _at_evses(sessions: Sequence[PastSession]) -> Iterator[tuple[PastSession, int]]:
    """Each session at the first EVSE of its station that is free when it begins."""
    busy: dict[str, list[datetime]] = {}
    for session in sorted(sessions, key=lambda session: session.begins):
        until = busy.setdefault(session.station, [])
        for index, free_at in enumerate(until):
            if free_at <= session.begins:
                until[index] = session.ends
                yield session, index + 1
                break
        else:
            until.append(session.ends)
            yield session, len(until)


def _session(file: Path, line: int, row: dict[str, str | None]) -> PastSession:
    for name in COLUMNS:
        if not (row.get(name) or "").strip():
            raise BrokenFile(str(file), line, f"{name} is empty")
    try:
        session = PastSession(
            name=str(row["sessionId"]).strip(),
            station=str(row["stationId"]).strip(),
            user=str(row["userId"]).strip(),
            begins=_moment(str(row["created"])),
            ends=_moment(str(row["ended"])),
            energy_wh=int(Decimal(str(row["kwhTotal"])) * 1000),
            paid_cents=int(Decimal(str(row["dollars"])) * 100),
        )
    except (ValueError, InvalidOperation, OverflowError):
        raise BrokenFile(str(file), line, "a time or a number cannot be read") from None
    if session.ends <= session.begins:
        raise BrokenFile(str(file), line, "the session ends before it begins")
    if session.energy_wh < 0 or session.paid_cents < 0:
        raise BrokenFile(str(file), line, "energy and dollars cannot be negative")
    return session


def _moment(text: str) -> datetime:
    """``0014-11-18 15:40:26`` is 2014; the file names no zone, and the rule needs none."""
    moment = datetime.strptime(text.strip(), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return moment if moment.year >= CENTURY else moment.replace(year=moment.year + CENTURY)
