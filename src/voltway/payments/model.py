"""Payments: what became of the money that one visit set aside."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from voltway.kernel.facts import Fact
from voltway.kernel.ids import (
    DriverId,
    EvseId,
    OnceKey,
    OrderId,
    PartyId,
    PaymentId,
    SessionId,
    StationId,
    TokenUid,
)
from voltway.kernel.money import Currency, Money
from voltway.payments.provider import Card


class PaymentState(StrEnum):
    """Where a payment is. ``rules.WALK`` says where it can go from there."""

    ASKED = "asked"  # noted; the provider has not answered yet
    AWAITING = "awaiting"  # the driver is on the hosted page
    HELD = "held"
    CAPTURING = "capturing"
    CAPTURED = "captured"
    RELEASING = "releasing"
    RELEASED = "released"
    DECLINED = "declined"
    CAPTURE_DECLINED = "capture_declined"  # the bank said no when we took the money
    EXPIRED = "expired"
    UNKNOWN = "unknown"  # we asked and heard nothing; only evidence leads out


class Verb(StrEnum):
    """What is asked of a provider."""

    HOLD = "hold"
    INCREASE = "increase"
    CAPTURE = "capture"
    RELEASE = "release"
    REFUND = "refund"


class Why(StrEnum):
    """Why a hold was let go."""

    NOTHING_STARTED = "nothing_started"
    NOTHING_TO_PAY = "nothing_to_pay"
    GAVE_UP = "gave_up"  # the driver went away from the page
    TOO_LATE = "too_late"  # paid when the visit was over
    CAPTURE_DECLINED = "capture_declined"
    LEFT_OVER = "left_over"  # nobody settled it within a day
    EXPIRED = "expired"
    BY_PROVIDER = "by_provider"  # voided there, not by us
    CARD_OPEN = "card_open"  # its card has too many holds at once: ``card_limits``
    CARD_OFTEN = "card_often"  # its card paid too often within a day
    OUTRUN = "outrun"  # somebody else was faster at the bay: ``racing``
    CARD_MONEY = "card_money"  # its card paid too much within a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """The money of one visit: one driver, one EVSE, one hold."""

    id: PaymentId
    party: PartyId
    visit_key: str
    evse: EvseId
    station: StationId
    token: TokenUid
    tariff_version: UUID
    locale: str
    provider: str
    state: PaymentState
    hold_minor: int
    currency: Currency
    created_at: datetime
    return_url: str
    cancel_url: str
    description: str
    email: str | None = None
    session: SessionId | None = None
    session_ended_at: datetime | None = None
    order: OrderId | None = None
    provider_ref: str | None = None
    hosted_url: str | None = None
    card: Card | None = None
    captured_minor: int = 0
    refunded_minor: int = 0
    #: What of refunds was sent back by banks, ever; it is in ``refunded_minor`` no more.
    returned_minor: int = 0
    held_at: datetime | None = None
    ended_at: datetime | None = None
    expires_at: datetime | None = None
    #: Whether the provider may still be holding the driver's money.
    hold_open: bool = False
    #: Whether its bank said that this hold may grow.
    can_grow: bool = False
    why: str | None = None
    #: The saved method that it is charged to; none: its driver pays on the provider's page.
    method: UUID | None = None
    #: Whether its session began with the driver's own token, and not with one made for the visit.
    own_token: bool = False
    #: Whose it is: who had signed in when it began. None: a guest's, or known by its method alone.
    driver: DriverId | None = None

    def __post_init__(self) -> None:
        assert 0 <= self.captured_minor <= self.hold_minor
        assert 0 <= self.refunded_minor <= self.captured_minor

    @property
    def hold(self) -> Money:
        return Money(self.hold_minor, self.currency)

    @property
    def captured(self) -> Money:
        return Money(self.captured_minor, self.currency)

    @property
    def refunded(self) -> Money:
        return Money(self.refunded_minor, self.currency)

    @property
    def subject(self) -> str:
        return f"payment:{self.id}"

    @property
    def remote_start_id(self) -> int:
        """The number a station echoes so that we know our own start again (31 bits, OCPP 2.x)."""
        return self.id.int & 0x7FFF_FFFF or 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTaken:
    """One thing asked of a provider: noted before it is asked, answered after."""

    id: UUID
    payment: PaymentId
    party: PartyId
    verb: Verb
    once: OnceKey
    amount_minor: int
    reason: str
    asked_at: datetime
    answered_at: datetime | None = None
    answer: str | None = None  # done, then maybe returned; or the provider's word for no
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Captured:
    """The money that was taken, and the step that shows it."""

    payment: PaymentId
    amount: Money
    step: UUID | None


@dataclass(frozen=True, slots=True)
class Visit:
    """What the driver's page needs to go on: its key, and where to pay."""

    visit_key: str
    hosted_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _PaymentFact(Fact):
    payment: PaymentId

    @property
    def subject(self) -> str:
        return f"payment:{self.payment}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPlaced(_PaymentFact):
    evse: EvseId


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldReleased(_PaymentFact):
    """The driver gets the whole hold back. Announced when the provider has said so."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCaptured(_PaymentFact):
    amount_minor: int
    currency: Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDeclined(_PaymentFact):
    """The bank said no, to the hold or (``on_capture``) to taking the money."""

    on_capture: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidAfterAll(_PaymentFact):
    """A card that could not pay has paid what was owed for its charge, and it is in the books."""

    amount_minor: int
    currency: Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDisputed(_PaymentFact):
    """Its driver's bank wants money back, or has asked about it: a reason to read what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _DisputeFact(Fact):
    """Of a payment, or, without one, of a top-up or a bill."""

    dispute: UUID
    payment: PaymentId | None = None

    @property
    def subject(self) -> str:
        return f"dispute:{self.dispute}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeOpened(_DisputeFact):
    """A dispute that nobody knew of. Somebody must answer it in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeDue(_DisputeFact):
    """A bank soon reads no evidence any more, and none was sent: within so many hours."""

    within_h: int
    answer_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRefunded(_PaymentFact):
    amount_minor: int
    currency: Currency
    reason: str
    once: str
    again: bool = False  # in the place of one that its bank sent back, and credited with that
