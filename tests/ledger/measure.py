"""What the books cost: ``python -m tests.ledger.measure [--postings 1000000]``.

On a server of its own. Prints what a posted entry costs the database with and without what the
chain needs at the commit, how fast entries are sealed and checked, and how long balances take over
so many postings. Times are of a loaded machine as of a quiet one: the CPU is what counts.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from tests.conftest import TestServer
from tests.network import a_party
from voltway.kernel.ids import OnceKey, PartyId
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions
from voltway.ledger.model import Account, AsOf, Entry, Posting
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database, connect_owner, open_database
from voltway.runtime.migrate import migrate
from voltway.runtime.postgres import EmbeddedPostgres

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ENTRIES_A_WORK = 200
WORKS = 60

#: What a commit does for the chain and the months: taken away for the comparison.
WITHOUT = """
    DROP TRIGGER ledger_entry_shares ON ledger_entry;
    DROP TRIGGER ledger_entry_dated ON ledger_entry;
    DROP INDEX ledger_entry_place, ledger_entry_kept;
"""

MANY = """
    INSERT INTO ledger_entry (id, party_id, once, at, memo, evidence, posting_count, kept_at)
    SELECT gen_random_uuid(), $1, 'sale ' || n, $2::timestamptz + n * interval '95 seconds',
           'Sold 20 kWh.',
           jsonb_build_object('session', gen_random_uuid()), 4,
           $2::timestamptz + n * interval '95 seconds'
      FROM generate_series(1, $3) AS n
"""
POSTINGS = """
    INSERT INTO ledger_posting (entry_id, number, party_id, debit, credit, amount_minor, currency)
    SELECT e.id, n, e.party_id, 'driver:' || (e.evidence ->> 'session') || ':receivable',
           (ARRAY['revenue:energy', 'revenue:time', 'revenue:flat', 'tax:vat:19'])[n],
           100 * n + e.place % 97, 'EUR'
      FROM ledger_entry e CROSS JOIN generate_series(1, 4) AS n
"""


def entries(party: PartyId, work: int, at: datetime) -> list[Entry]:
    return [
        Entry(
            party=party,
            once=OnceKey(f"{work}:{number}"),
            at=at,
            memo="Sold 20 kWh at Market Square.",
            evidence={"session": str(UUID(int=work << 64 | number)), "cdr": str(UUID(int=number))},
            postings=(
                Posting(Account(f"driver:{number}"), Account("revenue:energy"), Money(781, EUR)),
                Posting(Account(f"driver:{number}"), Account("tax:vat:25.5"), Money(199, EUR)),
            ),
        )
        for number in range(ENTRIES_A_WORK)
    ]


@asynccontextmanager
async def a_house(
    server: TestServer, clock: JumpingClock
) -> AsyncIterator[tuple[Database, PartyId]]:
    """A database with one connection, and a party."""
    url = await server.fresh_database()
    database = await open_database(url, clock, connections=1, connections_min=1)
    async with database.begin() as work:
        party = (await a_party(work)).id
    yield database, party
    await database.close()


def cpu_s(pid: int) -> float:
    """The CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def posting(server: TestServer) -> None:
    """Posting with and without, a work of each in turn, on a connection of each."""
    clock = JumpingClock(NOON)
    async with a_house(server, clock) as (with_it, one), a_house(server, clock) as (plain, other):
        owner = await connect_owner(plain.url)
        await owner.execute(WITHOUT)
        await owner.close()
        used: dict[str, float] = {}
        sides = {"with": (with_it, one), "without": (plain, other)}
        for work_number in range(-5, WORKS):
            for name, (database, party) in sides.items():
                async with database.begin() as work:
                    row = await work.one("SELECT pg_backend_pid() AS pid")
                assert row is not None
                before = cpu_s(row["pid"])
                async with database.begin() as work:
                    await actions.post_many(work, entries(party, work_number + 5, work.now))
                if work_number >= 0:
                    used[name] = used.get(name, 0) + cpu_s(row["pid"]) - before
        each = {name: s / WORKS / ENTRIES_A_WORK * 1e6 for name, s in used.items()}
        sys.stdout.write(
            f"an entry posted costs the database {each['with']:.1f} µs of CPU,"
            f" {each['without']:.1f} µs without what the chain and the months need\n"
        )


