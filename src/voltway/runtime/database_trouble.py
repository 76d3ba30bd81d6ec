"""What can go wrong with the database, in our words."""

from dataclasses import dataclass
from typing import Final

import asyncpg

from voltway.kernel.errors import Misconfigured, Outage
from voltway.runtime.work import Overtaken


@dataclass(eq=False)
class DatabaseUnreachable(Outage):
    """The database does not answer."""


@dataclass(eq=False)
class DatabaseTooSlow(Outage):
    """The database took too long to answer."""


@dataclass(eq=False)
class DatabaseKeepsNothing(Outage):
    """The database can keep nothing now: its disk is full or broken, or it may not be written."""


@dataclass(eq=False)
class WorkCollided(Outage):
    """Two pieces of work wanted the same rows at the same moment. Please try again."""


@dataclass(eq=False)
class DatabaseNotFound(Misconfigured):
    """The database at {where} cannot be used: {reason}. Check VOLTWAY_DATABASE_URL."""

    where: str
    reason: str


@dataclass(eq=False)
class DatabaseTooOld(Misconfigured):
    """The database at {where} is PostgreSQL {found}; Voltway needs {needed} or newer."""

    where: str
    found: int
    needed: int


LOST: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server's last words came while nothing was asked
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
)


#: How a connection of one's own ends when its database goes away, whatever it was at.
BROKEN: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


#: How uvloop says that a line was lost a moment ago, before it has told whoever uses it.
GONE: Final = "the handler is closed"


def translate(trouble: BaseException) -> None:
    """Raise the trouble in our words, if it is one that the database has and we expect."""
    match trouble:
        case (
            asyncpg.DeadlockDetectedError()
            | asyncpg.SerializationError()
            | asyncpg.LockNotAvailableError()
        ):
            raise WorkCollided from trouble
        case asyncpg.PostgresError(sqlstate="VW001"):  # see ``must_touch``
            raise Overtaken from trouble
        # The part of a table that a row belongs to was dropped meanwhile: a check without a name.
        case asyncpg.CheckViolationError(constraint_name=None, table_name=str()):
            raise WorkCollided from trouble
        case asyncpg.QueryCanceledError() | TimeoutError():  # it said so, or nothing at all
            raise DatabaseTooSlow from trouble
        case (
            # Never the fault of what was to be kept: tried again until it is kept.
            asyncpg.InsufficientResourcesError()
            | asyncpg.PostgresSystemError()
            | asyncpg.ReadOnlySQLTransactionError()
        ):
            raise DatabaseKeepsNothing from trouble
        case (
            asyncpg.PostgresConnectionError()
            | asyncpg.InterfaceError()
            | asyncpg.InternalClientError()
            | asyncpg.AdminShutdownError()
            | asyncpg.CrashShutdownError()
        ):
            raise DatabaseUnreachable from trouble
        case RuntimeError() if GONE in str(trouble):
            raise DatabaseUnreachable from trouble
        case _:
            return


def is_passing(trouble: BaseException) -> bool:
    """Whether the same statement may be kept later, by the same connection."""
    try:
        translate(trouble)
    except DatabaseUnreachable:
        return False
    except Outage:
        return True
    return False
