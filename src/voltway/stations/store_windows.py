"""The SQL of windows."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from voltway.kernel.ids import EvseId, LocationId, PartyId, StationId
from voltway.runtime.work import Row, Work
from voltway.stations.model_windows import Window, WindowState

#: The bays ``e`` of stations ``s`` that a window ``w`` covers.
COVERED: Final = """
    s.location_id = w.location_id AND (w.station_id IS NULL OR s.id = w.station_id)
    AND (w.evse_id IS NULL OR e.id = w.evse_id)
"""


async def add(work: Work, window: Window) -> None:
    await work.run(
        """
        INSERT INTO maintenance_window
            (id, party_id, location_id, station_id, evse_id, reason, starts_at, ends_at, state,
             revision, told_h, made_by, made_at, changed_by, changed_at, closes_bays)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        """,
        window.id,
        window.party,
        window.location,
        window.station,
        window.evse,
        window.reason,
        window.starts_at,
        window.ends_at,
        window.state.value,
        window.revision,
        window.told_h,
        window.made_by,
        window.made_at,
        window.changed_by,
        window.changed_at,
        window.closes_bays,
    )


async def save(work: Work, window: Window) -> None:
    await work.run(
        """
        UPDATE maintenance_window
           SET reason = $2, starts_at = $3, ends_at = $4, state = $5, revision = $6, told_h = $7,
               changed_by = $8, changed_at = $9, back_by = $10
         WHERE id = $1
        """,
        window.id,
        window.reason,
        window.starts_at,
        window.ends_at,
        window.state.value,
        window.revision,
        window.told_h,
        window.changed_by,
        window.changed_at,
        window.back_by,
    )


async def load(work: Work, id: UUID, *, lock: bool = False) -> Window | None:
    row = await work.one(
        "SELECT * FROM maintenance_window WHERE id = $1" + (" FOR UPDATE" if lock else ""), id
    )
    return None if row is None else _window(row)


async def by_ids(work: Work, ids: Collection[UUID]) -> dict[UUID, Window]:
    rows = await work.all("SELECT * FROM maintenance_window WHERE id = ANY($1::uuid[])", list(ids))
    return {row["id"]: _window(row) for row in rows}


async def open_at(work: Work, location: LocationId, until: datetime) -> list[Window]:
    """What is planned or done at a place and begins by then, the first first."""
    rows = await work.all(
        """
        SELECT * FROM maintenance_window
         WHERE location_id = $1 AND state IN ('planned', 'running') AND ends_at > $2
           AND starts_at <= $3
         ORDER BY starts_at, id LIMIT 100
        """,
        location,
        work.now,
        until,
    )
    return [_window(row) for row in rows]


async def to_move(work: Work, limit: int) -> list[Window]:
    """Windows that begin or end now, locked; those that end first, so that who plans two in a row
    is not told that the bays are free between them."""
    rows = await work.all(
        """
        SELECT * FROM maintenance_window
         WHERE (state = 'running' AND ends_at <= $1) OR (state = 'planned' AND starts_at <= $1)
         ORDER BY state DESC, starts_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
        """,
        work.now,
        limit,
    )
    return [_window(row) for row in rows]


async def to_tell_over(work: Work, limit: int) -> list[Window]:
    """Windows that are over and whose end was not told yet, locked."""
    rows = await work.all(
        """
        SELECT * FROM maintenance_window WHERE back_by IS NOT NULL
         ORDER BY back_by, id LIMIT $1 FOR UPDATE SKIP LOCKED
        """,
        limit,
    )
    return [_window(row) for row in rows]


async def to_tell(work: Work, far: timedelta, near: timedelta, limit: int) -> list[Window]:
    """Windows of which a notice may be due, locked."""
    rows = await work.all(
        """
        SELECT * FROM maintenance_window
         WHERE state = 'planned' AND closes_bays AND starts_at > $1 AND starts_at <= $2
           AND (told_h IS NULL OR (told_h = 48 AND starts_at <= $3))
         ORDER BY starts_at, id LIMIT $4 FOR UPDATE SKIP LOCKED
        """,
        work.now,
        work.now + far,
        work.now + near,
        limit,
    )
    return [_window(row) for row in rows]


async def running_places(work: Work) -> list[LocationId]:
    rows = await work.all(
        "SELECT DISTINCT location_id FROM maintenance_window WHERE state = 'running'"
    )
    return [LocationId(row["location_id"]) for row in rows]


async def close_bays(work: Work, location: LocationId) -> list[tuple[EvseId, StationId]]:
    """Let every bay of a place know the window that it is in now, or that it is in none; those for
    which that changed."""
    rows = await work.all(
        f"""
        UPDATE evse SET window_id = now.window_id
          FROM (SELECT e.id, (SELECT w.id FROM maintenance_window w
                               WHERE w.state = 'running' AND w.closes_bays AND {COVERED}
                               ORDER BY w.ends_at DESC, w.id LIMIT 1) AS window_id
                  FROM evse e JOIN station s ON s.id = e.station_id
                 WHERE s.location_id = $1) AS now
         WHERE evse.id = now.id AND evse.window_id IS DISTINCT FROM now.window_id
        RETURNING evse.id, evse.station_id
        """,
        location,
    )
    return [(EvseId(row["id"]), StationId(row["station_id"])) for row in rows]


async def covered(work: Work, window: Window) -> Sequence[Row]:
    """The bays of a window, by station and number."""
    return await work.all(
        f"""
        SELECT e.id, e.number, s.id AS station_id
          FROM maintenance_window w, evse e JOIN station s ON s.id = e.station_id
         WHERE w.id = $1 AND s.location_id = $2 AND s.removed_at IS NULL AND {COVERED}
         ORDER BY s.identity, e.number
        """,
        window.id,
        window.location,
    )


async def of_bay(work: Work, evse: EvseId) -> Window | None:
    """The window that a bay is in now."""
    row = await work.one(
        """
        SELECT w.* FROM evse e JOIN maintenance_window w ON w.id = e.window_id
         WHERE e.id = $1 AND w.state = 'running'
        """,
        evse,
    )
    return None if row is None else _window(row)


async def worked_at(work: Work, stations: Collection[StationId]) -> set[StationId]:
    rows = await work.all(
        """
        SELECT DISTINCT station_id FROM evse
         WHERE station_id = ANY($1::uuid[]) AND window_id IS NOT NULL
        """,
        list(stations),
    )
    return {StationId(row["station_id"]) for row in rows}


def _window(row: Row) -> Window:
    return Window(
        id=row["id"],
        party=PartyId(row["party_id"]),
        location=LocationId(row["location_id"]),
        station=StationId(row["station_id"]) if row["station_id"] else None,
        evse=EvseId(row["evse_id"]) if row["evse_id"] else None,
        reason=row["reason"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        state=WindowState(row["state"]),
        revision=row["revision"],
        told_h=row["told_h"],
        made_by=row["made_by"],
        made_at=row["made_at"],
        changed_by=row["changed_by"],
        changed_at=row["changed_at"],
        closes_bays=row["closes_bays"],
        back_by=row["back_by"],
    )
