"""How many sessions a second are priced, captured, posted and receipted, and what each costs.

``python -m bench.settlement --sessions 2000`` starts an embedded PostgreSQL, the simulated provider
and ``voltway serve`` as processes of their own, lets that many sessions end in one commit, and
waits for the last receipt. Two yardsticks stand beside it, taken in the same run: one bare INSERT
and COMMIT per session, and one bare capture at the provider per card.
"""

import argparse
import asyncio
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import psutil
import typer

from bench import figure as figures
from bench.ended_sessions import (
    Opened,
    Plugged,
    end,
    plug_in,
    start,
    write_bare_journal,
    write_journal,
)
from bench.figure import Figure, Measure, Target
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import EUR, Money
from voltway.payments.provider import CaptureOrder
from voltway.payments.providers.simulated import SimulatedProvider
from voltway.payments.watchers import hears_session_started
from voltway.runtime.bus import Bus
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database, connect_owner, open_database
from voltway.runtime.migrate import migrate
from voltway.runtime.postgres import EmbeddedPostgres
from voltway.sessions.model import SessionStarted

SECRET: Final = "a-secret"
SIGNING: Final = "a-signing-key"
PATIENCE_S: Final = 300
CAPTURES_AT_ONCE: Final = 16
MS_MAX: Final = 5.0  # of a session, which is 200 a second


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of wall and of CPU, by process."""

    wall_s: float
    house_s: float
    database_s: float
    provider_s: float
    commits: int
    wal_bytes: int

    def since(self, before: "Spent") -> "Spent":
        return Spent(
            self.wall_s - before.wall_s,
            self.house_s - before.house_s,
            self.database_s - before.database_s,
            self.provider_s - before.provider_s,
            self.commits - before.commits,
            self.wal_bytes - before.wal_bytes,
        )


@dataclass(slots=True)
class Bench:
    """The processes of one run."""

    postgres: EmbeddedPostgres
    database: Database
    house: psutil.Process
    provider: psutil.Process
    provider_url: str

    async def spent(self) -> Spent:
        async with self.database.begin() as work:
            row = await work.one(
                """
                SELECT xact_commit, pg_current_wal_lsn() - '0/0'::pg_lsn AS wal
                  FROM pg_stat_database WHERE datname = current_database()
                """
            )
        assert row is not None
        return Spent(
            time.monotonic(),
            _cpu_s(self.house),
            _tree_cpu_s(self.postgres.process),
            _cpu_s(self.provider),
            row["xact_commit"],
            int(row["wal"]),
        )

    async def count(self, sql: str) -> int:
        async with self.database.begin() as work:
            row = await work.one(f"SELECT count(*) AS n FROM {sql}")
        assert row is not None
        return int(row["n"])

    async def quiet(self) -> None:
        """Wait until the house has nothing to do."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                before = _cpu_s(self.house)
                await asyncio.sleep(2)
                if _cpu_s(self.house) - before < 0.2:
                    return


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _tree_cpu_s(pid: int | None) -> float:
    """Of a server and all its children, also of those that have ended."""
    assert pid is not None, "the server runs"
    root = psutil.Process(pid)
    times = root.cpu_times()
    spent = times.user + times.system + times.children_user + times.children_system
    for child in root.children(recursive=True):
        try:
            spent += _cpu_s(child)
        except psutil.NoSuchProcess:
            continue
    return spent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def running(*words: str, env: dict[str, str] | None = None) -> AsyncIterator[tuple[int, str]]:
    """A program that says ``ready`` when it is, stopped at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *words,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **(env or {})},
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            while not (line := (await process.stdout.readline()).decode()).startswith("ready"):
                assert line, f"{words[0]} ended with {await process.wait()}"
        yield process.pid, line
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _seed(
    url: str, count: int, folder: Path, email: str | None, bare: int
) -> tuple[list[Plugged], list[str]]:
    """All that comes before the end of the sessions, an hour ago."""
    clock = JumpingClock(datetime.now(UTC) - timedelta(hours=1))
    database = await open_database(url, clock)
    provider = Opened()
    cars = await plug_in(database.begin, count, provider, email=email)
    await start(database.begin, cars, clock.now())
    bus = Bus(database)
    bus.watch_many("payments.session_started", [SessionStarted], hears_session_started)
    while True:
        try:
            await bus.catch_up()
            break
        except TimeoutError:
            continue
    await database.close()
    write_journal(folder / "provider", provider.orders)
    return cars, write_bare_journal(folder / "bare", bare)


async def _bare_commits(url: str, count: int) -> float:
    """The first yardstick: a row and a commit for each session, one after the other."""
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE yardstick (id bigint PRIMARY KEY, body text NOT NULL)")
    body = "x" * 200
    began = time.perf_counter()
    for nth in range(count):
        await connection.execute("INSERT INTO yardstick VALUES ($1, $2)", nth, body)
    took = time.perf_counter() - began
    await connection.close()
    return took


async def _bare_captures(url: str, refs: list[str]) -> float:
    """The second yardstick: nothing but the provider's round trip, as many at once as we ask."""
    provider = SimulatedProvider(url, secret=SECRET, webhook_secret=SIGNING)
    waiting = iter(refs)

    async def take() -> None:
        for ref in waiting:
            await provider.capture(
                CaptureOrder(once=OnceKey(f"bare:{ref}"), ref=ref, amount=Money(1000, EUR))
            )

    began = time.perf_counter()
    await asyncio.gather(*(take() for _ in range(CAPTURES_AT_ONCE)))
    took = time.perf_counter() - began
    await provider.close()
    return took


