"""Tariffs as a party keeps them: versions that never change, and where each of them holds."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from voltway.kernel.facts import Fact
from voltway.kernel.ids import LocationId, PartyId, StationId, TariffId
from voltway.tariffs.model import Tariff


class Scope(StrEnum):
    """What a tariff is assigned to."""

    STATION = "station"
    LOCATION = "location"
    PARTY = "party"


class Place(NamedTuple):
    """A place whose price is asked for: a plain ``(party, location, station)`` will do."""

    party: PartyId
    location: LocationId
    station: StationId


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffVersion:
    """One version of a tariff, as it was given and as we read it. Its id is frozen on a session."""

    id: TariffId
    party: PartyId
    ident: str
    version: int
    document: str
    tariff: Tariff
    valid_from: datetime
    valid_until: datetime | None
    created_at: datetime

    def holds_at(self, at: datetime) -> bool:
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """From this moment on, the tariff of this name holds here; none ends what held before."""

    party: PartyId
    scope: Scope
    scope_id: UUID
    ident: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Assigned:
    """The tariff that holds at a place, and the reason in one sentence."""

    version_id: TariffId
    tariff: Tariff
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffVersionAdded(Fact):
    """A tariff has a new version. Sessions under way keep theirs."""

    version_id: TariffId
    ident: str
    version: int

    @property
    def subject(self) -> str:
        return f"tariff:{self.party}:{self.ident}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffAssigned(Fact):
    """From a moment on another tariff holds somewhere."""

    scope: Scope
    scope_id: UUID
    ident: str | None
    since: datetime

    @property
    def subject(self) -> str:
        return f"tariffs:{self.scope}:{self.scope_id}"
