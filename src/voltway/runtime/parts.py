"""Parts of tables, made while others read and write them.

To make a part, PostgreSQL locks the whole table for a moment, and waits for whoever reads it; all
that is written meanwhile waits behind us. A dump may read for hours. So we wait a moment only, and
then say ``WorkCollided``: days are made two days ahead, and the next round tries again.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

from voltway.runtime.work import Work

PATIENCE: Final = "SET LOCAL lock_timeout = '200ms'"
AS_BEFORE: Final = "SET LOCAL lock_timeout TO DEFAULT"


async def ensure_days(work: Work, table: str, days: Iterable[date]) -> None:
    """Have the parts of these days."""
    await _ensure(work, "ensure_day", table, days)


async def ensure_months(work: Work, table: str, days: Iterable[date]) -> None:
    """Have the parts of the months of these days."""
    await _ensure(work, "ensure_month", table, days)


async def _ensure(work: Work, function: str, table: str, days: Iterable[date]) -> None:
    await work.run(PATIENCE)
    await work.run(
        f"SELECT {function}('{table}', day) FROM unnest($1::date[]) AS day", sorted(set(days))
    )
    await work.run(AS_BEFORE)
