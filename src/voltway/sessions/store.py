"""The table of sessions, read. Everything here takes many at once; see also ``store_changes`` and
``store_readings``."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from voltway.kernel.ids import PartyId, SessionId, StationId, TransactionRef
from voltway.runtime.work import Work
from voltway.sessions.desk import Place
from voltway.sessions.model import Session
from voltway.sessions.store_columns import NAMES, session_of


async def places(work: Work, stations: Collection[StationId]) -> dict[StationId, Place]:
    """Where these stations stand; those that were removed stand nowhere."""
    rows = await work.all(
        """
        SELECT id, party_id, location_id, time_zone, clock_offset_s
          FROM station_view
         WHERE id = ANY($1::uuid[])
        """,
        list(stations),
    )
    return {
        row["id"]: Place(
            station=row["id"],
            party=row["party_id"],
            location=row["location_id"],
            zone=row["time_zone"],
            clock_offset_s=row["clock_offset_s"],
        )
        for row in rows
    }


async def with_one_evse(work: Work, stations: Collection[StationId]) -> set[StationId]:
    """Those of these stations that have one EVSE."""
    rows = await work.all(
        "SELECT id FROM station_view WHERE id = ANY($1::uuid[]) AND evses = 1", list(stations)
    )
    return {row["id"] for row in rows}


async def load(
    work: Work,
    stations: Collection[StationId],
    refs: Collection[tuple[StationId, TransactionRef]],
    keys: Collection[tuple[StationId, bytes]],
) -> list[Session]:
    """The sessions that reports of these stations can concern: all whose end was not told yet, and
    those of these names. Locked in the order of their ids, so that two batches cannot wait for
    each other."""
    rows = await work.all(
        f"""
        WITH wanted AS MATERIALIZED (
            SELECT id FROM session WHERE station_id = ANY($1::uuid[]) AND told_at IS NULL
             UNION
            SELECT s.id
              FROM unnest($2::uuid[], $3::text[]) AS w (station_id, ref)
              JOIN session s ON s.station_id = w.station_id AND s.ref = w.ref
             UNION
            SELECT s.id
              FROM unnest($4::uuid[], $5::bytea[]) AS w (station_id, start_key)
              JOIN session s ON s.station_id = w.station_id AND s.start_key = w.start_key
        )
        SELECT {NAMES}
          FROM session
         WHERE id IN (SELECT id FROM wanted)
         ORDER BY id
           FOR UPDATE
        """,
        list(stations),
        [station for station, _ in refs],
        [ref for _, ref in refs],
        [station for station, _ in keys],
        [key for _, key in keys],
    )
    return [session_of(row) for row in rows]


async def by_id(work: Work, ids: Collection[SessionId]) -> list[Session]:
    rows = await work.all(
        f"SELECT {NAMES} FROM session WHERE id = ANY($1::uuid[]) ORDER BY id", list(ids)
    )
    return [session_of(row) for row in rows]


async def named(
    work: Work,
    refs: Collection[tuple[StationId, TransactionRef]],
    keys: Collection[tuple[StationId, bytes]],
    numbers: Collection[int],
) -> tuple[set[StationId], set[int]]:
    """The stations that have sessions of these names or starts; and those of these numbers that
    sessions have already."""
    rows = await work.ask(
        """
        SELECT w.station_id, NULL::int AS number
          FROM unnest($1::uuid[], $2::text[]) AS w (station_id, ref)
         CROSS JOIN LATERAL (SELECT FROM session s
                              WHERE s.station_id = w.station_id AND s.ref = w.ref LIMIT 1) AS s
         UNION ALL
        SELECT w.station_id, NULL
          FROM unnest($3::uuid[], $4::bytea[]) AS w (station_id, start_key)
         CROSS JOIN LATERAL (SELECT FROM session s
                              WHERE s.station_id = w.station_id AND s.start_key = w.start_key
                              LIMIT 1) AS s
         UNION ALL
        SELECT NULL, ref_number FROM session WHERE ref_number = ANY($5::int[])
        """,
        [station for station, _ in refs],
        [ref for _, ref in refs],
        [station for station, _ in keys],
        [key for _, key in keys],
        list(numbers),
    )
    stations = {StationId(row["station_id"]) for row in rows if row["station_id"] is not None}
    return stations, {row["number"] for row in rows if row["number"] is not None}


async def waiting_orders(work: Work, stations: Collection[StationId]) -> set[StationId]:
    """Those of these stations with orders that wait for their effect."""
    rows = await work.all(
        """
        SELECT DISTINCT station_id
          FROM order_view
         WHERE station_id = ANY($1::uuid[]) AND state IN ('sent', 'answered')
        """,
        list(stations),
    )
    return {row["station_id"] for row in rows}


async def silent(
    work: Work, forgotten_before: datetime, silent_before: datetime, limit: int
) -> list[Session]:
    """Running sessions that their stations act as if they were over, locked."""
    rows = await work.all(
        f"""
        SELECT {NAMES}
          FROM session
         WHERE told_at IS NULL AND ended_at IS NULL
           AND (forgotten_since <= $1
                OR (heard_at <= $2
                    AND station_id IN (SELECT id FROM station_view WHERE connected)))
         ORDER BY id
         LIMIT $3
           FOR UPDATE SKIP LOCKED
        """,
        forgotten_before,
        silent_before,
        limit,
    )
    return [session_of(row) for row in rows]


async def to_settle(work: Work, limit: int) -> list[Session]:
    """Sessions whose provisional end has waited long enough, locked."""
    rows = await work.all(
        f"""
        SELECT {NAMES}
          FROM session
         WHERE settle_at <= $1
         ORDER BY id
         LIMIT $2
           FOR UPDATE SKIP LOCKED
        """,
        work.now,
        limit,
    )
    return [session_of(row) for row in rows]


async def of_party(work: Work, party: PartyId, *, before: UUID | None, limit: int) -> list[Session]:
    """The sessions of a party, the newest first."""
    rows = await work.all(
        f"""
        SELECT {NAMES}
          FROM session
         WHERE party_id = $1 AND ($2::uuid IS NULL OR id < $2)
         ORDER BY id DESC
         LIMIT $3
        """,
        party,
        before,
        limit,
    )
    return [session_of(row) for row in rows]
