"""Brings the tables up to date: each file of ``voltway/migrations`` once, in order, kept whole.

A file that was applied is never edited: its checksum is kept, and a changed one is refused.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Final

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries

from voltway.kernel.errors import Misconfigured
from voltway.runtime import queue
from voltway.runtime.restored import mend_outbox
from voltway.runtime.roles import HOUSE, PARTY, ensure_roles

NAME: Final = re.compile(r"(?P<number>\d{4})_(?P<room>[a-z_]+)\.sql")
LOCK: Final = 0x766F6C74  # "volt": one process migrates a database at a time


@dataclass(eq=False)
class MigrationChanged(Misconfigured):
    """
    The migration {name} was applied to this database in another wording. A migration is never
    edited after it was applied: restore it and write the change as a new file.
    """

    name: str


@dataclass(eq=False)
class DatabaseNewer(Misconfigured):
    """
    This database was made by a newer Voltway: it knows the migration {name}, and we do not.
    Start the newer Voltway, or restore a backup from before it.
    """

    name: str


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of SQL."""

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def shipped() -> list[Migration]:
    """The migrations that came with this Voltway, in their order."""
    found = [
        Migration(file.name, file.read_text(encoding="utf-8"))
        for file in files("voltway").joinpath("migrations").iterdir()
        if NAME.fullmatch(file.name)
    ]
    return sorted(found, key=lambda migration: migration.name)


async def migrate(
    owner: "asyncpg.Connection[Any]", migrations: Sequence[Migration] | None = None
) -> list[str]:
    """Apply what is missing; the names of what was applied."""
    wanted = shipped() if migrations is None else migrations
    await owner.execute("SELECT pg_advisory_lock($1)", LOCK)
    try:
        await ensure_roles(owner)
        await owner.execute(
            """
            CREATE TABLE IF NOT EXISTS migration (
                name       text        PRIMARY KEY,
                checksum   text        NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            )
            """
        )
        known = {
            row["name"]: row["checksum"]
            for row in await owner.fetch("SELECT name, checksum FROM migration")
        }
        missing = _missing(wanted, known)
        for migration in missing:
            await _apply(owner, migration)
        await _install_queue(owner, known)
        await _raise_walls(owner)
        await mend_outbox(owner)
    finally:
        await owner.execute("SELECT pg_advisory_unlock($1)", LOCK)
    return [migration.name for migration in missing]


def _missing(wanted: Sequence[Migration], known: dict[str, str]) -> list[Migration]:
    for migration in wanted:
        if known.get(migration.name, migration.checksum) != migration.checksum:
            raise MigrationChanged(migration.name)
    strangers = {name for name in known if NAME.fullmatch(name)}
    if strangers := strangers - {migration.name for migration in wanted}:
        raise DatabaseNewer(min(strangers))
    return [migration for migration in wanted if migration.name not in known]


async def _apply(owner: "asyncpg.Connection[Any]", migration: Migration) -> None:
    async with owner.transaction():
        try:
            await owner.execute(migration.sql)
        except asyncpg.PostgresError as trouble:
            trouble.add_note(f"in the migration {migration.name}")
            raise
        await owner.execute(
            "INSERT INTO migration (name, checksum) VALUES ($1, $2)",
            migration.name,
            migration.checksum,
        )


async def _install_queue(owner: "asyncpg.Connection[Any]", known: dict[str, str]) -> None:
    """The queue's tables are pgqueuer's: it makes them, and brings them up to its own version."""
    name = f"pgqueuer {version('pgqueuer')}"
    if name in known:
        return
    if any(other.startswith("pgqueuer ") for other in known):
        await Queries(AsyncpgDriver(owner)).upgrade()
    else:
        await owner.execute(queue.INSTALL)
    await owner.execute(
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(queue.TABLES)} TO {HOUSE};"
        f"GRANT SELECT, INSERT, UPDATE ON {', '.join(queue.TABLES[:2])} TO {PARTY};"
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {HOUSE}, {PARTY}"
    )
    await owner.execute("INSERT INTO migration (name, checksum) VALUES ($1, '')", name)


async def _raise_walls(owner: "asyncpg.Connection[Any]") -> None:
    """Views see with the eyes of who asks, not of who made them, and are open to both roles."""
    views = await owner.fetch(
        """
        SELECT oid::regclass::text AS name
          FROM pg_class
         WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace
           AND NOT (coalesce('security_invoker=true' = ANY(reloptions), false)
                    AND has_table_privilege($1, oid, 'SELECT'))
        """,
        PARTY,
    )
    for view in views:
        await owner.execute(
            f"ALTER VIEW {view['name']} SET (security_invoker = true);"
            f"GRANT SELECT ON {view['name']} TO {HOUSE}, {PARTY}"
        )
