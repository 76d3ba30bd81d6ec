"""What stations told and answered of reservations, and which were asked."""

from datetime import datetime

from voltway.kernel.ids import StationId
from voltway.runtime.work import Work
from voltway.stations.orders import Answered
from voltway.stations.rules_abilities import Evidence

_STOOD_AS = "concat_ws(' ', s.ocpp_version, s.firmware)"


async def evidence(work: Work, station: StationId) -> Evidence:
    row = await work.one(
        """
        SELECT s.ocpp_version, o.answered, o.answered_at
          FROM station s
          LEFT JOIN LATERAL (SELECT answered, answered_at FROM station_order
                              WHERE station_id = s.id AND kind = 'ReserveNow'
                                AND answered IN ('accepted', 'not_supported')
                              ORDER BY number DESC LIMIT 1) o ON true
         WHERE s.id = $1
        """,
        station,
    )
    told = await work.all(
        """
        SELECT lower(concat_ws('.', nullif(component, ''), name)) AS name, value, told_at
          FROM station_variable
         WHERE station_id = $1 AND evse = 0 AND attribute = 'Actual'
           AND lower(concat_ws('.', nullif(component, ''), name)) IN
               ('supportedfeatureprofiles', 'reservationctrlr.available',
                'reservationctrlr.enabled')
        """,
        station,
    )
    answered = row["answered"] if row else None
    return Evidence(
        version=(row["ocpp_version"] if row else None) or "",
        variables={each["name"]: each["value"] or "" for each in told},
        told_at=max((each["told_at"] for each in told), default=None),
        tried=Answered(answered) if answered else None,
        tried_at=row["answered_at"] if row else None,
    )


async def unasked(work: Work, since: datetime, limit: int) -> list[tuple[StationId, str]]:
    """Stations with a line that nobody has asked since then, or not as they stand today, and their
    versions. They are called asked from now on."""
    rows = await work.all(
        f"""
        INSERT INTO station_asked AS a (station_id, party_id, asked_at, stood_as)
        SELECT s.id, s.party_id, $1, {_STOOD_AS}
          FROM station s
          LEFT JOIN station_asked k ON k.station_id = s.id
         WHERE s.connected_at IS NOT NULL AND s.disconnected_at IS NULL AND s.removed_at IS NULL
           AND s.ocpp_version IS NOT NULL
           AND (k.station_id IS NULL OR k.asked_at < $2 OR k.stood_as <> {_STOOD_AS})
         LIMIT $3
        ON CONFLICT (station_id) DO UPDATE
           SET asked_at = excluded.asked_at, stood_as = excluded.stood_as
        RETURNING a.station_id, split_part(a.stood_as, ' ', 1) AS version
        """,
        work.now,
        since,
        limit,
    )
    return [(StationId(row["station_id"]), row["version"]) for row in rows]
