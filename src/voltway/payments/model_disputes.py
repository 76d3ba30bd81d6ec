"""What a bank may want back: what a provider took for a charge, for a top-up, or for a bill."""

from dataclasses import dataclass
from uuid import UUID

from voltway.kernel.facts import Fact
from voltway.kernel.ids import PartyId, PaymentId
from voltway.kernel.money import Currency
from voltway.payments.model import Payment
from voltway.payments.model_collections import Collection, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """What a provider took: of a payment, or of a collection. Without ``ref`` it took nothing."""

    party: PartyId
    provider: str
    ref: str | None
    subject: str
    email: str | None = None
    payment: PaymentId | None = None
    collection: Collection | None = None


def of_payment(payment: Payment) -> Charged:
    return Charged(
        party=payment.party,
        provider=payment.provider,
        ref=payment.provider_ref if payment.captured_minor else None,
        subject=payment.subject,
        email=payment.email,
        payment=payment.id,
    )


def of_collection(one: Collection) -> Charged:
    return Charged(
        party=one.party,
        provider=one.provider,
        ref=one.ref if one.stage is Stage.DONE else None,
        subject=f"holder:{one.holder}",
        collection=one,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionDisputed(Fact):
    """A payer's bank wants money back, or has asked about it: a reason to read what."""

    collection: UUID

    @property
    def subject(self) -> str:
        return f"collection:{self.collection}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _TakenFact(Fact):
    """Of what a holder paid; in the books already. After the fact that it was collected."""

    dispute: UUID
    holder: UUID
    about: str
    amount_minor: int
    currency: Currency
    reason: str

    @property
    def subject(self) -> str:
        return f"holder:{self.holder}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack(_TakenFact):
    """A bank took back what was collected: so much of it is owed again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameBack(_TakenFact):
    """It was won: so much of what was owed again is paid."""
