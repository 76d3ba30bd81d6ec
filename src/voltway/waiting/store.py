"""The SQL of watches."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from voltway.kernel.ids import EvseId, LocationId, PartyId
from voltway.payments import starts
from voltway.runtime.work import Row, Work
from voltway.waiting.model import Subject, Watch, WatchState, Why

#: A bay is free: open to all, heard of since ``$3``, nobody charges, and it is held for nobody. It
#: has said so since ``$2`` at least.
FREE: Final = """
    p.published AND is_free(p.connected, p.status, p.session_state, p.last_heard_at, $3)
    AND p.status_at <= $2 AND NOT EXISTS (SELECT FROM bay_hold_view h WHERE h.evse_id = p.id)
"""
_OF: Final = """
    p.location_id = w.location_id AND (w.evse_id IS NULL OR p.id = w.evse_id)
    AND p.power_w >= w.power_w_min
"""

#: What is watched is looked at once, however many watch it.
_SAME: Final = """
    ON taken.location_id = w.location_id AND taken.evse_id IS NOT DISTINCT FROM w.evse_id
   AND taken.power_w_min = w.power_w_min
"""


async def add(work: Work, watch: Watch) -> None:
    await work.run(
        """
        INSERT INTO watch (id, party_id, key, location_id, evse_id, power_w_min, email, locale,
                           state, until, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        watch.id,
        watch.party,
        watch.key,
        watch.location,
        watch.evse,
        watch.power_w_min,
        watch.email,
        watch.locale,
        watch.state.value,
        watch.until,
        watch.created_at,
    )


async def lock_person(work: Work, email: str) -> None:
    """Nobody else asks for this address meanwhile."""
    await work.run("SELECT pg_advisory_xact_lock(hashtextextended('watch ' || $1, 0))", email)


async def of_person(work: Work, email: str, since: datetime) -> list[Watch]:
    rows = await work.all(
        "SELECT * FROM watch WHERE email = $1 AND created_at > $2 ORDER BY id", email, since
    )
    return [_watch(row) for row in rows]


async def by_key(work: Work, key: str, *, lock: bool = False) -> Watch | None:
    row = await work.one(
        "SELECT * FROM watch WHERE key = $1" + (" FOR UPDATE" if lock else ""), key
    )
    return None if row is None else _watch(row)


async def by_ids(work: Work, ids: Collection[UUID]) -> dict[UUID, Watch]:
    rows = await work.all("SELECT * FROM watch WHERE id = ANY($1::uuid[])", list(ids))
    return {row["id"]: _watch(row) for row in rows}


async def open_at(work: Work, location: LocationId) -> list[Watch]:
    rows = await work.all(
        """
        SELECT * FROM watch
         WHERE state = 'waiting' AND location_id = $1 AND until > $2 ORDER BY created_at, id
        """,
        location,
        work.now,
    )
    return [_watch(row) for row in rows]


async def end(work: Work, ids: Collection[UUID], why: Why) -> None:
    await work.run(
        "UPDATE watch SET state = 'ended', why = $2, ended_at = $3 WHERE id = ANY($1::uuid[])",
        list(ids),
        why.value,
        work.now,
    )


async def is_free(work: Work, subject: Subject, heard: datetime) -> EvseId | None:
    """A bay of these that is free now, whatever it said a minute ago. A doubtful one is not,
    for nobody is called to it."""
    row = await work.one(
        f"""
        SELECT p.id FROM port_view p
         WHERE p.location_id = $1 AND {FREE} AND ($4::uuid IS NULL OR p.id = $4)
           AND p.power_w >= $5 AND p.id <> ALL($6::uuid[])
         ORDER BY p.number LIMIT 1
        """,
        subject.location,
        work.now,
        heard,
        subject.evse,
        subject.power_w_min,
        await starts.doubtful(work),
    )
    return EvseId(row["id"]) if row else None


async def free_now(
    work: Work, steady: timedelta, heard: datetime
) -> list[tuple[Subject, EvseId, PartyId]]:
    """What is waited for and free: a bay of each, and whose it is. Nobody is called to a
    doubtful bay, not even who waits for this very one: it tells them once it is free and a start
    has worked there."""
    rows = await work.all(
        f"""
        SELECT w.location_id, w.evse_id, w.power_w_min, w.party_id, free.id AS free_id
          FROM (SELECT DISTINCT location_id, evse_id, power_w_min, party_id FROM watch
                 WHERE state = 'waiting' AND until > $1) AS w
          JOIN LATERAL (SELECT p.id FROM port_view p WHERE {_OF} AND {FREE}
                           AND p.id <> ALL($4::uuid[])
                         ORDER BY p.number LIMIT 1) AS free ON true
        """,
        work.now,
        work.now - steady,
        heard,
        await starts.doubtful(work),
    )
    return [(_subject(row), EvseId(row["free_id"]), PartyId(row["party_id"])) for row in rows]


