"""Budgets: pure, from what was charged in a period to what is left of it."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from voltway.kernel.ids import PartyId

#: Of what share, in percent, somebody is told.
TOLD_AT: Final = (100, 80)


class Scope(StrEnum):
    TOKEN = "token"
    CONTRACT = "contract"
    DRIVER = "driver"
    FLEET = "fleet"


class Period(StrEnum):
    SESSION = "session"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What may be charged within a period: money in the party's smallest unit, energy in Wh, or
    both; ``None``: any."""

    id: UUID
    party: PartyId
    scope: Scope
    subject: UUID
    period: Period
    amount_minor: int | None
    energy_wh: int | None


@dataclass(frozen=True, slots=True)
class Used:
    """What was charged: what is billed, and what runs."""

    minor: int = 0
    wh: int = 0

    def __add__(self, other: "Used") -> "Used":
        return Used(self.minor + other.minor, self.wh + other.wh)


def begins(period: Period, now: datetime, zone: str) -> datetime:
    """When the day or month of this moment began, where the party is. Days of 23 and 25 hours are
    days. A session has no such moment: its budget is its own."""
    assert period is not Period.SESSION
    local = now.astimezone(ZoneInfo(zone)).date()
    day = local.replace(day=1) if period is Period.MONTH else local
    return datetime.combine(day, time(), ZoneInfo(zone))


def ends(period: Period, now: datetime, zone: str) -> datetime:
    """When the day or month of this moment ends, where the party is: the midnight after it."""
    first = begins(period, now, zone).date()
    days = timedelta(days=32 if period is Period.MONTH else 1)
    after = first + days
    return datetime.combine(
        after.replace(day=1) if period is Period.MONTH else after, time(), ZoneInfo(zone)
    )


def share(budget: Budget, used: Used) -> float:
    """How much of a budget is used, of whichever part is nearer to its end; 1 is all of it."""
    parts = []
    if budget.amount_minor is not None:
        parts.append(used.minor / budget.amount_minor)
    if budget.energy_wh is not None:
        parts.append(used.wh / budget.energy_wh)
    return max(parts)


def to_tell(budget: Budget, used: Used) -> int | None:
    """The highest share, in percent, that is reached and of which somebody is told."""
    reached = share(budget, used) * 100
    return next((each for each in TOLD_AT if reached >= each), None)


def is_used_up(budget: Budget, used: Used) -> bool:
    return share(budget, used) >= 1
