"""The table of sessions. Everything here takes many at once; see also ``store_readings``."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from voltway.kernel.ids import PartyId, SessionId, StationId, TransactionRef
from voltway.runtime.work import Row, Work
from voltway.sessions import sequence
from voltway.sessions.desk import Place
from voltway.sessions.model import Doubt, EndKind, Session, SessionState

_NO_DOUBTS: frozenset[Doubt] = frozenset()


def _same(value: Any) -> Any:
    return value


def _word(value: Any) -> Any:
    return None if value is None else value.value


def _end_kind(value: Any) -> EndKind | None:
    return None if value is None else EndKind(value)


def _doubts(value: Any) -> frozenset[Doubt]:
    return frozenset(Doubt(each) for each in value) if value else _NO_DOUBTS


def _doubt_words(value: Any) -> list[str]:
    return sorted(each.value for each in value)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of ``session``, the field it holds, and how one becomes the other."""

    name: str
    field: str
    type: str
    keep: Callable[[Any], Any] = _same
    read: Callable[[Any], Any] = _same
    is_list: bool = False


def _plain(type: str, *names: str) -> list[_Column]:
    return [_Column(name, name, type) for name in names]


#: Never changed once kept, save the revision, which each change counts up.
_BORN = [
    _Column("id", "id", "uuid"),
    _Column("party_id", "party", "uuid"),
    _Column("station_id", "station", "uuid"),
    _Column("location_id", "location", "uuid"),
    _Column("zone", "zone", "text"),
    *_plain("text", "ref"),
    *_plain("int", "round", "ref_number"),
    *_plain("bytea", "start_key"),
    *_plain("timestamptz", "created_at"),
    *_plain("int", "revision"),
]

#: Changed by plain readings: the hot path of 1.6 writes these alone.
_METERED = [
    *_plain("bigint", "last_wh"),
    *_plain("timestamptz", "last_at"),
    *_plain("int", "power_w"),
    *_plain("smallint", "soc_percent"),
]

#: Changed by plain readings with a number: the hot path of 2.x.
_NUMBERED = [
    *_METERED,
    *_plain("timestamptz", "claimed_until"),
    _Column("seen", "seen", "text", sequence.text_of, sequence.read),
    _Column("state", "state", "text", _word, SessionState),
]

#: Changed by readings that are not plain, and by states.
_MOVING = [
    *_NUMBERED,
    *_plain("bigint", "energy_wh", "first_wh"),
    *_plain("timestamptz", "heard_at", "forgotten_since"),
]

#: Changed by starts, ends and what is learned late.
_RARE = [
    _Column("evse_id", "evse", "uuid"),
    *_plain("int", "evse_number", "power_w_max", "start_seq", "end_seq"),
    _Column("token_uid", "token", "text"),
    *_plain("text", "token_word", "tariff_why", "start_method", "end_method", "reason"),
    *_plain("bigint", "remote_start_id", "begin_wh", "end_wh"),
    *_plain("uuid", "tariff_version_id"),
    *_plain("timestamptz", "started_at", "started_claimed", "ended_at", "ended_claimed"),
    *_plain("timestamptz", "end_heard_at", "settle_at", "told_at"),
    *_plain("boolean", "start_told"),
    _Column("end_kind", "end_kind", "text", _word, _end_kind),
    _Column("doubts", "doubts", "text", _doubt_words, _doubts, is_list=True),
    _Column("judged", "judged", "text", _doubt_words, _doubts, is_list=True),
]

#: Of these, what an end that the station told moves.
_AT_END = [
    column
    for column in _RARE
    if column.name.startswith("end")
    or column.name in {"reason", "settle_at", "told_at", "doubts", "judged"}
]

_ALL = [*_BORN, *_MOVING, *_RARE]
_NAMES = ", ".join(column.name for column in _ALL)


_FIELDS = [column.field for column in _ALL]
_ALL_OF = attrgetter(*_FIELDS)
_READ = [(place, column.read) for place, column in enumerate(_ALL) if column.read is not _same]
_RARE_OF = attrgetter(*(column.field for column in _RARE))
_NOT_AT_END_OF = attrgetter(*(column.field for column in _RARE if column not in _AT_END))


def _session(row: Row) -> Session:
    """The session of a row whose columns are those of ``_ALL``, in that order."""
    values = list(row.values())
    for place, read in _READ:
        values[place] = read(values[place])
    return Session(**dict(zip(_FIELDS, values, strict=True)))


async def places(work: Work, stations: Collection[StationId]) -> dict[StationId, Place]:
    """Where these stations stand; those that were removed stand nowhere."""
    rows = await work.all(
        """
        SELECT id, party_id, location_id, time_zone, clock_offset_s
          FROM station_view
         WHERE id = ANY($1::uuid[])
        """,
        list(stations),
    )
    return {
        row["id"]: Place(
            station=row["id"],
            party=row["party_id"],
            location=row["location_id"],
            zone=row["time_zone"],
            clock_offset_s=row["clock_offset_s"],
        )
        for row in rows
    }


