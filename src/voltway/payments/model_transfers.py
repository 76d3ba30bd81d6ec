"""Shares that are sent from our balance at a provider to others."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from voltway.kernel.ids import EntryId, PartyId
from voltway.kernel.money import Money
from voltway.ledger.model import Account


class TransferState(StrEnum):
    ASKED = "asked"
    DONE = "done"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A share on its way. ``about`` is the document that says what is owed, ``owed`` the account
    of the books that it settles."""

    id: UUID
    party: PartyId
    provider: str
    destination: str
    about: UUID
    number: str
    owed: Account
    amount: Money
    asked_by: str
    asked_at: datetime
    state: TransferState = TransferState.ASKED
    ref: str | None = None
    why: str | None = None
    entry: EntryId | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody wants to be sent, before it is noted."""

    party: PartyId
    provider: str
    destination: str
    about: UUID
    number: str
    owed: Account
    amount: Money
