"""The SQL of bays that planned work closes."""

from uuid import UUID

from voltway.kernel.ids import EvseId, OrderId, StationId
from voltway.runtime.work import Row, Work
from voltway.stations.model_closings import Closing, ClosingState
from voltway.stations.orders import OrderState
from voltway.stations.store_windows import COVERED


async def begin(work: Work, by: str) -> None:
    """Note the bays that a window closes from now on, and which of them were out of service before:
    their station says so, or somebody else than ``by`` ordered it and it is on its way."""
    await work.run(
        f"""
        INSERT INTO bay_closing (evse_id, party_id, state, was_out, since)
        SELECT DISTINCT e.id, e.party_id, 'shut',
               e.status = 'unavailable' OR s.status = 'unavailable'
               OR EXISTS (SELECT FROM station_order o
                           WHERE o.station_id = s.id AND o.kind = 'ChangeAvailability'
                             AND o.state IN ('queued', 'sent', 'answered') AND o.placed_by <> $2
                             AND coalesce(o.evse, e.number) = e.number
                             AND NOT (o.body ->> 'operative')::boolean), $1::timestamptz
          FROM maintenance_window w
          JOIN station s ON s.location_id = w.location_id
          JOIN evse e ON e.station_id = s.id
         WHERE w.state = 'running' AND w.closes_bays AND s.removed_at IS NULL AND {COVERED}
            ON CONFLICT DO NOTHING
        """,
        work.now,
        by,
    )


async def forget_gone(work: Work) -> None:
    """Forget the bays of stations that were taken away."""
    await work.run(
        """
        DELETE FROM bay_closing c USING evse e JOIN station s ON s.id = e.station_id
         WHERE c.evse_id = e.id AND s.removed_at IS NOT NULL
        """
    )


async def all_locked(work: Work, by: str) -> list[Closing]:
    """Each bay that is closed or opened now, and what anybody but ``by`` ordered for it since."""
    rows = await work.all(
        f"""
        SELECT c.*, e.station_id, e.number, o.state AS order_state, o.ended_at AS order_ended_at,
               (SELECT max(w.ends_at) FROM maintenance_window w
                 WHERE w.state = 'running' AND w.closes_bays AND {COVERED}) AS shut_until,
               (SELECT (h.body ->> 'operative')::boolean FROM station_order h
                 WHERE h.station_id = s.id AND h.kind = 'ChangeAvailability' AND h.placed_by <> $1
                   AND h.placed_at >= c.since AND coalesce(h.evse, e.number) = e.number
                   AND h.state NOT IN ('refused', 'expired', 'cancelled', 'silent')
                 ORDER BY h.number DESC LIMIT 1) AS by_hand
          FROM bay_closing c
          JOIN evse e ON e.id = c.evse_id
          JOIN station s ON s.id = e.station_id
          LEFT JOIN station_order o ON o.id = c.order_id
         ORDER BY s.id, e.number
           FOR UPDATE OF c SKIP LOCKED
        """,
        by,
    )
    return [_closing(row) for row in rows]


async def save(work: Work, evse: EvseId, state: ClosingState, order: OrderId, tries: int) -> None:
    await work.run(
        "UPDATE bay_closing SET state = $2, order_id = $3, tries = $4 WHERE evse_id = $1",
        evse,
        state.value,
        order,
        tries,
    )


async def forget(work: Work, evse: EvseId) -> None:
    await work.run("DELETE FROM bay_closing WHERE evse_id = $1", evse)


async def opens_still(work: Work, window: UUID) -> bool:
    """Whether a bay of this window is asked back and does not say yet that it is."""
    row = await work.one(
        f"""
        SELECT FROM maintenance_window w
          JOIN station s ON s.location_id = w.location_id
          JOIN evse e ON e.station_id = s.id
          JOIN bay_closing c ON c.evse_id = e.id AND c.state = 'opening'
         WHERE w.id = $1 AND {COVERED}
         LIMIT 1
        """,
        window,
    )
    return row is not None


def _closing(row: Row) -> Closing:
    return Closing(
        evse=EvseId(row["evse_id"]),
        station=StationId(row["station_id"]),
        number=row["number"],
        state=ClosingState(row["state"]),
        was_out=row["was_out"],
        shut_until=row["shut_until"],
        tries=row["tries"],
        order=OrderId(row["order_id"]) if row["order_id"] else None,
        order_state=OrderState(row["order_state"]) if row["order_state"] else None,
        order_ended_at=row["order_ended_at"],
        by_hand=row["by_hand"],
    )
