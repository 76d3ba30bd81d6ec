"""The SQL of reservations."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from voltway.kernel.ids import EvseId, LocationId, OrderId, PartyId, StationId, TokenUid
from voltway.runtime.work import Row, Work
from voltway.stations.orders import OrderState
from voltway.waiting.model_reservations import (
    BaySeen,
    Reservation,
    ReservationState,
    WhyReservation,
)

_OPEN: Final = "state IN ('asked', 'kept')"


async def add(work: Work, it: Reservation) -> int:
    """Keep it; the number by which its station knows it, which no other has or had."""
    row = await work.one(
        """
        INSERT INTO reservation (id, party_id, key, location_id, station_id, evse_id, turn_id,
                                 email, locale, minutes, token_uid, own_card, state, asked_at,
                                 created_at, until)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        RETURNING number
        """,
        it.id,
        it.party,
        it.key,
        it.location,
        it.station,
        it.evse,
        it.turn,
        it.email,
        it.locale,
        it.minutes,
        it.token,
        it.own_card,
        it.state.value,
        it.asked_at,
        it.created_at,
        it.until,
    )
    assert row is not None
    return int(row["number"])


async def save(work: Work, it: Reservation) -> bool:
    """Keep what became of an open one; whether it was open still. What is over stays as it is."""
    return bool(
        await work.run(
            f"""
        UPDATE reservation
           SET state = $2, why = $3, said = $4, token_uid = $5, order_id = $6, asked_at = $7,
               let_go = $8, warned_at = $9, paying_at = $10, visit_key = $11, ended_at = $12,
               until = $13
         WHERE id = $1 AND {_OPEN}
        """,
            it.id,
            it.state.value,
            it.why,
            it.said,
            it.token,
            it.order,
            it.asked_at,
            it.let_go,
            it.warned_at,
            it.paying_at,
            it.visit_key,
            it.ended_at,
            it.until,
        )
    )


async def by_key(work: Work, key: str) -> Reservation | None:
    return await _one(work, "key = $1", key)


async def by_id(work: Work, id: UUID) -> Reservation | None:
    return await _one(work, "id = $1", id)


async def by_number(work: Work, station: StationId, number: int) -> Reservation | None:
    """What this station knows by this number; a number may be any that it sends."""
    return await _one(work, "station_id = $1 AND number = $2::bigint", station, number)


async def at_bay(work: Work, evse: EvseId) -> Reservation | None:
    """The open reservation of a bay."""
    return await _one(work, f"evse_id = $1 AND {_OPEN}", evse)


async def of_driver(work: Work, email: str) -> Reservation | None:
    """A driver's own open reservation, wherever it is."""
    return await _one(work, f"email = $1 AND turn_id IS NULL AND {_OPEN}", email)


async def _one(work: Work, which: str, *values: object) -> Reservation | None:
    row = await work.one(f"SELECT * FROM reservation WHERE {which}", *values)
    return None if row is None else _reservation(row)


async def open_at(work: Work, location: LocationId) -> list[Reservation]:
    rows = await work.all(
        f"SELECT * FROM reservation WHERE location_id = $1 AND {_OPEN} ORDER BY id", location
    )
    return [_reservation(row) for row in rows]


async def lost_at(
    work: Work, bays: Collection[EvseId], why: Collection[WhyReservation], since: datetime
) -> list[Reservation]:
    """Drivers' own reservations of these bays that ended for one of these reasons since then."""
    rows = await work.all(
        """
        SELECT * FROM reservation
         WHERE evse_id = ANY($1::uuid[]) AND turn_id IS NULL AND state = 'ended'
           AND why = ANY($2::text[]) AND ended_at >= $3 ORDER BY id
        """,
        list(bays),
        [each.value for each in why],
        since,
    )
    return [_reservation(row) for row in rows]


async def places(work: Work) -> list[LocationId]:
    """Places at which a bay is reserved."""
    rows = await work.all(f"SELECT DISTINCT location_id FROM reservation WHERE {_OPEN}")
    return [LocationId(row["location_id"]) for row in rows]


async def in_vain_since(work: Work, email: str, since: datetime) -> int:
    """How many this driver asked for since then and gave back or let
    pass."""
    row = await work.one(
        "SELECT count(*)::int AS n FROM reservation"
        " WHERE email = $1 AND created_at > $2 AND turn_id IS NULL AND why IN ('left', 'expired')",
        email,
        since,
    )
    return int(row["n"]) if row else 0


async def places_of(work: Work, order: OrderId) -> list[LocationId]:
    """Where the open reservation is that this order asked for, if there is one."""
    rows = await work.all(
        f"SELECT location_id FROM reservation WHERE order_id = $1 AND {_OPEN}", order
    )
    return [LocationId(row["location_id"]) for row in rows]


