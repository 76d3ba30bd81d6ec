"""What the simulated provider keeps, and what may become of a hold.

A hold walks one way: requires_payment, then authorised, declined or expired; an authorised one is
captured once, voided or expired; of a captured one money can be given back until nothing is left.
"""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, TypeAlias

import msgspec

UNPAID_FOR = timedelta(minutes=30)
HELD_FOR = timedelta(days=7)


#: In whose shape an object was made, and is told of: our own, Stripe's, or Mollie's.
Shape: TypeAlias = Literal["own", "stripe", "mollie"]


class Refused(Exception):
    """The provider says no, with the HTTP status, code and sentence of its answer."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class Status(StrEnum):
    REQUIRES_PAYMENT = "requires_payment"
    AUTHORISED = "authorised"
    DECLINED = "declined"
    EXPIRED = "expired"
    CAPTURED = "captured"
    VOIDED = "voided"


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What may be kept of a card. The number itself is never stored."""

    brand: str
    last4: str
    wallet: str | None = None
    fingerprint: str | None = None
    capture_declines: bool = False
    can_grow: bool = False
    needs_driver: bool = False


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    status: Status
    amount_minor: int
    captured_minor: int = 0
    refunded_minor: int = 0
    currency: str
    reference: str
    description: str
    return_url: str
    cancel_url: str
    metadata: dict[str, Any]
    hosted_url: str
    created_at: datetime
    expires_at: datetime
    card: Card | None = None
    shape: Shape = "own"
    # What only the other shape has: a decline on a page that stays, a saved method, a dispute.
    last_decline: str | None = None
    method: str | None = None
    customer: str | None = None
    disputed_minor: int = 0
    methods: tuple[str, ...] = ("card",)
    taken_with: dict[str, str] = {}
    present: bool = False  # its card is held to a reader


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    hold: str
    amount_minor: int
    currency: str
    reason: str
    created_at: datetime
    metadata: dict[str, str] = {}
    failed: str | None = None  # why its bank sent it back


class BalanceTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """One movement on the merchant's balance: a capture adds, a refund takes away."""

    id: str
    type: str
    hold: str
    reference: str
    amount_minor: int
    currency: str
    created_at: datetime
    refund: str | None = None
    fee_minor: int = 0
    dispute: str | None = None
    payout: str | None = None
    transfer: str | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    type: str
    created_at: datetime
    data: dict[str, Any]
    shape: Shape = "own"


class Saving(msgspec.Struct, frozen=True, kw_only=True):
    """A page on which a driver saves a method; ``method`` is there when it is done."""

    id: str
    currency: str
    reference: str
    customer: str
    return_url: str
    cancel_url: str
    hosted_url: str
    metadata: dict[str, str]
    created_at: datetime
    method: str | None = None


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """A saved card. Forgotten, it hangs on no customer any more."""

    id: str
    customer: str | None
    card: Card
    created_at: datetime


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    hold: str
    amount_minor: int
    currency: str
    reason: str
    status: str
    created_at: datetime
    due_by: datetime
    evidence: dict[str, str] = {}
    submissions: int = 0


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader was last told to do, and what became of it."""

    hold: str
    status: Literal["in_progress", "succeeded", "failed"] = "in_progress"
    failure_code: str | None = None
    failure_message: str | None = None


#: How a reader is: it answers; it has no line; it is at something of its own; it does not answer in
#: time; it does not answer in time and has heard all the same.
Mood: TypeAlias = Literal["online", "offline", "busy", "slow", "slow_after"]


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """A card reader that stands somewhere."""

    id: str
    label: str
    serial: str
    location: str
    mood: Mood = "online"
    action: Action | None = None


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent from the merchant's balance to another account."""

    id: str
    destination: str
    group: str
    amount_minor: int
    currency: str
    description: str
    created_at: datetime
    metadata: dict[str, str] = {}


