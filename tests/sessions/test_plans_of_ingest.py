"""A statement of the ingest keeps the plan that was made while the house was empty: however many
sessions come after, it looks up those that it names and no other."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.network import AStation
from tests.sessions.telling import (
    Line,
    finished,
    minute,
    reading,
    start16,
    started,
    stop16,
    updated,
    values,
)
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.runtime.work import BeginWork
from voltway.sessions.shelf import Shelf

OTHERS = 3_000

#: Sessions of the same station: an index that begins with the station is not to be walked either.
_FILL = """
    INSERT INTO session
    SELECT other.*
      FROM session s, generate_series(1, $1) AS n,
           jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid(),
                                                       'ref', 'other-' || n)) AS other
     WHERE s.ref = 'first'
"""


@pytest.fixture
async def ingest(database: Database) -> AsyncIterator[Database]:
    """The ingest's own connection, with plans of its own."""
    found = await database.for_ingest()
    yield found
    await found.close()


async def _whole_sessions(line: Line, nth: int) -> None:
    at = nth * 20
    answer = await line.tell(start16(1, at, 50_000 + 1_000 * nth))
    assert answer.ref is not None
    await line.tell(values(answer.ref, 1, reading(at + 5, 50_500 + 1_000 * nth)))
    await line.tell(stop16(answer.ref, at + 10, 51_000 + 1_000 * nth))
    ref = "first" if nth == 0 else f"tx-{nth}"
    await line.tell(started(ref, 0, at + 11, 100, evse=2))
    await line.tell(updated(ref, 1, at + 12, 200))
    await line.tell(finished(ref, 2, at + 13, 300))


async def test_what_was_planned_when_the_house_was_empty_never_walks_a_table(
    ingest: Database, begin: BeginWork, here: AStation, clock: JumpingClock
) -> None:
    clock.jump_to(minute(120))
    line = Line(ingest.begin, here.station.id, Shelf())
    owner = await asyncpg.connect(ingest.url)
    await owner.execute("ANALYZE")  # as it comes by itself: now the planner knows tables as empty
    await owner.close()
    await _whole_sessions(line, 0)
    async with begin() as work:
        await work.run(_FILL, OTHERS)
    read_before = await _rows_read(ingest)

    await _whole_sessions(line, 1)

    assert await _rows_read(ingest) - read_before < OTHERS / 10


async def _rows_read(ingest: Database) -> int:
    """Rows of sessions that were read until now, by an index or without."""
    async with ingest.pool.acquire() as line:
        await line.execute("SELECT pg_stat_force_next_flush()")
    async with ingest.pool.acquire() as line:
        count: int = await line.fetchval(
            "SELECT seq_tup_read + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes"
            " WHERE relname = 'session') FROM pg_stat_user_tables WHERE relname = 'session'"
        )
    return count
