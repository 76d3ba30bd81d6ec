"""Fills a database with sessions by the million: copies of sessions that the house itself kept, at
other stations and times, made in one statement by the owner of the tables.

Whatever columns a session has, a copy has them too. What lies in the way of a fast copy (checks of
foreign keys, indexes) is set aside and put back as it was, so that what is measured afterwards has
every index that the house has.
"""

from typing import Any, Final

import asyncpg

#: The sessions of this long ago until now.
DAYS: Final = 365

#: What a copy does not share with the session that it is a copy of. ``n`` counts the copies from 1,
#: ``o`` is the station of a copy, ``age`` how long before its sample it was.
OWN: Final = {
    "id": "uuidv7(-age)",
    "station_id": "o.station_id",
    "evse_id": "o.evse_id",
    "token_uid": "o.tag",
    "ref": "(n + taken)::text",
    "ref_number": "n + taken",
    "start_key": "decode(md5(n::text), 'hex')",
}

STATIONS: Final = """
    CREATE TEMP TABLE other AS
        SELECT row_number() OVER (ORDER BY s.identity) - 1 AS place, s.id AS station_id,
               e.id AS evse_id, replace(s.identity, 'CS', 'TAG') AS tag
          FROM station s JOIN evse e ON e.station_id = s.id
"""
SAMPLES: Final = """
    CREATE TEMP TABLE sample AS
        SELECT row_number() OVER (ORDER BY id) - 1 AS sample_place, *
          FROM session WHERE told_at IS NOT NULL
"""
COLUMNS: Final = """
    SELECT column_name, data_type FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = 'session' AND is_generated = 'NEVER'
       AND identity_generation IS NULL
     ORDER BY ordinal_position
"""
#: Indexes but the primary key, which others refer to: how each is dropped, and how it is made.
SET_ASIDE: Final = """
    SELECT CASE WHEN c.oid IS NULL THEN format('DROP INDEX %I', i.relname)
                ELSE format('ALTER TABLE session DROP CONSTRAINT %I', c.conname) END AS drop,
           CASE WHEN c.oid IS NULL THEN pg_get_indexdef(i.oid)
                ELSE format('ALTER TABLE session ADD CONSTRAINT %I %s', c.conname,
                            pg_get_constraintdef(c.oid)) END AS make
      FROM pg_index x
      JOIN pg_class i ON i.oid = x.indexrelid
      LEFT JOIN pg_constraint c ON c.conindid = x.indexrelid AND c.contype = 'u'
     WHERE x.indrelid = 'session'::regclass AND NOT x.indisprimary
"""


async def fill(owner: "asyncpg.Connection[Any]", sessions: int) -> None:
    """Add so many ended sessions, over all stations and one year."""
    await owner.execute(
        "SET synchronous_commit = off; SET session_replication_role = replica;"
        "SET maintenance_work_mem = '512MB'; SET work_mem = '256MB'"
    )
    await owner.execute(STATIONS)
    await owner.execute(SAMPLES)
    others = await owner.fetchval("SELECT count(*) FROM other")
    samples = await owner.fetchval("SELECT count(*) FROM sample")
    # Above all numbers of ours there are only those that chance gives: stay below, from the top.
    taken = await owner.fetchval("SELECT array_agg(ref_number) FROM session")
    first = _free_run(sorted(each for each in taken or [] if each is not None), sessions)
    aside = await owner.fetch(SET_ASIDE)
    for each in aside:
        await owner.execute(each["drop"])
    names, values = _copied(await owner.fetch(COLUMNS), first)
    await owner.execute(
        f"""
        INSERT INTO session ({names})
        SELECT {values}
          FROM (SELECT n, make_interval(secs => {DAYS * 86_400.0} * ({sessions} - n) / {sessions})
                       + interval '1 hour' AS age
                  FROM generate_series(1, {sessions}) AS n) AS made
          JOIN other o ON o.place = n % {others}
          JOIN sample s ON s.sample_place = n % {samples}
        """
    )
    for each in aside:
        await owner.execute(each["make"])
    await owner.execute("RESET synchronous_commit; RESET session_replication_role")
    await owner.execute("VACUUM (FREEZE, ANALYZE) session")
    await owner.execute("CHECKPOINT")


def _copied(columns: list[asyncpg.Record], first: int) -> tuple[str, str]:
    """The columns of a copy, and what stands in them."""
    values = []
    for column in columns:
        name = column["column_name"]
        if name in OWN:
            value = OWN[name].replace("taken", str(first))
        elif column["data_type"].startswith("timestamp"):
            value = f"s.{name} - age"
        else:
            value = f"s.{name}"
        values.append(value)
    return ", ".join(column["column_name"] for column in columns), ", ".join(values)


def _free_run(taken: list[int], wanted: int) -> int:
    """The number before a run of so many that nobody has."""
    before = 0
    for number in taken:
        if number - before > wanted:
            return before
        before = number
    return before
