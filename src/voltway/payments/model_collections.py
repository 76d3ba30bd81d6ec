"""Money that is charged for something else than one charge: a top-up, a bill that is owed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from voltway.kernel.facts import Fact
from voltway.kernel.ids import EntryId, OnceKey, PartyId
from voltway.kernel.money import Currency, Money
from voltway.ledger.model import Account
from voltway.payments.model_methods import MethodId


class Purpose(StrEnum):
    TOP_UP = "top_up"  # of a prepaid balance
    DEBT = "debt"  # of what is owed


class Stage(StrEnum):
    """Where a collection is. From ``LEAVING`` on nothing is taken any more."""

    ASKED = "asked"  # noted; the provider has not answered yet
    AWAITING = "awaiting"  # the payer is on the provider's page
    HELD = "held"  # set aside, and about to be taken
    LEAVING = "leaving"  # its hold or page is let go
    DONE = "done"
    DECLINED = "declined"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody wants to be charged, before it is noted. Without a method the payer pays on
    the provider's page. The URLs may hold ``{collection}``, which is not known before."""

    party: PartyId
    holder: UUID
    purpose: Purpose
    account: Account
    about: str
    description: str
    amount: Money
    once: OnceKey
    method: MethodId | None = None
    return_url: str = ""
    cancel_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A charge on its way, or at its end."""

    id: UUID
    party: PartyId
    holder: UUID
    purpose: Purpose
    account: Account
    about: str
    description: str
    amount: Money
    once: OnceKey
    provider: str
    method: MethodId | None
    return_url: str
    cancel_url: str
    stage: Stage
    asked_at: datetime
    ref: str | None = None
    hosted_url: str | None = None
    why: str | None = None
    entry: EntryId | None = None
    ended_at: datetime | None = None

    @property
    def subject(self) -> str:
        return f"collection:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _CollectionFact(Fact):
    collection: UUID
    holder: UUID
    about: str
    amount_minor: int
    currency: Currency

    @property
    def subject(self) -> str:
        return f"holder:{self.holder}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected(_CollectionFact):
    """The money was taken, and is in the books."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCollected(_CollectionFact):
    """Nothing was taken: the bank said no, or nobody paid."""

    why: str
