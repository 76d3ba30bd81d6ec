"""Sweep: what stations told beside their sessions is kept for a time, and of each so many at most.

Nothing here is needed for a bill. A station that floods us keeps its newest; a call or frame that
waits for a person stays until somebody has looked at it.
"""

from datetime import timedelta
from typing import Final

from voltway.runtime.work import BeginWork

#: Rows of one statement: a round is never long, and the next one goes on.
AT_ONCE_MAX: Final = 10_000

#: Of one station at most, the newest: the table, how many, and what is newest.
CROWDS: Final = (
    ("station_event", 10_000, "id"),
    ("station_variable", 10_000, "told_at"),
    ("deviation", 1_000, "last_at"),
    ("frame_review", 1_000, "id"),
)

#: The oldest, by a key that grows with time, so that no index on the time is needed.
_OLD: Final = {
    "station_event": """
        DELETE FROM station_event
         WHERE id IN (SELECT id FROM station_event ORDER BY id LIMIT $2) AND at < $1
    """,
    "frame_review": """
        DELETE FROM frame_review
         WHERE id IN (SELECT id FROM frame_review WHERE reviewed_at < $1 ORDER BY id LIMIT $2)
    """,
    "deviation": """
        DELETE FROM deviation
         WHERE ctid = ANY(ARRAY(SELECT ctid FROM deviation WHERE last_at < $1 LIMIT $2))
    """,
    "station_variable": """
        DELETE FROM station_variable
         WHERE ctid = ANY(ARRAY(SELECT v.ctid FROM station_variable v
                                  JOIN station s ON s.id = v.station_id
                                 WHERE s.removed_at < $1 LIMIT $2))
    """,
}


async def forget_old_events(begin: BeginWork, days: int) -> int:
    """Forget what was told longer ago than this (0: never), and what is too much of one station;
    how many rows."""
    gone = 0
    if days:
        for statement in _OLD.values():
            async with begin() as work:
                gone += await work.run(statement, work.now - timedelta(days=days), AT_ONCE_MAX)
    for table, most, newest in CROWDS:
        async with begin() as work:
            gone += await work.run(
                f"""
                DELETE FROM {table}
                 WHERE ctid IN (
                    SELECT surplus.ctid
                      FROM (SELECT station_id FROM {table}
                             GROUP BY station_id HAVING count(*) > $1) crowded
                      JOIN LATERAL (SELECT ctid FROM {table} t
                                     WHERE t.station_id = crowded.station_id
                                     ORDER BY {newest} DESC OFFSET $1 LIMIT $2) surplus ON true)
                """,
                most,
                AT_ONCE_MAX,
            )
    return gone