async def seen(work: Work, location: LocationId) -> dict[UUID, BaySeen]:
    """How the bays of the open reservations of a place stand, and what became of their orders. A
    driver charges there by the token that was reserved for, by the visit that they paid from the
    reservation, by another visit with their address, or by a token of their own."""
    rows = await work.all(
        f"""
        SELECT r.id, coalesce(p.published, false) AS open, p.disconnected_at, p.booted_at,
               coalesce(p.status IN ('faulted', 'unavailable'), true) AS broken,
               p.window_id IS NOT NULL AS worked,
               coalesce(p.session_state IN ('charging', 'idle'), false) AS used,
               coalesce(p.status = 'reserved', false) AS shown,
               o.state AS order_state, coalesce(o.word, '') AS word,
               EXISTS (SELECT FROM waiting_turn w
                        WHERE w.id = r.turn_id AND w.evse_id = r.evse_id) AS turn_holds,
               EXISTS (SELECT FROM session_view s
                         LEFT JOIN visitor_view v ON v.session_id = s.id
                         LEFT JOIN payment_monitor_view m ON m.session_id = s.id
                         LEFT JOIN token_view t ON t.party_id = s.party_id AND t.uid = s.token_uid
                         LEFT JOIN contract_view c ON c.id = t.contract_id
                         LEFT JOIN driver_view d ON d.id = c.driver_id
                        WHERE s.evse_id = r.evse_id AND s.started_at >= r.created_at
                          AND (upper(s.token_uid) = upper(r.token_uid)
                               OR r.visit_key = m.visit_key
                               OR r.email IN (v.email, lower(t.email), lower(d.email)))) AS started
          FROM reservation r
          LEFT JOIN (SELECT p.*, s.disconnected_at, s.booted_at
                       FROM port_view p JOIN station_view s ON s.id = p.station_id
                      WHERE p.location_id = $1) p ON p.id = r.evse_id
          LEFT JOIN order_view o ON o.id = r.order_id
         WHERE r.location_id = $1 AND r.{_OPEN}
        """,
        location,
    )
    return {
        row["id"]: BaySeen(
            open=row["open"],
            worked=row["worked"],
            broken=row["broken"],
            used=row["used"],
            shown=row["shown"],
            started=row["started"],
            turn_holds=row["turn_holds"],
            order=OrderState(row["order_state"]) if row["order_state"] else OrderState.SILENT,
            word=row["word"],
            away_since=row["disconnected_at"],
            booted_at=row["booted_at"],
        )
        for row in rows
    }


async def own_card(work: Work, party: PartyId, email: str) -> TokenUid | None:
    """The newest card of this driver that may charge with this party."""
    row = await work.one(
        """
        SELECT t.uid FROM token_view t
          LEFT JOIN contract_view c ON c.id = t.contract_id
          LEFT JOIN driver_view d ON d.id = c.driver_id
         WHERE t.party_id = $1 AND t.kind = 'rfid' AND t.status = 'active' AND t.lost_at IS NULL
           AND (t.valid_until IS NULL OR t.valid_until > $3)
           AND $2 IN (lower(t.email), lower(d.email))
         ORDER BY t.id DESC LIMIT 1
        """,
        party,
        email,
        work.now,
    )
    return None if row is None else TokenUid(row["uid"])


async def minutes_max(work: Work, party: PartyId, location: LocationId | None) -> int | None:
    """What was set for a place, or else for all of a party; none where nothing was."""
    row = await work.one(
        """
        SELECT minutes_max FROM reservation_rule
         WHERE party_id = $1 AND (location_id IS NULL OR location_id = $2)
         ORDER BY location_id IS NULL LIMIT 1
        """,
        party,
        location,
    )
    return None if row is None else int(row["minutes_max"])


async def set_minutes_max(
    work: Work, party: PartyId, location: LocationId | None, minutes: int, by: str
) -> None:
    await work.run(
        """
        INSERT INTO reservation_rule (party_id, location_id, minutes_max, set_by, set_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (party_id, coalesce(location_id, party_id)) DO UPDATE
           SET minutes_max = excluded.minutes_max, set_by = excluded.set_by,
               set_at = excluded.set_at
        """,
        party,
        location,
        minutes,
        by,
        work.now,
    )


async def clear_minutes_max(work: Work, party: PartyId, location: LocationId | None) -> None:
    await work.run(
        "DELETE FROM reservation_rule WHERE party_id = $1 AND location_id IS NOT DISTINCT FROM $2",
        party,
        location,
    )


async def forget(work: Work, before: datetime, limit: int) -> list[tuple[PartyId, TokenUid]]:
    """Forget those that ended before this; the tokens made for them with which nobody began to
    pay."""
    rows = await work.all(
        """
        DELETE FROM reservation WHERE id IN
               (SELECT id FROM reservation WHERE ended_at < $1 ORDER BY ended_at LIMIT $2)
        RETURNING party_id, token_uid, state, own_card, paying_at
        """,
        before,
        limit,
    )
    return [
        (PartyId(row["party_id"]), TokenUid(row["token_uid"]))
        for row in rows
        if row["state"] == "ended" and not row["own_card"] and row["paying_at"] is None
    ]


def _reservation(row: Row) -> Reservation:
    return Reservation(
        id=row["id"],
        number=row["number"],
        party=PartyId(row["party_id"]),
        key=row["key"],
        location=LocationId(row["location_id"]),
        station=StationId(row["station_id"]),
        evse=EvseId(row["evse_id"]),
        turn=row["turn_id"],
        email=row["email"],
        locale=row["locale"],
        minutes=row["minutes"],
        token=TokenUid(row["token_uid"]),
        own_card=row["own_card"],
        state=ReservationState(row["state"]),
        order=OrderId(row["order_id"]) if row["order_id"] else None,
        asked_at=row["asked_at"],
        created_at=row["created_at"],
        until=row["until"],
        why=row["why"],
        said=row["said"],
        let_go=row["let_go"],
        warned_at=row["warned_at"],
        paying_at=row["paying_at"],
        visit_key=row["visit_key"],
        ended_at=row["ended_at"],
    )
