"""The embedded PostgreSQL: a real server in the data folder, started and stopped with the house.

It listens on a socket in the file system and nowhere else, and lets in by peer authentication the
account that runs Voltway. See Note [A server that outlived us].
"""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import structlog

from voltway.kernel.errors import Misconfigured
from voltway.runtime.postgres_account import (
    SYSTEM_HOME,
    Account,
    choose_account,
    house_the_server,
)
from voltway.runtime.postgres_cluster import (
    DATABASE,
    OWNER,
    Cluster,
    DataFolderUnwritable,
    PostgresDidNotStart,
    said,
)

SUN_PATH_MAX: Final = 107  # unix(7): sun_path is 108 bytes with the closing zero
SOCKET_NAME: Final = "/.s.PGSQL.5432"
SOCKET_LOCK: Final = ".s.PGSQL.5432.lock"
START_S_MAX: Final = 60.0  # recovery after a crash may have to read much log
STOP_S_MAX: Final = 8.0
LOG_BYTES_MAX: Final = 10_000_000
WATCH_S: Final = 0.25
TRY_AGAIN_S: Final = 0.5

log = structlog.get_logger("voltway.postgres")


@dataclass(eq=False)
class DataFolderInUse(Misconfigured):
    """Another Voltway (process {process}) is already at work in the data folder {folder}."""

    folder: str
    process: str


