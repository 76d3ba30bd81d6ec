"""No payment provider: nobody can pay by card, and every hold says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from voltway.kernel.errors import Kind, Refusal
from voltway.payments.provider import (
    Capabilities,
    CaptureOrder,
    HoldOrder,
    HoldSeen,
    Refunded,
    RefundOrder,
    ReleaseOrder,
    Told,
)


@dataclass(eq=False)
class NobodyPaysHere(Refusal):
    """Card payment is not set up here. The operator has to name a payment provider first."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class NoProvider:
    """Stands where a provider would, and refuses."""

    name = "none"
    can = Capabilities(
        hosted_page=False, partial_capture=False, partial_refund=False, webhooks=False
    )

    async def open_hold(self, order: HoldOrder) -> HoldSeen:
        raise NobodyPaysHere

    async def capture(self, order: CaptureOrder) -> HoldSeen:
        raise NobodyPaysHere

    async def release(self, order: ReleaseOrder) -> HoldSeen:
        raise NobodyPaysHere

    async def refund(self, order: RefundOrder) -> Refunded:
        raise NobodyPaysHere

    async def fetch(self, ref: str) -> HoldSeen:
        raise NobodyPaysHere

    def read_webhook(self, headers: Mapping[str, str], raw: bytes) -> Told:
        raise NobodyPaysHere

    async def close(self) -> None:
        """There is nothing to close."""
