"""``python -m bench.storage``: bytes and CPU of what is stored, in docs/figures/storage.md.

Readings and raw frames, hot and packed, on a PostgreSQL with ``synchronous_commit`` on. CPU is of
this process and the database together. Yardsticks of the same run: keeping one number, and the
way before (zlib, and a GIN index over the stations).
"""

import asyncio
import os
import random
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter, process_time
from typing import Any, Final
from uuid import UUID

import zstandard

from bench import stored
from bench.programs import ROOT, data_folder
from bench.resources import cpu_s
from tests.network import a_party
from voltway.kernel.ids import PartyId, StationId
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database, connect_owner, open_database
from voltway.runtime.migrate import migrate
from voltway.runtime.postgres import EmbeddedPostgres
from voltway.runtime.work import Work
from voltway.sessions import sweeps_packing
from voltway.sessions.rules_packing import KeptReading, packed, unpacked
from voltway.stations import actions as stations
from voltway.stations.frames import ENCODE, Packed, keep_frames
from voltway.stations.model import KeptFrame

PAGE: Final = ROOT / "docs" / "figures" / "storage.md"
LENGTHS: Final = (2, 3, 6, 12, 30, 60, 120, 240, 480)
SEED: Final = 7

Told = Sequence[tuple[PartyId, KeptFrame]]

#: As it was before, to be measured beside.
BEFORE: Final = """
    CREATE TABLE before (
        id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        party_id uuid        NOT NULL REFERENCES party,
        at       timestamptz NOT NULL,
        stations uuid[]      NOT NULL,
        frames   bytea       NOT NULL
    );
    ALTER TABLE before ALTER COLUMN frames SET STORAGE EXTERNAL;
    CREATE INDEX before_station ON before USING gin (stations);
    CREATE INDEX before_at ON before USING brin (at);
    SELECT protect('before');
    CREATE TABLE yardstick (n integer NOT NULL);
"""


@dataclass(slots=True)
class Ground:
    """A migrated database with a party in it."""

    database: Database
    clock: JumpingClock
    party: PartyId
    server: int  # its process

    def cpu_s(self) -> float:
        return process_time() + cpu_s([self.server])

    async def value(self, sql: str) -> Any:
        async with self.database.begin() as work:
            row = await work.one(sql)
        assert row is not None
        return next(iter(row.values()))

    async def cost_us(self, do: Awaitable[object], of: int) -> float:
        """Microseconds of CPU of each of so many."""
        before = self.cpu_s()
        await do
        return (self.cpu_s() - before) / of * 1e6


@asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    with data_folder() as folder:
        postgres = EmbeddedPostgres(folder)
        url = postgres.start()
        try:
            owner = await connect_owner(url)
            await migrate(owner)
            await owner.execute(BEFORE)
            await owner.close()
            clock = JumpingClock(stored.DAY)
            database = await open_database(url, clock)
            async with database.begin() as work:
                party = (await a_party(work)).id
            assert postgres.process is not None
            yield Ground(database, clock, party, postgres.process)
            await database.close()
        finally:
            postgres.stop()


@dataclass(slots=True)
class Lines:
    """The page, as it is written."""

    lines: list[str] = field(default_factory=list)

    def say(self, *lines: str) -> None:
        self.lines += lines
        for line in lines:
            print(line, flush=True)  # noqa: T201 - the command's output

    def table(self, head: str, rows: Iterable[Sequence[object]]) -> None:
        self.say("", f"| {head} |", "|---" + "|--:" * head.count("|") + "|")
        for row in rows:
            self.say("| " + " | ".join(map(str, row)) + " |")


# -- readings


async def readings(here: Ground, page: Lines) -> None:
    chance = random.Random(SEED)
    lengths = stored.real_lengths()
    chance.shuffle(lengths)
    lengths = lengths[:200]
    page.say("", "## Readings")
    rows = []
    for name, temperature in (("the five usual measurands", False), ("and a temperature", True)):
        hot = list(stored.heard_together(chance, lengths, temperature=temperature))
        written = await here.cost_us(_append(here, hot), len(hot))
        size = await here.value("SELECT pg_total_relation_size('session_reading_20260302')")
        before = await _hot(here)
        here.clock.jump_to(stored.DAY + timedelta(days=60))
        packing = await here.cost_us(_pack_days(here), len(hot))
        small = await here.value(
            "SELECT sum(pg_total_relation_size(part::regclass)) FROM parts_of('reading_pack') part"
        )
        assert await _packed(here) == before, "every reading comes back"
        assert not await here.value("SELECT count(*) FROM parts_of('session_reading')")
        rows.append(
            (
                name,
                f"{len(hot):,}",
                f"{size / len(hot):.0f}",
                f"{written:.1f}",
                f"{small / len(hot):.1f}",
                f"{packing:.1f}",
            )
        )
        await here.value("SELECT drop_part('reading_pack_202603'::regclass, NULL)")
    page.say(
        "",
        f"{len(lengths):,} sessions as long as real ones (the sessions of the replay, a reading a",
        "minute), some 300 at once, appended 20 a commit, all on one day. Hot bytes are with the",
        "indexes of the day, packed bytes with row and index. Each reading was compared after it.",
    )
    page.table(
        "readings of | how many | bytes, hot | CPU µs to append, 20 a commit | bytes, packed "
        "| CPU µs to pack",
        rows,
    )
    page.say(
        "",
        "Wanted were at most 160 bytes hot and 25 packed. Very short sessions take more than that,",
        "for their row and its index (about 105 bytes, included) weigh more than their readings:",
    )
    page.table(
        "readings of a session | bytes each, packed | CPU µs to pack | CPU µs to unpack",
        [_by_length(count) for count in LENGTHS],
    )


