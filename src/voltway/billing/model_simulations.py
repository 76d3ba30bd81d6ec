"""Many sessions under a draft, priced by a job: what was asked, how far it is, what it came to."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from voltway.billing.model_runs import RunState
from voltway.kernel.ids import LocationId, PartyId, SessionId


class SimulatedDay(NamedTuple):
    """What was billed of the sessions that ended on a day of their place, and what would be."""

    day: date
    old_minor: int
    new_minor: int


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """What many sessions come to; the amounts are of those of which both amounts are known."""

    sessions_n: int = 0
    compared_n: int = 0
    old_minor: int = 0
    new_minor: int = 0
    dearer: int = 0
    cheaper: int = 0
    days: tuple[SimulatedDay, ...] = ()


@dataclass(slots=True)
class Tally:
    """Sums in the making, a session at a time."""

    sessions_n: int = 0
    compared: list[tuple[int, int]] = field(default_factory=list)
    days: dict[date, tuple[int, int]] = field(default_factory=dict)

    def add(self, day: date, old_minor: int | None, new_minor: int | None) -> None:
        """One session; an amount that is not known is none."""
        self.sessions_n += 1
        if old_minor is None or new_minor is None:
            return
        self.compared.append((old_minor, new_minor))
        old, new = self.days.get(day, (0, 0))
        self.days[day] = (old + old_minor, new + new_minor)

    @property
    def sums(self) -> Sums:
        return Sums(
            sessions_n=self.sessions_n,
            compared_n=len(self.compared),
            old_minor=_all(old for old, _ in self.compared),
            new_minor=_all(new for _, new in self.compared),
            dearer=_all(new > old for old, new in self.compared),
            cheaper=_all(new < old for old, new in self.compared),
            days=tuple(SimulatedDay(day, *self.days[day]) for day in sorted(self.days)),
        )


def _all(parts: Iterable[int]) -> int:
    return sum(parts)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to: its sums, and the sessions that would change most, those first that
    change most. Why they would is told when somebody looks."""

    sums: Sums
    most: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationRun:
    """A draft on many days."""

    id: UUID
    party: PartyId
    document: str
    first: date
    last: date
    location: LocationId | None
    state: RunState
    total: int
    done: int
    asked_by: str
    asked_at: datetime
    outcome: Outcome | None = None
    trouble: str | None = None
    done_at: datetime | None = None

    @property
    def subject(self) -> str:
        return f"tariff_simulation:{self.id}"

    @property
    def is_over(self) -> bool:
        return self.state in (RunState.DONE, RunState.STOPPED)

    @property
    def most(self) -> list[SessionId]:
        return [SessionId(id) for id in self.outcome.most] if self.outcome else []