async def with_one_evse(work: Work, stations: Collection[StationId]) -> set[StationId]:
    """Those of these stations that have one EVSE."""
    rows = await work.all(
        "SELECT id FROM station_view WHERE id = ANY($1::uuid[]) AND evses = 1", list(stations)
    )
    return {row["id"] for row in rows}


async def load(
    work: Work,
    stations: Collection[StationId],
    refs: Collection[tuple[StationId, TransactionRef]],
    keys: Collection[tuple[StationId, bytes]],
) -> list[Session]:
    """The sessions that reports of these stations can concern: all whose end was not told yet, and
    those of these names. Locked in the order of their ids, so that two batches cannot wait for
    each other."""
    rows = await work.all(
        f"""
        WITH wanted AS MATERIALIZED (
            SELECT id FROM session WHERE station_id = ANY($1::uuid[]) AND told_at IS NULL
             UNION
            SELECT s.id
              FROM unnest($2::uuid[], $3::text[]) AS w (station_id, ref)
              JOIN session s ON s.station_id = w.station_id AND s.ref = w.ref
             UNION
            SELECT s.id
              FROM unnest($4::uuid[], $5::bytea[]) AS w (station_id, start_key)
              JOIN session s ON s.station_id = w.station_id AND s.start_key = w.start_key
        )
        SELECT {_NAMES}
          FROM session
         WHERE id IN (SELECT id FROM wanted)
         ORDER BY id
           FOR UPDATE
        """,
        list(stations),
        [station for station, _ in refs],
        [ref for _, ref in refs],
        [station for station, _ in keys],
        [key for _, key in keys],
    )
    return [_session(row) for row in rows]


async def by_id(work: Work, ids: Collection[SessionId]) -> list[Session]:
    rows = await work.all(
        f"SELECT {_NAMES} FROM session WHERE id = ANY($1::uuid[]) ORDER BY id", list(ids)
    )
    return [_session(row) for row in rows]


async def named(
    work: Work,
    refs: Collection[tuple[StationId, TransactionRef]],
    keys: Collection[tuple[StationId, bytes]],
    numbers: Collection[int],
) -> tuple[set[StationId], set[int]]:
    """The stations that have sessions of these names or starts; and those of these numbers that
    sessions have already."""
    rows = await work.all(
        """
        SELECT w.station_id, NULL::int AS number
          FROM unnest($1::uuid[], $2::text[]) AS w (station_id, ref)
         WHERE EXISTS (SELECT FROM session s WHERE s.station_id = w.station_id AND s.ref = w.ref)
         UNION ALL
        SELECT w.station_id, NULL
          FROM unnest($3::uuid[], $4::bytea[]) AS w (station_id, start_key)
         WHERE EXISTS (SELECT FROM session s
                        WHERE s.station_id = w.station_id AND s.start_key = w.start_key)
         UNION ALL
        SELECT NULL, ref_number FROM session WHERE ref_number = ANY($5::int[])
        """,
        [station for station, _ in refs],
        [ref for _, ref in refs],
        [station for station, _ in keys],
        [key for _, key in keys],
        list(numbers),
    )
    stations = {StationId(row["station_id"]) for row in rows if row["station_id"] is not None}
    return stations, {row["number"] for row in rows if row["number"] is not None}


async def add(work: Work, sessions: Sequence[Session]) -> None:
    """Keep new sessions. A column that none of them fills is left to the table's default."""
    if not sessions:
        return
    told = zip(*(_ALL_OF(each) for each in sessions), strict=True)
    filled = [
        (
            column.name,
            [column.keep(value) for value in values] if column.keep is not _same else values,
        )
        for column, values in zip(_ALL, told, strict=True)
        if any(value is not None for value in values)
    ]
    rows = zip(*(values for _, values in filled), strict=True)
    await work.copy("session", [name for name, _ in filled], rows)


async def save(
    work: Work,
    changed: Sequence[tuple[Session, Session]],
    metered: Sequence[tuple[Session, Session]] = (),
) -> bool:
    """Keep what changed, given as (before, after), if it is still as it was before; ``False`` if
    some of it is not. Of those in ``metered`` only what a meter moves is another."""
    meter: list[tuple[Session, Session]] = []
    numbered: list[tuple[Session, Session]] = []
    moving: list[tuple[Session, Session]] = []
    ended: list[tuple[Session, Session]] = []
    rare: list[tuple[Session, Session]] = []
    for pair in changed:
        if _NOT_AT_END_OF(pair[0]) != _NOT_AT_END_OF(pair[1]):
            rare.append(pair)
        elif _RARE_OF(pair[0]) != _RARE_OF(pair[1]):
            ended.append(pair)
        else:
            moving.append(pair)
    for pair in metered:
        if pair[0].seen is pair[1].seen:
            meter.append(pair)
        else:
            numbered.append(pair)
    kept = await _meter(work, meter, _METERED)
    kept += await _meter(work, numbered, _NUMBERED)
    kept += await _update(work, moving, _MOVING)
    kept += await _update(work, ended, [*_MOVING, *_AT_END])
    kept += await _update(work, rare, [*_MOVING, *_RARE])
    return kept == len(changed) + len(metered)


