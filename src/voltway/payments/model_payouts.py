"""What a provider says it moved on our balance and paid out to our bank."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from voltway.kernel.ids import EntryId, PartyId, PaymentId
from voltway.kernel.money import Currency, Money


class LineKind(StrEnum):
    """Why our balance at a provider moved."""

    CAPTURE = "capture"
    REFUND = "refund"
    DISPUTE = "dispute"
    TRANSFER = "transfer"
    FEE = "fee"
    OTHER = "other"


class Doubt(StrEnum):
    """Why a line or a payout is not explained by the books."""

    UNKNOWN_PAYMENT = "unknown_payment"
    NOT_BOOKED = "not_booked"
    OTHER_AMOUNT = "other_amount"
    OTHER_CURRENCY = "other_currency"
    TWICE = "twice"
    KIND_UNKNOWN = "kind_unknown"
    TOLD_OTHERWISE = "told_otherwise"
    TOTAL_UNKNOWN = "total_unknown"
    SUM_DIFFERS = "sum_differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """One movement as a report has it. What moved is ``gross`` less ``fee``."""

    ref: str
    kind: LineKind
    gross: Money
    fee: Money
    at: datetime
    payout: str | None = None
    hold: str | None = None
    reference: str | None = None
    source: str | None = None

    def __post_init__(self) -> None:
        assert self.gross.currency == self.fee.currency, "a line is in one currency"

    @property
    def net(self) -> Money:
        return self.gross - self.fee


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedPayout:
    """A transfer to our bank as a report has it; negative where the provider collects."""

    ref: str
    amount: Money
    paid_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a provider told at one time: a file of it, or answers of its API."""

    provider: str
    lines: tuple[ReportLine, ...]
    payouts: tuple[ReportedPayout, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLine:
    """A line as we keep it: with the payment it is of, and what explains it."""

    id: UUID
    party: PartyId
    provider: str
    line: ReportLine
    payment: PaymentId | None
    entry: EntryId | None
    posted: bool
    doubt: Doubt | None
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPayout:
    """A payout as we keep it; without an amount, only its lines were told."""

    id: UUID
    party: PartyId
    provider: str
    ref: str
    currency: Currency
    amount: Money | None
    paid_at: datetime | None
    posted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What must be known of a payment to judge a line of it."""

    id: PaymentId
    currency: Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """An entry of the books that moved what the provider owes us, for one payment or collection.
    ``amount`` is positive where it came to owe more; ``source`` is the provider's name for the
    refund or the dispute that it is of, where that is known."""

    entry: EntryId
    amount: Money
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a line came to: the entry that explains it, or why none does, in words."""

    entry: EntryId | None = None
    doubt: Doubt | None = None
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a report."""

    lines: int
    fresh: int
    payouts: int
    posted: int
    open: int
    #: What was told otherwise before, each in a sentence.
    said: tuple[str, ...] = ()
