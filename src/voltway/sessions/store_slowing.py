"""The SQL of how fast running sessions charge."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from voltway.kernel.ids import SessionId
from voltway.runtime.work import Work
from voltway.sessions.rules_slowing import Pace


async def add_new(work: Work, first_look: timedelta, limit: int) -> int:
    """Look at running sessions whose car takes power and that are not looked at yet; how many."""
    return await work.run(
        """
        INSERT INTO session_slowing (session_id, party_id, look_at, seen_at, expected_w)
        SELECT session.id, session.party_id, $2, $1, session.power_w
          FROM session
         WHERE told_at IS NULL AND ended_at IS NULL AND token_uid IS NOT NULL AND power_w > 0
           AND NOT EXISTS (SELECT 1 FROM session_slowing WHERE session_id = session.id)
         LIMIT $3
            ON CONFLICT DO NOTHING
        """,
        work.now,
        work.now + first_look,
        limit,
    )


async def take_due(work: Work, limit: int) -> list[Pace]:
    """The sessions that are to be looked at now; nobody else looks at them meanwhile."""
    rows = await work.all(
        """
        SELECT session_id, seen_at, expected_w, low_since, low_w, is_told FROM session_slowing
         WHERE look_at <= $1 ORDER BY look_at LIMIT $2 FOR UPDATE SKIP LOCKED
        """,
        work.now,
        limit,
    )
    return [
        Pace(
            session=SessionId(row["session_id"]),
            seen_at=row["seen_at"],
            expected_w=row["expected_w"],
            low_since=row["low_since"],
            low_w=row["low_w"],
            is_told=row["is_told"],
        )
        for row in rows
    ]


async def keep(work: Work, kept: Sequence[Pace], look_at: datetime) -> None:
    await work.run(
        """
        UPDATE session_slowing
           SET look_at = $2, seen_at = told.seen_at, expected_w = told.expected_w,
               low_since = told.low_since, low_w = told.low_w, is_told = told.is_told
          FROM unnest($1::uuid[], $3::timestamptz[], $4::int[], $5::timestamptz[], $6::int[],
                      $7::bool[])
               AS told (session_id, seen_at, expected_w, low_since, low_w, is_told)
         WHERE session_slowing.session_id = told.session_id
        """,
        [each.session for each in kept],
        look_at,
        [each.seen_at for each in kept],
        [each.expected_w for each in kept],
        [each.low_since for each in kept],
        [each.low_w for each in kept],
        [each.is_told for each in kept],
    )


async def forget(work: Work, sessions: Sequence[SessionId]) -> None:
    await work.run("DELETE FROM session_slowing WHERE session_id = ANY($1::uuid[])", list(sessions))


async def withheld(work: Work, sessions: Sequence[SessionId]) -> set[SessionId]:
    """Those of these of which the station said last that it gives nothing (SuspendedEVSE of 1.6 and
    2.x)."""
    rows = await work.all(
        """
        SELECT w.id FROM unnest($1::uuid[]) AS w (id)
         CROSS JOIN LATERAL (SELECT withheld FROM session_state WHERE session_id = w.id
                              ORDER BY at DESC, seq DESC NULLS LAST, arrival DESC LIMIT 1) s
         WHERE s.withheld
        """,
        list(sessions),
    )
    return {SessionId(row["id"]) for row in rows}
