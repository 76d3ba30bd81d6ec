"""Payments that a driver's bank wants back: read from the provider, and contested there.

Where a dispute stands the provider knows best, so it is asked each time. What is kept of them, and
what they move in the books, is in ``disputing``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import OnceKey
from voltway.payments import choosing
from voltway.payments.choosing import AnyProvider
from voltway.payments.model_disputes import Charged
from voltway.payments.provider import Declined
from voltway.payments.provider_more import (
    ContestOrder,
    DisputeSeen,
    HearsDisputes,
    TakesEvidence,
)


@dataclass(eq=False)
class TellsNoDisputes(Refusal):
    """The provider {provider} tells nothing of disputes here: look at its own pages."""

    provider: str


@dataclass(eq=False)
class TakesNoEvidence(Refusal):
    """The provider {provider} takes no evidence here: send it on its own pages."""

    provider: str


@dataclass(eq=False)
class NoSuchDispute(Refusal):
    """There is no dispute {ref} of this payment."""

    kind = Kind.ABSENT

    ref: str


async def disputes(given: AnyProvider, charged: Charged) -> Sequence[DisputeSeen]:
    """What banks want back of it. Raises ``ProviderSilent``. No transaction is open."""
    if charged.ref is None:
        return []
    return await _hears(given, charged).disputes(charged.ref)


async def contest(
    given: AnyProvider, charged: Charged, ref: str, *, product: str, proof: str, once: OnceKey
) -> DisputeSeen | Declined:
    """Send evidence, once: a bank reads nothing after that. What was sent before stays."""
    if ref not in {each.ref for each in await disputes(given, charged)}:
        raise NoSuchDispute(ref)
    provider = choosing.of(given, charged.provider)
    if not isinstance(provider, TakesEvidence):
        raise TakesNoEvidence(provider.name)
    order = ContestOrder(once=once, dispute=ref, product=product, proof=proof, email=charged.email)
    return await provider.contest(order)


def can_contest(given: AnyProvider, provider: str) -> bool:
    """Whether evidence can be sent from here."""
    known = choosing.named(given, provider)
    return known is not None and known.can.evidence


def _hears(given: AnyProvider, charged: Charged) -> HearsDisputes:
    provider = choosing.of(given, charged.provider)
    if not isinstance(provider, HearsDisputes):
        raise TellsNoDisputes(provider.name)
    return provider
