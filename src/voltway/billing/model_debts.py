"""What is owed: a statement of a customer, or a receipt that a card did not cover."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from uuid import UUID

from voltway.kernel.facts import Fact
from voltway.kernel.ids import InvoiceId, PartyId, PaymentId
from voltway.kernel.money import Currency, Money
from voltway.ledger.model import Account


class Stage(IntEnum):
    """How often somebody was told. Each comes once, and after the one before it."""

    NONE = 0
    REMINDER = 1
    NOTICE = 2
    LAST = 3
    BARRED = 4  # the cards of who owes open nothing any more


class How(StrEnum):
    """By what a debt became less, or more again."""

    BANK = "bank"
    CARD = "card"
    CREDIT = "credit"  # a credit note took it off
    WRITE_OFF = "write_off"
    BACK = "back"  # money that came for what was written off
    DISPUTED = "disputed"  # a bank took back what a card had paid: it is owed again
    WON_BACK = "won_back"  # … and gave it back


@dataclass(frozen=True, slots=True, kw_only=True)
class DunningRule:
    """How many days after it was due who owes is told, and barred."""

    reminder: int = 7
    notice: int = 14
    last: int = 28
    bar: int = 42

    def days(self, stage: Stage) -> int:
        return (0, self.reminder, self.notice, self.last, self.bar)[stage]


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    invoice: InvoiceId
    party: PartyId
    customer: UUID | None
    payment: PaymentId | None
    account: Account
    number: str
    total: Money
    due_on: date
    email: str | None
    locale: str
    pay_key: str
    settled_minor: int
    written_off_minor: int
    stage: Stage
    stage_at: datetime | None
    paused_why: str | None
    charged: int
    charged_at: datetime | None
    opened_at: datetime
    closed_at: datetime | None

    @property
    def owed(self) -> Money:
        left = self.total.minor - self.settled_minor - self.written_off_minor
        return Money(left, self.total.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dunned(Fact):
    """Who owes is told again, or barred."""

    invoice: InvoiceId
    stage: int
    owed_minor: int
    currency: Currency

    @property
    def subject(self) -> str:
        return f"invoice:{self.invoice}"