async def _meter(
    work: Work, changed: Sequence[tuple[Session, Session]], columns: Sequence[_Column]
) -> int:
    """Keep what plain readings moved. They are heard in this batch, and their registers rise: so
    the moment and the energy need not be told for each of them."""
    if not changed:
        return 0
    return await work.run(_meter_sql(tuple(columns)), work.now, *_values(changed, columns))


@cache
def _meter_sql(columns: Sequence[_Column]) -> str:
    places, names, sets = _lists(columns, first=4)
    return f"""
        UPDATE session s
           SET revision = s.revision + 1, heard_at = $1, {sets},
               energy_wh = greatest(s.energy_wh, w.last_wh - s.first_wh)
          FROM unnest($2::uuid[], $3::int[], {places}) AS w (id, revision, {names})
         WHERE s.id = w.id AND s.revision = w.revision
        """


async def _update(
    work: Work, changed: Sequence[tuple[Session, Session]], columns: Sequence[_Column]
) -> int:
    if not changed:
        return 0
    return await work.run(_update_sql(tuple(columns)), *_values(changed, columns))


@cache
def _update_sql(columns: Sequence[_Column]) -> str:
    places, names, sets = _lists(columns, first=3)
    return f"""
        UPDATE session s SET revision = s.revision + 1, {sets}
          FROM unnest($1::uuid[], $2::int[], {places}) AS w (id, revision, {names})
         WHERE s.id = w.id AND s.revision = w.revision
        """


def _lists(columns: Sequence[_Column], *, first: int) -> tuple[str, str, str]:
    """The placeholders from a first number on, the names, and the assignments of columns."""
    places = ", ".join(f"${nth}::{c.type}[]" for nth, c in enumerate(columns, start=first))
    names = ", ".join(column.name for column in columns)
    sets = ", ".join(
        f"{c.name} = string_to_array(w.{c.name}, ',')" if c.is_list else f"{c.name} = w.{c.name}"
        for c in columns
    )
    return places, names, sets


def _values(
    changed: Sequence[tuple[Session, Session]], columns: Sequence[_Column]
) -> list[Sequence[Any]]:
    """The ids and revisions of sessions as they stood, and these columns as they stand."""
    fields = attrgetter(*(column.field for column in columns))
    told = zip(*(fields(after) for _, after in changed), strict=True)
    return [
        [before.id for before, _ in changed],
        [before.revision for before, _ in changed],
        *(_kept(column, values) for column, values in zip(columns, told, strict=True)),
    ]


def _kept(column: _Column, values: Sequence[Any]) -> Sequence[Any]:
    """A column of values as the database takes it; lists travel as text, for arrays of lists do
    not come apart by ``unnest``."""
    if column.is_list:
        return [",".join(column.keep(value)) for value in values]
    return values if column.keep is _same else [column.keep(value) for value in values]


async def waiting_orders(work: Work, stations: Collection[StationId]) -> set[StationId]:
    """Those of these stations with orders that wait for their effect."""
    rows = await work.all(
        """
        SELECT DISTINCT station_id
          FROM order_view
         WHERE station_id = ANY($1::uuid[]) AND state IN ('sent', 'answered')
        """,
        list(stations),
    )
    return {row["station_id"] for row in rows}


async def silent(
    work: Work, forgotten_before: datetime, silent_before: datetime, limit: int
) -> list[Session]:
    """Running sessions that their stations act as if they were over, locked."""
    rows = await work.all(
        f"""
        SELECT {_NAMES}
          FROM session
         WHERE told_at IS NULL AND ended_at IS NULL
           AND (forgotten_since <= $1
                OR (heard_at <= $2
                    AND station_id IN (SELECT id FROM station_view WHERE connected)))
         ORDER BY id
         LIMIT $3
           FOR UPDATE SKIP LOCKED
        """,
        forgotten_before,
        silent_before,
        limit,
    )
    return [_session(row) for row in rows]


async def to_settle(work: Work, limit: int) -> list[Session]:
    """Sessions whose provisional end has waited long enough, locked."""
    rows = await work.all(
        f"""
        SELECT {_NAMES}
          FROM session
         WHERE settle_at <= $1
         ORDER BY id
         LIMIT $2
           FOR UPDATE SKIP LOCKED
        """,
        work.now,
        limit,
    )
    return [_session(row) for row in rows]


async def of_party(work: Work, party: PartyId, *, before: UUID | None, limit: int) -> list[Session]:
    """The sessions of a party, the newest first."""
    rows = await work.all(
        f"""
        SELECT {_NAMES}
          FROM session
         WHERE party_id = $1 AND ($2::uuid IS NULL OR id < $2)
         ORDER BY id DESC
         LIMIT $3
        """,
        party,
        before,
        limit,
    )
    return [_session(row) for row in rows]
