"""Refunds that banks sent back: owed to drivers until they are refunded again or paid otherwise."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from voltway.kernel.facts import Fact
from voltway.kernel.ids import PartyId, PaymentId
from voltway.kernel.money import Currency, Money


class ReturnedState(StrEnum):
    OWED = "owed"
    ASKED = "asked"  # a refund in its place was noted; the provider has not answered yet
    REFUNDED = "refunded"
    PAID = "paid"  # otherwise: by a transfer from the bank


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """One refund that came back, whole."""

    id: UUID
    party: PartyId
    payment: PaymentId
    step: UUID
    amount: Money
    why: str
    returned_at: datetime
    state: ReturnedState
    again: UUID | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundReturned(Fact):
    """A bank sent a refund back. It is in the books already, and the driver is owed it."""

    returned: UUID
    payment: PaymentId
    amount_minor: int
    currency: Currency
    why: str

    @property
    def subject(self) -> str:
        return f"payment:{self.payment}"
