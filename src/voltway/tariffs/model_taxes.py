"""Taxes by country and date: the table that comes with the house, and what is set over it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec

from voltway.kernel.ids import LocationId, PartyId


class RateSince(msgspec.Struct, frozen=True, rename={"since": "from"}):
    """A rate from a day on, until the next."""

    since: date
    rate: Decimal
    source: str


class ReducedSince(msgspec.Struct, frozen=True, rename={"since": "from"}):
    """The reduced rates from a day on, until the next."""

    since: date
    rates: tuple[Decimal, ...]
    source: str


class ChargingSince(msgspec.Struct, frozen=True, rename={"since": "from"}):
    """The reduced rate of electricity that charging takes where a party has declared so, from a
    day on; ``basis`` says what of the law it stands on, and what nobody has said yet."""

    since: date
    rate: Decimal
    basis: str
    source: str


class Country(msgspec.Struct, frozen=True):
    """A country's rates, oldest first. ``electricity`` says which of them holds for charging where
    nobody has declared anything else."""

    alpha3: str
    name: str
    electricity: str
    note: str
    standard: tuple[RateSince, ...]
    reduced: tuple[ReducedSince, ...]
    charging: tuple[ChargingSince, ...] = ()


class TaxTable(msgspec.Struct, frozen=True):
    """The table as one document: its version names it, its hash shows that it is the same."""

    version: str
    sources: Mapping[str, str]
    countries: Mapping[str, Country]
    sha256: str = ""


class Supply(NamedTuple):
    """Where and when electricity is supplied: the place of the EVSE, the start of the session.

    The start, so that the price that was shown is the price that is billed, also where a rate
    changes at midnight.
    """

    party: PartyId
    location: LocationId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxOverride:
    """A rate that an operator set for a country; none of a rate gives it back to the table."""

    id: UUID
    party: PartyId
    country: str
    rate: Decimal | None
    since: datetime
    until: datetime | None
    reason: str
    made_by: str
    created_at: datetime

    def holds_at(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxDeclaration:
    """That a party's charging in a country takes electricity's reduced rate, and by which law; one
    that does not apply ends it."""

    id: UUID
    party: PartyId
    country: str
    applies: bool
    since: datetime
    until: datetime | None
    legal_basis: str
    made_by: str
    created_at: datetime

    def holds_at(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRule:
    """The rate that holds for a supply, and where it stems from; frozen with its bill."""

    country: str
    rate: Decimal
    table: str
    table_sha256: str
    override: UUID | None = None
    declared: UUID | None = None
    basis: str = ""  # of what was declared
    why: str
