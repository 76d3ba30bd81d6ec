"""The table of orders: placed, taken by the gateway, answered, and come true or not."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec

from voltway.kernel.ids import GatewayId, OrderId, PartyId, SessionId, StationId, TransactionRef
from voltway.runtime.work import Row, Work
from voltway.stations import orders
from voltway.stations.model import OrderRecord
from voltway.stations.orders import Answered, Order, OrderState, Outcome, StartCharging
from voltway.stations.rules import Stand

KINDS: dict[str, type[Order]] = {
    kind.__name__: kind
    for kind in (
        orders.StartCharging,
        orders.ReserveNow,
        orders.CancelReservation,
        orders.StopCharging,
        orders.Reset,
        orders.Unlock,
        orders.ChangeAvailability,
        orders.Trigger,
        orders.ReadVariables,
        orders.SetVariable,
        orders.ClearCache,
        orders.SendVendorData,
        orders.RawCall,
    )
}

#: A reply that comes again and again is not kept each time.
HISTORY_MAX = 20


async def add(
    work: Work,
    *,
    id: OrderId,
    station: StationId,
    order: Order,
    by: str,
    urgency: int,
    expires_at: datetime,
    reads_back: OrderId | None = None,
) -> bool:
    """``False`` if there is no such station (for who asks)."""
    return bool(
        await work.run(
            """
            INSERT INTO station_order (id, party_id, station_id, kind, body, placed_by, urgency,
                                       state, placed_at, expires_at, evse, ref, token,
                                       remote_start_id, reads_back)
            SELECT $1, party_id, id, $3, $4, $5, $6, 'queued', $7, $8, $9, $10, $11, $12, $13
              FROM station
             WHERE id = $2 AND removed_at IS NULL
            """,
            id,
            station,
            type(order).__name__,
            msgspec.to_builtins(order),
            by,
            urgency,
            work.now,
            expires_at,
            getattr(order, "evse", None),
            getattr(order, "ref", None),
            getattr(order, "token", None),
            order.remote_start_id if isinstance(order, StartCharging) else None,
            reads_back,
        )
    )


async def queued_for(work: Work, stations: Collection[StationId]) -> list[StationId]:
    """Those of these stations for which an order waits."""
    rows = await work.all(
        """
        SELECT DISTINCT station_id FROM station_order
         WHERE state = 'queued' AND station_id = ANY($1::uuid[])
        """,
        list(stations),
    )
    return [row["station_id"] for row in rows]


async def all_queued(work: Work) -> list[StationId]:
    rows = await work.all("SELECT DISTINCT station_id FROM station_order WHERE state = 'queued'")
    return [row["station_id"] for row in rows]


async def queued_at(work: Work, gateway: GatewayId) -> list[StationId]:
    """The stations that this gateway holds and for which an order waits."""
    rows = await work.all(
        """
        SELECT DISTINCT o.station_id FROM station_order o
          JOIN station s ON s.id = o.station_id
         WHERE o.state = 'queued' AND s.gateway_id = $1 AND s.disconnected_at IS NULL
        """,
        gateway,
    )
    return [row["station_id"] for row in rows]


async def take(
    work: Work, stations: Collection[StationId], answer_by: datetime, by: GatewayId | None
) -> list[OrderRecord]:
    """The most urgent queued order of each station, now called sent.

    It is called sent before it goes out: an order that starts or stops energy must not be sent
    twice because we died between the two.
    """
    rows = await work.all(
        """
        UPDATE station_order o SET state = 'sent', sent_at = $2, answer_by = $3
         WHERE o.state = 'queued' AND o.id = ANY(ARRAY(
               SELECT (SELECT q.id FROM station_order q
                        WHERE q.station_id = s.id AND q.state = 'queued' AND q.expires_at > $2
                        ORDER BY q.urgency, q.number LIMIT 1 FOR UPDATE SKIP LOCKED)
                 FROM station s
                WHERE s.id = ANY($1::uuid[])
                  AND ($4::uuid IS NULL OR s.gateway_id = $4 AND s.disconnected_at IS NULL)))
        RETURNING o.*
        """,
        list(stations),
        work.now,
        answer_by,
        by,
    )
    return [_record(row) for row in rows]


async def order(work: Work, id: OrderId) -> OrderRecord | None:
    row = await work.one("SELECT * FROM station_order WHERE id = $1", id)
    return None if row is None else _record(row)


async def locked(work: Work, ids: Collection[OrderId]) -> dict[OrderId, OrderRecord]:
    rows = await work.all(
        "SELECT * FROM station_order WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE",
        list(ids),
    )
    return {row["id"]: _record(row) for row in rows}


async def orders_of(work: Work, station: StationId, limit: int) -> list[OrderRecord]:
    rows = await work.all(
        "SELECT * FROM station_order WHERE station_id = $1 ORDER BY number DESC LIMIT $2",
        station,
        limit,
    )
    return [_record(row) for row in rows]


async def stopped_by(
    work: Work, wanted: Collection[tuple[StationId, TransactionRef]]
) -> dict[tuple[StationId, TransactionRef], str]:
    """Whose orders ended these transactions, where one did."""
    rows = await work.all(
        """
        SELECT w.station_id, w.ref, o.placed_by
          FROM unnest($1::uuid[], $2::text[]) AS w (station_id, ref)
          JOIN LATERAL (SELECT placed_by FROM station_order
                         WHERE station_id = w.station_id AND ref = w.ref
                           AND kind = 'StopCharging' AND state = 'done'
                         ORDER BY number DESC LIMIT 1) o ON true
        """,
        [station for station, _ in wanted],
        [ref for _, ref in wanted],
    )
    return {(row["station_id"], row["ref"]): row["placed_by"] for row in rows}


async def in_flight(work: Work, stations: Collection[StationId]) -> list[OrderRecord]:
    """What was sent to these stations and has not ended; locked, the oldest first."""
    rows = await work.all(
        """
        SELECT * FROM station_order
         WHERE station_id = ANY($1::uuid[]) AND state IN ('sent', 'answered')
         ORDER BY number
           FOR NO KEY UPDATE
        """,
        list(stations),
    )
    return [_record(row) for row in rows]


async def put_back(work: Work, id: OrderId) -> None:
    await work.run(
        """
        UPDATE station_order SET state = 'queued', sent_at = NULL, answer_by = NULL
         WHERE id = $1 AND state = 'sent'
        """,
        id,
    )


async def waiting(work: Work, stations: Collection[StationId]) -> set[StationId]:
    """Those of these stations that something was asked of and that has not ended."""
    rows = await work.all(
        """
        SELECT DISTINCT station_id FROM station_order
         WHERE station_id = ANY($1::uuid[]) AND state IN ('sent', 'answered')
        """,
        list(stations),
    )
    return {row["station_id"] for row in rows}


async def overdue(work: Work, limit: int) -> list[OrderRecord]:
    rows = await work.all(
        """
        SELECT * FROM station_order
         WHERE (state = 'queued' AND expires_at <= $1)
            OR (state = 'sent' AND answer_by <= $1)
            OR (state = 'answered' AND effect_by <= $1)
         ORDER BY number
         LIMIT $2
           FOR NO KEY UPDATE SKIP LOCKED
        """,
        work.now,
        limit,
    )
    return [_record(row) for row in rows]


async def save_answer(work: Work, id: OrderId, outcome: Outcome, at: datetime) -> None:
    await work.run(
        """
        UPDATE station_order
           SET answered_at = $2, answered = $3, word = $4, answer = $5,
               ref = coalesce($6, ref)
         WHERE id = $1
        """,
        id,
        at,
        outcome.answered.value,
        outcome.word[:500],
        outcome.payload,
        outcome.ref,
    )


async def save_stand(
    work: Work, id: OrderId, stand: Stand, *, ended: bool, session: SessionId | None = None
) -> None:
    await work.run(
        """
        UPDATE station_order
           SET state = $2, why = $3, effect_by = $4, ended_at = $5,
               session_id = coalesce($6, session_id)
         WHERE id = $1
        """,
        id,
        stand.state.value,
        stand.why,
        stand.effect_by,
        work.now if ended else None,
        session,
    )


async def remember(work: Work, id: OrderId, entry: dict[str, Any]) -> None:
    """Append to the order's history; nothing else of it moves."""
    await work.run(
        """
        UPDATE station_order SET history = history || $2::jsonb
         WHERE id = $1 AND jsonb_array_length(history) < $3
        """,
        id,
        [entry],
        HISTORY_MAX,
    )


async def is_status(work: Work, station: StationId) -> Sequence[tuple[int, str]]:
    """The shown statuses of a station: (0, of the whole) and one for each EVSE."""
    rows = await work.all(
        """
        SELECT 0 AS number, status FROM station WHERE id = $1
         UNION ALL
        SELECT number, status FROM evse WHERE station_id = $1
        """,
        station,
    )
    return [(row["number"], row["status"]) for row in rows]


def _record(row: Row) -> OrderRecord:
    return OrderRecord(
        id=OrderId(row["id"]),
        party=PartyId(row["party_id"]),
        station=StationId(row["station_id"]),
        order=msgspec.convert(row["body"], KINDS[row["kind"]]),
        by=row["placed_by"],
        state=OrderState(row["state"]),
        placed_at=row["placed_at"],
        expires_at=row["expires_at"],
        sent_at=row["sent_at"],
        answered_at=row["answered_at"],
        answered=None if row["answered"] is None else Answered(row["answered"]),
        word=row["word"],
        answer=row["answer"],
        effect_by=row["effect_by"],
        ended_at=row["ended_at"],
        why=row["why"],
        session=row["session_id"],
        reads_back=row["reads_back"],
        history=row["history"],
    )