async def many(server: TestServer, postings: int) -> None:
    clock = JumpingClock(NOON)
    async with a_house(server, clock) as (database, party):
        owner = await connect_owner(database.url)
        await owner.execute("SET session_replication_role = replica; SET statement_timeout = 0")
        await owner.execute(MANY, party, NOON, postings // 4)
        await owner.execute(POSTINGS)
        await owner.execute("ANALYZE")
        clock.jump_to(NOON + timedelta(days=postings // 4 * 95 // 86400 + 1))
        began, cpu = time.perf_counter(), time.process_time()
        sealed = await actions.seal(database.begin, seconds=1e9)
        wall, own = time.perf_counter() - began, time.process_time() - cpu
        sys.stdout.write(
            f"sealed {sealed:,} entries in {wall:.0f} s,"
            f" {own / sealed * 1e6:.0f} µs of our CPU each\n"
        )
        began, cpu = time.perf_counter(), time.process_time()
        check = await actions.check_chain(database.begin, party)
        wall, own = time.perf_counter() - began, time.process_time() - cpu
        sys.stdout.write(
            f"checked {check.links:,} links in {wall:.0f} s, {len(check.broken)} broken\n"
        )
        middle = NOON + timedelta(days=postings // 4 * 95 // 86400 // 2, hours=5)
        for name, as_of in (
            ("now", AsOf()),
            ("at a moment", AsOf(at=middle)),
            ("as known at a moment", AsOf(known=middle)),
            ("at a moment as known at another", AsOf(at=middle, known=middle - timedelta(days=9))),
        ):
            await _timed(database, party, f"trial balance {name}", as_of)
        one = await owner.fetchval("SELECT debit FROM ledger_posting LIMIT 1")
        await _took("one driver's balance", lambda: _balance(database, party, one))
        await _took(
            "the sum over all postings, for comparison",
            lambda: owner.fetch(
                "SELECT account, sum(d), sum(c) FROM ("
                "SELECT account_group(debit) AS account, amount_minor AS d, 0 AS c"
                "  FROM ledger_posting UNION ALL"
                " SELECT account_group(credit), 0, amount_minor FROM ledger_posting) x GROUP BY 1"
            ),
        )
        await owner.close()


async def _timed(database: Database, party: PartyId, name: str, as_of: AsOf) -> None:
    async def ask() -> object:
        async with database.begin(party) as work:
            return await actions.trial_balance(work, as_of, party=party)

    await _took(name, ask)


async def _balance(database: Database, party: PartyId, account: str) -> object:
    async with database.begin(party) as work:
        return await actions.balance(work, Account(account), party=party)


async def _took(name: str, ask: Callable[[], Awaitable[object]]) -> None:
    best = 1e9
    for _ in range(3):
        began = time.perf_counter()
        await ask()
        best = min(best, time.perf_counter() - began)
    sys.stdout.write(f"{name}: {best * 1000:.1f} ms\n")


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--postings", type=int, default=1_000_000)
    asked = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="vw-measure-") as folder:
        Path(folder).chmod(0o755)
        postgres = EmbeddedPostgres(Path(folder), connections=20)
        address = postgres.start()
        try:
            asyncio.run(_migrated(address))
            server = TestServer(postgres)
            asyncio.run(posting(server))
            asyncio.run(many(server, asked.postings))
        finally:
            postgres.stop()


async def _migrated(address: str) -> None:
    owner = await connect_owner(address)
    await migrate(owner)
    await owner.close()


if __name__ == "__main__":
    main()
