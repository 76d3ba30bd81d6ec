"""Transactions on a real PostgreSQL: kept whole or not at all, and only one party's rows."""

from voltway.runtime.work import BeginWork


async def test_work_is_kept_at_the_end_of_its_block(begin: BeginWork) -> None:
    async with begin() as work:
        await work.run("INSERT INTO watcher VALUES ('w', '1', '1')")

    async with begin() as work:
        row = await work.one("SELECT name FROM watcher")
        assert row is not None
        assert row["name"] == "w"


async def test_columns_of_json_hold_python_values(begin: BeginWork) -> None:
    async with begin() as work:
        row = await work.one("""SELECT '{"a": [1]}'::jsonb AS j, $1::jsonb AS k""", {"b": 2})
        assert row is not None
        assert row["j"] == {"a": [1]}
        assert row["k"] == {"b": 2}


async def test_every_table_with_a_party_is_behind_the_wall(begin: BeginWork) -> None:
    async with begin() as work:
        left_open = await work.all(
            """
            SELECT c.oid::regclass::text AS name
              FROM pg_class c
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'party_id'
             WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT c.relrowsecurity
               AND c.relnamespace = 'public'::regnamespace
            """
        )
        assert [row["name"] for row in left_open] == [], "end its migration with protect('table')"
