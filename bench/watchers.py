"""``python -m bench.watchers``: a bay is free, and a hundred thousand who wait for it are told.

An embedded PostgreSQL, the processes of the role ``worker`` and a mail server and push service that
take at once (``bench.takers``) are processes of their own. One place is filled with watches, of
which some have a phone too; then its bay has been free for a minute. Measured are the moments at
which the takers took each, by the clock that all share, from the fact that a bay is free.

``--kill`` kills a worker in the midst, ``--down S`` has the takers down for so many seconds. Two
yardsticks stand beside it, in the same run: the bare senders of the same mails and pushes, with
nothing stored.
"""

import asyncio
import json
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import aiohttp
import aiosmtplib
import asyncpg
import psutil
import typer
import uvloop

from bench import figure as figures
from bench.figure import Figure, Measure, Target
from bench.furnish import Network
from bench.programs import database
from bench.resources import cpu_s, pss_bytes
from bench.settlement import running
from voltway.kernel.ids import new_id
from voltway.runtime.database import connect_owner
from voltway_world.push import Phone

MAIL: Final = "w{:06d}@riders.example"
KEPT: Final = Path(__file__).resolve().parent.parent / "docs" / "figures" / "alerts.jsonl"
PATIENCE_S: Final = 900
#: Of all watches together, from the fact.
WITHIN_S: Final = 60.0
P95_S: Final = 2.0
PHONES_APART: Final = 5  # one in so many has a phone
LINES: Final = 8


@dataclass(frozen=True, slots=True)
class Takers:
    """Where the takers are, and their process."""

    smtp_port: int
    url: str
    pid: int

    async def ask(self, path: str) -> Any:
        async with aiohttp.ClientSession() as line, line.get(f"{self.url}{path}") as answer:
            return await answer.json(content_type=None)

    async def say(self, path: str) -> None:
        async with aiohttp.ClientSession() as line, line.post(f"{self.url}{path}"):
            return


@dataclass(slots=True)
class Told:
    """What came of it, by the takers and the database."""

    watches: int
    expected: int
    fact_at: float = 0.0
    came: list[tuple[str, str, str, float]] = field(default_factory=list)
    house_s: float = 0.0
    database_s: float = 0.0
    takers_s: float = 0.0
    memory_mb: float = 0.0
    states: dict[str, int] = field(default_factory=dict)

    @property
    def after_s(self) -> list[float]:
        """Of each that was handed over, the seconds since the fact, in the order of the takers."""
        return [at - self.fact_at for _, _, _, at in self.came]

    @property
    def lost(self) -> int:
        return self.expected - len({key for _, _, key, _ in self.came})

    @property
    def doubled(self) -> int:
        return sum(count - 1 for count in Counter(key for _, _, key, _ in self.came).values())

    @property
    def overtaken(self) -> int:
        """The most who asked later and were mailed before somebody."""
        mailed = list(dict.fromkeys(to for way, to, _, _ in self.came if way == "mail"))
        ranks = [int(to[1:7]) for to in mailed]
        return max((place - rank for place, rank in enumerate(ranks)), default=0)


async def seed(url: str, watches: int, push: str) -> None:
    """Fill the place: who asks, one a millisecond, and the phones of some."""
    owner = await connect_owner(url)
    now = datetime.now(UTC)
    since = now - timedelta(hours=1)
    place = await owner.fetchrow("SELECT location_id, party_id FROM station LIMIT 1")
    assert place is not None, "it was furnished"
    await owner.execute(
        "UPDATE station SET connected_at = now(), disconnected_at = NULL, last_heard_at = now()"
    )
    asked = [since + timedelta(milliseconds=nth) for nth in range(watches)]
    await owner.copy_records_to_table(
        "watch",
        columns=[
            *("id", "party_id", "key", "location_id", "power_w_min", "email", "locale"),
            *("state", "until", "created_at"),
        ],
        records=[
            (
                *(new_id(at), place["party_id"], f"key-{nth:06d}-of-the-page"),
                *(place["location_id"], 0, MAIL.format(nth), ("en", "de", "fi")[nth % 3]),
                *("waiting", now + timedelta(hours=11), at),
            )
            for nth, at in enumerate(asked)
        ],
    )
    keys = [Phone("", "").subscription["keys"] for _ in range(32)]
    await owner.copy_records_to_table(
        "alert_device",
        columns=["id", "holder", "endpoint", "p256dh", "auth", "label", "made_at"],
        records=[
            (
                *(new_id(since), MAIL.format(nth), f"{push}/push/{nth:06d}"),
                *(keys[nth % 32]["p256dh"], keys[nth % 32]["auth"], "A phone", since),
            )
            for nth in range(0, watches, PHONES_APART)
        ],
    )
    await owner.execute("VACUUM ANALYZE watch, alert_device")
    await owner.close()


