"""The files of the embedded PostgreSQL: made once, moved into place when whole, and configured."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voltway.kernel.errors import Misconfigured
from voltway.runtime.postgres_account import Account

OWNER: Final = "voltway"
DATABASE: Final = "voltway"

CONFIG: Final = """\
# Written by Voltway at each start; put your own settings into postgresql.auto.conf.
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0777
max_connections = {connections}
shared_buffers = {buffers_mb}MB
wal_compression = on
max_wal_size = 1GB
jit = off
deadlock_timeout = 200ms
hot_standby = off
timezone = UTC
log_timezone = UTC
log_min_messages = warning
log_min_error_statement = panic
log_checkpoints = off
log_line_prefix = '%m [%p] '
{durability}
"""
HBA: Final = """\
local all all peer map=voltway
local replication all peer map=voltway
"""
DURABLE: Final = "synchronous_commit = on"
FORGETFUL: Final = """\
dynamic_shared_memory_type = mmap
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
autovacuum = off"""


@dataclass(eq=False)
class DataFolderUnwritable(Misconfigured):
    """The data folder {folder} cannot be written: {reason}."""

    folder: str
    reason: str


@dataclass(eq=False)
class DataFolderOfOtherVersion(Misconfigured):
    """
    The data in {folder} was written by PostgreSQL {found}, but this Voltway brings {ours}. Dump it
    with the Voltway that wrote it (pg_dump), or convert it with pg_upgrade, then start again.
    """

    folder: str
    found: str
    ours: str


@dataclass(eq=False)
class PostgresDidNotStart(Misconfigured):
    """The embedded PostgreSQL in {folder} did not start: {reason}."""

    folder: str
    reason: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where a server's files are, and how it shall keep what it is told."""

    folder: Path
    socket: Path
    binaries: Path
    account: Account
    durable: bool
    connections: int

    def make(self) -> None:
        """Make the files where there are none; refuse those of another major version."""
        try:
            found = (self.folder / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            found = ""
        ours = self._version().split(".")[0]
        if found and found != ours:
            raise DataFolderOfOtherVersion(str(self.folder), found, ours)
        try:
            if not found:
                self._initialise()
            self._configure()
        except OSError as reason:
            raise DataFolderUnwritable(str(self.folder), said(reason)) from None

    def _initialise(self) -> None:
        """Make the files beside their place, and move them there when whole."""
        fresh = self.folder.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        os.chown(fresh, self.account.uid, self.account.gid)
        self._run(
            *("initdb", "--pgdata", fresh, "--username", OWNER),
            *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *("--locale=C", "--auth=peer", "--no-instructions"),
            *(() if self.durable else ("--no-sync",)),
        )
        order = f"CREATE DATABASE {DATABASE}\n"
        told = self._run("postgres", "--single", "-D", fresh, "postgres", order=order)
        if "ERROR" in told:
            raise PostgresDidNotStart(str(self.folder), last_line(told))
        # What stands there without PG_VERSION is the rest of an older, broken attempt.
        shutil.rmtree(self.folder, ignore_errors=True)
        fresh.rename(self.folder)

    def _configure(self) -> None:
        options = CONFIG.format(
            socket=str(self.socket).replace("'", "''"),
            connections=self.connections,
            buffers_mb=128 if self.durable else 32,
            durability=DURABLE if self.durable else FORGETFUL,
        )
        names = {self.account.name, pwd.getpwuid(os.geteuid()).pw_name}
        idents = "".join(f'voltway "{name}" {OWNER}\n' for name in sorted(names))
        self._write("postgresql.conf", options)
        self._write("pg_hba.conf", HBA)
        self._write("pg_ident.conf", idents)

    def _write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.write_text(text)
        os.chown(file, self.account.uid, self.account.gid)

    def _version(self) -> str:
        """The version of the server's program, ``18.6``."""
        return self._run("postgres", "--version").split()[2]

    def _run(self, program: str, *words: str | Path, order: str = "") -> str:
        """What a program of PostgreSQL says; it must not fail."""
        try:
            done = subprocess.run(
                [self.binaries / "bin" / program, *words],
                **self.account.as_options(),
                input=order,
                capture_output=True,
                text=True,
                check=False,
            )
        except OSError as reason:
            raise PostgresDidNotStart(str(self.folder), f"{program}: {said(reason)}") from None
        if done.returncode != 0:
            raise PostgresDidNotStart(str(self.folder), last_line(done.stderr))
        return done.stdout + done.stderr


def last_line(text: str) -> str:
    """The last thing that a program said."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip().rstrip(".") if lines else ""


def said(reason: OSError) -> str:
    """What went wrong, as part of a sentence."""
    return (reason.strerror or str(reason)).lower()
