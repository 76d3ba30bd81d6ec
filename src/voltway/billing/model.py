"""Settlements: the walk from a session's end to its receipt, and the facts of it.

A settlement walks a route. Each step is done once, keeps what it did, and can be tried again
after a crash or an outage; the next step begins only when the last one is kept. The route is
data: a new way to be paid is a new route, not a new branch. Who is told of it is no step: the
watchers hear the facts.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from voltway.kernel.facts import Fact
from voltway.kernel.ids import InvoiceId, OnceKey, PartyId, PaymentId, SessionId, SettlementId
from voltway.kernel.money import Currency


class Step(StrEnum):
    PRICE = "price"  # session and tariff -> CDR
    CAPTURE = "capture"  # ask the provider for the money
    RELEASE = "release"  # ask the provider to let the hold go
    POST = "post"  # write the books
    INVOICE = "invoice"  # number and freeze the document


CARD_ROUTE = (Step.PRICE, Step.CAPTURE, Step.POST, Step.INVOICE)
#: Nothing to pay, with a hold to let go.
FREE_ROUTE = (Step.PRICE, Step.RELEASE, Step.INVOICE)
#: Something was sold, and what was granted pays all of it.
GRANTED_ROUTE = (Step.PRICE, Step.RELEASE, Step.POST, Step.INVOICE)
#: No way to be paid at once: the driver owes it, or it was granted.
ACCOUNT_ROUTE = (Step.PRICE, Step.POST, Step.INVOICE)
#: Nothing to pay, and no hold.
GIVEN_ROUTE = (Step.PRICE, Step.INVOICE)


class SettlementState(StrEnum):
    WAITING = "waiting"  # for late readings of a session whose end was not complete
    WALKING = "walking"
    RESTING = "resting"  # the world was out: the next try has its time
    HELD = "held"  # the session is doubtful: a person looks first
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    id: SettlementId
    party: PartyId
    session: SessionId
    payment: PaymentId | None
    route: tuple[Step, ...]
    done: int  # how many steps of the route are kept
    state: SettlementState
    opened_at: datetime
    next_try_at: datetime | None = None
    tries: int = 0
    last_trouble: str | None = None
    reviewed_by: str | None = None
    done_at: datetime | None = None

    @property
    def next(self) -> Step | None:
        return self.route[self.done] if self.done < len(self.route) else None

    @property
    def once(self) -> OnceKey:
        """The key of the next step: the same however often the step is tried."""
        assert self.next is not None
        return OnceKey(f"{self.id}:{self.next}")

    def finished(self, step: Step) -> "Settlement":
        assert step is self.next, "steps are walked in the order of the route"
        return replace(self, done=self.done + 1, tries=0, last_trouble=None)

    @property
    def subject(self) -> str:
        return f"settlement:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cdr:
    """The frozen record of a session for settlement: what was charged, and what it costs."""

    id: UUID
    party: PartyId
    session: SessionId
    settlement: SettlementId
    total_minor: int
    currency: Currency
    document: bytes
    sha256: str
    made_at: datetime


class DocumentKind(StrEnum):
    """What is issued: articles 226 and 226b of the VAT directive (2006/112/EC), and 219."""

    RECEIPT = "receipt"  # for a person
    SIMPLIFIED = "simplified_invoice"  # a receipt that is an invoice, too: up to 100 EUR
    INVOICE = "invoice"  # full, to a company
    CREDIT_NOTE = "credit_note"  # takes back of what it refers to
    SELF_BILLED = "self_billed_invoice"  # written by the buyer: what a host has earned
    STATEMENT = "statement"  # gathers a month of a customer's receipts
    SETTLEMENT = "settlement"  # gathers what a host has earned


class Relation(StrEnum):
    """What a document does to the one that it refers to."""

    REPLACES = "replaces"
    CREDITS = "credits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a document comes to, and how it was rounded: one of two modes, never both."""

    rounding: str
    net_minor: int
    tax_minor: int
    rounding_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """A numbered, frozen document. Its bytes never change; the hash shows it."""

    id: InvoiceId
    party: PartyId
    session: SessionId | None  # none where it covers many
    payment: PaymentId | None
    kind: str
    number: str
    total_minor: int
    currency: Currency
    document: bytes
    sha256: str
    issued_at: datetime
    figures: Figures | None = None  # those of old receipts stand in their documents only
    original: InvoiceId | None = None
    relation: Relation | None = None
    once: OnceKey | None = None
    buyer: str | None = None
    reason: str | None = None

    @property
    def is_receipt(self) -> bool:
        return self.kind in (DocumentKind.RECEIPT, DocumentKind.SIMPLIFIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _SettlementFact(Fact):
    settlement: SettlementId
    session: SessionId
    payment: PaymentId | None

    @property
    def subject(self) -> str:
        return f"settlement:{self.settlement}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CdrIssued(_SettlementFact):
    cdr: UUID
    total_minor: int
    currency: Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceIssued(_SettlementFact):
    invoice: InvoiceId
    number: str
    total_minor: int
    currency: Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentIssued(Fact):
    """A full invoice or a credit note. Of receipts, ``InvoiceIssued`` tells."""

    invoice: InvoiceId
    kind: str
    number: str
    payment: PaymentId | None
    original: InvoiceId | None
    total_minor: int
    currency: Currency

    @property
    def subject(self) -> str:
        return f"invoice:{self.invoice}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementRested(_SettlementFact):
    """A step could not be done now. An operator sees the trouble and may try again; without a
    time for the next try, nothing happens until one does."""

    step: Step
    trouble: str
    next_try_at: datetime | None
