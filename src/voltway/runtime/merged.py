"""Writes that were put off, as one statement: each becomes a part of one WITH.

A round trip costs the database and us more than a small write does, and a batch of messages makes a
dozen small writes. PostgreSQL runs all parts of a WITH on one snapshot, in no order that one may
rely on, to their end (PostgreSQL 18, 7.8.4 "Data-Modifying Statements in WITH"), so only what does
not need to see what another part wrote is put off.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

_PLACE: Final = re.compile(r"\$(\d+)")

#: Statements by what they are merged of. A gateway's batches know some dozens of such sums.
_REMEMBERED_MAX: Final = 500


class Later(NamedTuple):
    """A write that was put off: the statement, its values, and how many rows it must touch."""

    sql: str
    values: Sequence[Any]
    rows: int | None = None


def merge(parts: Sequence[Later]) -> tuple[str, list[Any]]:
    """One statement that does what these do, and its values. It fails as ``must_touch`` does where
    one of them does not touch as many rows as it must."""
    sql = _merged(tuple((part.sql, len(part.values), part.rows is not None) for part in parts))
    values = [value for part in parts for value in part.values]
    values += [part.rows for part in parts if part.rows is not None]
    return sql, values


@lru_cache(_REMEMBERED_MAX)
def _merged(parts: Sequence[tuple[str, int, bool]]) -> str:
    if len(parts) == 1 and not parts[0][2]:
        return parts[0][0]
    named: list[str] = []
    counted: list[str] = []
    first = 0
    for number, (sql, places, is_counted) in enumerate(parts):
        moved = _PLACE.sub(lambda found, by=first: f"${int(found[1]) + by}", sql)  # type: ignore[misc]
        if is_counted:
            counted.append(f"part{number}")
            if not moved.lstrip().startswith("SELECT"):
                moved += " RETURNING 1"
        named.append(f"part{number} AS ({moved})")
        first += places
    checks = [
        f"must_touch((SELECT count(*) FROM {name}), ${number})"
        for number, name in enumerate(counted, start=first + 1)
    ]
    return f"WITH {', '.join(named)} SELECT {', '.join(checks) or '1'}"
