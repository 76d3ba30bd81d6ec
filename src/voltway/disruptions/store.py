"""The SQL of disruptions."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from voltway.disruptions.model import Disruption, DisruptionKind, Seen, WhyOver
from voltway.kernel.ids import EvseId, LocationId, OrderId, PartyId, StationId
from voltway.runtime.work import Row, Work

#: Whether the last starts at a bay ``e`` all came to nothing: of the orders since ``$2``, the last
#: ``$3``, for at least two tokens, and no energy flowed there after the first of them.
_STARTS_FAIL: Final = """
    (SELECT count(*) = $3 AND bool_and(o.state <> 'done') AND count(DISTINCT o.token) > 1
            AND NOT EXISTS (SELECT FROM session_view v WHERE v.evse_id = e.id
                               AND v.started_at > min(o.placed_at) AND v.energy_wh > 0)
       FROM (SELECT state, placed_at, body ->> 'token' AS token FROM order_view
              WHERE station_id = e.station_id AND evse = e.number AND kind = 'StartCharging'
                AND placed_at > $2 AND ended_at IS NOT NULL AND state <> 'cancelled'
              ORDER BY number DESC LIMIT $3) o)
"""
#: Whether nothing has started at the bay of a disruption ``d`` since.
_NOTHING_STARTED: Final = """
    NOT EXISTS (SELECT FROM session_view v WHERE v.evse_id = d.evse_id
                   AND v.started_at > d.began_at AND v.energy_wh > 0)
"""


async def suspect(
    work: Work,
    found: Sequence[tuple[UUID, StationId, EvseId | None, DisruptionKind, datetime]],
    lately: datetime,
) -> None:
    """Keep what may be a disruption, where it is none already. ``lately``: what was told and over
    since then comes again."""
    await work.run(
        """
        INSERT INTO disruption (id, party_id, location_id, station_id, evse_id, kind, is_again,
                                began_at, seen_at, looked_at)
        SELECT w.id, s.party_id, s.location_id, s.id, w.evse, w.kind,
               EXISTS (SELECT FROM disruption d
                        WHERE d.station_id = s.id AND d.over_at > $6 AND d.told_at IS NOT NULL
                          AND d.evse_id IS NOT DISTINCT FROM w.evse AND d.kind = w.kind),
               w.at, $7, $7
          FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[])
               AS w (id, station, evse, kind, at)
          JOIN station_view s ON s.id = w.station
            ON CONFLICT DO NOTHING
        """,
        [each[0] for each in found],
        [each[1] for each in found],
        [each[2] for each in found],
        [each[3].value for each in found],
        [each[4] for each in found],
        lately,
        work.now,
    )


async def open_now(work: Work) -> list[tuple[Disruption, Seen]]:
    """All that is suspected or told, locked, with what stands behind each. While a station has no
    contact nothing there is well, and without a bay that works its line alone makes nothing well:
    who was told of one is told that it is over when somebody can charge again."""
    rows = await work.all(
        f"""
        SELECT d.*, coalesce(l.published, false) AS is_there,
               NOT s.connected OR CASE d.kind
                   WHEN 'offline' THEN NOT EXISTS (SELECT FROM evse_view b
                                                    WHERE b.station_id = d.station_id
                                                      AND b.status <> 'faulted')
                   WHEN 'faulted' THEN
                        CASE WHEN d.evse_id IS NULL THEN s.status ELSE e.status END = 'faulted'
                   ELSE {_NOTHING_STARTED} END AS is_bad,
               CASE WHEN d.evse_id IS NOT NULL THEN e.window_id IS NOT NULL
                    ELSE NOT EXISTS (SELECT FROM evse_view b
                                      WHERE b.station_id = d.station_id AND b.window_id IS NULL)
               END AS in_window
          FROM (SELECT * FROM disruption WHERE over_at IS NULL ORDER BY id
                   FOR UPDATE SKIP LOCKED) d
          LEFT JOIN station_view s ON s.id = d.station_id
          LEFT JOIN location_view l ON l.id = s.location_id
          LEFT JOIN evse_view e ON e.id = d.evse_id
        """
    )
    return [
        (
            _disruption(row),
            Seen(
                is_there=row["is_there"],
                is_bad=bool(row["is_bad"]),
                in_window=bool(row["in_window"]),
            ),
        )
        for row in rows
    ]


async def keep(work: Work, changed: Sequence[Disruption]) -> None:
    await work.run(
        """
        UPDATE disruption d
           SET seen_at = w.seen_at, looked_at = $2, well_since = w.well_since, told_at = w.told_at,
               over_at = w.over_at, over_why = w.over_why
          FROM unnest($1::uuid[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[],
                      $6::timestamptz[], $7::text[])
               AS w (id, seen_at, well_since, told_at, over_at, over_why)
         WHERE d.id = w.id
        """,
        [each.id for each in changed],
        work.now,
        [each.seen_at for each in changed],
        [each.well_since for each in changed],
        [each.told_at for each in changed],
        [each.over_at for each in changed],
        [each.over_why for each in changed],
    )


async def failing(
    work: Work, orders: Collection[OrderId], since: datetime, misses: int
) -> list[tuple[StationId, EvseId]]:
    """The bays of these orders at which the last starts all came to nothing."""
    rows = await work.all(
        f"""
        SELECT DISTINCT e.station_id, e.id
          FROM order_view asked
          JOIN evse_view e ON e.station_id = asked.station_id AND e.number = asked.evse
         WHERE asked.id = ANY($1::uuid[]) AND {_STARTS_FAIL}
        """,
        list(orders),
        since,
        misses,
    )
    return [(StationId(row["station_id"]), EvseId(row["id"])) for row in rows]


async def by_ids(work: Work, ids: Collection[UUID]) -> dict[UUID, Disruption]:
    rows = await work.all("SELECT * FROM disruption WHERE id = ANY($1::uuid[])", list(ids))
    return {row["id"]: _disruption(row) for row in rows}


async def open_at(work: Work, location: LocationId) -> list[Disruption]:
    rows = await work.all(
        """
        SELECT * FROM disruption
         WHERE location_id = $1 AND told_at IS NOT NULL AND over_at IS NULL ORDER BY told_at, id
        """,
        location,
    )
    return [_disruption(row) for row in rows]


async def ended_at(work: Work, location: LocationId, since: datetime) -> list[Disruption]:
    rows = await work.all(
        """
        SELECT * FROM disruption
         WHERE station_id IN (SELECT id FROM station_view WHERE location_id = $1)
           AND location_id = $1 AND over_at >= $2 AND told_at IS NOT NULL ORDER BY told_at, id
        """,
        location,
        since,
    )
    return [_disruption(row) for row in rows]


async def forget(work: Work, keep_for: timedelta, limit: int) -> int:
    return await work.run(
        """
        DELETE FROM disruption WHERE id IN
               (SELECT id FROM disruption WHERE over_at < $1 ORDER BY over_at LIMIT $2)
        """,
        work.now - keep_for,
        limit,
    )


def _disruption(row: Row) -> Disruption:
    return Disruption(
        id=row["id"],
        party=PartyId(row["party_id"]),
        location=LocationId(row["location_id"]),
        station=StationId(row["station_id"]),
        evse=EvseId(row["evse_id"]) if row["evse_id"] else None,
        kind=DisruptionKind(row["kind"]),
        is_again=row["is_again"],
        began_at=row["began_at"],
        seen_at=row["seen_at"],
        looked_at=row["looked_at"],
        well_since=row["well_since"],
        told_at=row["told_at"],
        over_at=row["over_at"],
        over_why=WhyOver(row["over_why"]) if row["over_why"] else None,
    )
