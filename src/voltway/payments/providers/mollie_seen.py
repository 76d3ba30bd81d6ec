"""What Mollie shows, in our words: payments, of which the page and the hold are one object."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec
from mollie import models

from voltway.kernel.money import Currency, Money, minor_digits
from voltway.payments.provider import Card, HoldSeen, HoldState
from voltway.payments.provider_more import DisputeSeen, DisputeState, RefundSeen

#: In the metadata of payments, captures and refunds.
REFERENCE: Final = "reference"
ONCE: Final = "once"
#: Statuses of a refund that its driver did not get.
FAILED: Final = frozenset({"failed", "canceled"})

_STATES: Final[Mapping[str, HoldState]] = {
    "open": HoldState.AWAITING,
    "pending": HoldState.AWAITING,
    "authorized": HoldState.HELD,
    "paid": HoldState.CAPTURED,
    "canceled": HoldState.VOIDED,
    "expired": HoldState.EXPIRED,
    "failed": HoldState.DECLINED,
}
_WALLETS: Final = {"applepay": "Apple Pay", "googlepay": "Google Pay"}


class NoSense(ValueError):
    """An object of Mollie's that contradicts itself."""


def written(amount: Money) -> models.AmountTypedDict:
    """An amount as Mollie wants it: in major units, with just the digits that ISO 4217 gives."""
    digits = minor_digits(amount.currency)
    return {"currency": amount.currency, "value": f"{amount.decimal:.{digits}f}"}


def read(value: str, currency: str) -> Money:
    """Raises ``NoSense`` where it is no whole number of the currency's smallest unit."""
    known = Currency(currency)
    minor = Decimal(value).scaleb(minor_digits(known))
    if minor != int(minor):
        raise NoSense(f"{value} is no amount of {currency}")
    return Money(int(minor), known)


def hold_of(payment: models.PaymentResponse) -> HoldSeen:
    """A payment as a hold. Raises ``NoSense`` where it contradicts itself.

    Of one that was taken from, the rest may still be on its way back to the driver: it is captured
    all the same, for we take from a hold once.
    """
    amount = read(payment.amount.value, payment.amount.currency)
    zero = Money(0, amount.currency)
    state = _STATES.get(word(payment.status))
    if state is None:
        raise NoSense(f"a payment that is {payment.status!r}")
    taken = _amount(payment.amount_captured) or zero
    if state is HoldState.CAPTURED and not taken.minor:
        raise NoSense(f"a payment that was paid though nothing was taken ({payment.id})")
    if taken.minor:
        state = HoldState.CAPTURED
    page = payment.links.checkout
    return HoldSeen(
        ref=payment.id,
        reference=metadata(payment.metadata).get(REFERENCE, ""),
        state=state,
        amount=amount,
        captured=taken,
        refunded=_amount(payment.amount_refunded) or zero,
        hosted_url=page.href if page and state is HoldState.AWAITING else "",
        expires_at=_moment(payment.capture_before or payment.expires_at or None),
        card=_card(payment.details or None),
        disputed=(_amount(payment.amount_charged_back) or zero).minor > 0,
    )


def dispute_of(told: models.ListEntityChargeback) -> DisputeSeen:
    """A chargeback. Raises ``NoSense`` where its amount is none."""
    if told.reversed_at:
        state = DisputeState.WON
    else:
        state = DisputeState.LOST if told.reason else DisputeState.JUDGED
    return DisputeSeen(
        ref=told.id,
        hold=told.payment_id,
        state=state,
        amount=read(told.amount.value, told.amount.currency),
        reason=told.reason.description if told.reason else "chargeback",
        opened_at=datetime.fromisoformat(told.created_at),
    )


def refund_of(refund: models.ListRefundResponse) -> RefundSeen:
    """A refund. Mollie tells no reason of one that failed."""
    status = word(refund.status)
    return RefundSeen(
        ref=refund.id,
        amount=read(refund.amount.value, refund.amount.currency),
        has_failed=status in FAILED,
        why=status if status in FAILED else "",
    )


def word(status: object) -> str:
    """A status as it was written: the SDK has an enum for those it knows."""
    return str(getattr(status, "value", status))


def metadata(given: object) -> dict[str, str]:
    """What we wrote beside an object; whatever else may be there is not ours."""
    if not isinstance(given, dict):
        return {}
    return {name: value for name, value in given.items() if isinstance(value, str)}


def _amount(given: object) -> Money | None:
    """Mollie has a class of its own for the amount of each field, all of one shape."""
    value, currency = getattr(given, "value", None), getattr(given, "currency", None)
    return read(value, currency) if value is not None and currency is not None else None


def _card(details: models.PaymentDetails | None) -> Card | None:
    """What anybody may know of a card; nothing of what is paid without one."""
    if not details or not details.card_number:
        return None
    label = word(details.card_label) if details.card_label else "Card"
    wallet = _WALLETS.get(word(details.wallet))
    return Card(label, details.card_number[-4:], wallet, details.card_fingerprint or None)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


#: What an event tells, where it tells a state and nothing else.
TELLS: Final[Mapping[str, HoldState]] = {
    "payment.paid": HoldState.CAPTURED,
    "payment.expired": HoldState.EXPIRED,
}


class Entity(msgspec.Struct, rename="camel"):
    """The object of an event, as far as it says which payment it is about."""

    id: str = ""
    payment_id: str = ""
    metadata: object = None


class Embedded(msgspec.Struct):
    entity: Entity = msgspec.field(default_factory=Entity)


class Event(msgspec.Struct, rename={"entity_id": "entityId", "embedded": "_embedded"}):
    id: str
    type: str
    entity_id: str
    embedded: Embedded | None = None


def names_of(event: Event) -> tuple[str, str]:
    """Mollie's name and ours for the payment that an event is about; empty where it has none."""
    entity = event.embedded.entity if event.embedded else Entity()
    if event.type.startswith("payment."):
        return event.entity_id, metadata(entity.metadata).get(REFERENCE, "")
    return entity.payment_id, ""
