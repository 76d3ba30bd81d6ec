"""Hosts: who owns the place where stations stand, what was agreed, and what their share is."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from voltway.kernel.ids import LocationId, PartyId, SessionId
from voltway.kernel.money import Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    id: UUID
    party: PartyId
    name: str
    street: str
    postal_code: str
    city: str
    country: str  # ISO 3166-1, two letters
    vat_id: str | None
    email: str | None
    locale: str
    pay_days: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a host gets. All of it is net; a thing that was not agreed is zero."""

    percent: Decimal = Decimal(0)  # of the net revenue of a session
    per_session: Decimal = Decimal(0)
    per_kwh: Decimal = Decimal(0)
    per_month: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        assert 0 <= self.percent <= 100, "a share is a part"
        assert min(self.per_session, self.per_kwh, self.per_month) >= 0

    @property
    def are_nothing(self) -> bool:
        return not (self.percent or self.per_session or self.per_kwh or self.per_month)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One version of what was agreed for a place. It never changes; a new one takes its place."""

    id: UUID
    party: PartyId
    host: UUID
    location: LocationId
    version: int
    valid_from: date
    valid_until: date | None  # the last day
    terms: Terms
    currency: Currency
    vat_rate: Decimal | None  # on the host's part; none: it is not taxed
    made_at: datetime
    made_by: str

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


class ShareKind(StrEnum):
    SESSION = "session"
    CORRECTION = "correction"  # of a session that was shared before
    MONTH = "month"  # the fixed fee of a month


@dataclass(frozen=True, slots=True)
class Part:
    """What one agreement gives of one session, in minor units."""

    percent_minor: int = 0
    session_minor: int = 0
    energy_minor: int = 0
    month_minor: int = 0

    @property
    def amount_minor(self) -> int:
        return self.percent_minor + self.session_minor + self.energy_minor + self.month_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A host's part, frozen with the agreement that gave it."""

    id: UUID
    party: PartyId
    host: UUID
    agreement: UUID
    kind: ShareKind
    once: str
    session: SessionId | None
    cdr: UUID | None
    corrected_by: UUID | None
    at: datetime
    revenue_minor: int
    energy_wh: int
    part: Part
    currency: Currency
    kept_at: datetime