async def free_a_bay(url: str) -> None:
    """The bay has been free for a minute, says the station now."""
    owner = await connect_owner(url)
    await owner.execute("UPDATE station SET last_heard_at = now()")
    await owner.execute(
        "UPDATE evse SET status = 'available', status_at = now() - interval '61 seconds'"
    )
    await owner.close()


@dataclass(slots=True)
class Ground:
    """What runs while we measure."""

    url: str
    postgres: int
    takers: Takers
    workers: list[int]
    killed: int = 0

    def environment(self) -> dict[str, str]:
        return {
            "VOLTWAY_DATABASE_URL": self.url,
            "VOLTWAY_PUBLIC_URL": "https://charge.example",
            "VOLTWAY_SMTP_HOST": "127.0.0.1",
            "VOLTWAY_SMTP_PORT": str(self.takers.smtp_port),
            "VOLTWAY_SMTP_TLS": "none",
            "VOLTWAY_MAIL_FROM": "Voltway <told@charge.example>",
            "VOLTWAY_LOG_LEVEL": "error",
        }


@asynccontextmanager
async def ground(url: str, postgres: int, watches: int, workers: int) -> AsyncIterator[Ground]:
    """On a furnished database: its place filled, the takers, and the workers."""
    async with AsyncExitStack() as stack:
        pid, said = await stack.enter_async_context(running("bench.takers"))
        _, port, push = said.split()
        takers = Takers(int(port), push, pid)
        await seed(url, watches, push)
        made = Ground(url, postgres, takers, [])
        for _ in range(workers):
            worker, _ = await stack.enter_async_context(
                running(
                    *("voltway.cli", "serve", "--role", "worker", "--http", "127.0.0.1:0"),
                    env=made.environment(),
                )
            )
            made.workers.append(worker)
        yield made


async def tell(made: Ground, watches: int, *, kill: bool = False, down_s: float = 0) -> Told:
    """Free the bay and wait until all were told, and nothing is under way any more."""
    told = Told(watches, watches + len(range(0, watches, PHONES_APART)))
    reader = await connect_owner(made.url)
    if down_s:
        await made.takers.say("/down")
    before = _spent(made)
    await free_a_bay(made.url)
    began = time.monotonic()
    is_down = bool(down_s)
    while time.monotonic() - began < PATIENCE_S:
        await asyncio.sleep(0.5)
        told.memory_mb = max(told.memory_mb, pss_bytes(made.workers) / 2**20)
        if is_down and time.monotonic() - began > down_s:
            await made.takers.say("/up")
            is_down = False
        count = await made.takers.ask("/count")
        if kill and not made.killed and count > told.expected / 3:
            made.killed = made.workers.pop(0)
            os.kill(made.killed, signal.SIGKILL)
        if count >= told.expected and not await reader.fetchval(
            "SELECT count(*) FROM alert WHERE state = 'queued'"
        ):
            break
    after = _spent(made)
    told.house_s, told.database_s, told.takers_s = (
        one - other for one, other in zip(after, before, strict=True)
    )
    told.came = [(way, to, key, at) for way, to, key, at in await made.takers.ask("/told")]
    fact = await reader.fetchval("SELECT min(at) FROM outbox WHERE kind = 'BayFree'")
    told.fact_at = fact.timestamp()
    rows = await reader.fetch("SELECT state, count(*) FROM alert GROUP BY state")
    told.states = {row["state"]: row["count"] for row in rows}
    await reader.close()
    return told


