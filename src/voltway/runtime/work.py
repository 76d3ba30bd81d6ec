"""One unit of work: one transaction, one moment, one outbox."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from voltway.kernel.errors import Outage
from voltway.kernel.facts import Fact
from voltway.kernel.ids import PartyId

#: A row by column name, ``row["id"]``.
Row: TypeAlias = Mapping[str, Any]

#: A column and its type in the database: ``("at", "timestamptz")``.
Typed: TypeAlias = tuple[str, str]


@dataclass(eq=False)
class Overtaken(Outage):
    """What was to be changed was changed by somebody else meanwhile. Please try again."""


@dataclass(frozen=True, slots=True)
class Job:
    """Work for later. ``key`` names what it is for: queued twice under one key it waits once.
    ``party`` is whose it is, who sees it in the console.

    A job may run more than once (after a crash), so its handler is harmless when repeated: what
    makes an effect happen once is a unique key in the room that owns it, never the queue.
    """

    kind: str
    key: str
    body: Mapping[str, str] = field(default_factory=dict)
    not_before: datetime | None = None
    party: PartyId | None = None


class Work(Protocol):
    """What an action needs from the world, and nothing else.

    Everything done through one ``Work`` is kept together or not at all, the announced facts and
    the queued jobs too: they are written in the same transaction and leave after it commits.
    """

    @property
    def now(self) -> datetime:
        """The moment of this work, UTC, from the clock that the house was given."""
        ...

    @property
    def party(self) -> PartyId | None:
        """Whose rows can be seen and written; ``None`` is the whole house (gateway, watchers)."""
        ...

    async def one(self, sql: str, *values: Any) -> Row | None: ...

    async def all(self, sql: str, *values: Any) -> Sequence[Row]: ...

    async def run(self, sql: str, *values: Any) -> int:
        """Run a statement; how many rows it touched."""
        ...

    async def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None: ...

    async def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Append rows by COPY, the cheapest way to keep many."""
        ...

    async def ask(self, sql: str, *values: Any) -> Sequence[Row]:
        """Read what is kept, without holding on to it: no lock is taken, and what this work put off
        is not seen. The cheapest way to ask, before anything was written."""
        ...

    def later(self, sql: str, *values: Any, rows: int | None = None) -> None:
        """Put a write off: it is done together with all others that are, in one statement, before
        the next statement of this work or at its end. It must not need to see what others that are
        put off write, nor touch the same rows.

        Where it must touch so many ``rows`` (or, of a SELECT, find them) and does not, the work is
        undone and raises ``Overtaken``.
        """
        ...

    async def append(
        self, table: str, columns: Sequence[Typed], rows: Sequence[Sequence[Any]]
    ) -> None:
        """Append rows: a few are put off, many are copied at once."""
        ...

    async def announce(self, facts: Iterable[Fact]) -> None:
        """Write facts to the outbox; watchers are told after the commit, at least once."""
        ...

    async def enqueue(self, *jobs: Job) -> None:
        """Queue jobs; they start after the commit."""
        ...

    def touch(self, *subjects: str) -> None:
        """Say that the views of these subjects are stale. Not kept: after the commit, pages that
        look at a subject now draw it again. For what moves too often to be a fact."""
        ...


class BeginWork(Protocol):
    """Opens a transaction, gives it as work, keeps it at the end of the block or undoes it all."""

    def __call__(self, party: PartyId | None = None) -> AbstractAsyncContextManager[Work]: ...


class Clock(Protocol):
    """Tells the time. Tests and replays give one that jumps."""

    def now(self) -> datetime:
        """The moment, UTC."""
        ...


class Watcher(Protocol):
    """Hears facts, each in a transaction that also keeps how far it has heard."""

    async def __call__(self, work: Work, fact: Fact) -> None: ...


class BatchWatcher(Protocol):
    """Hears facts, many in one transaction, in their order."""

    async def __call__(self, work: Work, facts: Sequence[Fact]) -> None: ...


class Touches(Protocol):
    """The stale subjects, for live pages."""

    def listen(self, *subjects: str) -> AbstractAsyncContextManager[AsyncIterator[frozenset[str]]]:
        """Yields sets of touched subjects, several touches joined into one while the page draws.

        Facts touch their own subject too. A subject given as ``station:*`` matches its kind.
        """
        ...
