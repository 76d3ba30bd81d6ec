"""The SQL of sessions that a fault of their bay ended."""

from collections.abc import Collection
from datetime import timedelta
from typing import NamedTuple

from voltway.kernel.ids import PartyId, SessionId, StationId
from voltway.runtime.work import Work


class Found(NamedTuple):
    session: SessionId
    party: PartyId
    error: str | None


async def find(
    work: Work,
    sessions: Collection[SessionId],
    stations: Collection[StationId],
    unsaid: Collection[str],
    near: timedelta,
) -> list[Found]:
    """Keep which of these sessions, and of those that ended lately at these stations, told one of
    these reasons at a bay that has a fault since ``near`` after the end at most: those that are
    new."""
    rows = await work.all(
        """
        INSERT INTO session_fault (session_id, party_id, error, found_at)
        SELECT s.id, s.party_id, bay.error, $5
          FROM session s
          JOIN LATERAL (
               SELECT coalesce(e.error, t.error) AS error,
                      CASE WHEN t.status = 'faulted' THEN t.status_at ELSE e.status_at END AS since
                 FROM evse_view e JOIN station_view t ON t.id = e.station_id
                WHERE e.id = s.evse_id AND e.status = 'faulted') bay
            ON bay.since <= s.ended_at + $4::interval
         WHERE s.reason = ANY($3::text[])
           AND (s.id = ANY($1::uuid[])
                OR s.station_id = ANY($2::uuid[]) AND s.ended_at >= bay.since - $4::interval)
            ON CONFLICT DO NOTHING
        RETURNING session_id, party_id, error
        """,
        list(sessions),
        list(stations),
        list(unsaid),
        near,
        work.now,
    )
    return [
        Found(SessionId(row["session_id"]), PartyId(row["party_id"]), row["error"]) for row in rows
    ]


async def of(work: Work, sessions: Collection[SessionId]) -> set[SessionId]:
    rows = await work.all(
        "SELECT session_id FROM session_fault WHERE session_id = ANY($1::uuid[])", list(sessions)
    )
    return {SessionId(row["session_id"]) for row in rows}
