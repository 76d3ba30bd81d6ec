"""What Stripe shows, in our words: sessions of its page, intents, charges; the parts that we use.

A page (Checkout Session, ``cs_…``) becomes a hold (Payment Intent, ``pi_…``) when it is paid. Until
then the page is what we know a hold by, and afterwards the intent.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from voltway.payments.provider import Card, HoldSeen, HoldState
from voltway.payments.providers.stripe_amounts import read

#: In the metadata of intents: our name for the payment, and where it was begun.
REFERENCE: Final = "reference"
BY: Final = "by"
PAGE: Final = "page"
READER: Final = "reader"

BRANDS: Final = {"amex": "American Express", "jcb": "JCB", "eftpos_au": "eftpos Australia"}
#: Why an intent is cancelled though nobody asked for it.
BY_ITSELF: Final = frozenset({"automatic", "expired"})


class NoSense(ValueError):
    """An object of Stripe's that contradicts itself."""


class Wallet(msgspec.Struct):
    type: str


class Growth(msgspec.Struct):
    status: str


class PaidCard(msgspec.Struct):
    brand: str | None = None
    last4: str | None = None
    fingerprint: str | None = None
    wallet: Wallet | None = None
    capture_before: int | None = None
    incremental_authorization: Growth | None = None


class Details(msgspec.Struct):
    card: PaidCard | None = None
    card_present: PaidCard | None = None  # held to a reader


class Charge(msgspec.Struct):
    id: str
    amount_refunded: int = 0
    disputed: bool = False
    payment_method_details: Details | None = None


class Trouble(msgspec.Struct):
    code: str | None = None


class Intent(msgspec.Struct):
    id: str
    status: str
    amount: int
    currency: str
    amount_capturable: int = 0
    amount_received: int = 0
    metadata: dict[str, str] = {}
    cancellation_reason: str | None = None
    last_payment_error: Trouble | None = None
    latest_charge: Charge | str | None = None

    @property
    def is_of_a_page(self) -> bool:
        """While nobody has paid on it, the page says more than the intent."""
        moves = self.status not in ("requires_capture", "succeeded", "canceled")
        return moves and self.metadata.get(BY) == PAGE


class Session(msgspec.Struct):
    id: str
    status: str | None
    mode: str
    url: str | None = None
    client_reference_id: str | None = None
    currency: str | None = None
    amount_total: int | None = None
    expires_at: int | None = None
    payment_intent: Intent | str | None = None


def hold_of_session(session: Session) -> HoldSeen:
    """Raises ``NoSense`` where the session shows no hold."""
    if session.status == "complete":
        if not isinstance(session.payment_intent, Intent):
            raise NoSense(f"a page that was paid without a payment ({session.id})")
        return hold_of_intent(session.payment_intent)
    if session.status not in ("open", "expired"):
        raise NoSense(f"a page that is {session.status!r}")
    if session.currency is None or session.amount_total is None:
        raise NoSense(f"a page without an amount ({session.id})")
    return HoldSeen(
        ref=session.id,
        reference=session.client_reference_id or "",
        state=HoldState.AWAITING if session.status == "open" else HoldState.EXPIRED,
        amount=read(session.amount_total, session.currency),
        captured=read(0, session.currency),
        refunded=read(0, session.currency),
        hosted_url=session.url or "",
        expires_at=_moment(session.expires_at),
    )


def hold_of_intent(intent: Intent) -> HoldSeen:
    """Raises ``NoSense`` for a status that there is not."""
    charge = intent.latest_charge if isinstance(intent.latest_charge, Charge) else None
    details = charge.payment_method_details if charge else None
    paid = (details.card or details.card_present) if details else None
    growth = paid.incremental_authorization if paid else None
    state = state_of(intent)
    held = intent.amount_capturable if state is HoldState.HELD else intent.amount
    return HoldSeen(
        ref=intent.id,
        reference=intent.metadata.get(REFERENCE, ""),
        state=state,
        amount=read(held, intent.currency),
        captured=read(intent.amount_received, intent.currency),
        refunded=read(charge.amount_refunded if charge else 0, intent.currency),
        hosted_url="",
        expires_at=_moment(paid.capture_before if paid else None),
        card=card_of(paid),
        disputed=charge.disputed if charge else False,
        can_grow=growth is not None and growth.status == "available",
    )


def state_of(intent: Intent) -> HoldState:
    match intent.status:
        case "requires_capture":
            return HoldState.HELD
        case "succeeded":
            return HoldState.CAPTURED
        case "canceled":
            by_itself = intent.cancellation_reason in BY_ITSELF
            return HoldState.EXPIRED if by_itself else HoldState.VOIDED
        case "requires_payment_method":
            # At a reader another card may follow one that was declined.
            declined = intent.last_payment_error and intent.metadata.get(BY) != READER
            return HoldState.DECLINED if declined else HoldState.AWAITING
        case "requires_action" | "requires_confirmation" | "processing":
            return HoldState.AWAITING
        case strange:
            raise NoSense(f"a payment that is {strange!r}")


def card_of(paid: PaidCard | None) -> Card | None:
    """What anybody may know of a card; nothing of what is paid without one."""
    if paid is None or paid.last4 is None:
        return None
    wallet = paid.wallet.type.replace("_", " ").title() if paid.wallet else None
    brand = paid.brand or "card"
    name = BRANDS.get(brand, brand.replace("_", " ").title())
    return Card(name, paid.last4, wallet, paid.fingerprint)


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


#: What an event tells, where it tells a state and nothing else.
TELLS: Final[Mapping[str, HoldState]] = {
    "checkout.session.expired": HoldState.EXPIRED,
    "payment_intent.succeeded": HoldState.CAPTURED,
}


class Shown(msgspec.Struct):
    payment_intent: str | Intent


class Action(msgspec.Struct):
    """What a reader was last told to do."""

    status: str
    type: str
    failure_code: str | None = None
    process_payment_intent: Shown | None = None

    @property
    def intent(self) -> str:
        """The intent that it is about; empty where it is about none."""
        if self.process_payment_intent is None:
            return ""
        shown = self.process_payment_intent.payment_intent
        return shown.id if isinstance(shown, Intent) else shown


class Named(msgspec.Struct):
    """The object of an event, as far as it says which hold it is about."""

    id: str
    object: str
    client_reference_id: str | None = None
    payment_intent: str | Intent | None = None
    metadata: dict[str, str] | None = None
    action: Action | None = None


class Data(msgspec.Struct):
    object: Named


class Event(msgspec.Struct):
    id: str
    type: str
    data: Data


def names_of(about: Named) -> tuple[str, str]:
    """The provider's name and ours for the hold that an event is about; empty where it has none."""
    ours = (about.metadata or {}).get(REFERENCE, "")
    match about.object:
        case "checkout.session":
            return about.id, about.client_reference_id or ours
        case "payment_intent":
            return about.id, ours
        case "terminal.reader":
            return about.action.intent if about.action else "", ""
        case _:
            intent = about.payment_intent
            return (intent.id if isinstance(intent, Intent) else intent or ""), ours
