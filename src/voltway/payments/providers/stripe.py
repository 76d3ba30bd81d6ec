"""Stripe, by its own SDK: holds on its hosted page or on a saved method, captures, refunds.

What it does besides is in ``stripe_more``; how its errors are read, in ``stripe_line``.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import msgspec
from stripe.params import PaymentIntentCreateParams
from stripe.params.checkout import SessionCreateParams

from voltway.kernel.ids import OnceKey
from voltway.payments.provider import (
    Capabilities,
    CaptureOrder,
    Declined,
    HoldOrder,
    HoldSeen,
    HoldState,
    Refunded,
    RefundOrder,
    ReleaseOrder,
    SavedMethod,
    Told,
)
from voltway.payments.provider_more import IncreaseOrder
from voltway.payments.providers import stripe_seen as seen
from voltway.payments.providers.stripe_account import INTENT
from voltway.payments.providers.stripe_amounts import is_exact, written
from voltway.payments.providers.stripe_line import Line
from voltway.payments.providers.stripe_more import Balance, Disputes, SavedMethods
from voltway.payments.providers.stripe_readers import Readers
from voltway.payments.providers.stripe_refunds import Refund, Refunds
from voltway.payments.providers.stripe_seen import Intent, Session
from voltway.payments.providers.stripe_transfers import Transfers
from voltway.payments.providers.stripe_webhooks import Webhooks

NOT_EXACT: Final = "currency_not_exact"
NAME_CHARS_MAX: Final = 250
REASON_CHARS_MAX: Final = 500


class _Intents(msgspec.Struct):
    data: list[Intent]


class StripeProvider(SavedMethods, Refunds, Disputes, Balance, Transfers, Readers):
    """One account at Stripe. Close it when the house closes."""

    can = Capabilities(
        tries_again=True,
        increments=True,
        saved_methods=True,
        failed_refunds=True,
        disputes=True,
        evidence=True,
        balance=True,
        transfers=True,
        readers=True,
    )

    def __init__(
        self,
        *,
        name: str = "stripe",
        secret: str,
        webhook_secret: str,
        url: str = "",
        methods: tuple[str, ...] = (),
        timeout_s: float = 10.0,
        tolerance_s: int = 300,
    ) -> None:
        """``methods`` are Stripe's names for ways to pay (``card``, ``mobilepay``); without them
        its page offers those that the account has switched on and that can be held."""
        super().__init__(name, Line(name, secret=secret, url=url, timeout_s=timeout_s))
        self._methods = methods
        self._webhooks = Webhooks(name, secret=webhook_secret, tolerance_s=tolerance_s)

    async def open_hold(self, order: HoldOrder) -> HoldSeen | Declined:
        if not is_exact(order.amount.currency):
            return Declined(NOT_EXACT, f"Stripe cannot take {order.amount.currency} exactly.")
        if order.saved is not None:
            return await self._hold_saved(order, order.saved)
        params = self._page(order)
        # A page of which nobody heard is paid by nobody: it is opened again without a look.
        answer = await self.line.ask(
            Session,
            order.once,
            lambda how: self.line.v1.checkout.sessions.create_async(params, how),
        )
        return self._shown(answer)

    def _page(self, order: HoldOrder) -> SessionCreateParams:
        params: SessionCreateParams = {
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": order.amount.currency.lower(),
                        "unit_amount": written(order.amount),
                        "product_data": {"name": order.description[:NAME_CHARS_MAX]},
                    },
                }
            ],
            "client_reference_id": order.reference,
            "payment_intent_data": {
                "capture_method": "manual",
                "description": order.description,
                "metadata": {seen.REFERENCE: order.reference, seen.BY: seen.PAGE},
            },
            "payment_method_options": {
                "card": {"request_incremental_authorization": "if_available"}
            },
            "success_url": order.return_url,
            "cancel_url": order.cancel_url,
        }
        if self._methods:
            params["allowed_payment_method_types"] = list(self._methods)
        return params

    async def _hold_saved(self, order: HoldOrder, saved: SavedMethod) -> HoldSeen | Declined:
        """Hold on a method that its driver saved: without them, as they agreed when they did."""
        params: PaymentIntentCreateParams = {
            "amount": written(order.amount),
            "currency": order.amount.currency.lower(),
            "customer": saved.customer,
            "payment_method": saved.method,
            "off_session": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "confirm": True,
            "capture_method": "manual",
            "description": order.description,
            "metadata": {seen.REFERENCE: order.reference},
            "payment_method_options": {
                "card": {"request_incremental_authorization": "if_available"}
            },
            "expand": ["latest_charge"],
        }

        async def done() -> Intent | Declined | None:
            found = await self.line.look(
                _Intents,
                self.line.v1.payment_intents.list_async(
                    {"customer": saved.customer, "limit": 100, "expand": ["data.latest_charge"]}
                ),
            )
            if isinstance(found, Declined):
                return None
            ours = [i for i in found.data if i.metadata.get(seen.REFERENCE) == order.reference]
            return next((i for i in ours if i.status != "requires_payment_method"), None)

        answer = await self.line.ask(
            Intent,
            order.once,
            lambda how: self.line.v1.payment_intents.create_async(params, how),
            done,
        )
        return self._shown(answer)

    async def capture(self, order: CaptureOrder) -> HoldSeen | Declined:
        intent = await self._intent_of(order.ref)
        if isinstance(intent, Declined):
            return intent
        answer = await self.line.ask(
            Intent,
            order.once,
            lambda how: self.line.v1.payment_intents.capture_async(
                intent,
                {"amount_to_capture": written(order.amount), "expand": ["latest_charge"]},
                how,
            ),
            lambda: self._when(intent, lambda now: now.status != "requires_capture"),
        )
        return self._shown(answer)

    async def increase(self, order: IncreaseOrder) -> HoldSeen | Declined:
        intent = await self._intent_of(order.ref)
        if isinstance(intent, Declined):
            return intent
        wanted = written(order.amount)
        answer = await self.line.ask(
            Intent,
            order.once,
            lambda how: self.line.v1.payment_intents.increment_authorization_async(
                intent, {"amount": wanted, "expand": ["latest_charge"]}, how
            ),
            lambda: self._when(intent, lambda now: now.amount_capturable >= wanted),
        )
        return self._shown(answer)

    async def release(self, order: ReleaseOrder) -> HoldSeen | Declined:
        if not order.ref.startswith(INTENT):
            closed = await self._close_page(order)
            if closed is not None:
                return closed
        intent = await self._intent_of(order.ref)
        if isinstance(intent, Declined):
            return intent
        answer = await self.line.ask(
            Intent,
            order.once,
            lambda how: self.line.v1.payment_intents.cancel_async(
                intent, {"expand": ["latest_charge"]}, how
            ),
            lambda: self._when(intent, lambda now: now.status == "canceled"),
        )
        return self._shown(answer)

    async def _close_page(self, order: ReleaseOrder) -> HoldSeen | Declined | None:
        """End a page that nobody paid on. ``None`` where somebody did, so that there is a hold."""
        page = await self._session(order.ref)
        if isinstance(page, Session) and page.status == "open":
            closed = await self.line.ask(
                Session,
                OnceKey(f"{order.once}:page"),
                lambda how: self.line.v1.checkout.sessions.expire_async(order.ref, {}, how),
            )
            page = closed if isinstance(closed, Session) else await self._session(order.ref)
        if isinstance(page, Session) and page.status == "complete":
            return None
        shown = self._shown(page)
        if isinstance(shown, HoldSeen) and shown.state is HoldState.EXPIRED:
            return replace(shown, state=HoldState.VOIDED)
        return shown

    async def refund(self, order: RefundOrder) -> Refunded | Declined:
        intent = await self._intent_of(order.ref)
        if isinstance(intent, Declined):
            return intent

        async def done() -> Refund | Declined | None:
            found = await self._refunds(intent)
            if isinstance(found, Declined):
                return found
            return next((r for r in found if r.metadata.get("once") == order.once), None)

        # Stripe forgets keys after some days, and what is asked again may be older than that.
        # One that was made and has failed since is made: ``refunds`` tells that it came back.
        found = await done()
        answer = (
            found
            if found is not None
            else await self.line.ask(
                Refund,
                order.once,
                lambda how: self.line.v1.refunds.create_async(
                    {
                        "payment_intent": intent,
                        "amount": written(order.amount),
                        "metadata": {"once": order.once, "why": order.reason[:REASON_CHARS_MAX]},
                    },
                    how,
                ),
                done,
            )
        )
        if isinstance(answer, Declined):
            return answer
        if found is None and answer.has_failed:
            return Declined(answer.failure_reason or "refund_failed", "The bank sent it back.")
        return Refunded(answer.id, self._amount(answer.amount, answer.currency))

    def read_webhook(self, headers: Mapping[str, str], raw: bytes) -> Told:
        return self._webhooks.read(headers, raw)