@contextmanager
def _folder() -> Iterator[Path]:
    """A new folder that the server's account can reach."""
    with tempfile.TemporaryDirectory(prefix="vw-bench-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


async def measure(count: int, *, email: str | None, profile: str | None) -> Figure:
    with _folder() as folder:
        postgres = EmbeddedPostgres(folder / "data")
        url = postgres.start()
        try:
            return await _measure(postgres, url, folder, count, email, profile)
        finally:
            postgres.stop()


async def _measure(
    postgres: EmbeddedPostgres,
    url: str,
    folder: Path,
    count: int,
    email: str | None,
    profile: str | None,
) -> Figure:
    owner = await connect_owner(url)
    await migrate(owner)
    await owner.close()
    began = time.monotonic()
    bare = min(count, 1000)
    cars, refs = await _seed(url, count, folder, email, bare)
    cards = sum(car.paid_by == "card" for car in cars)
    typer.echo(f"seeded {count} sessions in {time.monotonic() - began:.1f} s", err=True)
    http = f"127.0.0.1:{_free_port()}"
    async with running(
        *("voltway_world.provider", "--data", str(folder / "provider"), "--secret", SECRET),
        *("--webhook", f"http://{http}/webhooks/payments/simulated"),
        *("--webhook-secret", SIGNING),
    ) as (provider_pid, said):
        provider_url = said.split()[1]
        house_env = {
            "VOLTWAY_DATABASE_URL": url,
            "VOLTWAY_PROVIDER_URL": provider_url,
            "VOLTWAY_PROVIDER_SECRET": SECRET,
            "VOLTWAY_PROVIDER_WEBHOOK_SECRET": SIGNING,
            "VOLTWAY_LOG_LEVEL": "warning",
        }
        async with running(
            *("voltway.cli", "serve", "--data", str(folder / "house")),
            *("--http", http, "--ocpp", "127.0.0.1:0"),
            env=house_env,
        ) as (house_pid, _):
            database = await open_database(url, connections=4)
            bench = Bench(
                postgres,
                database,
                psutil.Process(house_pid),
                psutil.Process(provider_pid),
                provider_url,
            )
            settled = await _run(bench, cars, cards, profile)
            await database.close()
    commits_s = await _bare_commits(url, count)
    async with running(
        *("voltway_world.provider", "--data", str(folder / "bare"), "--secret", SECRET),
    ) as (_, said):
        captures_s = await _bare_captures(said.split()[1], refs)
    typer.echo(
        f"yardstick INSERT+COMMIT    {count / commits_s:.1f} /s,"
        f" {commits_s / count * 1e3:.2f} ms each"
    )
    typer.echo(
        f"yardstick bare capture     {len(refs) / captures_s:.1f} /s,"
        f" {captures_s / len(refs) * 1e3:.2f} ms each"
    )
    return figures.figure(
        "settlement",
        f"settlement of {count:,} sessions, {cards:,} of them paid by card",
        [
            settled,
            Measure("a bare INSERT and COMMIT each", count, round(count / commits_s, 1)),
            Measure("a bare capture each", len(refs), round(len(refs) / captures_s, 1)),
        ],
        [Target("ms a session, 200 a second", round(1000 / settled.calls_per_s, 3), MS_MAX)],
    )


async def _run(bench: Bench, cars: list[Plugged], cards: int, profile: str | None) -> Measure:
    await bench.quiet()
    async with bench.database.begin() as work:
        await work.run("SELECT 1")
    watching = None
    if profile:
        watching = await asyncio.create_subprocess_exec(
            *("py-spy", "record", "-d", "20", "-r", "200", "-f", "raw", "-o", profile),
            *("-p", str(bench.house.pid)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await asyncio.sleep(1.5)
    count = len(cars)
    before_end = time.monotonic()
    await end(bench.database.begin, cars, datetime.now(UTC))
    told = time.monotonic()
    before = await bench.spent()
    typer.echo(f"told all ends in {told - before_end:.1f} s", err=True)
    async with asyncio.timeout(PATIENCE_S):
        while await bench.count("invoice_view") < count:  # noqa: ASYNC110 - another process works
            await asyncio.sleep(0.1)
    at_last = await bench.spent()
    await bench.quiet()
    spent = (await bench.spent()).since(before)
    wall_s = at_last.since(before).wall_s
    async with bench.database.begin() as work:
        span = await work.one(
            "SELECT min(issued_at) AS first, max(issued_at) AS last FROM invoice_view"
        )
    assert span is not None
    issued_s = (span["last"] - span["first"]).total_seconds()
    open_steps = await bench.count("payment_step_view WHERE answered_at IS NULL")
    captured = await bench.count("payment_view WHERE state = 'captured'")
    assert (open_steps, captured) == (0, cards), (open_steps, captured, cards)
    if watching is not None:
        await watching.wait()
    typer.echo(f"sessions                   {count} ({cards} by card)")
    typer.echo(f"ends committed to last receipt {wall_s:.2f} s: {count / wall_s:.1f} sessions/s")
    typer.echo(
        f"first to last receipt      {issued_s:.2f} s: {count / max(issued_s, 1e-9):.1f} sessions/s"
    )
    for name, seconds in (
        ("house", spent.house_s),
        ("database", spent.database_s),
        ("provider", spent.provider_s),
    ):
        typer.echo(
            f"CPU of {name:<9}           {seconds:.2f} s: {seconds / count * 1e3:.2f} ms a session"
        )
    typer.echo(f"commits                    {spent.commits / count:.2f} a session")
    typer.echo(f"WAL                        {spent.wal_bytes / count:.0f} bytes a session")
    used_s = spent.house_s + spent.database_s
    return Measure(
        who=figures.HOUSE,
        calls=count,
        calls_per_s=round(count / wall_s, 1),
        cpu_s_per_10k=round(10_000 * used_s / count, 3),
        database_share=round(spent.database_s / used_s, 3),
        more={
            "provider, CPU-s per 10,000": round(10_000 * spent.provider_s / count, 3),
            "commits each": round(spent.commits / count, 2),
            "WAL bytes each": round(spent.wal_bytes / count),
        },
    )


def main() -> None:
    words = argparse.ArgumentParser(prog="bench.settlement", description=__doc__)
    words.add_argument("--sessions", type=int, default=2000)
    words.add_argument("--email", help="where receipts are mailed to; none: no mail")
    words.add_argument("--profile", help="a file for the house's stacks, by py-spy")
    words.add_argument("--json", type=Path, default=figures.KEPT, help="the figure is appended")
    options: Any = words.parse_args()
    made = asyncio.run(measure(options.sessions, email=options.email, profile=options.profile))
    figures.tell(made)
    figures.keep(made, options.json)


if __name__ == "__main__":
    main()
