"""The programs that the benchmark starts: the house, the yardsticks, and the load upon them."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.furnish import Network, furnish, furnished
from voltway.runtime.postgres import EmbeddedPostgres
from voltway.runtime.postgres_running import address_of_running

ROOT: Final = Path(__file__).resolve().parent.parent
STOP_S_MAX: Final = 30


@dataclass(frozen=True, slots=True)
class Contestant:
    """A running central system: where stations find it, and whose CPU is counted."""

    name: str
    url: str
    pids: tuple[int, ...]
    password: str = ""
    is_echo: bool = False
    database: str = ""  # its address, where there is one
    pages: str = ""


class ProgramFailed(Exception):
    """A program that the benchmark needs ended before it should."""


@contextmanager
def house(network: Network, more: Mapping[str, str] | None = None) -> Iterator[Contestant]:
    """``voltway serve`` in one process, on an embedded PostgreSQL with this network in it."""
    with data_folder() as folder:
        furnished(folder, network)
        with house_on(folder, network, more) as running:
            yield running


@contextmanager
def house_on(
    folder: Path, network: Network, more: Mapping[str, str] | None = None
) -> Iterator[Contestant]:
    """The house on a folder that is furnished already."""
    with _serving(["--data", str(folder)], more or {}) as (pid, (pages, url)):
        yield Contestant(
            *("whole house", url, (pid,)),
            password=network.password,
            database=address_of_running(folder) or "",
            pages=pages,
        )


@contextmanager
def gateway(network: Network) -> Iterator[Contestant]:
    """The role gateway alone, beside an embedded PostgreSQL with this network in it; the processes
    of both are counted. It announces what it heard; nobody settles it."""
    with database(network) as (url, postgres), gateway_on(url, postgres, network) as alone:
        yield alone


@contextmanager
def gateway_on(url: str, postgres: int, network: Network) -> Iterator[Contestant]:
    """The role gateway alone, on a database that is furnished already and its process."""
    with _serving(["--role", "gateway"], {"VOLTWAY_DATABASE_URL": url}) as (pid, (_, address)):
        yield Contestant(
            "voltway", address, (pid, postgres), password=network.password, database=url
        )


def _serving(
    words: Sequence[str], more: Mapping[str, str]
) -> AbstractContextManager[tuple[int, list[str]]]:
    environment = {"VOLTWAY_LOG_LEVEL": "error", **more}
    ports = ["--http", "127.0.0.1:0", "--ocpp", "127.0.0.1:0"]
    return running(["-m", "voltway.cli", "serve", *ports, *words], environment)


@contextmanager
def database(network: Network) -> Iterator[tuple[str, int]]:
    """The address of a server with this network in it, and its process."""
    with data_folder() as folder:
        postgres = EmbeddedPostgres(folder)
        url = postgres.start()
        try:
            asyncio.run(furnish(url, network))
            process = postgres.process
            assert process is not None, "it was started just now"
            yield url, process
        finally:
            postgres.stop()


@contextmanager
def echo() -> Iterator[Contestant]:
    """The floor."""
    with running(["-m", "bench.echo"]) as (pid, (_, url)):
        yield Contestant("echo", url, (pid,), is_echo=True)


@contextmanager
def least() -> Iterator[Contestant]:
    """The least that is durable, with a PostgreSQL of its own; both are counted."""
    with data_folder() as folder:
        postgres = EmbeddedPostgres(folder)
        address = postgres.start()
        process = postgres.process
        assert process is not None, "it was started just now"
        try:
            with running(["-m", "bench.least", address]) as (pid, (_, url)):
                yield Contestant("least", url, (pid, process), database=address)
        finally:
            postgres.stop()


@contextmanager
def ocpp_package() -> Iterator[Contestant]:
    """What a Python user would pick, without storage."""
    with running(["-m", "bench.ocpp_package"]) as (pid, (_, url)):
        yield Contestant("ocpp", url, (pid,))


@contextmanager
def data_folder() -> Iterator[Path]:
    """A new folder on a real disk, which the database's account can reach; removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="voltway-bench-", dir=os.environ.get("BENCH_FOLDER")))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(
    words: Sequence[str], more: Mapping[str, str] | None = None
) -> Iterator[tuple[int, list[str]]]:
    """A Python program that prints a line ``ready PAGES STATIONS``; its process id, and those two
    addresses."""
    process = subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, **paths(), **(more or {})},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.startswith("ready "):
                break
        else:
            raise ProgramFailed(f"{' '.join(words)} ended with {process.wait()}")
        yield process.pid, line.split()[1:]
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def paths() -> dict[str, str]:
    """Where the programs find this checkout's packages."""
    return {"PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}
