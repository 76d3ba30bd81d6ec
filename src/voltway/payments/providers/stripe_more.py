"""What Stripe does besides holds: saved methods, disputes, our balance and its payouts."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
from stripe.params import BalanceTransactionListParams, DisputeUpdateParams
from stripe.params.checkout import SessionCreateParams

from voltway.kernel.ids import OnceKey
from voltway.payments.provider import Declined, ProviderNonsense, SavedMethod
from voltway.payments.provider_more import (
    BalanceMove,
    ContestOrder,
    DisputeSeen,
    DisputeState,
    MoveKind,
    Moves,
    Payout,
    SaveOrder,
    SavingSeen,
    SavingState,
)
from voltway.payments.providers.stripe_account import Account
from voltway.payments.providers.stripe_seen import PaidCard, card_of

PAGE_OF_LIST: Final = 100
TEXT_CHARS_MAX: Final = 20_000

#: Stripe's kinds of moves (balance transaction types) that are ours by another name.
KINDS: Final = {
    "charge": MoveKind.CAPTURE,
    "payment": MoveKind.CAPTURE,
    "refund": MoveKind.REFUND,
    "payment_refund": MoveKind.REFUND,
    "refund_failure": MoveKind.REFUND,
    "payment_failure_refund": MoveKind.REFUND,
    "payout": MoveKind.PAYOUT,
    "payout_cancel": MoveKind.PAYOUT,
    "payout_failure": MoveKind.PAYOUT,
    "transfer": MoveKind.TRANSFER,
}
#: Its disputes move the balance as "adjustments", which only their source tells from others.
DISPUTE: Final = "du_", "dp_"


class _Method(msgspec.Struct):
    id: str
    card: PaidCard | None = None


class _Setup(msgspec.Struct):
    id: str
    status: str
    customer: str | None = None
    payment_method: _Method | str | None = None


class _Saving(msgspec.Struct):
    id: str
    status: str | None
    mode: str
    url: str | None = None
    client_reference_id: str | None = None
    setup_intent: _Setup | str | None = None


class _Customer(msgspec.Struct):
    id: str


class SavedMethods(Account):
    """Methods that drivers save on a hosted page, to be charged later without them."""

    async def save(self, order: SaveOrder) -> SavingSeen | Declined:
        customer = order.customer or await self._new_customer(order)
        if isinstance(customer, Declined):
            return customer
        params: SessionCreateParams = {
            "mode": "setup",
            "currency": order.currency.lower(),
            "customer": customer,
            "client_reference_id": order.reference,
            "setup_intent_data": {"metadata": {"reference": order.reference}},
            "success_url": order.return_url,
            "cancel_url": order.cancel_url,
        }
        answer = await self.line.ask(
            _Saving,
            order.once,
            lambda how: self.line.v1.checkout.sessions.create_async(params, how),
        )
        return answer if isinstance(answer, Declined) else self._saving(answer)

    async def _new_customer(self, order: SaveOrder) -> str | Declined:
        """A customer has no name and no mail with Stripe: it is what methods hang on."""
        made = await self.line.ask(
            _Customer,
            OnceKey(f"{order.once}:customer"),
            lambda how: self.line.v1.customers.create_async(
                {"metadata": {"reference": order.reference}}, how
            ),
        )
        return made if isinstance(made, Declined) else made.id

    async def fetch_saving(self, ref: str) -> SavingSeen:
        found = await self.line.look(
            _Saving,
            self.line.v1.checkout.sessions.retrieve_async(
                ref, {"expand": ["setup_intent.payment_method"]}
            ),
        )
        if isinstance(found, Declined):
            raise ProviderNonsense(self.name, f"the page {ref} cannot be fetched ({found.code})")
        return self._saving(found)

    def _saving(self, found: _Saving) -> SavingSeen:
        states = {
            "open": SavingState.AWAITING,
            "complete": SavingState.SAVED,
            "expired": SavingState.EXPIRED,
        }
        if found.status not in states:
            raise ProviderNonsense(self.name, f"a page that is {found.status!r}")
        saved = card = None
        setup = found.setup_intent
        if isinstance(setup, _Setup) and setup.customer and setup.payment_method:
            method = setup.payment_method
            saved = SavedMethod(setup.customer, method if isinstance(method, str) else method.id)
            card = card_of(method.card) if isinstance(method, _Method) else None
        if found.status == "complete" and saved is None:
            raise ProviderNonsense(self.name, f"the page {found.id} saved nothing")
        return SavingSeen(
            ref=found.id,
            reference=found.client_reference_id or "",
            state=states[found.status],
            hosted_url=found.url or "",
            saved=saved if found.status == "complete" else None,
            card=card,
        )

    async def forget(self, saved: SavedMethod) -> None:
        # One that hangs on no customer any more is declined: it was forgotten before.
        await self.line.ask(
            _Method,
            OnceKey(f"{saved.method}:forget"),
            lambda how: self.line.v1.payment_methods.detach_async(saved.method, {}, how),
        )


class _Evidence(msgspec.Struct):
    submission_count: int = 0
    due_by: int | None = None


class _Dispute(msgspec.Struct):
    id: str
    status: str
    amount: int
    currency: str
    reason: str
    created: int
    payment_intent: str | None = None
    evidence_details: _Evidence | None = None


class _Disputes(msgspec.Struct):
    data: list[_Dispute]


class Disputes(Account):
    """Payments that a bank wants back, and our evidence that they were due."""

    async def disputes(self, hold: str) -> Sequence[DisputeSeen]:
        intent = await self._intent_of(hold)
        if isinstance(intent, Declined):
            return []
        found = await self.line.look(
            _Disputes,
            self.line.v1.disputes.list_async({"payment_intent": intent, "limit": PAGE_OF_LIST}),
        )
        if isinstance(found, Declined):
            raise ProviderNonsense(self.name, f"its disputes cannot be read ({found.code})")
        return [self._dispute(each) for each in found.data]

    async def contest(self, order: ContestOrder) -> DisputeSeen | Declined:
        params: DisputeUpdateParams = {
            "evidence": {
                "product_description": order.product[:TEXT_CHARS_MAX],
                "uncategorized_text": order.proof[:TEXT_CHARS_MAX],
            },
            "submit": True,
        }
        if order.email:
            params["evidence"]["customer_email_address"] = order.email

        async def done() -> _Dispute | Declined | None:
            now = await self.line.look(
                _Dispute, self.line.v1.disputes.retrieve_async(order.dispute)
            )
            if isinstance(now, Declined):
                return now
            sent = now.evidence_details is not None and now.evidence_details.submission_count > 0
            return now if sent else None

        # A bank reads evidence once, so what was sent already is not sent again.
        found = await done()
        answer = (
            found
            if found is not None
            else await self.line.ask(
                _Dispute,
                order.once,
                lambda how: self.line.v1.disputes.update_async(order.dispute, params, how),
                done,
            )
        )
        return answer if isinstance(answer, Declined) else self._dispute(answer)

    def _dispute(self, found: _Dispute) -> DisputeSeen:
        details = found.evidence_details
        return DisputeSeen(
            ref=found.id,
            hold=found.payment_intent or "",
            state=_state(found.status),
            amount=self._amount(found.amount, found.currency),
            reason=found.reason,
            opened_at=_moment(found.created),
            answer_by=_moment(details.due_by) if details and details.due_by else None,
            is_warning=found.status.startswith("warning"),
        )


def _state(status: str) -> DisputeState:
    """An early warning asks as a dispute does; what was prevented or closed took nothing."""
    if status.endswith("needs_response"):
        return DisputeState.ASKS
    if status.endswith("under_review"):
        return DisputeState.JUDGED
    return DisputeState.LOST if status == "lost" else DisputeState.WON


class _Source(msgspec.Struct):
    id: str
    payment_intent: str | None = None


class _Move(msgspec.Struct):
    id: str
    type: str
    amount: int
    fee: int
    currency: str
    created: int
    source: _Source | str | None = None


class _Moves(msgspec.Struct):
    data: list[_Move]
    has_more: bool


class _Payout(msgspec.Struct):
    id: str
    amount: int
    currency: str
    arrival_date: int
    status: str


class _Payouts(msgspec.Struct):
    data: list[_Payout]


class Balance(Account):
    """What moved on our balance: read, to be compared with our own books."""

    async def moves(self, *, before: str | None = None, payout: str | None = None) -> Moves:
        params: BalanceTransactionListParams = {"limit": PAGE_OF_LIST, "expand": ["data.source"]}
        if before is not None:
            params["starting_after"] = before
        if payout is not None:
            params["payout"] = payout
        found = await self.line.look(_Moves, self.line.v1.balance_transactions.list_async(params))
        if isinstance(found, Declined):
            raise ProviderNonsense(self.name, f"its balance cannot be read ({found.code})")
        last = found.data[-1].id if found.has_more and found.data else None
        return Moves([self._move(each) for each in found.data], last)

    def _move(self, found: _Move) -> BalanceMove:
        source = found.source.id if isinstance(found.source, _Source) else found.source
        hold = found.source.payment_intent if isinstance(found.source, _Source) else None
        kind = KINDS.get(found.type, MoveKind.OTHER)
        if kind is MoveKind.OTHER and (source or "").startswith(DISPUTE):
            kind = MoveKind.DISPUTE
        return BalanceMove(
            ref=found.id,
            kind=kind,
            amount=self._amount(found.amount, found.currency),
            fee=self._amount(found.fee, found.currency),
            at=_moment(found.created),
            hold=hold,
            source=source,
        )

    async def payouts(self) -> Sequence[Payout]:
        found = await self.line.look(
            _Payouts, self.line.v1.payouts.list_async({"limit": PAGE_OF_LIST})
        )
        if isinstance(found, Declined):
            raise ProviderNonsense(self.name, f"its payouts cannot be read ({found.code})")
        return [
            Payout(
                ref=each.id,
                amount=self._amount(each.amount, each.currency),
                arrives_at=_moment(each.arrival_date),
                paid=each.status == "paid",
            )
            for each in found.data
        ]


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