class Payout(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    amount_minor: int
    currency: str
    created_at: datetime


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What was answered to an idempotency key, and the fingerprint of what was asked."""

    key: str
    asked: str
    status: int
    body: Any


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the journal: everything that one step changed, kept together or not at all."""

    hold: Hold | None = None
    refund: Refund | None = None
    transaction: BalanceTransaction | None = None
    event: Event | None = None
    events: tuple[Event, ...] = ()
    saving: Saving | None = None
    method: Method | None = None
    dispute: Dispute | None = None
    payout: Payout | None = None
    transfer: Transfer | None = None
    reader: Reader | None = None
    moves: tuple[BalanceTransaction, ...] = ()
    answer: Answer | None = None
    delivered: str | None = None


#: What a hold has that our own shape does not show.
_OF_OTHER_SHAPES = (
    *("shape", "last_decline", "method", "customer", "methods", "taken_with", "present"),
)


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


def shown(hold: Hold) -> dict[str, Any]:
    """The hold as the API answers it."""
    body: dict[str, Any] = msgspec.to_builtins(hold)
    body["capture_method"] = "manual"
    for inner in _OF_OTHER_SHAPES:
        del body[inner]
    if body["card"] is not None:
        for inner in ("capture_declines", "can_grow", "needs_driver"):
            del body["card"][inner]
    return body


def _must_be(hold: Hold, status: Status, verb: str) -> None:
    if hold.status is not status:
        raise Refused(409, "invalid_state", f"A hold that is {hold.status} cannot be {verb}.")


def authorise(hold: Hold, card: Card, now: datetime) -> Hold:
    _must_be(hold, Status.REQUIRES_PAYMENT, "authorised")
    return msgspec.structs.replace(
        hold, status=Status.AUTHORISED, card=card, expires_at=now + HELD_FOR
    )


def decline(hold: Hold, card: Card) -> Hold:
    _must_be(hold, Status.REQUIRES_PAYMENT, "declined")
    if hold.shape != "own":  # their page lets the driver try another card
        return msgspec.structs.replace(hold, last_decline="generic_decline")
    return msgspec.structs.replace(hold, status=Status.DECLINED, card=card)


def capture(hold: Hold, amount_minor: int) -> Hold:
    """Take a part or all of what is held, once. The rest is released."""
    _must_be(hold, Status.AUTHORISED, "captured")
    if amount_minor > hold.amount_minor:
        raise Refused(
            402,
            "amount_too_large",
            f"{amount_minor} is more than the {hold.amount_minor} that is held.",
        )
    if hold.card is not None and hold.card.capture_declines:
        raise Refused(402, "card_declined", "The bank of the card declined the capture.")
    return msgspec.structs.replace(hold, status=Status.CAPTURED, captured_minor=amount_minor)


def grow(hold: Hold, amount_minor: int) -> Hold:
    """Hold more, if the bank of the card lets a hold grow."""
    _must_be(hold, Status.AUTHORISED, "increased")
    if hold.card is None or not hold.card.can_grow:
        raise Refused(402, "card_declined", "The bank of the card lets no hold grow.")
    if amount_minor <= hold.amount_minor:
        raise Refused(400, "amount_too_small", "A hold can only be increased.")
    return msgspec.structs.replace(hold, amount_minor=amount_minor)


def void(hold: Hold) -> Hold:
    if hold.status not in (Status.AUTHORISED, Status.REQUIRES_PAYMENT):
        raise Refused(409, "invalid_state", f"A hold that is {hold.status} cannot be voided.")
    return msgspec.structs.replace(hold, status=Status.VOIDED)


def expire(hold: Hold) -> Hold:
    if hold.status not in (Status.AUTHORISED, Status.REQUIRES_PAYMENT):
        raise Refused(409, "invalid_state", f"A hold that is {hold.status} cannot expire.")
    return msgspec.structs.replace(hold, status=Status.EXPIRED)


def take_again(hold: Hold, refund: Refund, why: str) -> tuple[Hold, Refund]:
    """A bank sends a refund back: it is with us as if it had never gone."""
    if refund.failed is not None:
        raise Refused(409, "invalid_state", f"The refund {refund.id} came back before.")
    left = hold.refunded_minor - refund.amount_minor
    return (
        msgspec.structs.replace(hold, refunded_minor=left),
        msgspec.structs.replace(refund, failed=why),
    )


def give_back(hold: Hold, amount_minor: int) -> Hold:
    _must_be(hold, Status.CAPTURED, "refunded")
    left = hold.captured_minor - hold.refunded_minor - hold.disputed_minor
    if amount_minor > left:
        raise Refused(402, "amount_too_large", f"{amount_minor} is more than the {left} left.")
    return msgspec.structs.replace(hold, refunded_minor=hold.refunded_minor + amount_minor)
