"""Much in one go: what was asked, and how far it is."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from voltway.kernel.ids import OnceKey, PartyId


class RunKind(StrEnum):
    STATEMENTS = "statements"  # write those of a month
    SETTLEMENTS = "settlements"
    ARCHIVE = "archive"  # a zip of all documents of a month


class RunState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"  # it could not go on, or the download was broken off


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When the documents of a month write themselves."""

    party: PartyId
    kind: RunKind  # statements or settlements
    is_on: bool
    day: int  # of the month after, in the party's zone
    next: date  # the month that comes next
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    id: UUID
    party: PartyId
    kind: RunKind
    month: date
    locale: str
    state: RunState
    total: int
    done: int
    trouble: str | None
    asked_by: str
    asked_at: datetime
    moved_at: datetime
    done_at: datetime | None = None
    once: OnceKey | None = None  # what it is for, where nobody asked

    @property
    def subject(self) -> str:
        return f"bulk_run:{self.id}"

    @property
    def is_over(self) -> bool:
        return self.state in (RunState.DONE, RunState.STOPPED)
