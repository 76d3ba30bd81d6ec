"""Plans, who is subscribed to one, and what is left of a month's allowance."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from voltway.kernel.facts import Fact
from voltway.kernel.ids import LocationId, PartyId
from voltway.kernel.money import Money
from voltway.tariffs.model_promotions import Grant, GrantKind
from voltway.tariffs.model_versions import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowances:
    """What is free each month, and how many percent are off everything else."""

    energy_kwh: Decimal = Decimal(0)
    starts: int = 0  # sessions without their start fee
    minutes: int = 0  # of charging time
    credit: Decimal = Decimal(0)  # major units, with tax
    percent: Decimal = Decimal(0)

    def of(self, kind: GrantKind) -> Decimal:
        return {
            GrantKind.ENERGY: self.energy_kwh,
            GrantKind.START: Decimal(self.starts),
            GrantKind.MINUTES: Decimal(self.minutes),
            GrantKind.PERCENT: self.percent,
            GrantKind.AMOUNT: self.credit,
        }[kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanVersion:
    """One version of a plan. It never changes; a month has the version that held as it began."""

    id: UUID
    party: PartyId
    ident: str
    version: int
    name: str
    fee: Money  # a month, with its tax
    vat: Decimal | None  # a percentage; none: by the tax table of the seller's country
    tariff: str | None  # the members' own price
    locations: tuple[LocationId, ...]  # none named: everywhere
    allowances: Allowances
    valid_from: datetime
    created_at: datetime

    def holds_in(self, location: LocationId) -> bool:
        return not self.locations or location in self.locations


class Month(NamedTuple):
    """A month of a subscription, from its day to the same day of the next (UTC)."""

    number: int  # from 0
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Somebody's plan: a driver's, a contract's, or that of all contracts of a fleet."""

    id: UUID
    party: PartyId
    plan: str
    scope: Scope
    subscriber: UUID
    payer: UUID | None  # the customer who owes the fee
    zone: str
    begins: datetime
    ends: datetime | None
    unpaid_since: datetime | None
    next_fee_at: datetime
    created_at: datetime

    def holds_at(self, at: datetime) -> bool:
        """Whether it gives anything to a session that begins then."""
        if not self.begins <= at or (self.ends is not None and at >= self.ends):
            return False
        return self.unpaid_since is None or at < self.unpaid_since


class Charges(NamedTuple):
    """Who charges, where, and since when: what an allowance is asked for."""

    subscribers: tuple[UUID, ...]  # driver, contract, fleet: the most specific first
    location: LocationId
    begins: datetime


@dataclass(slots=True, kw_only=True)
class Purse:
    """What is left of an allowance in one month. Sessions that share it take from it in turn."""

    subscription: UUID
    party: PartyId
    plan: PlanVersion
    month: Month
    used: dict[GrantKind, Decimal] = field(default_factory=dict)

    def left(self, kind: GrantKind) -> Decimal:
        return max(Decimal(0), self.plan.allowances.of(kind) - self.used.get(kind, Decimal(0)))

    def take(self, grants: tuple[Grant, ...]) -> None:
        for grant in grants:
            if grant.kind is not GrantKind.PERCENT:
                self.used[grant.kind] = self.used.get(grant.kind, Decimal(0)) + grant.value


class Use(NamedTuple):
    """What one session took out of a purse."""

    session: UUID
    purse: Purse
    grant: Grant


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChanged(Fact):
    """A plan has a new version: months that begin after it have its fee and its allowances."""

    ident: str
    version: int
    valid_from: datetime

    @property
    def subject(self) -> str:
        return f"plan:{self.party}:{self.ident}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionChanged(Fact):
    """A subscription was taken out, cancelled, or found unpaid or paid."""

    subscription: UUID
    plan: str
    ends: datetime | None

    @property
    def subject(self) -> str:
        return f"subscription:{self.subscription}"
