"""What we need from a payment provider, in our words.

A provider keeps the cards and moves the money; a driver pays on its own page, so that no card
number ever reaches us (PCI DSS, SAQ A). A new provider is a class that keeps to ``Provider`` and
passes ``tests/payments/test_provider_contract.py``. What only some can do besides is in
``provider_more``; the capabilities say who.

Every order carries ``once``: asked twice under one key, the provider acts once and gives the same
answer. What it refuses is a value (``Declined``); what it did not answer is raised
(``ProviderSilent``), and then nobody knows whether it acted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol

from voltway.kernel.errors import Kind, Outage, Refusal, Violation
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a provider can do beyond the least. The house offers only what is here."""

    hosted_page: bool = True
    partial_capture: bool = True  # the rest of the hold is released by the capture
    partial_refund: bool = True
    tries_again: bool = False  # after a decline the driver may try another card on the same page
    webhooks: bool = True
    # What follows is a protocol of its own each, in ``provider_more``.
    increments: bool = False  # a hold can grow while the car charges
    saved_methods: bool = False  # a driver's method can be kept there and charged later
    failed_refunds: bool = False  # a refund that fails days later is told of
    disputes: bool = False  # what a bank takes back can be read
    evidence: bool = False  # … and contested
    balance: bool = False  # what moved on our balance, with its fees and payouts, can be read
    transfers: bool = False  # shares can be sent from our balance to others' accounts
    readers: bool = False  # card readers at the place can be told what to show


class HoldState(StrEnum):
    """Where the provider says a hold is."""

    AWAITING = "awaiting"  # the driver has not paid on the hosted page yet
    HELD = "held"
    DECLINED = "declined"
    EXPIRED = "expired"
    CAPTURED = "captured"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class Card:
    """How the driver paid, as far as anybody may know it."""

    brand: str
    last4: str
    wallet: str | None = None
    #: The provider's word for this very number, where it has one; it tells nothing of the number.
    fingerprint: str | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldSeen:
    """A hold as the provider shows it: evidence, whatever we believed before."""

    #: Its name over there from now on. A page and the hold that comes of it may be two things.
    ref: str
    reference: str  # our own name for it
    state: HoldState
    amount: Money
    captured: Money
    refunded: Money
    hosted_url: str
    expires_at: datetime | None = None
    card: Card | None = None
    disputed: bool = False  # a bank has taken some of it back, or wants to
    can_grow: bool = False  # whether its bank lets this very hold grow


@dataclass(frozen=True, slots=True)
class SavedMethod:
    """A driver's way to pay that the provider keeps; both are its names."""

    customer: str
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldOrder:
    """Open a hold: the driver confirms it on the provider's page, or did so before, when the
    method was saved."""

    once: OnceKey
    reference: str
    amount: Money
    description: str
    return_url: str
    cancel_url: str
    saved: SavedMethod | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureOrder:
    once: OnceKey
    ref: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseOrder:
    once: OnceKey
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundOrder:
    once: OnceKey
    ref: str
    amount: Money
    reason: str


@dataclass(frozen=True, slots=True)
class Refunded:
    ref: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Declined:
    """The provider said no. ``code`` is its word, ``reason`` its sentence."""

    code: str
    reason: str

    #: The hold is not where the order needs it to be: somebody should look where it is.
    MOVED_ON: ClassVar[str] = "invalid_state"


@dataclass(frozen=True, slots=True)
class Told:
    """What a webhook says has happened: a reason to look, for the hold is fetched before acting."""

    event: str
    kind: str
    ref: str
    reference: str
    #: Where it says that the hold is now, if it says that and nothing else.
    state: HoldState | None = None


@dataclass(eq=False)
class ProviderSilent(Outage):
    """The payment provider {provider} did not answer: {what}."""

    provider: str
    what: str


@dataclass(eq=False)
class ProviderNonsense(Violation):
    """The payment provider {provider} sent something that makes no sense: {what}."""

    provider: str
    what: str


@dataclass(eq=False)
class WebhookNotSigned(Refusal):
    """This webhook does not carry a valid signature of {provider}: {why}."""

    kind = Kind.FORBIDDEN

    provider: str
    why: str


class Provider(Protocol):
    """A payment provider. Methods raise ``ProviderSilent`` where no answer came."""

    @property
    def name(self) -> str:
        """Its name in our books: ``provider:<name>:due``."""
        ...

    @property
    def can(self) -> Capabilities: ...

    async def open_hold(self, order: HoldOrder) -> HoldSeen | Declined: ...

    async def capture(self, order: CaptureOrder) -> HoldSeen | Declined:
        """Take a part or all of a hold, once; the rest of it is released."""
        ...

    async def release(self, order: ReleaseOrder) -> HoldSeen | Declined:
        """Let a hold go without taking anything."""
        ...

    async def refund(self, order: RefundOrder) -> Refunded | Declined: ...

    async def fetch(self, ref: str) -> HoldSeen:
        """The hold as it is now."""
        ...

    async def close(self) -> None:
        """Let its lines go, when the house closes."""
        ...

    def read_webhook(self, headers: Mapping[str, str], raw: bytes) -> Told:
        """What a webhook tells. Raises ``WebhookNotSigned`` unless it was the provider who sent
        exactly these bytes, a short while ago."""
        ...
