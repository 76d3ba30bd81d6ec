"""What a card paid for a bill and is given back to it, after something was taken off the bill."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from voltway.kernel.ids import EntryId, OnceKey, PartyId
from voltway.kernel.money import Money


class CardRefundState(StrEnum):
    ASKED = "asked"  # noted and reserved; the provider has not answered yet
    DONE = "done"
    DECLINED = "declined"  # nothing moved


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedRefund:
    """What somebody wants to give back, before it is noted: of what a card paid for ``paid_for``,
    and taken off ``about``."""

    party: PartyId
    paid_for: str
    about: str
    amount: Money
    reason: str
    asked_by: str
    once: OnceKey


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRefund:
    """A part of one collection, on its way back or there."""

    id: UUID
    party: PartyId
    collection: UUID
    about: str
    amount: Money
    reason: str
    once: OnceKey
    provider: str
    hold_ref: str
    asked_by: str
    state: CardRefundState
    asked_at: datetime
    ref: str | None = None
    why: str | None = None
    trouble: str | None = None
    document: UUID | None = None
    entry: EntryId | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What was written of money that went back: its entry, and the document that says it."""

    entry: EntryId
    document: UUID | None
