"""The database: a pool of connections, and the transactions that rooms know as ``Work``.

A connection works in the role ``voltway_house``, which every wall lets through. Work for one party
puts on the role ``voltway_app`` and the party's name for its transaction, in the same message
that begins it, so that the wall costs no round trip.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import perf_counter
from types import TracebackType
from typing import Any, Final, TypeVar
from uuid import UUID

import asyncpg

from voltway.kernel.ids import PartyId
from voltway.runtime.clock import SystemClock
from voltway.runtime.database_json import teach_json
from voltway.runtime.database_trouble import (
    LOST,
    DatabaseNotFound,
    DatabaseTooOld,
    DatabaseUnreachable,
    WorkCollided,
    translate,
)
from voltway.runtime.database_words import said, where
from voltway.runtime.hosts import hosts
from voltway.runtime.metrics import WORK_SECONDS
from voltway.runtime.pgwork import Kept, PgWork
from voltway.runtime.roles import HOUSE, PARTY
from voltway.runtime.work import BeginWork, Clock, Work

#: What no column can hold: bytes that are no UTF-8, a number beyond all bounds.
DataRefused = asyncpg.DataError

VERSION_MIN: Final = 15  # views that see with the eyes of who asks
STATEMENT_S_MAX: Final = 30
ANSWER_S_MAX: Final = STATEMENT_S_MAX + 5.0
ACQUIRE_S_MAX: Final = 10.0
UNDO_S_MAX: Final = 1.0
TRIES_MAX: Final = 8
CONNECTIONS_TRIED_MAX: Final = 3

#: One that works and one that takes its place when it dies.
INGEST_CONNECTIONS: Final = 2

INGEST: Final = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    # Else a small table is read from end to end rather than looked up in, for each batch, and the
    # plan stays when it has grown: what counts is how many rows are touched, not where they lie.
    "random_page_cost": "0",
    "cpu_tuple_cost": "1",
    "cpu_index_tuple_cost": "1",
}

T = TypeVar("T")


class _Connection(asyncpg.Connection):
    """A connection that needs no cleaning between works: all that a work sets is LOCAL to it."""

    def get_reset_query(self) -> str:
        return ""


@dataclass(slots=True)
class Database:
    """An open database. ``begin`` is the ``BeginWork`` of the whole house."""

    pool: "asyncpg.Pool[Any]"
    clock: Clock
    url: str
    copies: bool
    listeners: list[Callable[[Kept], None]] = field(default_factory=list)
    #: Whether a transaction begins only when a statement needs one.
    is_lazy: bool = False
    #: How long it may say nothing at all.
    answer_s: float = ANSWER_S_MAX

    def begin(self, party: PartyId | None = None) -> "_Begun":
        """A transaction as work, kept at the end of the block or undone."""
        return _Begun(self, party)

    def when_kept(self, listener: Callable[[Kept], None]) -> None:
        """Call this, at once and briefly, after each commit that others may want to know of."""
        self.listeners.append(listener)

    async def for_ingest(self) -> "Database":
        """The same database for whoever keeps the messages of stations, a batch at a time: a
        connection or two of their own, whose plans look everything up by an index. A plan made
        while a table was small would else read it from end to end when it has grown, and planning
        each statement of a batch anew costs more than running it."""
        pool = await _pool(self.url, INGEST, connections=INGEST_CONNECTIONS, connections_min=1)
        return replace(self, pool=pool, is_lazy=True)

    async def connect(self) -> "asyncpg.Connection[Any]":
        """A connection of one's own, in the role of the house: to listen, to hold a lock. A
        question on it that nobody answers ends, as those of the pool do: the line may be dead."""
        return await _reach(self.url, role=HOUSE, answer_s=self.answer_s)

    async def close(self) -> None:
        """Give back all connections; what still works gets a moment to end."""
        try:
            async with asyncio.timeout(5):
                await self.pool.close()
        except TimeoutError:
            self.pool.terminate()


async def open_database(
    url: str,
    clock: Clock | None = None,
    *,
    connections: int = 16,
    connections_min: int = 2,
    answer_s: float = ANSWER_S_MAX,
) -> Database:
    """Open a migrated database; ``answer_s`` is how long it may say nothing at all."""
    pool = await _pool(url, {}, answer_s, connections=connections, connections_min=connections_min)
    copies = await pool.fetchval(
        "SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = current_user"
    )
    return Database(pool, clock or SystemClock(), url, copies=copies, answer_s=answer_s)


async def _pool(
    url: str,
    more: Mapping[str, str],
    answer_s: float = ANSWER_S_MAX,
    *,
    connections: int,
    connections_min: int,
) -> "asyncpg.Pool[Any]":
    try:
        return await asyncpg.create_pool(
            url,
            connect=hosts(url).connect,
            min_size=connections_min,
            max_size=connections,
            connection_class=_Connection,
            init=teach_json,
            server_settings={**_settings(HOUSE), **more},
            max_inactive_connection_lifetime=300,
            command_timeout=answer_s,
            timeout=ACQUIRE_S_MAX,
        )
    except (*LOST, asyncpg.PostgresError, ValueError) as reason:
        raise DatabaseNotFound(where(url), said(reason)) from None


async def connect_owner(url: str) -> "asyncpg.Connection[Any]":
    """A connection as the account that owns the tables, to migrate them."""
    owner = await _reach(url, role=None)
    version = owner.get_server_version().major
    if version < VERSION_MIN:
        await owner.close()
        raise DatabaseTooOld(where(url), version, VERSION_MIN)
    return owner


async def retrying(
    begin: BeginWork, party: PartyId | None, do: Callable[[Work], Awaitable[T]]
) -> T:
    """Do this in one transaction, and again from the start if it collided with another."""
    for attempt in range(1, TRIES_MAX):
        try:
            async with begin(party) as work:
                return await do(work)
        except WorkCollided:
            await asyncio.sleep(0.002 * 2**attempt)
    async with begin(party) as work:
        return await do(work)


class _Begun:
    """One transaction, from BEGIN to COMMIT or ROLLBACK."""

    __slots__ = ("_connection", "_database", "_party", "_started", "_work")

    def __init__(self, database: Database, party: PartyId | None) -> None:
        self._database = database
        self._party = party

    async def __aenter__(self) -> Work:
        self._started = perf_counter()
        database, party = self._database, self._party
        is_lazy = database.is_lazy and party is None
        begin = "" if is_lazy else "BEGIN"
        if party is not None:
            # Made anew of its number, so that no text from outside can get into the statement.
            name = UUID(int=party.int)
            begin = f"BEGIN; SET LOCAL ROLE {PARTY}; SET LOCAL voltway.party = '{name}'"
        connection = self._connection = await _begun(database, begin)
        now = database.clock.now()
        self._work = PgWork(connection, now, party, copies=database.copies, is_lazy=is_lazy)
        return self._work

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        trouble: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        connection, work = self._connection, self._work
        try:
            if trouble is not None:
                await self._undo(trouble)
                translate(trouble)
                return
            try:
                await work.flush()
                if work.has_begun:
                    await connection.execute("COMMIT")
            except BaseException as reason:
                trouble = reason
                await self._undo(reason)
                translate(reason)
                raise
        finally:
            await _release(self._database, connection)
            if isinstance(trouble, TimeoutError):
                await self._database.pool.expire_connections()
            outcome = "kept" if trouble is None else "undone"
            WORK_SECONDS.labels(outcome).observe(perf_counter() - self._started)
        if kept := work.kept():
            for listener in self._database.listeners:
                listener(kept)

    async def _undo(self, trouble: BaseException) -> None:
        """Roll back what began. A lone statement undoes itself when it fails; of one that was not
        heard of again the connection is closed, lest it be kept when it was done anew already."""
        connection = self._connection
        if self._work.has_begun:
            await _undo(connection)
        elif isinstance(trouble, (*LOST, asyncio.CancelledError)):
            _cut(connection)


async def _begun(database: Database, begin: str) -> Any:
    """A connection on which the transaction began. One that died while it idled is passed over."""
    for attempt in range(1, CONNECTIONS_TRIED_MAX + 1):
        try:
            connection = await database.pool.acquire(timeout=ACQUIRE_S_MAX)
        except LOST as reason:
            raise DatabaseUnreachable from reason
        if not begin:
            return connection
        try:
            await connection.execute(begin, timeout=ACQUIRE_S_MAX)
        except BaseException as reason:
            _cut(connection)
            await _release(database, connection)
            if not isinstance(reason, LOST):
                raise
            await database.pool.expire_connections()  # the others lead to the same place
            if attempt == CONNECTIONS_TRIED_MAX:
                raise DatabaseUnreachable from reason
        else:
            return connection
    raise AssertionError("the last try returns or raises")


async def _undo(connection: Any) -> None:
    """Roll back, however often who works here is stopped meanwhile, and stop then: servers stop the
    request of somebody who left again and again, and a connection is of no use before it is done.
    """
    undoing = asyncio.ensure_future(_roll_back(connection))
    stopped: asyncio.CancelledError | None = None
    while not undoing.done():
        try:
            await asyncio.shield(undoing)
        except asyncio.CancelledError as told:
            stopped = told
    if stopped is not None:
        raise stopped


async def _roll_back(connection: Any) -> None:
    """Roll back; a connection that cannot be brought to it in time is closed.

    A request to cancel a statement may reach the server before the statement, and is lost then.
    """
    try:
        await connection.execute("ROLLBACK", timeout=UNDO_S_MAX)
    except Exception:  # noqa: BLE001 - whatever it is, closing undoes the work too
        _cut(connection)


async def _release(database: Database, connection: Any) -> None:
    """Give the connection back; one that is in no state to be given back is closed."""
    try:
        await database.pool.release(connection)
    except LOST:
        _cut(connection)


def _cut(connection: Any) -> None:
    with suppress(asyncpg.InterfaceError):  # it is cut off already
        connection.terminate()


async def _reach(
    url: str, *, role: str | None, answer_s: float | None = None
) -> "asyncpg.Connection[Any]":
    try:
        connection: asyncpg.Connection[Any] = await hosts(url).connect(
            timeout=ACQUIRE_S_MAX,
            command_timeout=answer_s,
            server_settings=_settings(role) if role else {"application_name": "voltway"},
        )
    except (*LOST, asyncpg.PostgresError, ValueError) as reason:
        raise DatabaseNotFound(where(url), said(reason)) from None
    return connection


def _settings(role: str) -> dict[str, str]:
    return {
        "application_name": "voltway",
        "role": role,
        "statement_timeout": f"{STATEMENT_S_MAX}s",
        "idle_in_transaction_session_timeout": "60s",
        # Let go of the locks of a client that is gone, though its statement still runs.
        "client_connection_check_interval": "2s",
        # And of one whose machine was cut off without a word; nothing on a local socket.
        "tcp_keepalives_idle": "5",
        "tcp_keepalives_interval": "2",
        "tcp_keepalives_count": "3",
        "tcp_user_timeout": "12s",
        "timezone": "UTC",
    }
