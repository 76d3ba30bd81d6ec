"""Home charging paid back: rates, what a driver is owed of a session, and who is paid."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from voltway.kernel.facts import Fact
from voltway.kernel.ids import DriverId, FleetId, PartyId, SessionId
from voltway.kernel.money import Currency, Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What a company pays its drivers for a kWh at home. It never changes; a newer version takes
    its place from its day on."""

    id: UUID
    party: PartyId
    fleet: FleetId
    version: int
    valid_from: date
    per_kwh: Decimal
    currency: Currency
    made_at: datetime
    made_by: str


class CreditKind(StrEnum):
    SESSION = "session"
    CORRECTION = "correction"  # of a session that was credited before; with its sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """What a driver is owed of a session at home, frozen with the rate that gave it."""

    id: UUID
    party: PartyId
    driver: DriverId
    fleet: FleetId
    customer: UUID  # who pays for the fleet
    kind: CreditKind
    once: str
    session: SessionId
    cdr: UUID
    rate: UUID
    began_at: datetime
    ended_at: datetime
    energy_wh: int
    begin_wh: int | None  # the meter's registers
    end_wh: int | None
    amount_minor: int
    currency: Currency
    kept_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a driver is to be paid now: the statements that nobody paid yet, together."""

    driver: DriverId
    name: str
    holder: str | None
    iban: str | None
    amount: Money
    numbers: tuple[str, ...]
    statements: tuple[UUID, ...]

    @property
    def is_payable(self) -> bool:
        return self.amount.minor > 0 and self.iban is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePaid(Fact):
    """The bank has paid a driver what statements came to."""

    payout: UUID
    driver: DriverId
    amount: Money
    numbers: tuple[str, ...]

    @property
    def subject(self) -> str:
        return f"home_payout:{self.payout}"


@dataclass(frozen=True, slots=True)
class Held:
    """A rate, and the days on which it holds: until the day before ``until``; none: still."""

    rate: Rate
    since: date
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMonth:
    """A month of a driver's: sessions that stand on a statement, or on none yet (``statement`` is
    none then)."""

    month: date
    company: str
    sessions: int
    energy_wh: int
    total: Money
    statement: UUID | None = None
    number: str = ""
    claim: str = ""  # by which the company is asked for it
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFleet:
    """What a fleet pays its drivers back for a kWh, the newest first."""

    name: str
    rates: tuple[Held, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What a driver charged at home and nobody pays back."""

    session: SessionId
    began_at: datetime
    energy_wh: int
    fleet: str
    is_paid_for: bool  # somebody pays for the fleet, so it is a rate that lacks


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What a driver sees of their charging at home with one operator."""

    fleets: tuple[OwnFleet, ...]
    months: tuple[OwnMonth, ...]
    left: tuple[LeftOut, ...]
    holder: str | None
    iban: str | None  # where they are paid
