"""What a Voltway costs that has nothing to do: ``python -m bench.idle --seconds 30``.

``voltway serve`` with its embedded PostgreSQL as a process of its own, without stations. CPU of the
house and of the database, and how many commits it makes, each second.
"""

import argparse
import asyncio
from pathlib import Path
from typing import Any

import psutil
import typer

from bench.programs import data_folder
from bench.settlement import running
from voltway.runtime.database import open_database
from voltway.runtime.postgres_running import address_of_running

SETTLES_S = 8


async def measure(folder: Path, seconds: int, profile: str | None) -> None:
    async with running(
        *("voltway.cli", "serve", "--data", str(folder)),
        *("--http", "127.0.0.1:0", "--ocpp", "127.0.0.1:0"),
        env={"VOLTWAY_LOG_LEVEL": "warning"},
    ) as (pid, _):
        house = psutil.Process(pid)
        database = await open_database(address_of_running(folder) or "", connections=4)
        await asyncio.sleep(SETTLES_S)
        if profile:
            await asyncio.create_subprocess_exec(
                *("py-spy", "record", "-d", str(seconds), "-r", "250", "-f", "raw"),
                *("-o", profile, "-p", str(pid)),
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
        before = (_of(house), _of_children(house), await _commits(database))
        await asyncio.sleep(seconds)
        after = (_of(house), _of_children(house), await _commits(database))
        await database.close()
    house_s, database_s, commits = (b - a for a, b in zip(before, after, strict=True))
    typer.echo(f"house     {house_s / seconds:.2%} of a core")
    typer.echo(f"database  {database_s / seconds:.2%} of a core")
    typer.echo(f"commits   {commits / seconds:.1f} a second")


def _of(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _of_children(process: psutil.Process) -> float:
    """The database and its processes, also those that have ended."""
    total = 0.0
    for child in process.children(recursive=True):
        times = child.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


async def _commits(database: Any) -> int:
    async with database.begin() as work:
        await work.run("SELECT pg_stat_clear_snapshot()")
        row = await work.one(
            "SELECT xact_commit AS n FROM pg_stat_database WHERE datname = current_database()"
        )
    assert row is not None
    return int(row["n"])


def main() -> None:
    words = argparse.ArgumentParser(prog="bench.idle", description=__doc__)
    words.add_argument("--seconds", type=int, default=30)
    words.add_argument("--profile", help="a file for the house's stacks, by py-spy")
    options: Any = words.parse_args()
    with data_folder() as folder:
        asyncio.run(measure(folder, options.seconds, options.profile))


if __name__ == "__main__":
    main()
