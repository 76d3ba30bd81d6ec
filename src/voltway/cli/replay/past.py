"""The sessions of the past: one row of the file each, in the order in which things happened."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from voltway.kernel.errors import Misconfigured

COLUMNS: Final = ("sessionId", "created", "ended", "kwhTotal", "dollars", "userId", "stationId")

#: The workplace data prints the year 2014 as 0014.
CENTURY: Final = 2000
NUMBER_MAX: Final = 10**9


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
    found: dict[str, PastSession] = {}
    try:
        for row in rows:
            session = _session(file, rows.line_num, row)
            if session.name in found:
                why = f"the session {session.name} is there twice"
                raise BrokenFile(str(file), rows.line_num, why)
            found[session.name] = session
    except csv.Error as reason:
        raise BrokenFile(str(file), rows.line_num + 1, str(reason)) from None
    if not found:
        raise BrokenFile(str(file), 1, "there is no session below the head")
    return list(found.values())


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


def _session(file: Path, line: int, row: dict[str | None, Any]) -> PastSession:
    def wrong(why: str) -> BrokenFile:
        return BrokenFile(str(file), line, why)

    if None in row or None in row.values():
        heads = [head for head in row if head is not None]
        fields = [row[head] for head in heads if row[head] is not None] + row.get(None, [])
        raise wrong(f"it has {len(fields)} fields instead of {len(heads)}")
    text = {name: str(row[name]).strip() for name in COLUMNS}
    for name in COLUMNS:
        if not text[name]:
            raise wrong(f"{name} is empty")

    def moment(name: str) -> datetime:
        try:
            return _moment(text[name])
        except ValueError:
            example = "no time such as 2014-11-18 15:40:26"
            raise wrong(f"{name} is {example}, but {text[name][:40]}") from None

    def thousandths(name: str) -> int:
        try:
            value = Decimal(text[name])
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or not -NUMBER_MAX < value < NUMBER_MAX:
            raise wrong(f"{name} is no number, but {text[name][:40]}")
        return int(value.scaleb(3))

    session = PastSession(
        name=text["sessionId"],
        station=text["stationId"],
        user=text["userId"],
        begins=moment("created"),
        ends=moment("ended"),
        energy_wh=thousandths("kwhTotal"),
        paid_cents=thousandths("dollars") // 10,
    )
    if session.ends <= session.begins:
        raise wrong("the session ends before it begins")
    if session.energy_wh < 0 or session.paid_cents < 0:
        raise wrong("energy and dollars cannot be negative")
    return session


def _moment(text: str) -> datetime:
    """``0014-11-18 15:40:26`` is 2014; the file names no zone, and the rule needs none."""
    moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return moment if moment.year >= CENTURY else moment.replace(year=moment.year + CENTURY)
