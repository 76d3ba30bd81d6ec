"""What some payment providers can do besides, each ability a protocol of its own.

A provider that has one says so in its capabilities, and the contract holds the two together. As in
``provider``: ``once`` makes asking twice harmless, a no is a value, a silence is raised.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from voltway.kernel.ids import OnceKey
from voltway.kernel.money import Money
from voltway.payments.provider import Card, Declined, HoldOrder, HoldSeen, SavedMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class IncreaseOrder:
    """Let a hold grow to ``amount`` in all."""

    once: OnceKey
    ref: str
    amount: Money


@runtime_checkable
class GrowsHolds(Protocol):
    async def increase(self, order: IncreaseOrder) -> HoldSeen | Declined:
        """A no leaves the hold as it was."""
        ...


class SavingState(StrEnum):
    """How far a driver has come with saving a method."""

    AWAITING = "awaiting"
    SAVED = "saved"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveOrder:
    """Let a driver save a method on the provider's page, with strong authentication, so that it
    can be charged later without them. Without ``customer`` the provider makes one."""

    once: OnceKey
    reference: str
    currency: str
    return_url: str
    cancel_url: str
    customer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SavingSeen:
    ref: str
    reference: str
    state: SavingState
    hosted_url: str
    saved: SavedMethod | None = None
    card: Card | None = None


@runtime_checkable
class SavesMethods(Protocol):
    async def save(self, order: SaveOrder) -> SavingSeen | Declined: ...

    async def fetch_saving(self, ref: str) -> SavingSeen: ...

    async def forget(self, saved: SavedMethod) -> None:
        """Make a method useless for ever. Forgotten twice is forgotten."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundSeen:
    """Money on its way back to a driver, or there; or, where it has failed, with us again."""

    ref: str
    amount: Money
    has_failed: bool = False
    why: str = ""  # the provider's word for why it failed


@runtime_checkable
class HearsRefunds(Protocol):
    async def refunds(self, hold: str) -> Sequence[RefundSeen]:
        """All that were asked of a hold, also those that their bank sent back days later."""
        ...


class DisputeState(StrEnum):
    """Where a dispute is."""

    ASKS = "asks"  # the bank waits for our evidence
    JUDGED = "judged"  # our evidence is with the bank, or it asks for none here
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeSeen:
    """A payment that its driver's bank wants back."""

    ref: str
    hold: str
    state: DisputeState
    amount: Money
    reason: str
    opened_at: datetime
    answer_by: datetime | None = None
    is_warning: bool = False  # the bank asks, and has taken nothing yet


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestOrder:
    """Send evidence for a disputed payment: once, for the bank reads nothing after that."""

    once: OnceKey
    dispute: str
    product: str  # what was sold, in a sentence
    proof: str  # when, where, how much: from the proof of the bill
    email: str | None = None


@runtime_checkable
class HearsDisputes(Protocol):
    async def disputes(self, hold: str) -> Sequence[DisputeSeen]: ...


@runtime_checkable
class TakesEvidence(Protocol):
    async def contest(self, order: ContestOrder) -> DisputeSeen | Declined: ...


class MoveKind(StrEnum):
    """Why our balance at a provider moved."""

    CAPTURE = "capture"
    REFUND = "refund"
    DISPUTE = "dispute"
    PAYOUT = "payout"
    TRANSFER = "transfer"
    OTHER = "other"  # fees of its own, corrections, transfers


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceMove:
    """One line of our account at a provider. ``net`` is what moved: ``amount`` less ``fee``."""

    ref: str
    kind: MoveKind
    amount: Money
    fee: Money
    at: datetime
    hold: str | None = None  # the hold it is for
    source: str | None = None  # the refund, dispute, payout or transfer it is for

    @property
    def net(self) -> Money:
        return self.amount - self.fee


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """What a provider sends, or sent, to our bank."""

    ref: str
    amount: Money
    arrives_at: datetime
    paid: bool


@dataclass(frozen=True, slots=True)
class Moves:
    """A page of moves, newest first; ``before`` asks for what is older, if there is more."""

    moves: Sequence[BalanceMove]
    before: str | None


@runtime_checkable
class TellsBalance(Protocol):
    async def moves(self, *, before: str | None = None, payout: str | None = None) -> Moves:
        """A page of all moves, or of those that one payout paid."""
        ...

    async def payouts(self) -> Sequence[Payout]:
        """The newest hundred."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOrder:
    """Send a share of what we hold at a provider to the account of somebody else there."""

    once: OnceKey
    to: str  # the provider's name for that account
    amount: Money
    reference: str  # what it is for, in our books
    description: str


@dataclass(frozen=True, slots=True)
class Transferred:
    ref: str
    amount: Money


@runtime_checkable
class SendsShares(Protocol):
    async def transfer(self, order: TransferOrder) -> Transferred | Declined: ...


class ReaderNo(StrEnum):
    """Why a card reader took no card; also the code of a ``Declined`` of one."""

    BUSY = "reader_busy"  # it is at something that cannot be replaced: a card, an update
    OFFLINE = "reader_offline"
    SILENT = "reader_silent"  # it did not answer in time, and may show the hold all the same
    CARD_DECLINED = "card_declined"  # another card may be tried
    CANCELED = "canceled_there"
    LINE_LOST = "line_lost"  # while it asked the bank: the hold itself tells what became of it
    REPLACED = "replaced"  # it shows something that is not ours, or nothing
    FAILED = "reader_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderSeen:
    """A card reader as its provider shows it."""

    ref: str
    label: str
    kind: str  # the provider's word for the device
    serial: str
    is_online: bool
    #: The hold that it shows, or showed last.
    hold: str = ""
    #: Whether a card can be held to it now for that hold.
    is_showing: bool = False
    #: Why that hold came to nothing there, if it did.
    no: ReaderNo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowOrder:
    """Let a reader show a hold, so that its driver can hold a card to it. What a reader shows and
    nobody has begun to pay may be replaced, so that whoever asks must know that it is free."""

    once: OnceKey
    reader: str
    hold: str


@runtime_checkable
class DrivesReaders(Protocol):
    async def readers(self) -> Sequence[ReaderSeen]:
        """All of the account."""
        ...

    async def reader(self, ref: str) -> ReaderSeen | Declined: ...

    async def hold_at_reader(self, order: HoldOrder) -> HoldSeen | Declined:
        """A hold that waits for a card at a reader; no page belongs to it. A card that its bank
        declines leaves it waiting for another one."""
        ...

    async def show(self, order: ShowOrder) -> ReaderSeen | Declined: ...

    async def clear(self, order: ShowOrder) -> ReaderSeen | Declined:
        """Show this hold no more. A reader that shows another is left alone; one that is asking
        a bank just now is busy."""
        ...
