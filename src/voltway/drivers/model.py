"""Who charges and what they show: drivers, fleets, contracts, tokens."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from voltway.drivers.rules_when_where import Kept
from voltway.kernel.ids import ContractId, DriverId, FleetId, PartyId, TokenId, TokenUid


class TokenKind(StrEnum):
    RFID = "rfid"
    APP = "app"
    AD_HOC = "ad_hoc"  # made for one visit of a guest
    CONTRACT = "contract"  # an eMAID, shown by the car
    VEHICLE = "vehicle"  # the car itself, by the address of its network interface


class TokenStatus(StrEnum):
    ACTIVE = "active"
    BLOCKED = "blocked"
    EXPIRED = "expired"


class Bar(StrEnum):
    """Why a token opens no station for now, beside what its status says. Each is set and lifted
    by the room whose business it is, and several may stand at once."""

    UNPAID = "unpaid"  # what was charged with it is owed, and was asked for in vain
    NO_CREDIT = "no_credit"  # what pays for it is used up: a balance, a partner's credit
    LIMIT = "limit"  # a budget that it charges on is used up
    METHOD = "method"  # the saved method that pays for it was refused
    TWO_PLACES = "two_places"  # it was shown at two places where no car can be at once


@dataclass(frozen=True, slots=True)
class Token:
    id: TokenId
    party: PartyId
    uid: TokenUid
    kind: TokenKind
    label: str
    status: TokenStatus
    created_at: datetime
    valid_until: datetime | None = None
    tariff_version_id: UUID | None = None
    email: str | None = None
    #: What the token stands for, and so for whom; a card that nobody registered has none.
    contract: ContractId | None = None
    driver: DriverId | None = None
    fleet: FleetId | None = None
    bars: frozenset[Bar] = frozenset()
    #: Whether somebody pays for it on account, whatever its driver has saved.
    on_account: bool = False
    #: Whether anything is said of when and where it may charge; and what, at the place at which it
    #: is shown.
    is_kept: bool = False
    kept: Kept | None = None
    #: When its driver or an operator reported it lost.
    lost_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Driver:
    """A person who charges."""

    id: DriverId
    party: PartyId
    name: str
    email: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Fleet:
    """Cars whose charging somebody pays for together."""

    id: FleetId
    party: PartyId
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Contract:
    """What a driver, a fleet, or a driver of a fleet agreed with a party; tokens stand for it."""

    id: ContractId
    party: PartyId
    ident: str
    driver: DriverId | None
    fleet: FleetId | None
    created_at: datetime


class Shown(Protocol):
    """A token as a station shows it (``stations.reports.TokenShown`` and others)."""

    @property
    def token(self) -> TokenUid: ...

    @property
    def kind(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code on its way to an address: who types it has that address."""

    id: UUID
    email: str
    code: str
    source: str
    made_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Seat:
    """What a browser keeps of a sign-in, and until when it is good."""

    token: str
    until: datetime