def _spent(made: Ground) -> tuple[float, float, float]:
    return cpu_s(made.workers), cpu_s([made.postgres]), cpu_s([made.takers.pid])


async def bare(takers: Takers, mails: int, pushes: int) -> tuple[float, float]:
    """The yardsticks: what two libraries take for the same, with nothing stored; mails a second and
    pushes a second."""
    content = b"From: told@charge.example\r\nTo: x@y.example\r\n\r\n" + (b"x" * 70 + b"\r\n") * 24
    numbers = iter(range(mails))

    async def mail(line: aiosmtplib.SMTP) -> None:
        for nth in numbers:
            await line.sendmail("told@charge.example", [MAIL.format(nth)], content)

    lines = [
        aiosmtplib.SMTP(hostname="127.0.0.1", port=takers.smtp_port, start_tls=False)
        for _ in range(LINES)
    ]
    for line in lines:
        await line.connect()
    began = time.perf_counter()
    await asyncio.gather(*(mail(line) for line in lines))
    mails_s = mails / (time.perf_counter() - began)
    for line in lines:
        await line.quit()
    others = iter(range(pushes))

    async def push(line: aiohttp.ClientSession) -> None:
        for nth in others:
            async with line.post(f"{takers.url}/push/{nth}", data=b"x" * 300):
                continue

    async with aiohttp.ClientSession() as session:
        began = time.perf_counter()
        await asyncio.gather(*(push(session) for _ in range(LINES)))
    return mails_s, pushes / (time.perf_counter() - began)


async def paced(made: Ground, per_s: float, seconds: float) -> list[float]:
    """One at a time, as on a day like others: the seconds from each fact to each hand-over."""
    reader = await connect_owner(made.url)
    before = len(await made.takers.ask("/told"))
    place = await reader.fetchrow(
        "SELECT s.location_id, s.party_id, e.id FROM evse e JOIN station s ON s.id = e.station_id"
    )
    count = int(per_s * seconds)
    for nth in range(count):
        await _one_is_told(reader, place, nth)
        await asyncio.sleep(1 / per_s)
    expected = before + count + len(range(0, count, PHONES_APART))
    async with asyncio.timeout(PATIENCE_S):
        while await made.takers.ask("/count") < expected:  # noqa: ASYNC110 - others work
            await asyncio.sleep(0.2)
    came = (await made.takers.ask("/told"))[before:]
    rows = await reader.fetch(
        "SELECT a.id, w.told_at FROM alert a"
        " JOIN watch w ON w.id = split_part(a.once, ':', 2)::uuid WHERE a.channel = 'mail'"
    )
    facts = {str(row["id"]): row["told_at"].timestamp() for row in rows}
    await reader.close()
    return [at - facts[key] for way, _, key, at in came if way == "mail"]


async def _one_is_told(reader: "asyncpg.Connection[Any]", place: Any, nth: int) -> None:
    """A watch that is told now, as the round would: with its fact, in one commit."""
    now = datetime.now(UTC)
    id = new_id(now)
    async with reader.transaction():
        await reader.execute(
            """
            INSERT INTO watch (id, party_id, key, location_id, power_w_min, email, locale, state,
                               until, created_at, told_at, told_evse)
            VALUES ($1, $2, $3, $4, 0, $5, 'en', 'told', $6, $7, $7, $8)
            """,
            *(id, place["party_id"], f"paced-{id}", place["location_id"], MAIL.format(nth)),
            *(now + timedelta(hours=1), now, place["id"]),
        )
        await reader.execute(
            "INSERT INTO outbox (party_id, subject, kind, body, at)"
            " VALUES ($1, $2, 'BayFree', $3::jsonb, $4)",
            place["party_id"],
            f"place:{place['location_id']}",
            json.dumps(
                {
                    "party": str(place["party_id"]),
                    "at": now.isoformat(),
                    "location": str(place["location_id"]),
                    "watches": [str(id)],
                    "evse": str(place["id"]),
                }
            ),
            now,
        )


