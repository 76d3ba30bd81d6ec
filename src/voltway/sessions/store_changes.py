"""How sessions are written: new ones, and those that changed, each kind with what it moves.

What changed is written only where the session is still at the revision at which it was read; see
Note [Written from memory] in ``shelf``.
"""

from collections.abc import Sequence
from functools import cache
from operator import attrgetter
from typing import Any, Final

from voltway.runtime.work import Work
from voltway.sessions.model import Session
from voltway.sessions.store_columns import (
    ALL,
    ALL_OF,
    AT_END,
    METERED,
    MOVING,
    NOT_AT_END_OF,
    NUMBERED,
    RARE,
    RARE_OF,
    Column,
    same,
)


def add(work: Work, sessions: Sequence[Session]) -> None:
    """Put off to keep new sessions. A column that none fills is left to the table's default."""
    if not sessions:
        return
    told = zip(*(ALL_OF(each) for each in sessions), strict=True)
    filled = [
        (column, values)
        for column, values in zip(ALL, told, strict=True)
        if any(value is not None and value not in _EMPTY for value in values)
    ]
    work.later(
        _add_sql(tuple(column for column, _ in filled)),
        *(_kept(column, values) for column, values in filled),
    )


#: What the table's defaults say too.
_EMPTY: Final[Sequence[Any]] = ((), frozenset())


@cache
def _add_sql(columns: Sequence[Column]) -> str:
    places = ", ".join(f"${nth}::{c.type}[]" for nth, c in enumerate(columns, start=1))
    names = ", ".join(column.name for column in columns)
    values = ", ".join(f"string_to_array({c.name}, ',')" if c.is_list else c.name for c in columns)
    return f"""
        INSERT INTO session ({names})
        SELECT {values} FROM unnest({places}) AS w ({names})
        """


def save(
    work: Work,
    changed: Sequence[tuple[Session, Session]],
    metered: Sequence[tuple[Session, Session]] = (),
) -> None:
    """Put off to keep what changed, given as (before, after). Where some of it is no longer as it
    was before, the work raises ``Overtaken``. Of those in ``metered`` only what a meter moves is
    another."""
    meter: list[tuple[Session, Session]] = []
    numbered: list[tuple[Session, Session]] = []
    moving: list[tuple[Session, Session]] = []
    ended: list[tuple[Session, Session]] = []
    rare: list[tuple[Session, Session]] = []
    for pair in changed:
        if NOT_AT_END_OF(pair[0]) != NOT_AT_END_OF(pair[1]):
            rare.append(pair)
        elif RARE_OF(pair[0]) != RARE_OF(pair[1]):
            ended.append(pair)
        else:
            moving.append(pair)
    for pair in metered:
        if pair[0].seen is pair[1].seen:
            meter.append(pair)
        else:
            numbered.append(pair)
    _meter(work, meter, METERED)
    _meter(work, numbered, NUMBERED)
    _update(work, moving, MOVING)
    _update(work, ended, [*MOVING, *AT_END])
    _update(work, rare, [*MOVING, *RARE])


def _meter(
    work: Work, changed: Sequence[tuple[Session, Session]], columns: Sequence[Column]
) -> None:
    """Keep what plain readings moved. They are heard in this batch, and their registers rise: so
    the moment and the energy need not be told for each of them."""
    if changed:
        sql = _meter_sql(tuple(columns))
        work.later(sql, work.now, *_values(changed, columns), rows=len(changed))


@cache
def _meter_sql(columns: Sequence[Column]) -> str:
    places, names, sets = _lists(columns, first=4)
    return f"""
        UPDATE session s
           SET revision = s.revision + 1, heard_at = $1, {sets},
               energy_wh = greatest(s.energy_wh, w.last_wh - s.first_wh)
          FROM unnest($2::uuid[], $3::int[], {places}) AS w (id, revision, {names})
         WHERE s.id = w.id AND s.revision = w.revision
        """


def _update(
    work: Work, changed: Sequence[tuple[Session, Session]], columns: Sequence[Column]
) -> None:
    if changed:
        sql = _update_sql(tuple(columns))
        work.later(sql, *_values(changed, columns), rows=len(changed))


@cache
def _update_sql(columns: Sequence[Column]) -> str:
    places, names, sets = _lists(columns, first=3)
    return f"""
        UPDATE session s SET revision = s.revision + 1, {sets}
          FROM unnest($1::uuid[], $2::int[], {places}) AS w (id, revision, {names})
         WHERE s.id = w.id AND s.revision = w.revision
        """


def _lists(columns: Sequence[Column], *, first: int) -> tuple[str, str, str]:
    """The placeholders from a first number on, the names, and the assignments of columns."""
    places = ", ".join(f"${nth}::{c.type}[]" for nth, c in enumerate(columns, start=first))
    names = ", ".join(column.name for column in columns)
    sets = ", ".join(
        f"{c.name} = string_to_array(w.{c.name}, ',')" if c.is_list else f"{c.name} = w.{c.name}"
        for c in columns
    )
    return places, names, sets


def _values(
    changed: Sequence[tuple[Session, Session]], columns: Sequence[Column]
) -> list[Sequence[Any]]:
    """The ids and revisions of sessions as they stood, and these columns as they stand."""
    fields = attrgetter(*(column.field for column in columns))
    told = zip(*(fields(after) for _, after in changed), strict=True)
    return [
        [before.id for before, _ in changed],
        [before.revision for before, _ in changed],
        *(_kept(column, values) for column, values in zip(columns, told, strict=True)),
    ]


def _kept(column: Column, values: Sequence[Any]) -> Sequence[Any]:
    """A column of values as the database takes it; lists travel as text, for arrays of lists do
    not come apart by ``unnest``."""
    if column.is_list:
        return [",".join(column.keep(value)) for value in values]
    return values if column.keep is same else [column.keep(value) for value in values]
