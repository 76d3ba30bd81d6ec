"""Tariffs as a party keeps them: versions that never change, and where each of them holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import msgspec

from voltway.kernel.facts import Fact
from voltway.kernel.ids import (
    ContractId,
    DriverId,
    EvseId,
    FleetId,
    LocationId,
    PartyId,
    StationId,
    TariffId,
)
from voltway.tariffs.model import Tariff


class Scope(StrEnum):
    """What a tariff is assigned to, the most specific first."""

    DRIVER = "driver"
    CONTRACT = "contract"
    FLEET = "fleet"
    EVSE = "evse"
    STATION = "station"
    LOCATION = "location"
    PARTY = "party"


class DriverKind(StrEnum):
    """How a driver is known: the words of a token's kind."""

    AD_HOC = "ad_hoc"  # a guest, who pays at once
    RFID = "rfid"
    APP = "app"
    CONTRACT = "contract"


class Place(NamedTuple):
    """Where a price is asked for, and for whom: a plain ``(party, location, station)`` will do."""

    party: PartyId
    location: LocationId
    station: StationId
    evse: EvseId | None = None
    driver: DriverId | None = None
    contract: ContractId | None = None
    fleet: FleetId | None = None
    kind: DriverKind | None = None

    @property
    def ids(self) -> Iterator[UUID]:
        """All that something can be assigned to here."""
        for id in self[: len(Scope)]:
            if isinstance(id, UUID):
                yield id

    def of(self, scope: Scope) -> UUID | None:
        """What a scope means here; none where there is no such thing."""
        found: UUID | None = getattr(self, scope)
        return found


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
    """From this moment on, the tariff or the group of this name holds here; none of both ends what
    held before. Where it has an end of its own, what held before comes back."""

    party: PartyId
    scope: Scope
    scope_id: UUID
    ident: str | None
    since: datetime
    group: str | None = None
    until: datetime | None = None
    plan: str | None = None  # it comes with a subscription, and is assigned by nobody
    locations: tuple[
        LocationId, ...
    ] = ()  # of a plan: where alone it holds; none named: everywhere
    told_at: datetime | None = None  # of a plan: since when it is had

    def holds_at(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)

    def holds_in(self, location: LocationId) -> bool:
        return not self.locations or location in self.locations


class GroupMember(msgspec.Struct, frozen=True, omit_defaults=True):
    """A tariff of a group: for which drivers (none named: for all), and from when to when."""

    tariff: str
    drivers: tuple[DriverKind, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def fits(self, kind: DriverKind | None, at: datetime) -> bool:
        if self.drivers and kind not in self.drivers:
            return False
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupVersion:
    """One version of a group. Of its members the first counts that fits."""

    id: UUID
    party: PartyId
    ident: str
    version: int
    members: tuple[GroupMember, ...]
    valid_from: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of the ladder from the driver to the party: what stood there, and what it says.

    ``wins`` is the highest with a tariff that holds; those below it do not count.
    """

    scope: Scope
    scope_id: UUID | None
    says: str
    assignment: Assignment | None = None
    group: GroupVersion | None = None
    version: TariffVersion | None = None
    wins: bool = False


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
    group: str | None = None
    until: datetime | None = None

    @property
    def subject(self) -> str:
        return f"tariffs:{self.scope}:{self.scope_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffGroupChanged(Fact):
    """A group has a new version: from a moment on it is another set of tariffs."""

    ident: str
    version: int

    @property
    def subject(self) -> str:
        return f"tariff-group:{self.party}:{self.ident}"
