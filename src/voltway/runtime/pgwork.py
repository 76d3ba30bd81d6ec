"""``Work`` on PostgreSQL: one transaction of one connection."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, cast

import msgspec

from voltway.kernel.facts import Fact
from voltway.kernel.ids import PartyId
from voltway.runtime import queue
from voltway.runtime.merged import Later, merge
from voltway.runtime.work import Job, Row, Typed

_TELL: Final = """
    INSERT INTO outbox (party_id, subject, kind, body, at)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
"""


#: So many rows and more are copied rather than sent as arrays: that costs three round trips, and a
#: third less for each row.
COPY_FROM: Final = 150


@dataclass(frozen=True, slots=True)
class Kept:
    """What a commit brought that others may want to know of at once."""

    kinds: frozenset[str]
    jobs: frozenset[str]
    touched: frozenset[str]


class PgWork:
    """One transaction. Facts, jobs and what was put off are gathered, and written in one go before
    the commit.

    Where ``is_lazy``, the transaction begins with the first statement that needs one: a work that
    asks, and puts off all that it writes, is one statement and its own transaction.
    """

    __slots__ = (
        "_connection",
        "_copies",
        "_facts",
        "_jobs",
        "_later",
        "_now",
        "_party",
        "_touched",
        "has_begun",
    )

    def __init__(
        self,
        connection: Any,
        now: datetime,
        party: PartyId | None,
        *,
        copies: bool,
        is_lazy: bool = False,
    ) -> None:
        self._connection = connection
        self._now = now
        self._party = party
        self._copies = copies and party is None
        self._facts: list[tuple[PartyId, str, str, str, datetime]] = []
        self._jobs: list[Job] = []
        self._later: list[Later] = []
        self._touched: set[str] = set()
        self.has_begun = not is_lazy

    @property
    def now(self) -> datetime:
        return self._now

    @property
    def party(self) -> PartyId | None:
        return self._party

    async def ask(self, sql: str, *values: Any) -> Sequence[Row]:
        return cast("Sequence[Row]", await self._connection.fetch(sql, *values))

    async def one(self, sql: str, *values: Any) -> Row | None:
        await self._catch_up()
        return cast("Row | None", await self._connection.fetchrow(sql, *values))

    async def all(self, sql: str, *values: Any) -> Sequence[Row]:
        await self._catch_up()
        return cast("Sequence[Row]", await self._connection.fetch(sql, *values))

    async def run(self, sql: str, *values: Any) -> int:
        await self._catch_up()
        # The command's tag ends with its count: "INSERT 0 3", "UPDATE 3"; "SET" has none.
        tag: str = await self._connection.execute(sql, *values)
        count = tag.rsplit(" ", 1)[-1]
        return int(count) if count.isdigit() else 0

    async def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        await self._catch_up()
        await self._connection.executemany(sql, rows)

    async def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        await self._catch_up()
        if self._copies:
            await self._copy(table, columns, rows)
            return
        # PostgreSQL has no COPY into a table with policies for a role that they bind.
        places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
        names = ", ".join(columns)
        await self.run_many(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)

    def later(self, sql: str, *values: Any, rows: int | None = None) -> None:
        self._later.append(Later(sql, values, rows))

    async def append(
        self, table: str, columns: Sequence[Typed], rows: Sequence[Sequence[Any]]
    ) -> None:
        if len(rows) >= COPY_FROM and self._copies:
            await self._begin()  # what was put off stays so: nobody asked for it
            await self._copy(table, [name for name, _ in columns], rows)
        elif rows:
            self.later(_append_sql(table, tuple(columns)), *zip(*rows, strict=True))

    async def _copy(self, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        await self._connection.copy_records_to_table(table, columns=list(names), records=rows)

    async def _begin(self) -> None:
        if not self.has_begun:
            await self._connection.execute("BEGIN")
            self.has_begun = True

    async def _catch_up(self) -> None:
        """Begin, if that was not done yet, and write what was put off."""
        await self._begin()
        if self._later:
            await self._write_put_off()

    async def _write_put_off(self) -> None:
        parts, self._later = self._later, []
        sql, values = merge(parts)
        await self._connection.execute(sql, *values)

    async def announce(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            body = msgspec.json.encode(fact).decode()
            self._facts.append((fact.party, fact.subject, type(fact).__name__, body, fact.at))
            self._touched.add(fact.subject)

    async def enqueue(self, *jobs: Job) -> None:
        self._jobs += jobs

    def touch(self, *subjects: str) -> None:
        self._touched.update(subjects)

    async def flush(self) -> None:
        """Write what was put off with the gathered facts and jobs, as the last act of the work."""
        if self._facts:
            columns = zip(*self._facts, strict=True)
            self.later(_TELL, *(list(column) for column in columns))
        if self._jobs:  # whose statement writes in a WITH of its own, and so can be part of none
            await self._catch_up()
            await self._connection.execute(queue.ENQUEUE, *queue.enqueued(self._jobs, self._now))
        if self._later:
            await self._write_put_off()

    def kept(self) -> Kept | None:
        """What to tell others after the commit, if anything."""
        if not (self._facts or self._jobs or self._touched):
            return None
        return Kept(
            kinds=frozenset(kind for _, _, kind, _, _ in self._facts),
            jobs=frozenset(job.kind for job in self._jobs),
            touched=frozenset(self._touched),
        )


@cache
def _append_sql(table: str, columns: Sequence[Typed]) -> str:
    names = ", ".join(name for name, _ in columns)
    places = ", ".join(f"${n}::{type}[]" for n, (_, type) in enumerate(columns, start=1))
    return f"INSERT INTO {table} ({names}) SELECT * FROM unnest({places})"
