"""A small house to be killed: keeps numbers, tells facts and does jobs, and says what it kept.

Run as ``python killed_house.py FOLDER SECONDS``: prints ``ready``, then each number once it is
kept. Started again with 0 seconds it tells and does what is left, and prints the books as JSON.
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from voltway.kernel.facts import Fact
from voltway.kernel.ids import PartyId
from voltway.runtime.bus import Bus
from voltway.runtime.database import Database, connect_owner, open_database
from voltway.runtime.jobs import Jobs
from voltway.runtime.migrate import migrate
from voltway.runtime.postgres import EmbeddedPostgres
from voltway.runtime.work import BeginWork, Job, Touches, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Fact):
    number: int

    @property
    def subject(self) -> str:
        return f"number:{self.number}"


async def hears_kept(work: Work, fact: Fact) -> None:
    assert isinstance(fact, Kept)
    await work.run("INSERT INTO effect VALUES ($1, 'heard')", fact.number)
    work.touch("effect:heard")


async def does(begin: BeginWork, body: Mapping[str, str]) -> None:
    async with begin() as work:
        await work.run("INSERT INTO effect VALUES ($1, 'done')", int(body["number"]))
        work.touch("effect:done")


async def keep(database: Database, number: int) -> None:
    async with database.begin() as work:
        fact = Kept(party=PartyId(UUID(int=1)), at=datetime.now(UTC), number=number)
        await work.run("INSERT INTO effect VALUES ($1, 'kept')", number)
        await work.announce([fact])
        await work.enqueue(Job("do", str(number), {"number": str(number)}))
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


async def books(database: Database) -> None:
    async with database.begin() as work:
        rows = await work.all("SELECT number, what FROM effect")
    counts: dict[str, Counter[int]] = {"kept": Counter(), "heard": Counter(), "done": Counter()}
    for row in rows:
        counts[row["what"]][row["number"]] += 1
    sys.stdout.write(json.dumps(counts) + "\n")


async def all_done(database: Database, touches: Touches) -> None:
    """Wait until the workers have done what was left."""
    async with touches.listen("effect:*") as told:
        while not await is_done(database):
            await anext(told)


async def is_done(database: Database) -> bool:
    async with database.begin() as work:
        row = await work.one(
            """
            SELECT count(*) FILTER (WHERE what = 'kept') AS kept,
                   count(DISTINCT number) FILTER (WHERE what = 'heard') AS heard,
                   count(DISTINCT number) FILTER (WHERE what = 'done') AS done
              FROM effect
            """
        )
    assert row is not None
    return bool(row["kept"] == row["heard"] == row["done"])


async def live(address: str, seconds: float) -> None:
    owner = await connect_owner(address)
    await migrate(owner)
    await owner.execute("CREATE TABLE IF NOT EXISTS effect (number int, what text)")
    await owner.execute("GRANT ALL ON effect TO voltway_house")
    await owner.close()
    database = await open_database(address)
    bus, jobs = Bus(database), Jobs(database, sole=True)
    bus.watch("test", [Kept], hears_kept)
    jobs.handle("do", does)
    await bus.start()
    await jobs.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    async with database.begin() as work:
        row = await work.one("SELECT coalesce(max(number), 0) AS last FROM effect")
    assert row is not None
    number = row["last"]
    until = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < until:
        await asyncio.gather(*(keep(database, number := number + 1) for _ in range(5)))
    async with asyncio.timeout(30):
        await all_done(database, bus.touches)
    await jobs.stop()
    await bus.stop()
    await books(database)
    await database.close()


def main() -> None:
    server = EmbeddedPostgres(Path(sys.argv[1]))
    address = server.start()
    try:
        asyncio.run(live(address, float(sys.argv[2])))
    finally:
        server.stop()


if __name__ == "__main__":
    main()
