"""One party never sees or writes another's rows: every table that has a party, no exception."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import pytest

from tests.network import a_party
from voltway.parties import actions
from voltway.parties.model import Party, Role
from voltway.runtime.database import Database
from voltway.runtime.work import BeginWork, Row

#: Every table, what parties may do with it, and its wall.
TABLES = """
    SELECT c.relname AS name, c.relrowsecurity AS walled, c.relispartition AS is_part,
           EXISTS (SELECT FROM pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attname = 'party_id' AND NOT a.attisdropped
                  ) AS has_party,
           has_table_privilege('voltway_app', c.oid, 'SELECT') AS app_reads,
           has_table_privilege('voltway_app', c.oid, 'INSERT, UPDATE, DELETE') AS app_writes,
           (SELECT array_agg(pg_get_expr(p.polqual, c.oid) || ' / '
                             || pg_get_expr(p.polwithcheck, c.oid))
              FROM pg_policy p
             WHERE p.polrelid = c.oid AND p.polroles = ARRAY['voltway_app'::regrole::oid]) AS rules
      FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
     ORDER BY 1
"""

#: The first words of tables of no party that parties may still touch, and why that is no hole.
OF_NOBODY = {
    "lobby",  # what knocked and belongs to nobody yet
    "pgqueuer",  # work for a party queues jobs too; they hold ids, and run with their own eyes
}


async def tables(begin: BeginWork) -> Sequence[Row]:
    async with begin() as work:
        return await work.all(TABLES)


async def test_every_table_that_has_a_party_stands_behind_the_wall(begin: BeginWork) -> None:
    found = {row["name"]: row for row in await tables(begin)}

    for name in ("party", "operator", "session", "session_reading", "ledger_entry"):
        assert name in found, "this test looks at the real tables"
    for name, row in found.items():
        if not row["has_party"] and name != "party":
            continue
        if row["is_part"]:
            assert not row["app_reads"], f"{name}: a part is read through its whole"
            continue
        column = "id" if name == "party" else "party_id"
        wall = f"({column} = current_party())"
        assert row["walled"], f"{name}: end its migration with SELECT protect('{name}')"
        assert row["rules"] == [f"{wall} / {wall}"], f"{name}: the wall has a hole"


async def test_a_table_of_no_party_is_closed_to_parties(begin: BeginWork) -> None:
    for row in await tables(begin):
        if row["has_party"] or row["name"] == "party" or row["name"].split("_")[0] in OF_NOBODY:
            continue
        assert not row["app_writes"], f"{row['name']}: a party could write for all"


async def test_every_view_looks_with_the_eyes_of_who_asks(begin: BeginWork) -> None:
    async with begin() as work:
        views = await work.all(
            """
            SELECT relname AS name,
                   coalesce('security_invoker=true' = ANY(reloptions), false) AS through_the_wall
              FROM pg_class
             WHERE relnamespace = 'public'::regnamespace AND relkind = 'v'
            """
        )
    assert views
    assert [row["name"] for row in views if not row["through_the_wall"]] == []


async def two_parties(begin: BeginWork) -> tuple[Party, Party]:
    async with begin() as work:
        ours, theirs = await a_party(work), await a_party(work)
        for party in (ours, theirs):
            await actions.add_operator(
                work,
                party.id,
                email=f"{party.ident}@example.org",
                name=party.ident,
                role=Role.OWNER,
                password="a long enough password",
            )
    return ours, theirs


async def test_work_for_a_party_sees_that_party_alone(begin: BeginWork) -> None:
    ours, theirs = await two_parties(begin)

    async with begin(ours.id) as work:
        assert await actions.parties(work) == [ours]
        assert [each.name for each in await actions.operators(work, ours.id)] == [ours.ident]
        assert await actions.operators(work, theirs.id) == []


async def test_work_for_a_party_changes_nothing_of_another(begin: BeginWork) -> None:
    ours, theirs = await two_parties(begin)

    async with begin(ours.id) as work:
        assert (
            await work.run("UPDATE operator SET role = 'viewer' WHERE name = $1", theirs.ident) == 0
        )
        assert await work.run("DELETE FROM operator WHERE party_id = $1", theirs.id) == 0
        assert await work.run("UPDATE party SET name = 'Taken' WHERE id = $1", theirs.id) == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with begin(ours.id) as work:
            await actions.add_api_key(work, theirs.id, name="Stolen", role=Role.OWNER)


async def test_work_for_nobody_known_sees_nothing(begin: BeginWork, database: Database) -> None:
    await two_parties(begin)

    async with database.begin(UUID(int=99)) as work:  # type: ignore[arg-type]
        rows = await work.all("SELECT 1 FROM party UNION ALL SELECT 1 FROM operator")
    assert list(rows) == []
