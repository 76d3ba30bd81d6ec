"""The SQL of cars that stand: when their idle fee is worked out again, and what was said of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from voltway.kernel.ids import SessionId
from voltway.runtime.work import Work
from voltway.sessions.model import SessionState


class Kept(NamedTuple):
    """What is kept of a session whose car stands."""

    session: SessionId
    soon_told: bool = False
    began_told: bool = False


async def add_new(work: Work, limit: int) -> int:
    """Look at the running sessions whose car stands and that are not looked at yet; how many."""
    return await work.run(
        """
        INSERT INTO session_standing (session_id, party_id, look_at)
        SELECT session.id, session.party_id, $1
          FROM session
         WHERE told_at IS NULL AND ended_at IS NULL AND state = $2
           AND tariff_version_id IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM session_standing WHERE session_id = session.id)
         LIMIT $3
            ON CONFLICT DO NOTHING
        """,
        work.now,
        SessionState.IDLE,
        limit,
    )


async def take_due(work: Work, limit: int) -> list[Kept]:
    """The sessions that are to be looked at now; nobody else looks at them meanwhile."""
    rows = await work.all(
        """
        SELECT session_id, soon_told, began_told FROM session_standing
         WHERE look_at <= $1 ORDER BY look_at LIMIT $2 FOR UPDATE SKIP LOCKED
        """,
        work.now,
        limit,
    )
    return [Kept(row["session_id"], row["soon_told"], row["began_told"]) for row in rows]


async def keep(work: Work, kept: Sequence[Kept], look_at: Sequence[datetime]) -> None:
    await work.run(
        """
        UPDATE session_standing SET look_at = told.look_at, soon_told = told.soon_told,
               began_told = told.began_told
          FROM unnest($1::uuid[], $2::timestamptz[], $3::bool[], $4::bool[])
               AS told (session_id, look_at, soon_told, began_told)
         WHERE session_standing.session_id = told.session_id
        """,
        [each.session for each in kept],
        list(look_at),
        [each.soon_told for each in kept],
        [each.began_told for each in kept],
    )


async def forget(work: Work, sessions: Sequence[SessionId]) -> None:
    await work.run(
        "DELETE FROM session_standing WHERE session_id = ANY($1::uuid[])", list(sessions)
    )