async def _append(here: Ground, hot: Sequence[tuple[UUID, KeptReading]]) -> None:
    columns = (*KeptReading._fields, "party_id", "session_id")
    async with here.database.begin() as work:
        await work.run("SELECT ensure_day('session_reading', '2026-03-02')")
    for start in range(0, len(hot), 20):
        some = [(*reading, here.party, id) for id, reading in hot[start : start + 20]]
        async with here.database.begin() as work:
            await work.copy("session_reading", columns, some)


async def _pack_days(here: Ground) -> None:
    while await sweeps_packing.pack_readings(here.database.begin, 24):
        pass


async def _hot(here: Ground) -> Counter[tuple[UUID, KeptReading]]:
    names = ", ".join(KeptReading._fields)
    async with here.database.begin() as work:
        rows = await work.all(f"SELECT session_id, {names} FROM session_reading")
    return Counter((row["session_id"], KeptReading._make(list(row.values())[1:])) for row in rows)


async def _packed(here: Ground) -> Counter[tuple[UUID, KeptReading]]:
    async with here.database.begin() as work:
        rows = await work.all("SELECT of_id, readings FROM reading_pack")
    return Counter((row["of_id"], one) for row in rows for one in unpacked(row["readings"]))


def _by_length(count: int) -> tuple[str, ...]:
    chance = random.Random(SEED)
    some = [stored.session(chance, count) for _ in range(max(4, 2000 // count))]
    began = process_time()
    packs = [packed(each) for each in some]
    middle = process_time()
    for pack in packs:
        unpacked(pack)
    ends, total = process_time(), count * len(some)
    size = sum(map(len, packs)) + 105 * len(packs)
    pack_us, unpack_us = (middle - began) / total * 1e6, (ends - middle) / total * 1e6
    return str(count), f"{size / total:.1f}", f"{pack_us:.1f}", f"{unpack_us:.1f}"


# -- frames


def squeezing(page: Lines, told: Told) -> None:
    """What one compressor or another makes of batches."""
    ways: dict[str, Callable[[bytes], bytes]] = {
        "zlib, level 1 (before)": lambda body: zlib.compress(body, 1),
        **{
            f"zstd, level {level}": zstandard.ZstdCompressor(level=level).compress
            for level in (-7, -1, 1, 3, 9)
        },
    }
    calls = [frame.text for _, frame in told if len(frame.text) > 100][:4000]
    page.say(
        "",
        "## Frames",
        "",
        f"Compressing batches of MeterValues ({sum(map(len, calls)) / len(calls):,.0f} bytes):",
        "CPU µs a message, and how many times smaller.",
    )
    rows = []
    for name, squeeze in ways.items():
        row = [name]
        for size in (1, 5, 20, 100):
            bodies = [
                ENCODE([Packed(0, False, 0, text) for text in calls[start : start + size]])
                for start in range(0, len(calls), size)
            ]
            began = process_time()
            total = sum(len(squeeze(body)) for body in bodies)
            spent = process_time() - began
            row.append(f"{spent / len(calls) * 1e6:.1f} µs, ÷ {sum(map(len, bodies)) / total:.1f}")
        rows.append(row)
    page.table("by | 1 a batch | 5 a batch | 20 a batch | 100 a batch", rows)


async def writing(here: Ground, page: Lines, told: Told) -> None:
    """The hot path before and after, in turns, beside statements that keep one number. Many batches
    in one transaction, for a commit costs more than all of it and as much either way."""
    rows = []
    for size in (2, 20, 100):
        batches = [
            told[start : start + size] for start in range(0, min(len(told), size * 500), size)
        ]
        of = sum(map(len, batches))
        best = {"number": 9e9, "before": 9e9, "after": 9e9}
        for _ in range(5):
            for name, keep in (("number", _number), ("before", _before), ("after", _after)):
                cost_us = await here.cost_us(_at_once(here, batches, keep), of)
                best[name] = min(best[name], cost_us)
        rows.append((size, *(f"{each:.1f}" for each in best.values())))
    page.say(
        "",
        "Keeping the frames of so many messages: CPU µs a message, this process and the database,",
        "without the commit. Half of them are answers of 45 bytes. Best of five turns.",
    )
    page.table("messages a batch | a statement that keeps one number | before | after", rows)


async def _at_once(
    here: Ground, batches: Iterable[Told], keep: Callable[[Work, Told], Awaitable[None]]
) -> None:
    async with here.database.begin() as work:
        for batch in batches:
            await keep(work, batch)


async def _number(work: Work, told: Told) -> None:
    await work.run("INSERT INTO yardstick VALUES ($1)", len(told))


async def _each(
    here: Ground, batches: Iterable[Told], keep: Callable[[Work, Told], Awaitable[None]]
) -> None:
    for batch in batches:
        async with here.database.begin() as work:
            await keep(work, batch)


async def _after(work: Work, frames: Sequence[tuple[PartyId, KeptFrame]]) -> None:
    keep_frames(work, frames)


async def _before(work: Work, told: Told) -> None:
    places: dict[StationId, int] = {}
    frames = []
    for _, one in told:
        place = places.setdefault(one.station, len(places))
        frames.append(Packed(place, False, round(one.at.timestamp() * 1000), one.text))
    await work.run(
        "INSERT INTO before (party_id, at, stations, frames) VALUES ($1, $2, $3, $4)",
        told[0][0],
        work.now,
        list(places),
        zlib.compress(ENCODE(frames), 1),
    )


async def packing(here: Ground, page: Lines, told: Told, many: int) -> None:
    """An hour of frames: how large they are hot and packed, what packing costs, and finding."""
    async with here.database.begin() as work:
        await work.run("DELETE FROM frame_batch")
    begins = here.clock.now() + timedelta(hours=1)
    here.clock.jump_to(begins - timedelta(minutes=15))
    await stations.pack_frames(here.database.begin)
    for minute in range(many):
        here.clock.jump_to(begins + timedelta(minutes=minute))
        some = told[minute * len(told) // many : (minute + 1) * len(told) // many]
        batches = [some[start : start + 20] for start in range(0, len(some), 20)]
        await _each(here, batches, _after)
    station = told[0][1].station
    raw = sum(len(frame.text) for _, frame in told)
    sizes = "SELECT sum(pg_total_relation_size(part::regclass)) FROM parts_of('{}') part"
    hot, hot_ms = await here.value(sizes.format("frame_batch")), await _found_ms(here, station)
    here.clock.jump(timedelta(hours=1))
    packing_us = await here.cost_us(_pack_all(here), len(told))
    small, small_ms = await here.value(sizes.format("frame_pack")), await _found_ms(here, station)
    assert not await here.value("SELECT count(*) FROM frame_batch")
    n = len(told)
    page.say(
        "",
        f"{n:,} frames of an hour (calls and answers; {raw / n:,.0f} bytes each), 20 a commit. "
        f"Packing costs {packing_us:.1f} µs of CPU a frame, the database's included.",
    )
    page.table(
        "frames | bytes each, with all | times smaller | ms to find a station's last 50",
        [
            ("hot", f"{hot / n:.0f}", f"{raw / hot:.1f}", f"{hot_ms:.1f}"),
            ("packed", f"{small / n:.0f}", f"{raw / small:.1f}", f"{small_ms:.1f}"),
        ],
    )


async def _pack_all(here: Ground) -> None:
    while await stations.pack_frames(here.database.begin):
        pass


async def _found_ms(here: Ground, station: StationId) -> float:
    best = 9e9
    for _ in range(5):
        async with here.database.begin() as work:
            began = perf_counter()
            found = await stations.last_frames(work, station)
            best = min(best, perf_counter() - began)
        assert len(found) == 50
    return best * 1000


async def measure() -> Lines:
    page = Lines()
    page.say(
        "# Storage",
        "",
        "What is stored takes so many bytes, and so much CPU to store. Written by",
        f"`python -m bench.storage` on {datetime.now().astimezone():%d %B %Y}, on",
        f"{os.cpu_count()} cores at a load of {os.getloadavg()[0]:.1f}.",
    )
    async with ground() as here:
        await readings(here, page)
        chance = random.Random(SEED)
        told = list(stored.frames(chance, here.party, 500, 60))
        squeezing(page, told)
        await writing(here, page, told)
        await packing(here, page, told, 60)
    return page


if __name__ == "__main__":
    PAGE.write_text("\n".join(asyncio.run(measure()).lines) + "\n")
