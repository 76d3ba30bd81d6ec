"""The SQL of targets: when running sessions are looked at again, and what was said of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from voltway.kernel.ids import PartyId, SessionId
from voltway.runtime.work import Work


class Kept(NamedTuple):
    """What is kept of a session's target. ``moved_at``: when it was said last that it moved."""

    session: SessionId
    party: PartyId
    said_at: datetime | None
    soon_told: bool
    moved_at: datetime | None


async def add_new(work: Work, first_look: timedelta, limit: int) -> int:
    """Look at the running sessions whose car tells its charge, or is known, and that are not looked
    at yet."""
    return await work.run(
        """
        INSERT INTO session_target (session_id, party_id, look_at)
        SELECT session.id, session.party_id, greatest(session.started_at + $2, $1)
          FROM session
         WHERE told_at IS NULL AND ended_at IS NULL
           AND (soc_percent IS NOT NULL
                OR EXISTS (SELECT 1 FROM token_car_view car
                            WHERE car.party_id = session.party_id
                              AND car.token = session.token_uid))
           AND NOT EXISTS (SELECT 1 FROM session_target WHERE session_id = session.id)
         LIMIT $3
            ON CONFLICT DO NOTHING
        """,
        work.now,
        first_look,
        limit,
    )


async def take_due(work: Work, limit: int) -> list[Kept]:
    """The sessions that are to be looked at now; nobody else looks at them meanwhile."""
    rows = await work.all(
        """
        SELECT session_id, party_id, said_at, soon_told, moved_at FROM session_target
         WHERE look_at <= $1 ORDER BY look_at LIMIT $2 FOR UPDATE SKIP LOCKED
        """,
        work.now,
        limit,
    )
    return [Kept(*row.values()) for row in rows]


async def keep(work: Work, kept: Sequence[Kept], look_at: Sequence[datetime]) -> None:
    await work.run(
        """
        UPDATE session_target SET look_at = told.look_at, said_at = told.said_at,
               soon_told = told.soon_told, moved_at = told.moved_at
          FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::bool[],
                      $5::timestamptz[])
               AS told (session_id, look_at, said_at, soon_told, moved_at)
         WHERE session_target.session_id = told.session_id
        """,
        [each.session for each in kept],
        list(look_at),
        [each.said_at for each in kept],
        [each.soon_told for each in kept],
        [each.moved_at for each in kept],
    )


async def forget(work: Work, sessions: Sequence[SessionId]) -> None:
    await work.run("DELETE FROM session_target WHERE session_id = ANY($1::uuid[])", list(sessions))
