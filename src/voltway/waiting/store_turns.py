"""The SQL of turns."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from voltway.kernel.ids import EvseId, LocationId, PartyId, StationId, TokenUid
from voltway.payments import starts
from voltway.runtime.work import Row, Work
from voltway.waiting.model_turns import BayNow, Turn, TurnState

_OPEN: Final = "state IN ('waiting', 'offered', 'held')"
#: Bays that are held for somebody, in line or by a reservation.
_HELD: Final = """
    (SELECT evse_id, station_id, party_id, email, held_until FROM waiting_turn
      WHERE station_id IS NOT NULL
      UNION ALL
     SELECT evse_id, station_id, party_id, email, until FROM reservation
      WHERE state IN ('asked', 'kept') AND turn_id IS NULL)
"""
#: So long a payment at a bay keeps it from being offered: somebody is about to start there.
_PAYING: Final = timedelta(minutes=3)


async def lock_line(work: Work, location: LocationId) -> None:
    """Nobody else moves this line meanwhile."""
    await work.run(
        "SELECT pg_advisory_xact_lock(hashtextextended('line ' || $1, 0))", str(location)
    )


async def add(work: Work, turn: Turn) -> None:
    await work.run(
        """
        INSERT INTO waiting_turn (id, party_id, key, location_id, power_w_min, email, locale, state,
                                  ranked_at, lasts_until, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        turn.id,
        turn.party,
        turn.key,
        turn.location,
        turn.power_w_min,
        turn.email,
        turn.locale,
        turn.state.value,
        turn.ranked_at,
        turn.lasts_until,
        turn.created_at,
    )


async def save(work: Work, turn: Turn) -> None:
    await work.run(
        """
        UPDATE waiting_turn
           SET state = $2, why = $3, ranked_at = $4, passes_until = $5, evse_id = $6,
               station_id = $7, held_until = $8, nth = $9, visit_key = $10, ended_at = $11
         WHERE id = $1
        """,
        turn.id,
        turn.state.value,
        turn.why,
        turn.ranked_at,
        turn.passes_until,
        turn.evse,
        turn.station,
        turn.held_until,
        turn.nth,
        turn.visit_key,
        turn.ended_at,
    )


async def by_key(work: Work, key: str) -> Turn | None:
    row = await work.one("SELECT * FROM waiting_turn WHERE key = $1", key)
    return None if row is None else _turn(row)


async def by_id(work: Work, id: UUID) -> Turn | None:
    row = await work.one("SELECT * FROM waiting_turn WHERE id = $1", id)
    return None if row is None else _turn(row)


async def at_bay(work: Work, evse: EvseId) -> Turn | None:
    """For whom a bay is held."""
    row = await work.one("SELECT * FROM waiting_turn WHERE evse_id = $1", evse)
    return None if row is None else _turn(row)


async def open_at(work: Work, location: LocationId) -> list[Turn]:
    rows = await work.all(
        f"SELECT * FROM waiting_turn WHERE location_id = $1 AND {_OPEN} ORDER BY id", location
    )
    return [_turn(row) for row in rows]


async def asked_since(work: Work, email: str, since: datetime) -> int:
    row = await work.one(
        "SELECT count(*)::int AS n FROM waiting_turn WHERE email = $1 AND created_at > $2",
        email,
        since,
    )
    return int(row["n"]) if row else 0


async def lines(work: Work) -> list[LocationId]:
    """Places at which somebody stands in line."""
    rows = await work.all(f"SELECT DISTINCT location_id FROM waiting_turn WHERE {_OPEN}")
    return [LocationId(row["location_id"]) for row in rows]


async def bays(work: Work, location: LocationId, heard: datetime) -> dict[EvseId, BayNow]:
    """The open bays of a place. One where somebody has just paid is not free."""
    rows = await work.all(
        """
        SELECT p.id, p.station_id, p.power_w,
               p.connected AND p.last_heard_at >= $2
                   AND p.status NOT IN ('faulted', 'unavailable') AS works,
               is_free(p.connected, p.status, p.session_state, p.last_heard_at, $2)
                   AND NOT EXISTS (SELECT FROM payment_view v
                                    WHERE v.evse_id = p.id AND v.created_at > $3
                                      AND v.session_id IS NULL AND v.held_at IS NOT NULL
                                      AND v.state NOT IN ('released', 'releasing', 'expired'))
                   AND NOT EXISTS (SELECT FROM reservation r
                                    WHERE r.evse_id = p.id AND r.state IN ('asked', 'kept')
                                      AND r.turn_id IS NULL)
                   AS is_free,
               p.status = 'reserved' AS is_reserved,
               coalesce(p.session_state IN ('charging', 'idle'), false)
                   OR p.status IN ('charging', 'idle') AS is_used
          FROM port_view p WHERE p.location_id = $1 AND p.published
        """,
        location,
        heard,
        work.now - _PAYING,
    )
    doubtful = await starts.doubtful(work, [row["id"] for row in rows])
    return {
        EvseId(row["id"]): BayNow(
            evse=EvseId(row["id"]),
            station=StationId(row["station_id"]),
            power_w=row["power_w"],
            works=bool(row["works"]),
            is_free=row["is_free"],
            is_used=row["is_used"],
            is_reserved=row["is_reserved"],
            is_doubtful=row["id"] in doubtful,
        )
        for row in rows
    }


