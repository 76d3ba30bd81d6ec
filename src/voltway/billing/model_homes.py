"""Home charging paid back: rates, what a driver is owed of a session, and who is paid."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

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
