"""The embedded PostgreSQL: a real server in the data folder, started and stopped with the house.

It listens on a socket in the file system and nowhere else, and lets in by peer authentication the
account that runs Voltway. See Note [A server that outlived us].
"""

import contextlib
import ctypes
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from voltway.kernel.errors import Misconfigured
from voltway.runtime.postgres_account import (
    SYSTEM_HOME,
    Account,
    choose_account,
    house_the_server,
)

OWNER: Final = "voltway"
DATABASE: Final = "voltway"
SUN_PATH_MAX: Final = 107  # unix(7): sun_path is 108 bytes with the closing zero
SOCKET_NAME: Final = "/.s.PGSQL.5432"
START_S_MAX: Final = 60.0  # recovery after a crash may have to read much log
STOP_S_MAX: Final = 8.0
LOG_BYTES_MAX: Final = 10_000_000
PR_SET_PDEATHSIG: Final = 1

CONFIG: Final = """\
# Written by Voltway at each start; put your own settings into postgresql.auto.conf.
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0777
max_connections = {connections}
shared_buffers = {buffers_mb}MB
dynamic_shared_memory_type = posix
wal_compression = on
max_wal_size = 1GB
jit = off
timezone = UTC
log_timezone = UTC
log_min_messages = warning
log_min_error_statement = panic
log_checkpoints = off
log_line_prefix = '%m [%p] '
{durability}
"""
DURABLE: Final = "synchronous_commit = on"
FORGETFUL: Final = """\
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
class DataFolderInUse(Misconfigured):
    """Another Voltway (process {process}) is already at work in the data folder {folder}."""

    folder: str
    process: str


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


class EmbeddedPostgres:
    """A server on one data folder. ``start`` and ``stop`` block: the house is not open."""

    def __init__(
        self,
        folder: Path,
        *,
        durable: bool = True,
        connections: int = 60,
        system_home: Path = SYSTEM_HOME,
    ) -> None:
        self.folder = folder.absolute()
        self._system_home = system_home
        self._durable = durable
        self._connections = connections
        self._lock: IO[str] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._cluster = self.folder / "postgres"
        self._socket = self.folder / "run"

    def start(self) -> str:
        """Start the server, making its files the first time; the address to connect to."""
        self._make_folder()
        self._lock_folder()
        try:
            account = choose_account()
            home = house_the_server(self.folder, account, self._system_home)
            self._cluster = home.folder / "postgres"
            self._socket = self._make_socket_folder(home.folder, account)
            version = _version(home.binaries, account)
            self._make_cluster(home.binaries, account, version)
            self._stop_survivor()
            self._run(home.binaries, account)
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

    def stop(self) -> None:
        """Stop the server cleanly; if it lingers, at once (it recovers at the next start)."""
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
        self._unlock_folder()

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "voltway.lock").touch()
        except OSError as reason:
            raise DataFolderUnwritable(str(self.folder), _said(reason)) from None

    def _lock_folder(self) -> None:
        lock = (self.folder / "voltway.lock").open("r+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            process = lock.read().strip() or "unknown"
            lock.close()
            raise DataFolderInUse(str(self.folder), process) from None
        lock.truncate()
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

    def _make_cluster(self, binaries: Path, account: Account, version: str) -> None:
        """Create the database files once; refuse those of another major version."""
        try:
            found = (self._cluster / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            found = ""
        ours = version.split(".")[0]
        if found and found != ours:
            raise DataFolderOfOtherVersion(str(self._cluster), found, ours)
        if not found:
            self._initialise(binaries, account)
        options = CONFIG.format(
            socket=str(self._socket).replace("'", "''"),
            connections=self._connections,
            buffers_mb=128 if self._durable else 32,
            durability=DURABLE if self._durable else FORGETFUL,
        )
        names = {account.name, _account_name()}
        idents = "".join(f'voltway "{name}" {OWNER}\n' for name in sorted(names))
        self._write("postgresql.conf", options, account)
        self._write("pg_hba.conf", "local all all peer map=voltway\n", account)
        self._write("pg_ident.conf", idents, account)

    def _initialise(self, binaries: Path, account: Account) -> None:
        """Make the files beside their place and move them there when whole."""
        fresh = self._cluster.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        os.chown(fresh, account.uid, account.gid)
        done = subprocess.run(
            [
                *(binaries / "bin" / "initdb", "--pgdata", fresh, "--username", OWNER),
                *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *("--locale=C", "--auth=peer", "--no-instructions"),
                *(() if self._durable else ("--no-sync",)),
            ],
            **account.as_options(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise PostgresDidNotStart(str(self._cluster), _last_line(done.stderr))
        single = subprocess.run(
            [binaries / "bin" / "postgres", "--single", "-D", fresh, "postgres"],
            **account.as_options(),
            input=f"CREATE DATABASE {DATABASE}\n",
            capture_output=True,
            text=True,
            check=False,
        )
        if single.returncode != 0 or "ERROR" in single.stderr:
            raise PostgresDidNotStart(str(self._cluster), _last_line(single.stderr))
        # What stands there without PG_VERSION is the rest of an older, broken attempt.
        shutil.rmtree(self._cluster, ignore_errors=True)
        fresh.rename(self._cluster)

    def _write(self, name: str, text: str, account: Account) -> None:
        try:
            file = self._cluster / name
            file.write_text(text)
            os.chown(file, account.uid, account.gid)
        except OSError as reason:
            raise DataFolderUnwritable(str(self._cluster), _said(reason)) from None

    def _stop_survivor(self) -> None:
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
            time.sleep(0.01)
        with contextlib.suppress(FileNotFoundError):
            pid_file.unlink()

    def _run(self, binaries: Path, account: Account) -> None:
        """Start the server and wait until it says that it is ready."""
        log_file = self._cluster / "server.log"
        with contextlib.suppress(FileNotFoundError):
            if log_file.stat().st_size > LOG_BYTES_MAX:
                log_file.unlink()
        deadline = time.monotonic() + START_S_MAX
        while True:
            with log_file.open("ab") as log:
                before = log.tell()
                self._server = subprocess.Popen(
                    [binaries / "bin" / "postgres", "-D", self._cluster],
                    **account.as_options(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C is for us: we stop the server last
                    preexec_fn=_die_with_parent,
                )
            while self._server.poll() is None and time.monotonic() < deadline:
                if self._is_ready():
                    return
                time.sleep(0.005)
            said = log_file.read_bytes()[before:].decode(errors="replace")
            # Children of a killed server hold its shared memory for a moment longer.
            if "shared memory block" not in said or time.monotonic() > deadline:
                self.stop()
                raise PostgresDidNotStart(str(self._cluster), _reason(said) or "it is too slow")
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        """Line 8 of postmaster.pid is the server's state, as ``pg_ctl --wait`` reads it."""
        assert self._server is not None
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
        except (FileNotFoundError, UnicodeDecodeError):
            return False
        return len(lines) >= 8 and lines[0] == str(self._server.pid) and lines[7].strip() == "ready"


# Note [A server that outlived us]
# ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
# When Voltway is killed with SIGKILL, the kernel sends its server SIGINT (prctl PR_SET_PDEATHSIG),
# a clean stop. The next start may come before that stop is complete, or the signal may not have
# been possible, so it looks for itself: the lock on voltway.lock, which dies with the process that
# holds it, says whether another Voltway lives; if none does, a server that works in our folder is
# an orphan and is stopped, and a postmaster.pid without a server is the rest of a crash and is
# removed. A process of that number that works elsewhere is a stranger, and is left alone.


def _die_with_parent() -> None:
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGINT)


_LIBC: Final = ctypes.CDLL(None)


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


def _version(binaries: Path, account: Account) -> str:
    """The version of the server's program, ``18.6``."""
    try:
        said = subprocess.run(
            [binaries / "bin" / "postgres", "--version"],
            **account.as_options(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError) as reason:
        raise PostgresDidNotStart(str(binaries), f"its program does not run ({reason})") from None
    return said.split()[2]


def _account_name() -> str:
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name


def _said(reason: OSError) -> str:
    return (reason.strerror or str(reason)).lower()


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


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip().rstrip(".") if lines else ""
