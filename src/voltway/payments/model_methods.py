"""Ways to pay that somebody saved, and the visits to the provider's page on which they did."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from voltway.kernel.facts import Fact
from voltway.kernel.ids import PartyId
from voltway.kernel.money import Currency
from voltway.payments.provider import Card, SavedMethod

MethodId = NewType("MethodId", UUID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A saved way to pay. ``holder`` is whose it is: a driver's id, or a customer's."""

    id: MethodId
    party: PartyId
    holder: UUID
    provider: str
    saved: SavedMethod
    card: Card | None
    is_default: bool
    saved_at: datetime
    refused_at: datetime | None = None
    refused: str | None = None

    @property
    def name(self) -> str:
        """What people call it: ``Visa ·· 4242``."""
        if self.card is None:
            return self.provider.capitalize()
        return f"{self.card.wallet or self.card.brand} ·· {self.card.last4}"


class SavingStage(StrEnum):
    ASKED = "asked"  # noted; the provider has not answered yet
    AWAITING = "awaiting"  # its driver is on the page
    SAVED = "saved"
    DECLINED = "declined"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """A visit to the provider's page on which a method is saved."""

    id: UUID
    party: PartyId
    holder: UUID
    provider: str
    currency: Currency
    return_url: str
    cancel_url: str
    begun_at: datetime
    stage: SavingStage = SavingStage.ASKED
    ref: str | None = None
    hosted_url: str | None = None
    why: str | None = None
    method: MethodId | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodsChanged(Fact):
    """Somebody saved, chose or removed a way to pay."""

    holder: UUID

    @property
    def subject(self) -> str:
        return f"holder:{self.holder}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodRefused(Fact):
    """A bank did not let a saved method pay without its holder."""

    method: MethodId
    holder: UUID
    why: str

    @property
    def subject(self) -> str:
        return f"holder:{self.holder}"