class EmbeddedPostgres:
    """A server on one data folder. ``start`` and ``stop`` block: the house is not open.

    Start it from the main thread: the kernel stops the server when the thread that made it ends.
    """

    def __init__(
        self,
        folder: Path,
        *,
        durable: bool = True,
        connections: int = 250,
        system_home: Path = SYSTEM_HOME,
    ) -> None:
        self.folder = folder.absolute()
        self._system_home = system_home
        self._durable = durable
        self._connections = connections
        self._lock: IO[str] | None = None
        self._binaries: Path
        self._account: Account
        self._server: subprocess.Popen[bytes] | None = None
        self._is_wanted = False
        self._cluster = self.folder / "postgres"
        self._socket = self.folder / "run"

    def start(self) -> str:
        """Start the server, making its files the first time; the address to connect to."""
        self._make_folder()
        account = choose_account()
        home = house_the_server(self.folder, account, self._system_home)
        self._lock_folder(home.folder / "voltway.lock")
        try:
            self._cluster = home.folder / "postgres"
            self._socket = self._make_socket_folder(home.folder, account)
            Cluster(
                folder=self._cluster,
                socket=self._socket,
                binaries=home.binaries,
                account=account,
                durable=self._durable,
                connections=self._connections,
            ).make()
            self._binaries, self._account = home.binaries, account
            for pause_s in self._starting():
                time.sleep(pause_s)
            self._is_wanted = True
        except BaseException:
            self._unlock_folder()
            raise
        return self.address()

    def address(self, database: str = DATABASE) -> str:
        """Where a database of this server is found. There is no password to keep."""
        return f"postgresql://{OWNER}@/{database}?host={self._socket}"

    @property
    def process(self) -> int | None:
        """The server's process id, while we run it."""
        return self._server.pid if self._server and self._server.poll() is None else None

    async def keep_running(
        self,
        restarted: Callable[[], None] = lambda: None,
        failed: Callable[[], None] = lambda: None,
    ) -> None:
        """Start the server again whenever it ends by itself, until this is cancelled.

        One that does not start is tried again and again: a full disk gets room, and who killed it
        may kill it once more while it starts. Nobody else waits meanwhile.
        """
        while True:
            await asyncio.sleep(WATCH_S)
            if not self._is_wanted or self.process is not None:
                continue
            log.error("postgres_ended", status=self._server.returncode if self._server else None)
            try:
                for pause_s in self._starting():
                    await asyncio.sleep(pause_s)
            except (Misconfigured, OSError) as reason:
                log.error("postgres_does_not_start", why=str(reason))  # noqa: TRY400 - in words
                failed()
                await asyncio.sleep(TRY_AGAIN_S)
                continue
            log.warning("postgres_started_again", process=self.process)
            restarted()

    def stop(self) -> None:
        """Stop the server cleanly; if it lingers, at once (it recovers at the next start)."""
        self._is_wanted = False
        self._end_server()
        if self._socket.parent == Path("/tmp"):
            shutil.rmtree(self._socket, ignore_errors=True)
        self._unlock_folder()

    def _end_server(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    server.send_signal(how)
                try:
                    server.wait(STOP_S_MAX)
                    break
                except subprocess.TimeoutExpired:
                    continue

    def _make_folder(self) -> None:
        try:
            # As root we let the server's account pass through, and nobody look inside.
            self.folder.mkdir(0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
            (self.folder / ".writable").touch()
            (self.folder / ".writable").unlink()
        except OSError as reason:
            raise DataFolderUnwritable(str(self.folder), said(reason)) from None

    def _lock_folder(self, file: Path) -> None:
        """Where the server's files are, because data folders may be copied and point to one."""
        try:
            lock = file.open("a+")
        except OSError as reason:
            raise DataFolderUnwritable(str(file.parent), said(reason)) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            process = lock.read().strip() or "unknown"
            lock.close()
            raise DataFolderInUse(str(self.folder), process) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def _unlock_folder(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _make_socket_folder(self, home: Path, account: Account) -> Path:
        """A folder that only the account opens, with a path short enough for a socket."""
        folder = home / "run"
        if len(os.fsencode(f"{folder}{SOCKET_NAME}")) > SUN_PATH_MAX:
            name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
            folder = Path("/tmp") / f"voltway-{account.uid}-{name}"
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            os.chown(folder, account.uid, account.gid)
        found = folder.lstat()
        if folder.is_symlink() or found.st_uid != account.uid or found.st_mode & 0o077:
            raise DataFolderUnwritable(str(folder), "it is not private to its owner")
        return folder

    def _starting(self) -> Iterator[float]:
        """Start the server, and say in between how long to wait before going on."""
        yield from self._stop_survivor()
        yield from self._run()

    def _stop_survivor(self) -> Iterator[float]:
        """Stop a server that outlived a killed Voltway. See Note [A server that outlived us]."""
        pid_file = self._cluster / "postmaster.pid"
        deadline = time.monotonic() + STOP_S_MAX
        how = signal.SIGINT
        while (pid := _process_of(pid_file)) is not None and _works_in(pid, self._cluster):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)
            if time.monotonic() > deadline:
                if how is signal.SIGQUIT:
                    reason = f"its old server (process {pid}) does not stop"
                    raise PostgresDidNotStart(str(self._cluster), reason)
                how, deadline = signal.SIGQUIT, deadline + STOP_S_MAX
            yield 0.01
        pid_file.unlink(missing_ok=True)
        self._socket.joinpath(SOCKET_LOCK).unlink(missing_ok=True)

    def _run(self) -> Iterator[float]:
        """Start the server and wait until it says that it is ready."""
        log_file = self._cluster / "server.log"
        with contextlib.suppress(FileNotFoundError):
            if log_file.stat().st_size > LOG_BYTES_MAX:
                log_file.unlink()
        deadline = time.monotonic() + START_S_MAX
        # By a program of util-linux, because forking by hand is not safe beside threads.
        dies_with_us = ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []
        while True:
            with log_file.open("ab") as out:
                before = out.tell()
                self._server = subprocess.Popen(
                    [*dies_with_us, self._binaries / "bin" / "postgres", "-D", self._cluster],
                    **self._account.as_options(),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    start_new_session=True,  # Ctrl-C is for us: we stop the server last
                )
            while self._server.poll() is None and time.monotonic() < deadline:
                if (state := self._state()) == "ready":
                    return
                if state == "standby":  # comes back from an archive: that takes what it takes
                    deadline = time.monotonic() + START_S_MAX
                yield 0.005
            told = log_file.read_bytes()[before:].decode(errors="replace")
            # Children of a killed server hold its shared memory for a moment longer.
            if "shared memory block" not in told or time.monotonic() > deadline:
                self._end_server()
                raise PostgresDidNotStart(str(self._cluster), _reason(told) or "it is too slow")
            yield 0.05

    def _state(self) -> str:
        """Line 8 of postmaster.pid is the server's state, as ``pg_ctl --wait`` reads it."""
        assert self._server is not None
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
        except (FileNotFoundError, UnicodeDecodeError):
            return ""
        is_ours = len(lines) >= 8 and lines[0] == str(self._server.pid)
        return lines[7].strip() if is_ours else ""


# Note [A server that outlived us]
# ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
# When Voltway is killed with SIGKILL, the kernel sends its server SIGINT (prctl(2), PDEATHSIG), a
# clean stop. The next start may come before that stop is complete, or the signal may not have
# been possible, so it looks for itself: the lock on voltway.lock, which dies with the process that
# holds it, says whether another Voltway lives; if none does, a server that works in our folder is
# an orphan and is stopped, and a postmaster.pid without a server is the rest of a crash and is
# removed, and so is the lock beside the socket: the server would take it for its own as long as
# anything has the number in it, be it a dead process that nobody has buried yet. A process of that
# number that works elsewhere is a stranger, and is left alone.


def _process_of(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _works_in(pid: int, folder: Path) -> bool:
    """Whether this process lives with the folder as its own: a PostgreSQL server does."""
    try:
        if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return False
        return Path(f"/proc/{pid}/cwd").samefile(folder)
    except OSError:
        return False


def _reason(log: str) -> str:
    """Why the server ended, from its log: the line before "contains errors", or else the last."""
    told = [
        line.split(":  ", 1)[-1]
        for line in log.splitlines()
        if line.strip() and "HINT:" not in line and "database system is shut down" not in line
    ]
    if len(told) > 1 and told[-1].endswith("contains errors"):
        told.pop()
    return told[-1].rstrip(".") if told else ""