def at_share(sorted_s: Sequence[float], share: float) -> float:
    """The value that this share of them does not exceed."""
    return sorted_s[min(len(sorted_s) - 1, int(share * len(sorted_s)))]


def measure_of(told: Told, who: str) -> Measure:
    """As the figures keep it."""
    after = sorted(told.after_s)
    used_s = told.house_s + told.database_s
    return Measure(
        who=who,
        calls=len(after),
        calls_per_s=round(len(after) / max(after[-1], 1e-9), 1),
        cpu_s_per_10k=round(10_000 * used_s / len(after), 3),
        database_share=round(told.database_s / max(used_s, 1e-9), 3),
        p50_ms=round(1000 * at_share(after, 0.5), 1),
        p99_ms=round(1000 * at_share(after, 0.99), 1),
        errors=told.lost + told.doubled,
        more={
            "first s": round(after[0], 3),
            "p95 s": round(at_share(after, 0.95), 2),
            "last s": round(after[-1], 2),
            "lost": told.lost,
            "doubled": told.doubled,
            "overtaken by": told.overtaken,
            "CPU-s of the house": round(told.house_s, 1),
            "CPU-s of the database": round(told.database_s, 1),
            "CPU-s of the takers": round(told.takers_s, 1),
            "MB of the workers": round(told.memory_mb),
        },
    )


def measure(watches: int, workers: int, *, kill: bool = False, down_s: float = 0) -> Figure:
    """The figure, on a database of its own."""
    with database(Network(1)) as (url, postgres):
        return uvloop.run(_measure(url, postgres, watches, workers, kill=kill, down_s=down_s))


async def _measure(
    url: str, postgres: int, watches: int, workers: int, *, kill: bool, down_s: float
) -> Figure:
    async with ground(url, postgres, watches, workers) as made:
        told = await tell(made, watches, kill=kill, down_s=down_s)
        figures.say(f"   states {told.states}")
        measures = [measure_of(told, figures.HOUSE)]
        figures.say(f"   {measures[0].more}")
        targets = [
            Target("seconds from the fact to the last", round(max(told.after_s), 2), WITHIN_S)
        ]
        if not kill and not down_s:
            apart = sorted(await paced(made, 20, 15))
            targets.append(Target("p95 s on a day like others", at_share(apart, 0.95), P95_S))
            mails_s, pushes_s = await bare(made.takers, watches, told.expected - watches)
            measures += [
                Measure("bare mails", watches, round(mails_s, 1)),
                Measure("bare pushes", told.expected - watches, round(pushes_s, 1)),
            ]
        return figures.figure(
            "watchers",
            f"{watches:,} watches of one place, {workers} workers"
            + (", one of them killed" if kill else "")
            + (f", takers down for {down_s:g} s" if down_s else ""),
            measures,
            targets,
            [f"{psutil.cpu_count()} cores"],
        )


def main(
    watches: Annotated[int, typer.Option(help="How many wait for the bay.")] = 100_000,
    workers: Annotated[int, typer.Option(help="Processes of the role worker.")] = 2,
    kill: Annotated[bool, typer.Option("--kill", help="Kill one of them in the midst.")] = False,
    down: Annotated[float, typer.Option(help="Seconds for which the takers are down.")] = 0,
    file: Annotated[Path, typer.Option("--json", help="The figure is appended.")] = figures.KEPT,
) -> None:
    """A bay is free, and many who wait for it are told."""
    made = measure(watches, workers, kill=kill, down_s=down)
    figures.tell(made)
    figures.keep(made, file)


if __name__ == "__main__":
    typer.run(main)
