"""Backups of a house and what comes back from them, by the programs that the manual names."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg

from tests.operating.servers import by_account, given_to_account
from tests.simulation import audit
from voltway.ledger import actions as ledger
from voltway.ledger.model import AccountLine
from voltway.runtime.database import Database
from voltway.runtime.postgres import EmbeddedPostgres
from voltway.runtime.postgres_account import choose_account

ARCHIVING = """
ALTER SYSTEM SET archive_mode = on;
ALTER SYSTEM SET archive_command = 'test ! -f "{archive}/%f" && cp "%p" "{archive}/%f"';
ALTER SYSTEM SET archive_timeout = '60s'
"""

#: Beside the files that come back: how the rest of the way is found.
RECOVERY = """
restore_command = 'cp "{archive}/%f" "%p"'
recovery_target_action = 'promote'
{target}
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything of a house that must come back as it was."""

    records: audit.Records
    books: Sequence[AccountLine]


async def picture(database: Database) -> Picture:
    async with database.begin() as work:
        books = (await ledger.trial_balance(work)).lines
    records = await audit.read(database)
    return Picture(
        replace(
            records,
            sessions=sorted(records.sessions, key=str),
            settlements=sorted(records.settlements, key=str),
        ),
        books,
    )


async def archive_from_now_on(folder: Path, archive: Path) -> None:
    """Make a house's database, and let it keep every piece of its log in the archive."""
    given_to_account(archive)
    postgres = EmbeddedPostgres(folder)
    connection = await asyncpg.connect(postgres.start())
    try:
        for order in ARCHIVING.format(archive=archive).split(";"):
            await connection.execute(order)
    finally:
        await connection.close()
        postgres.stop()


def socket_of(folder: Path) -> str:
    """The folder in which the house's database has its socket."""
    return EmbeddedPostgres(folder).address().rpartition("host=")[2]


def base_backup(folder: Path, to: Path) -> None:
    """A copy of the database of a house that runs."""
    given_to_account(to)
    by_account(
        *("pg_basebackup", "--host", socket_of(folder), "--username", "voltway"),
        *("--pgdata", to, "--checkpoint=fast"),
    )


def bring_back(backup: Path, folder: Path, archive: Path, target: str = "") -> None:
    """Lay the copy where an empty house will find it, to go on from there by the archive."""
    folder.mkdir(mode=0o711)
    files = folder / "postgres"
    shutil.copytree(backup, files)
    with (files / "postgresql.auto.conf").open("a") as config:
        config.write(RECOVERY.format(archive=archive, target=target))
    (files / "recovery.signal").touch()
    account = choose_account()
    for step in [files, *files.rglob("*")]:
        os.chown(step, account.uid, account.gid)


def dump(folder: Path, to: Path) -> None:
    """What a house that runs has, as PostgreSQL of any version reads it."""
    by_account(
        *("pg_dump", "--host", socket_of(folder), "--username", "voltway"),
        *("--format=custom", "--file", to, "voltway"),
    )


def restore(folder: Path, dumped: Path) -> None:
    """Read a dump into the database of a house that was started once, and is stopped."""
    files, server = folder / "postgres", ("--host", socket_of(folder), "--username", "voltway")
    by_account("pg_ctl", "start", "-w", "-s", "-D", files, "-l", files / "restore.log")
    try:
        by_account("dropdb", *server, "voltway")
        by_account("createdb", *server, "voltway")
        by_account("pg_restore", *server, "--dbname=voltway", "--exit-on-error", dumped)
    finally:
        by_account("pg_ctl", "stop", "-w", "-s", "-D", files)
