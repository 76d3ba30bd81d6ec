"""Whether this process lives, and whether it is ready for work."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import structlog

from voltway.kernel.errors import Trouble
from voltway.runtime.database import Database

log = structlog.get_logger("voltway.health")

CHECK_S_MAX: Final = 2.0
OK: Final = "ok"

#: Returns when all is well, and raises what is not.
Check: TypeAlias = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Readiness:
    """What each check says; ``ok`` where it is well, and else a sentence."""

    checks: Mapping[str, str]
    #: What is worth knowing and keeps nobody from working.
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_ready(self) -> bool:
        return all(said == OK for said in self.checks.values())


class Health:
    """The checks that parts of the house register. That it answers at all is that it lives."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._notes: dict[str, Callable[[], str]] = {}
        self._draining = False

    def check(self, name: str, check: Check) -> None:
        """Ask this before saying that we are ready."""
        assert name not in self._checks, f"two checks are named {name}"
        self._checks[name] = check

    def note(self, name: str, say: Callable[[], str]) -> None:
        """Tell this too: empty where all is well, and else a sentence."""
        self._notes[name] = say

    def begin_to_drain(self) -> None:
        """From now on we are not ready: a load balancer sends new work elsewhere."""
        self._draining = True

    async def readiness(self) -> Readiness:
        """Ask all checks at once."""
        said = await asyncio.gather(*(_ask(check) for check in self._checks.values()))
        checks = dict(zip(self._checks, said, strict=True))
        if self._draining:
            checks["serving"] = "This Voltway is stopping."
        return Readiness(checks, {name: say() or OK for name, say in self._notes.items()})


class DatabaseHealth:
    """Whether the database answers, and whether what it kept is on a disk when it says so: all that
    we answer stations, drivers and providers rests on that (PostgreSQL 18, 19.5.1 and 28.2)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        #: A sentence where it may forget what it said is kept.
        self.trouble = ""

    async def check(self) -> None:
        async with self._database.begin() as work:
            found = await work.one(
                """
                SELECT array(SELECT name FROM unnest($1::text[]) AS name
                              WHERE current_setting(name) = 'off') AS off
                """,
                _KEEPING,
            )
        off = found["off"] if found else []
        trouble = _FORGETS.format(", ".join(off)) if off else ""
        if trouble and trouble != self.trouble:
            log.error("database_may_forget", off=off)
        self.trouble = trouble


_KEEPING: Final = ("fsync", "synchronous_commit", "full_page_writes")
_FORGETS: Final = (
    "What is kept may be lost when the machine stops: {} of the database is switched off."
)


async def _ask(check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_S_MAX):
            await check()
    except TimeoutError:
        return "It does not answer."
    except Trouble as trouble:
        return str(trouble)
    except Exception as fault:  # noqa: BLE001 - a check that breaks is a check that fails
        return f"{type(fault).__name__}."  # its words are for the log: they may hold secrets
    return OK
