"""Mollie, by its own SDK: holds on its hosted page, captures, releases, refunds.

A payment is the page and the hold at once. It is taken from once, though Mollie lets some methods
be taken from several times: what is left is let go.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from mollie import models
from mollie.models.method_enum import MethodEnum

from voltway.payments.provider import (
    Capabilities,
    CaptureOrder,
    Declined,
    HoldOrder,
    HoldSeen,
    HoldState,
    ProviderNonsense,
    ProviderSilent,
    Refunded,
    RefundOrder,
    ReleaseOrder,
    Told,
)
from voltway.payments.provider_more import DisputeSeen, RefundSeen
from voltway.payments.providers import mollie_seen as seen
from voltway.payments.providers.mollie_line import Line, key
from voltway.payments.providers.mollie_webhooks import read_webhook

DESCRIPTION_CHARS_MAX: Final = 255
PER_PAGE: Final = 250
CARD_DECLINED: Final = "card_declined"


class MollieProvider:
    """One account at Mollie. Close it when the house closes."""

    can = Capabilities(tries_again=True, failed_refunds=True, disputes=True)

    def __init__(
        self,
        *,
        name: str = "mollie",
        secret: str,
        webhook_secret: str,
        url: str = "",
        methods: tuple[str, ...] = (),
        timeout_s: float = 10.0,
    ) -> None:
        """``methods`` are Mollie's names for ways to pay (``creditcard``, ``mobilepay``); without
        them its page offers those that the profile has switched on and that can be held."""
        self._line = Line(name, secret=secret, url=url, timeout_s=timeout_s)
        self._methods = methods
        self._webhook_secret = webhook_secret

    @property
    def name(self) -> str:
        return self._line.name

    async def close(self) -> None:
        await self._line.close()

    async def open_hold(self, order: HoldOrder) -> HoldSeen | Declined:
        if order.saved is not None:
            return Declined("not_offered", "Mollie keeps no method for us.")
        # A page of which nobody heard is paid by nobody: it is opened again without a look.
        return self._shown(
            await self._line.ask(
                self._line.sdk.payments.create_async(
                    idempotency_key=key(order.once), payment_request=self._page(order)
                )
            )
        )

    def _page(self, order: HoldOrder) -> models.PaymentRequestTypedDict:
        request: models.PaymentRequestTypedDict = {
            "description": order.description[:DESCRIPTION_CHARS_MAX],
            "amount": seen.written(order.amount),
            "redirect_url": order.return_url,
            "cancel_url": order.cancel_url,
            "capture_mode": models.CaptureMode.MANUAL,
            "metadata": {seen.REFERENCE: order.reference},
        }
        if self._methods:
            request["method"] = [MethodEnum(each) for each in self._methods]
        return request

    async def capture(self, order: CaptureOrder) -> HoldSeen | Declined:
        # Keys are kept for an hour, and what is asked again may be older than that.
        for known in await self._captures(order.ref):
            if seen.word(known.status) == "failed":
                continue
            if seen.metadata(known.metadata).get(seen.ONCE) != order.once:
                return Declined(Declined.MOVED_ON, "It was taken from before.")
            return await self._taken(order, seen.word(known.status))
        answer = await self._line.ask(
            self._line.sdk.captures.create_async(
                payment_id=order.ref,
                idempotency_key=key(order.once),
                entity_capture={
                    "amount": seen.written(order.amount),
                    "metadata": {seen.ONCE: order.once},
                },
            )
        )
        if isinstance(answer, Declined):
            return answer
        return await self._taken(order, seen.word(answer.status))

    async def _taken(self, order: CaptureOrder, status: str) -> HoldSeen | Declined:
        if status == "failed":
            return Declined(CARD_DECLINED, "The bank of the card declined the capture.")
        hold = await self.fetch(order.ref)
        if status == "pending" or not hold.captured.minor:
            raise ProviderSilent(self.name, "the bank has not answered yet")
        return hold

    async def _captures(self, payment: str) -> Sequence[models.ListCaptureResponse]:
        found = await self._line.ask(
            self._line.sdk.captures.list_async(payment_id=payment, limit=PER_PAGE)
        )
        if isinstance(found, Declined) or found is None:
            return []
        return found.result.embedded.captures

    async def release(self, order: ReleaseOrder) -> HoldSeen | Declined:
        payment = await self._payment(order.ref)
        hold = self._read(payment)
        match hold.state:
            case HoldState.VOIDED:
                return hold
            case HoldState.AWAITING if payment.is_cancelable:
                return self._shown(
                    await self._line.ask(
                        self._line.sdk.payments.cancel_async(
                            payment_id=order.ref, idempotency_key=key(order.once)
                        )
                    )
                )
            case HoldState.AWAITING:  # some ways to pay have their own time, and run out by it
                raise ProviderSilent(self.name, "its page is still open and cannot be closed")
            case HoldState.HELD:
                no = await self._line.ask(
                    self._line.sdk.payments.release_authorization_async(
                        payment_id=order.ref, idempotency_key=key(order.once)
                    )
                )
                if isinstance(no, Declined):
                    return no
                after = await self.fetch(order.ref)
                if after.state is HoldState.HELD:
                    raise ProviderSilent(self.name, "the bank has not let it go yet")
                return after
            case moved_on:
                return Declined(Declined.MOVED_ON, f"A payment that is {moved_on} is let go.")

    async def refunds(self, hold: str) -> Sequence[RefundSeen]:
        found = await self._refunds(hold)
        if found is None:
            raise ProviderNonsense(self.name, f"the refunds of {hold} cannot be read")
        try:
            return [seen.refund_of(each) for each in found]
        except seen.NoSense as error:
            raise ProviderNonsense(self.name, str(error)) from error

    async def refund(self, order: RefundOrder) -> Refunded | Declined:
        answer: models.RefundResponse | models.ListRefundResponse | Declined | None
        answer = found = await self._refund_made(order)
        if answer is None:
            answer = await self._line.ask(
                self._line.sdk.refunds.create_async(
                    payment_id=order.ref,
                    idempotency_key=key(order.once),
                    refund_request={
                        "amount": seen.written(order.amount),
                        "description": order.reason[:DESCRIPTION_CHARS_MAX],
                        "metadata": {seen.ONCE: order.once},
                    },
                )
            )
        if isinstance(answer, Declined):
            return answer
        # One that was made and has failed since is made: ``refunds`` tells that it came back.
        if found is None and seen.word(answer.status) in seen.FAILED:
            return Declined("refund_failed", "The bank sent it back.")
        return Refunded(answer.id, seen.read(answer.amount.value, answer.amount.currency))

    async def _refund_made(self, order: RefundOrder) -> models.ListRefundResponse | None:
        for made in await self._refunds(order.ref) or ():
            if seen.metadata(made.metadata).get(seen.ONCE) == order.once:
                return made
        return None

    async def _refunds(self, payment: str) -> Sequence[models.ListRefundResponse] | None:
        found = await self._line.ask(
            self._line.sdk.refunds.list_async(payment_id=payment, limit=PER_PAGE)
        )
        if isinstance(found, Declined) or found is None:
            return None
        return found.result.embedded.refunds

    async def disputes(self, hold: str) -> Sequence[DisputeSeen]:
        """What banks took back. Of a direct debit that is for good; a card's bank may still give
        it back, and tells us nothing until it does."""
        found = await self._line.ask(
            self._line.sdk.chargebacks.list_async(payment_id=hold, limit=PER_PAGE)
        )
        if isinstance(found, Declined) or found is None:
            raise ProviderNonsense(self.name, f"the chargebacks of {hold} cannot be read")
        try:
            return [seen.dispute_of(each) for each in found.result.embedded.chargebacks]
        except seen.NoSense as error:
            raise ProviderNonsense(self.name, str(error)) from error

    async def fetch(self, ref: str) -> HoldSeen:
        return self._read(await self._payment(ref))

    async def _payment(self, ref: str) -> models.PaymentResponse:
        found = await self._line.ask(self._line.sdk.payments.get_async(payment_id=ref))
        if isinstance(found, Declined):
            raise ProviderNonsense(self.name, f"the payment {ref} cannot be fetched ({found.code})")
        return found

    def _shown(self, answer: models.PaymentResponse | Declined) -> HoldSeen | Declined:
        return answer if isinstance(answer, Declined) else self._read(answer)

    def _read(self, payment: models.PaymentResponse) -> HoldSeen:
        try:
            return seen.hold_of(payment)
        except seen.NoSense as error:
            raise ProviderNonsense(self.name, str(error)) from error

    def read_webhook(self, headers: Mapping[str, str], raw: bytes) -> Told:
        return read_webhook(self.name, self._webhook_secret, headers, raw)
