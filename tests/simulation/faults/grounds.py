"""Where the database of a world stands, and how it can be struck."""

import asyncio
import os
import random
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import asyncpg
import psutil

from tests.simulation.waiting import comes_true
from voltway.runtime.database import Database, open_database
from voltway.runtime.postgres import SOCKET_NAME, EmbeddedPostgres

#: Fits a cluster and the log of a short world, and no more.
SMALL_DISK_BYTES = 256 << 20
FEW_BYTES = 64 << 10
LOOK_S_MAX = 60


class Ground(StrEnum):
    """Kinds of worlds."""

    OWN = "own"  # one process, its database embedded
    WIRED = "wired"  # one process, its database beside it, over TCP
    MANY = "many"  # two gateways, the pages, a worker or two; database and NATS over TCP
    SMALL = "small"  # one process, its database embedded, on a disk that can be full


@dataclass
class Grounds:
    """A database on a folder: the house's own (embedded), or one that it reaches by wires."""

    folder: Path  # the data folder of the house, or of the server beside it
    _postgres: EmbeddedPostgres | None = None  # where it is not the house's own
    _thread: ThreadPoolExecutor | None = None  # a server ends with the thread that started it

    @property
    def postmaster(self) -> int:
        """The process id of the server."""
        return int((self.folder / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])

    async def dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the server, by its own socket."""
        return await asyncio.open_unix_connection(f"{self.folder}/run{SOCKET_NAME}")

    async def start(self) -> None:
        """Start the server, where it is ours to start."""
        if self._postgres is not None:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._thread, self._postgres.start)

    async def stop(self) -> None:
        if self._postgres is not None:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._thread, self._postgres.stop)

    async def kill_server(self) -> None:
        """SIGKILL of the server's first process; the others end when they notice."""
        with suppress(ProcessLookupError, FileNotFoundError):
            os.kill(self.postmaster, signal.SIGKILL)
        await self.again()

    def strike_all(self) -> None:
        """SIGKILL of all processes of the server at once: what was not written is gone."""
        family = self._family()
        for how in (signal.SIGSTOP, signal.SIGKILL):
            for process in family:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(how)

    async def forget(self) -> None:
        """Let the server say that it has kept what it has not written: it is told that it may.

        Struck down then, it loses what it had in memory, as a machine that loses its power does.
        """
        owner = await asyncpg.connect(EmbeddedPostgres(self.folder).address())
        try:
            await owner.execute("ALTER SYSTEM SET synchronous_commit = off")
            await owner.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
            await owner.execute("SELECT pg_reload_conf()")
        finally:
            await owner.close()

    def kill_one(self, dice: random.Random) -> bool:
        """SIGKILL of one that serves a connection: the server ends all others and recovers. Whether
        there was one."""
        serving = [each for each in self._family()[1:] if b"voltway" in _title(each)]
        if serving:
            with suppress(psutil.NoSuchProcess):
                dice.choice(serving).kill()
                return True
        return False

    def _family(self) -> list[psutil.Process]:
        try:
            first = psutil.Process(self.postmaster)
            return [first, *first.children(recursive=True)]
        except (psutil.NoSuchProcess, FileNotFoundError, ValueError):
            return []

    async def again(self) -> None:
        """Start the server once more, where it is ours to start."""
        await self.stop()
        await self.start()

    @asynccontextmanager
    async def looked_into(self) -> AsyncIterator[Database]:
        """The database itself, by its own socket and no wire."""
        address = EmbeddedPostgres(self.folder).address()
        database: Database | None = None

        async def is_reached() -> bool:
            nonlocal database
            with suppress(Exception):  # while it starts it says so in many ways
                database = await open_database(address, connections=4)
            return database is not None

        assert await comes_true(is_reached, LOOK_S_MAX), "the database does not come back"
        assert database is not None
        try:
            yield database
        finally:
            await database.close()


def _title(process: psutil.Process) -> bytes:
    try:
        return Path(f"/proc/{process.pid}/cmdline").read_bytes()
    except OSError:
        return b""


@asynccontextmanager
async def beside(folder: Path) -> AsyncIterator[Grounds]:
    """A PostgreSQL that is not the house's own, to be reached over TCP through wires."""
    with ThreadPoolExecutor(1) as thread:
        grounds = Grounds(folder, EmbeddedPostgres(folder), thread)
        await grounds.start()
        try:
            yield grounds
        finally:
            await grounds.stop()


@dataclass
class Disk:
    """A small file system in memory, which can be filled to the brim."""

    folder: Path

    def fill(self, dice: random.Random) -> None:
        """Leave some bytes, or none."""
        left = os.statvfs(self.folder)
        size = left.f_bavail * left.f_frsize - dice.randrange(FEW_BYTES)
        with (self.folder / "ballast").open("wb") as ballast, suppress(OSError):
            os.posix_fallocate(ballast.fileno(), 0, max(size, 1))

    def empty(self) -> None:
        (self.folder / "ballast").unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Mount it at this folder. Asks for root, as the rest of disk-full does."""
    folder.mkdir()
    size = f"size={SMALL_DISK_BYTES},mode=755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "voltway", str(folder)], check=True)
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
