"""What the simulated provider keeps, and what may become of a hold.

A hold walks one way: requires_payment, then authorised, declined or expired; an authorised one is
captured once, voided or expired; of a captured one money can be given back until nothing is left.
"""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

UNPAID_FOR = timedelta(minutes=30)
HELD_FOR = timedelta(days=7)


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
    capture_declines: bool = False


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


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    hold: str
    amount_minor: int
    currency: str
    reason: str
    created_at: datetime


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


class Event(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    type: str
    created_at: datetime
    data: dict[str, Any]


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
    answer: Answer | None = None
    delivered: str | None = None


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


def shown(hold: Hold) -> dict[str, Any]:
    """The hold as the API answers it."""
    body: dict[str, Any] = msgspec.to_builtins(hold)
    body["capture_method"] = "manual"
    if body["card"] is not None:
        del body["card"]["capture_declines"]
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


def void(hold: Hold) -> Hold:
    if hold.status not in (Status.AUTHORISED, Status.REQUIRES_PAYMENT):
        raise Refused(409, "invalid_state", f"A hold that is {hold.status} cannot be voided.")
    return msgspec.structs.replace(hold, status=Status.VOIDED)


def expire(hold: Hold) -> Hold:
    if hold.status not in (Status.AUTHORISED, Status.REQUIRES_PAYMENT):
        raise Refused(409, "invalid_state", f"A hold that is {hold.status} cannot expire.")
    return msgspec.structs.replace(hold, status=Status.EXPIRED)


def give_back(hold: Hold, amount_minor: int) -> Hold:
    _must_be(hold, Status.CAPTURED, "refunded")
    left = hold.captured_minor - hold.refunded_minor
    if amount_minor > left:
        raise Refused(402, "amount_too_large", f"{amount_minor} is more than the {left} left.")
    return msgspec.structs.replace(hold, refunded_minor=hold.refunded_minor + amount_minor)
