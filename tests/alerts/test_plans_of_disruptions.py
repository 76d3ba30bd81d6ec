"""Whom something concerns is looked up by indexes: however many others there are, few are read."""

import asyncpg
import pytest

from tests.network import a_party, a_station
from voltway.alerts import store_people
from voltway.alerts.concerned import whom
from voltway.alerts.model_events import Event
from voltway.disruptions import actions as disruptions
from voltway.kernel.ids import new_id
from voltway.runtime.database import Database
from voltway.runtime.work import Work
from voltway.stations import store_windows

OTHERS = 20_000

#: Others' favourites, watches, alerts, disruptions and windows.
_FILL = (
    """
    INSERT INTO favourite (email, location_id, tells, locale, marked_at)
    SELECT n || '@example.org', $2, true, 'en', now() FROM generate_series(1, $1) n
    """,
    """
    INSERT INTO watch (id, party_id, key, location_id, power_w_min, email, locale, state, until,
                       created_at)
    SELECT gen_random_uuid(), $3, n::text, $2, 0, n || '@example.org', 'en', 'waiting',
           now() + interval '90 years', now() FROM generate_series(1, $1) n
    """,
    """
    INSERT INTO alert (id, party_id, once, channel, recipient, template, locale, state, created_at,
                       tries, event, about, facts, holder)
    SELECT gen_random_uuid(), $3, n::text || $2, 'mail', 'x', 'event', 'en', 'dropped', now(), 0,
           'disruption', 'disruption:' || n, '{}', 'x' FROM generate_series(1, $1) n
    """,
    """
    INSERT INTO disruption (id, party_id, location_id, station_id, kind, is_again, began_at,
                            seen_at, looked_at, told_at, over_at, over_why)
    SELECT gen_random_uuid(), $3, $2, gen_random_uuid(), 'offline', false, now(), now(), now(),
           now(), now(), 'well' FROM generate_series(1, $1) n
    """,
    """
    INSERT INTO maintenance_window (id, party_id, location_id, reason, starts_at, ends_at, state,
                                    made_by, made_at, changed_by, changed_at)
    SELECT gen_random_uuid(), $3, $2, 'x', now(), now(), 'over', 'x', now(), 'x', now()
      FROM generate_series(1, $1) n
    """,
)
_TABLES = ("favourite", "watch", "alert", "disruption", "maintenance_window")


@pytest.mark.parametrize("what", ["whom", "told", "disruptions", "windows"])
async def test_what_is_of_others_is_not_walked(database: Database, what: str) -> None:
    async with database.begin() as work:
        here = await a_station(work, await a_party(work))
        other = await a_station(work, here.party)
    owner = await asyncpg.connect(database.url)
    for sql in _FILL:
        await owner.execute(
            sql.replace("$1", str(OTHERS))
            .replace("$2", f"'{other.location.id}'")
            .replace("$3", f"'{here.party.id}'")
        )
    await owner.execute("VACUUM ANALYZE")
    await owner.close()
    before = await _read(database)

    async with database.begin() as work:
        if what == "whom":
            assert await whom(work, here.location.id, {here.evse()}) == []
        elif what == "told":
            about = f"disruption:{new_id(work.now)}"
            assert await store_people.told_about(work, Event.DISRUPTION, about) == []
        elif what == "disruptions":
            assert await disruptions.open_at(work, here.location.id) == []
            long_ago = work.now - disruptions.KEEP
            assert await disruptions.ended_at(work, here.location.id, long_ago) == []
        else:
            await _looks_for_windows(work, here.location.id)
    if what == "disruptions":
        assert await disruptions.look(database.begin) == 0

    assert await _read(database) - before < OTHERS / 20


async def _looks_for_windows(work: Work, location: object) -> None:
    assert await store_windows.open_at(work, location, work.now) == []  # type: ignore[arg-type]
    assert await store_windows.to_move(work, 100) == []
    assert await store_windows.running_places(work) == []


async def _read(database: Database) -> int:
    """Rows of these tables that were read until now, by an index or without."""
    async with database.pool.acquire() as line:
        await line.execute("SELECT pg_stat_force_next_flush()")
    async with database.pool.acquire() as line:
        count: int = await line.fetchval(
            "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint"
            " FROM pg_stat_user_tables WHERE relname = ANY($1)",
            list(_TABLES),
        )
    return count
