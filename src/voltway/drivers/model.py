"""What a driver shows: tokens."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from voltway.kernel.ids import PartyId, TokenId, TokenUid


class TokenKind(StrEnum):
    RFID = "rfid"
    APP = "app"
    AD_HOC = "ad_hoc"  # made for one visit of a guest
    CONTRACT = "contract"  # an eMAID, shown by the car


class TokenStatus(StrEnum):
    ACTIVE = "active"
    BLOCKED = "blocked"
    EXPIRED = "expired"


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


class Shown(Protocol):
    """A token as a station shows it (``stations.reports.TokenShown`` and others)."""

    @property
    def token(self) -> TokenUid: ...

    @property
    def kind(self) -> str: ...
