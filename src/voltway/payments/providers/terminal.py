"""The payment terminals of stations: to the payments a provider as any other, asked for nothing.

The station's terminal holds and takes by itself, with its own acquirer, and the station tells us
what came of it (OCPP 2.1, C18 to C22). So a capture or a release of ours only looks what was told:
until then the provider is silent, and the settlement rests.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from uuid import UUID

from voltway.kernel.money import Money
from voltway.payments import store_terminals
from voltway.payments.provider import (
    Capabilities,
    CaptureOrder,
    Card,
    Declined,
    HoldOrder,
    HoldSeen,
    HoldState,
    ProviderSilent,
    Refunded,
    RefundOrder,
    ReleaseOrder,
    Told,
    WebhookNotSigned,
)
from voltway.payments.rules_terminals import TerminalHold, TerminalState
from voltway.runtime.work import BeginWork

NAME: Final = "terminal"

_STATES: Final = {
    TerminalState.HELD: HoldState.HELD,
    TerminalState.SETTLED: HoldState.CAPTURED,
    TerminalState.CANCELED: HoldState.VOIDED,
    # Its acquirer lets such a hold lapse; with us it is over.
    TerminalState.REJECTED: HoldState.VOIDED,
    TerminalState.FAILED: HoldState.VOIDED,
}


class TerminalProvider:
    """Keeps to ``Provider``."""

    name = NAME
    can = Capabilities(hosted_page=False, webhooks=False)

    def __init__(self, begin: BeginWork) -> None:
        self._begin = begin

    async def open_hold(self, order: HoldOrder) -> HoldSeen | Declined:
        return Declined("at_the_terminal", "Only the terminal itself can take a card.")

    async def capture(self, order: CaptureOrder) -> HoldSeen | Declined:
        """What the terminal took. Raises ``ProviderSilent`` until its station has told."""
        hold = await self._hold(order.ref)
        if hold.state is TerminalState.HELD:
            raise ProviderSilent(NAME, "its station has not told yet what it took.")
        if hold.state in (TerminalState.REJECTED, TerminalState.FAILED):
            return Declined(hold.state, f"The terminal's acquirer did not pay: {hold.state}.")
        return seen(hold)

    async def release(self, order: ReleaseOrder) -> HoldSeen | Declined:
        """Where a platform's terminal holds it, it is told by a charge without a CDR: from here on
        nothing can be taken for it. A station's own terminal lets its holds go by itself."""
        hold = await self._hold(order.ref)
        if hold.state is TerminalState.HELD and hold.provider is not None:
            hold = replace(hold, state=TerminalState.CANCELED)
            async with self._begin() as work:
                await store_terminals.save(work, hold)
        if hold.state is TerminalState.HELD:
            return Declined("at_the_terminal", "The terminal lets its holds go by itself.")
        return seen(hold)

    async def refund(self, order: RefundOrder) -> Refunded | Declined:
        return Declined(
            "at_the_terminal",
            "What a terminal took can only be given back by its acquirer, with its reference.",
        )

    async def fetch(self, ref: str) -> HoldSeen:
        return seen(await self._hold(ref))

    async def close(self) -> None:
        """The lines are the stations' own."""

    def read_webhook(self, headers: Mapping[str, str], raw: bytes) -> Told:
        raise WebhookNotSigned(self.name, "its stations tell by OCPP")

    async def _hold(self, ref: str) -> TerminalHold:
        async with self._begin() as work:
            hold = await store_terminals.by_id(work, UUID(ref))
        assert hold is not None, "its name came from us"
        return hold


def seen(hold: TerminalHold) -> HoldSeen:
    """A terminal's hold as evidence for its payment."""
    is_carded = hold.brand is not None and hold.last4 is not None
    return HoldSeen(
        ref=str(hold.id),
        reference=str(hold.payment or ""),
        state=_STATES[hold.state],
        amount=Money(max(hold.held_minor, hold.settled_minor), hold.currency),
        captured=hold.settled,
        refunded=Money(0, hold.currency),
        hosted_url="",
        card=Card(hold.brand or "", hold.last4 or "") if is_carded else None,
    )
