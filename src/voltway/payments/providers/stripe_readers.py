"""Stripe Terminal, driven by our server: readers that are told which hold to show.

Growth is not asked for: a bank lets a hold grow that was paid at a reader only where the trade and
the card allow it, and the reader says so afterwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import msgspec
from stripe.params import PaymentIntentCreateParams
from stripe.params.terminal import ReaderListParams

from voltway.payments.provider import Declined, HoldOrder, HoldSeen
from voltway.payments.provider_more import ReaderNo, ReaderSeen, ShowOrder
from voltway.payments.providers import stripe_seen as seen
from voltway.payments.providers.stripe_account import Account
from voltway.payments.providers.stripe_amounts import is_exact, written
from voltway.payments.providers.stripe_seen import Action, Intent

#: What Stripe refuses a reader's order by, in our words.
REFUSED: Final[Mapping[str, ReaderNo]] = {
    "terminal_reader_busy": ReaderNo.BUSY,
    "terminal_reader_offline": ReaderNo.OFFLINE,
    "terminal_reader_timeout": ReaderNo.SILENT,
    "terminal_reader_hardware_fault": ReaderNo.FAILED,
}
#: Why an action failed, where it is not the card.
FAILED: Final[Mapping[str, ReaderNo]] = {
    "customer_canceled": ReaderNo.CANCELED,
    "connection_error": ReaderNo.LINE_LOST,
    "card_declined": ReaderNo.CARD_DECLINED,
    "expired_card": ReaderNo.CARD_DECLINED,
    "incorrect_pin": ReaderNo.CARD_DECLINED,
}


class _Reader(msgspec.Struct):
    id: str
    label: str = ""  # one that was deleted over there has nothing but its name
    device_type: str = ""
    serial_number: str = ""
    status: str | None = None
    action: Action | None = None


class _Readers(msgspec.Struct):
    data: list[_Reader]
    has_more: bool


class Readers(Account):
    async def readers(self) -> Sequence[ReaderSeen]:
        found: list[_Reader] = []
        more = True
        while more:
            asked: ReaderListParams = {"limit": 100}
            if found:
                asked["starting_after"] = found[-1].id
            page = await self.line.look(_Readers, self.line.v1.terminal.readers.list_async(asked))
            if isinstance(page, Declined):
                return []  # Terminal is not switched on for this account, or this key may not look
            found += page.data
            more = page.has_more and bool(page.data)
        return [_seen(each) for each in found]

    async def reader(self, ref: str) -> ReaderSeen | Declined:
        return _told(
            await self.line.look(_Reader, self.line.v1.terminal.readers.retrieve_async(ref))
        )

    async def hold_at_reader(self, order: HoldOrder) -> HoldSeen | Declined:
        if not is_exact(order.amount.currency):
            words = f"Stripe cannot take {order.amount.currency} exactly."
            return Declined("currency_not_exact", words)
        params: PaymentIntentCreateParams = {
            "amount": written(order.amount),
            "currency": order.amount.currency.lower(),
            "allowed_payment_method_types": ["card_present"],
            "capture_method": "manual",
            "description": order.description,
            "metadata": {seen.REFERENCE: order.reference, seen.BY: seen.READER},
        }
        # One of which nobody heard is shown by no reader: it is made again without a look.
        answer = await self.line.ask(
            Intent,
            order.once,
            lambda how: self.line.v1.payment_intents.create_async(params, how),
        )
        return self._shown(answer)

    async def show(self, order: ShowOrder) -> ReaderSeen | Declined:
        return _told(
            await self.line.ask(
                _Reader,
                order.once,
                lambda how: self.line.v1.terminal.readers.process_payment_intent_async(
                    order.reader,
                    {
                        "payment_intent": order.hold,
                        "process_config": {
                            "enable_customer_cancellation": True,
                            "skip_tipping": True,
                        },
                    },
                    how,
                ),
            )
        )

    async def clear(self, order: ShowOrder) -> ReaderSeen | Declined:
        now = await self.reader(order.reader)
        if isinstance(now, Declined) or not now.is_showing or now.hold != order.hold:
            return now
        return _told(
            await self.line.ask(
                _Reader,
                order.once,
                lambda how: self.line.v1.terminal.readers.cancel_action_async(
                    order.reader, {}, how
                ),
            )
        )


def _told(answer: _Reader | Declined) -> ReaderSeen | Declined:
    if isinstance(answer, Declined):
        return replace(answer, code=REFUSED.get(answer.code, answer.code))
    return _seen(answer)


def _seen(reader: _Reader) -> ReaderSeen:
    action = reader.action
    failed = action is not None and action.status == "failed"
    return ReaderSeen(
        ref=reader.id,
        label=reader.label,
        kind=reader.device_type,
        serial=reader.serial_number,
        is_online=reader.status == "online",
        hold=action.intent if action else "",
        is_showing=action is not None and action.status == "in_progress",
        no=FAILED.get(action.failure_code or "", ReaderNo.FAILED) if action and failed else None,
    )
