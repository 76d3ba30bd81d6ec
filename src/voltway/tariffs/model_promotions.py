"""What is taken off a session; promotion codes, how often one may be used, and who holds one."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from voltway.kernel.ids import PartyId, TokenUid
from voltway.kernel.money import Currency


class GrantKind(StrEnum):
    """What is taken off."""

    AMOUNT = "amount"  # so much money, with tax
    PERCENT = "percent"
    ENERGY = "energy"  # the first kWh of the session
    START = "start"  # its flat fee; of a plan alone
    MINUTES = "minutes"  # the first minutes of charging; of a plan alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What is taken off the cost of one session, under its name."""

    kind: GrantKind
    value: Decimal  # major units, percent, kWh, times, minutes
    name: str
    source: UUID
    plan: bool = False  # of a subscription's month, and no code
    rest: Decimal | None = None  # what is left of that month's allowance afterwards

    def __post_init__(self) -> None:
        assert self.value > 0
        assert self.kind is not GrantKind.PERCENT or self.value <= 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A code. It never changes; a code that was wrong is followed by another."""

    id: UUID
    party: PartyId
    code: str
    kind: GrantKind
    value: Decimal
    currency: Currency
    since: datetime
    until: datetime | None
    uses_max: int | None
    per_driver_max: int | None
    created_at: datetime

    def holds_at(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A code that one visit holds. Used by a session it is used up; let go, others may have it."""

    id: UUID
    party: PartyId
    promotion: UUID
    token: TokenUid
    driver: str | None
    claimed_at: datetime