async def tell_next(work: Work, subject: Subject, evse: EvseId, limit: int) -> list[UUID]:
    """The next who wait for this, the first who asked first: they are told now."""
    rows = await work.all(
        """
        WITH next AS (
            SELECT id FROM watch
             WHERE state = 'waiting' AND location_id = $1 AND evse_id IS NOT DISTINCT FROM $2
               AND power_w_min = $3 AND until > $4
             ORDER BY created_at, id LIMIT $6 FOR UPDATE SKIP LOCKED)
        UPDATE watch SET state = 'told', told_at = $4, told_evse = $5
          FROM next WHERE watch.id = next.id
        RETURNING watch.id, watch.created_at
        """,
        subject.location,
        subject.evse,
        subject.power_w_min,
        work.now,
        evse,
        limit,
    )
    rows = sorted(rows, key=lambda row: (row["created_at"], row["id"]))
    return [row["id"] for row in rows]


async def told_in_vain(work: Work, since: datetime, heard: datetime, limit: int) -> list[Watch]:
    """Who was told since, and for whom nothing is free any more; one that became doubtful since is
    free still, for nobody was faster."""
    rows = await work.all(
        f"""
        WITH taken AS MATERIALIZED (
            SELECT w.* FROM (SELECT DISTINCT location_id, evse_id, power_w_min FROM watch
                              WHERE state = 'told' AND told_at > $1) AS w
             WHERE NOT EXISTS (SELECT FROM port_view p WHERE {_OF} AND {FREE}))
        SELECT w.* FROM watch w JOIN taken {_SAME}
         WHERE w.state = 'told' AND w.told_at > $1
         ORDER BY w.id LIMIT $4 FOR UPDATE OF w SKIP LOCKED
        """,
        since,
        work.now,
        heard,
        limit,
    )
    return [_watch(row) for row in rows]


async def who_charges(work: Work, watches: Sequence[Watch]) -> set[UUID]:
    """Those of these whose person charges there: a visit with their address, or their own token."""
    rows = await work.all(
        """
        SELECT w.id FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[])
               AS w (id, email, location, since)
         WHERE EXISTS (SELECT FROM session_view s
                         LEFT JOIN visitor_view p ON p.session_id = s.id
                         LEFT JOIN token_view t
                                ON t.party_id = s.party_id AND t.uid = s.token_uid
                         LEFT JOIN contract_view c ON c.id = t.contract_id
                         LEFT JOIN driver_view d ON d.id = c.driver_id
                        WHERE s.location_id = w.location AND s.started_at > w.since
                          AND w.email IN (p.email, lower(t.email), lower(d.email)))
        """,
        [each.id for each in watches],
        [each.email for each in watches],
        [each.location for each in watches],
        [each.created_at for each in watches],
    )
    return {row["id"] for row in rows}


async def become(work: Work, ids: Collection[UUID], state: WatchState) -> None:
    await work.run(
        "UPDATE watch SET state = $2, ended_at = $3 WHERE id = ANY($1::uuid[])",
        list(ids),
        state.value,
        work.now,
    )


async def of_closed(work: Work, limit: int) -> list[Watch]:
    """Who waits for a place or a bay that is not open to anybody any more."""
    rows = await work.all(
        f"""
        WITH taken AS MATERIALIZED (
            SELECT w.* FROM (SELECT DISTINCT location_id, evse_id, power_w_min FROM watch
                              WHERE state = 'waiting') AS w
             WHERE NOT EXISTS (SELECT FROM port_view p
                                WHERE p.location_id = w.location_id AND p.published
                                  AND (w.evse_id IS NULL OR p.id = w.evse_id)))
        SELECT w.* FROM watch w JOIN taken {_SAME}
         WHERE w.state = 'waiting'
         ORDER BY w.id LIMIT $1 FOR UPDATE OF w SKIP LOCKED
        """,
        limit,
    )
    return [_watch(row) for row in rows]


async def end_old(work: Work) -> int:
    """Watches that were never fulfilled end, in silence."""
    return await work.run(
        """
        UPDATE watch SET state = 'ended', why = 'time', ended_at = $1
         WHERE state = 'waiting' AND until <= $1
        """,
        work.now,
    )


async def close_told(work: Work, before: datetime) -> int:
    """Who was told so long ago is told nothing more."""
    return await work.run(
        "UPDATE watch SET ended_at = $2 WHERE state = 'told' AND told_at < $1 AND ended_at IS NULL",
        before,
        work.now,
    )


async def forget(work: Work, before: datetime, limit: int) -> int:
    return await work.run(
        """
        DELETE FROM watch WHERE id IN
               (SELECT id FROM watch WHERE ended_at < $1 ORDER BY ended_at LIMIT $2)
        """,
        before,
        limit,
    )


def _subject(row: Row) -> Subject:
    return Subject(LocationId(row["location_id"]), row["evse_id"], row["power_w_min"])


def _watch(row: Row) -> Watch:
    return Watch(
        id=row["id"],
        party=PartyId(row["party_id"]),
        key=row["key"],
        location=LocationId(row["location_id"]),
        evse=row["evse_id"],
        power_w_min=row["power_w_min"],
        email=row["email"],
        locale=row["locale"],
        state=WatchState(row["state"]),
        why=row["why"],
        until=row["until"],
        created_at=row["created_at"],
        told_at=row["told_at"],
        told_evse=row["told_evse"],
    )
