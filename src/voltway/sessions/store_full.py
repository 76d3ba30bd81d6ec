"""The SQL of cars that stopped taking energy by themselves."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from voltway.kernel.ids import PartyId, SessionId
from voltway.kernel.units import EnergyWh
from voltway.runtime.work import Work
from voltway.sessions.model import SessionState


async def stopped(
    work: Work,
    lasts: timedelta,
    took_wh: int,
    again_wh: int,
    after: SessionId | None,
    limit: int,
) -> list[SessionId]:
    """The running sessions of which all that was said of the flow in this time, and what was said
    last before it, is that the car takes nothing; not those of which it was told, but for those
    that took ``again_wh`` since. In the order of their ids, those ``after`` one."""
    rows = await work.all(
        """
        SELECT s.id FROM session s
         CROSS JOIN LATERAL (SELECT charging, by_vehicle FROM session_state
                              WHERE session_id = s.id AND at <= $1
                              ORDER BY at DESC, seq DESC NULLS LAST, arrival DESC LIMIT 1) was
         WHERE s.told_at IS NULL AND s.ended_at IS NULL AND s.state = $2 AND s.energy_wh >= $3
           AND NOT was.charging AND was.by_vehicle
           AND NOT EXISTS (SELECT 1 FROM session_state
                            WHERE session_id = s.id AND at > $1 AND (charging OR NOT by_vehicle))
           AND NOT EXISTS (SELECT 1 FROM session_full
                            WHERE session_id = s.id AND s.energy_wh < energy_wh + $4)
           AND ($5::uuid IS NULL OR s.id > $5)
         ORDER BY s.id LIMIT $6
        """,
        work.now - lasts,
        SessionState.IDLE,
        took_wh,
        again_wh,
        after,
        limit,
    )
    return [SessionId(row["id"]) for row in rows]


async def add(
    work: Work, found: Sequence[tuple[SessionId, PartyId, EnergyWh]], again_wh: int
) -> set[SessionId]:
    """Keep of these that they were told; those of which nobody else had kept it, or that took
    ``again_wh`` since."""
    rows = await work.all(
        """
        INSERT INTO session_full (session_id, party_id, energy_wh, told_at)
        SELECT session_id, party_id, energy_wh, $4
          FROM unnest($1::uuid[], $2::uuid[], $3::bigint[])
               AS found (session_id, party_id, energy_wh)
         ORDER BY session_id
            ON CONFLICT (session_id) DO UPDATE
               SET energy_wh = EXCLUDED.energy_wh, told_at = EXCLUDED.told_at
             WHERE EXCLUDED.energy_wh >= session_full.energy_wh + $5
        RETURNING session_id
        """,
        [session for session, _, _ in found],
        [party for _, party, _ in found],
        [energy_wh for _, _, energy_wh in found],
        work.now,
        again_wh,
    )
    return {SessionId(row["session_id"]) for row in rows}


async def told(work: Work, sessions: Collection[SessionId]) -> dict[SessionId, EnergyWh]:
    """What those of these sessions had taken of which it was told, then."""
    rows = await work.all(
        "SELECT session_id, energy_wh FROM session_full WHERE session_id = ANY($1::uuid[])",
        list(sessions),
    )
    return {SessionId(row["session_id"]): EnergyWh(row["energy_wh"]) for row in rows}
