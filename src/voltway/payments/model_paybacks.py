"""What of a prepaid balance is paid back to the card that topped it up."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from voltway.kernel.ids import EntryId, OnceKey, PartyId
from voltway.kernel.money import Money


class PaybackState(StrEnum):
    ASKED = "asked"  # noted and reserved; the provider has not answered yet
    DONE = "done"
    DECLINED = "declined"  # it is on the balance as before


@dataclass(frozen=True, slots=True, kw_only=True)
class Payback:
    """A part of one top-up, on its way back or there."""

    id: UUID
    party: PartyId
    holder: UUID
    collection: UUID
    amount: Money
    wanted: Money  # of the whole order
    once: OnceKey
    provider: str
    hold_ref: str
    asked_by: str
    state: PaybackState
    asked_at: datetime
    ref: str | None = None
    why: str | None = None
    entry: EntryId | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A top-up of which something can be given back still."""

    collection: UUID
    provider: str
    ref: str
    left_minor: int
    ended_at: datetime