async def who_charges(work: Work, location: LocationId) -> set[UUID]:
    """Those in line here who charge here since: by the visit that they paid from their turn, by a
    visit with their address or of who has signed in with it, or by their own token."""
    rows = await work.all(
        f"""
        SELECT w.id FROM waiting_turn w
         WHERE w.location_id = $1 AND w.{_OPEN}
           AND EXISTS (SELECT FROM session_view s
                         LEFT JOIN visitor_view p ON p.session_id = s.id
                         LEFT JOIN payment_monitor_view v ON v.session_id = s.id
                         LEFT JOIN own_payment_view o ON o.session_id = s.id
                         LEFT JOIN driver_view h ON h.id = o.holder
                         LEFT JOIN token_view t
                                ON t.party_id = s.party_id AND t.uid = s.token_uid
                         LEFT JOIN contract_view c ON c.id = t.contract_id
                         LEFT JOIN driver_view d ON d.id = c.driver_id
                        WHERE s.location_id = w.location_id AND s.started_at >= w.created_at
                          AND (w.visit_key = v.visit_key
                               OR w.email IN (p.email, lower(h.email), lower(t.email),
                                           lower(d.email))))
        """,
        location,
    )
    return {row["id"] for row in rows}


async def turned_away(
    work: Work, shown: Collection[tuple[StationId, TokenUid]]
) -> set[tuple[StationId, TokenUid]]:
    """Those of these tokens that find every bay of the station that they could use held for others
    or out of service for planned work.
    A guest's token, made for a start that was allowed, and one that charges there are none."""
    stations = {station for station, _ in shown}
    holding = await work.ask(
        f"SELECT station_id FROM {_HELD} h WHERE station_id = ANY($1::uuid[]) AND held_until > $2"
        " UNION SELECT station_id FROM evse_view"
        " WHERE station_id = ANY($1::uuid[]) AND window_id IS NOT NULL",
        list(stations),
        work.now,
    )
    wanted = {row["station_id"] for row in holding}
    if not wanted:
        return set()  # nearly always
    asked = [(station, uid) for station, uid in shown if station in wanted]
    # Each is looked up by itself: a join may be planned as a walk through all sessions (see
    # ``sessions.store.named``).
    rows = await work.all(
        f"""
        SELECT a.station, a.uid
          FROM unnest($1::uuid[], $2::text[]) AS a (station, uid)
         WHERE (SELECT count(*) FROM port_view p
                 WHERE p.station_id = a.station
                   AND p.status IN ('available', 'preparing', 'reserved', 'unknown')
                   AND p.session_state IS NULL
                   AND NOT EXISTS (SELECT FROM {_HELD} h
                                    WHERE h.evse_id = p.id AND h.held_until > $3)) = 0
           AND (SELECT count(*) FROM session_view s
                 WHERE s.station_id = a.station AND s.running
                   AND upper(s.token_uid) = upper(a.uid)) = 0
           AND (SELECT count(*) FROM token_view t
                  LEFT JOIN contract_view c ON c.id = t.contract_id
                  LEFT JOIN driver_view d ON d.id = c.driver_id
                  JOIN {_HELD} h ON h.station_id = a.station
                 WHERE t.party_id = h.party_id AND upper(t.uid) = upper(a.uid)
                   AND (t.kind = 'ad_hoc'
                        OR h.email IN (lower(t.email), lower(d.email)))) = 0
        """,
        [station for station, _ in asked],
        [uid for _, uid in asked],
        work.now,
    )
    return {(StationId(row["station"]), TokenUid(row["uid"])) for row in rows}


async def visit_min(work: Work, location: LocationId) -> tuple[int, float] | None:
    """How many bays a place has, and how many minutes its visits of the last thirty days took in
    the middle; none where there were fewer than five."""
    row = await work.one(
        """
        SELECT count(*)::int AS visits,
               percentile_cont(0.5) WITHIN GROUP
                   (ORDER BY extract(epoch FROM ended_at - started_at) / 60) AS middle_min,
               (SELECT count(*)::int FROM port_view p
                 WHERE p.location_id = $1 AND p.published) AS bays
          FROM session_view
         WHERE location_id = $1 AND started_at > $2 AND ended_at IS NOT NULL
        """,
        location,
        work.now - timedelta(days=30),
    )
    if row is None or row["visits"] < 5 or not row["bays"]:
        return None
    return row["bays"], float(row["middle_min"])


async def hold_min(work: Work, location: LocationId) -> int | None:
    """What was set for a place; none where nothing was."""
    row = await work.one("SELECT hold_min FROM waiting_rule WHERE location_id = $1", location)
    return None if row is None else int(row["hold_min"])


async def set_hold_min(
    work: Work, party: PartyId, location: LocationId, minutes: int, by: str
) -> None:
    await work.run(
        """
        INSERT INTO waiting_rule (location_id, party_id, hold_min, set_by, set_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (location_id) DO UPDATE
           SET hold_min = excluded.hold_min, set_by = excluded.set_by, set_at = excluded.set_at
        """,
        location,
        party,
        minutes,
        by,
        work.now,
    )


async def forget(work: Work, before: datetime, limit: int) -> int:
    return await work.run(
        """
        DELETE FROM waiting_turn WHERE id IN
               (SELECT id FROM waiting_turn WHERE ended_at < $1 ORDER BY ended_at LIMIT $2)
        """,
        before,
        limit,
    )


def _turn(row: Row) -> Turn:
    return Turn(
        id=row["id"],
        party=PartyId(row["party_id"]),
        key=row["key"],
        location=LocationId(row["location_id"]),
        power_w_min=row["power_w_min"],
        email=row["email"],
        locale=row["locale"],
        state=TurnState(row["state"]),
        why=row["why"],
        ranked_at=row["ranked_at"],
        passes_until=row["passes_until"],
        lasts_until=row["lasts_until"],
        created_at=row["created_at"],
        evse=row["evse_id"],
        station=row["station_id"],
        held_until=row["held_until"],
        nth=row["nth"],
        visit_key=row["visit_key"],
        ended_at=row["ended_at"],
    )
