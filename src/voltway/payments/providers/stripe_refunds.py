"""Refunds as Stripe shows them; one that fails days later too (its status, and why)."""

from collections.abc import Sequence
from typing import Final

import msgspec

from voltway.payments.provider import Declined, ProviderNonsense
from voltway.payments.provider_more import RefundSeen
from voltway.payments.providers.stripe_account import Account

FAILED: Final = frozenset({"failed", "canceled"})
PER_PAGE: Final = 100


class Refund(msgspec.Struct):
    id: str
    amount: int
    currency: str
    status: str | None = None
    failure_reason: str | None = None
    metadata: dict[str, str] = {}

    @property
    def has_failed(self) -> bool:
        return self.status in FAILED


class _Refunds(msgspec.Struct):
    data: list[Refund]


class Refunds(Account):
    """What was given back, and what of it came back to us."""

    async def refunds(self, hold: str) -> Sequence[RefundSeen]:
        intent = await self._intent_of(hold)
        found = intent if isinstance(intent, Declined) else await self._refunds(intent)
        if isinstance(found, Declined):
            raise ProviderNonsense(self.name, f"its refunds cannot be read ({found.code})")
        return [
            RefundSeen(
                ref=each.id,
                amount=self._amount(each.amount, each.currency),
                has_failed=each.has_failed,
                why=(each.failure_reason or each.status or "") if each.has_failed else "",
            )
            for each in found
        ]

    async def _refunds(self, intent: str) -> Sequence[Refund] | Declined:
        found = await self.line.look(
            _Refunds,
            self.line.v1.refunds.list_async({"payment_intent": intent, "limit": PER_PAGE}),
        )
        return found if isinstance(found, Declined) else found.data
