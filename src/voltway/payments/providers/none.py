"""Where there is no payment provider: none at all, or none of this name any more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NoReturn

from voltway.kernel.errors import Kind, Refusal
from voltway.payments.provider import (
    Capabilities,
    CaptureOrder,
    HoldOrder,
    HoldSeen,
    ProviderSilent,
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
    """Stands where a provider would, and refuses: nobody can pay by card."""

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


class GoneProvider(NoProvider):
    """Stands for a provider that has payments of ours and is not set up any more: silent for
    ever, so that they rest, seen by operators, until it is back."""

    def __init__(self, name: str) -> None:
        self.name = name

    def _silent(self) -> NoReturn:
        raise ProviderSilent(self.name, "it is not among the providers of this house any more")

    async def open_hold(self, order: HoldOrder) -> HoldSeen:
        self._silent()

    async def capture(self, order: CaptureOrder) -> HoldSeen:
        self._silent()

    async def release(self, order: ReleaseOrder) -> HoldSeen:
        self._silent()

    async def refund(self, order: RefundOrder) -> Refunded:
        self._silent()

    async def fetch(self, ref: str) -> HoldSeen:
        self._silent()
