"""Payments: holds, what was taken of them, and giving it back."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from voltway.billing import approving
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PaymentId
from voltway.kernel.money import Currency, Money, minor_digits
from voltway.parties.model import Permission
from voltway.payments import actions
from voltway.payments.model import PaymentState, Verb
from voltway.payments.paying_again import kept_minor
from voltway.payments.provider import Declined
from voltway.runtime.work import Row, Work
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import moves_money, reads
from voltway.web.api.shapes import Amount, Given, Moment, Page, Shown, Text, shown, utc

PAYMENTS = Source("payment_view")


@dataclass(eq=False)
class RefundDeclined(Refusal):
    """The provider declined the refund: {reason}"""

    reason: str


@dataclass(eq=False)
class AmountTooFine(Refusal):
    """An amount in {currency} has {digits} digits after the point, at most."""

    kind = Kind.INVALID

    currency: str
    digits: int


class Card(Shown):
    """What is known of a card: never more than this."""

    brand: str | None
    last4: str | None
    wallet: str | None


class Payment(Shown):
    """The money of one visit: one driver, one EVSE, one hold."""

    id: UUID
    state: PaymentState
    station_id: UUID
    evse_id: UUID
    session_id: UUID | None
    tariff_version_id: Annotated[UUID, Meta(description="The price that the driver was shown.")]
    provider: str
    provider_ref: str | None
    hold: Annotated[Amount, Meta(description="Set aside.")]
    hold_open: Annotated[bool, Meta(description="Whether it may still be set aside.")]
    captured: Annotated[Amount, Meta(description="Taken.")]
    refunded: Annotated[Amount, Meta(description="Given back.")]
    card: Card
    why: Annotated[str | None, Meta(description="Why the hold was let go.")]
    created_at: Moment
    held_at: Moment | None
    ended_at: Moment | None


class PaymentStep(Shown):
    """One thing asked of the provider."""

    id: UUID
    verb: Verb
    amount: Amount
    reason: str
    asked_at: Moment
    tries: int
    answered_at: Moment | None
    answer: Annotated[str | None, Meta(description="`done`, `returned`, or its word for no.")]
    last_trouble: str | None


Major = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{1,9}(\.[0-9]{1,3})?$",
        description="In major units of the payment's currency.",
        examples=["5.00"],
    ),
]


class NewRefund(Given):
    """What to give back."""

    amount: Major
    reason: Annotated[Text, Meta(description="Kept with the refund.", examples=["Wrong price"])]


class Refund(Shown):
    """A refund that the provider took."""

    provider_ref: str
    amount: Amount
    payment: Payment


@reads("/payments", "List the payments", Permission.SEE_MONEY)
async def list_payments(
    caller: Calling,
    window: Paging,
    being: Annotated[
        PaymentState | None, QueryParameter(name="state", description="Those that stand so.")
    ] = None,
    station: Annotated[UUID | None, QueryParameter(description="Those at this station.")] = None,
    session: Annotated[UUID | None, QueryParameter(description="The one of this session.")] = None,
    since: Annotated[
        datetime | None, QueryParameter(name="from", description="Begun at or after this.")
    ] = None,
    until: Annotated[datetime | None, QueryParameter(description="Begun before this.")] = None,
) -> Page[Payment]:
    async with caller.begin() as work:
        return await listed(
            work,
            PAYMENTS,
            window,
            _payment,
            [
                ("state = {}", being),
                ("station_id = {}", station),
                ("session_id = {}", session),
                ("created_at >= {}", since and utc(since)),
                ("created_at < {}", until and utc(until)),
            ],
        )


@reads("/payments/{payment_id:uuid}", "Read a payment", Permission.SEE_MONEY)
async def read_payment(caller: Calling, payment_id: FromPath[UUID]) -> Payment:
    async with caller.begin() as work:
        return await _shown(work, payment_id)


@reads(
    "/payments/{payment_id:uuid}/steps",
    "List what was asked of the provider",
    Permission.SEE_MONEY,
)
async def list_steps(
    caller: Calling, payment_id: FromPath[UUID], window: Paging
) -> Page[PaymentStep]:
    async with caller.begin() as work:
        payment = await actions.payment(work, PaymentId(payment_id))
        return await listed(
            work,
            Source("payment_step_view"),
            window,
            lambda row: shown(
                PaymentStep, row, amount=Amount.of(row["amount_minor"], payment.currency)
            ),
            [("payment_id = {}", payment_id)],
        )


@moves_money("/payments/{payment_id:uuid}/refunds", "Give money back")
async def refund_payment(
    caller: Calling, payment_id: FromPath[UUID], data: JSONBody[NewRefund]
) -> Refund:
    """A part or all of what was taken. Asked again with the same key, money moves once."""
    assert caller.once is not None, "what moves money has a key"
    async with caller.begin() as work:
        payment = await actions.payment(work, PaymentId(payment_id))
        amount = money_of(data.amount, payment.currency)
        steps = await actions.steps_of(work, payment.id)
        if all(step.once != caller.once for step in steps):  # else it was looked at before
            await approving.must_be_one_persons(
                work,
                payment.party,
                amount,
                taken_minor=payment.refunded_minor + await kept_minor(work, payment.id),
            )
        await caller.audit(work, "asked for a refund", f"payment:{payment_id}", amount=str(amount))
    answer = await actions.refund(
        caller.house.begin,
        caller.house.provider,
        payment.id,
        amount,
        reason=data.reason,
        once=caller.once,
    )
    if isinstance(answer, Declined):
        raise RefundDeclined(answer.reason or answer.code)
    async with caller.begin() as work:
        return Refund(
            provider_ref=answer.ref,
            amount=Amount.of(answer.amount.minor, answer.amount.currency),
            payment=await _shown(work, payment_id),
        )


class NothingToRefund(Refusal):
    """A refund gives something back: its amount is more than nothing."""

    kind = Kind.INVALID


def money_of(text: str, currency: Currency) -> Money:
    """An amount in major units, exact or refused."""
    minor = Decimal(text).scaleb(minor_digits(currency))
    if minor != minor.to_integral_value():
        raise AmountTooFine(currency, minor_digits(currency))
    if minor == 0:
        raise NothingToRefund
    return Money(int(minor), currency)


async def _shown(work: Work, id: UUID) -> Payment:
    row = await work.one("SELECT * FROM payment_view WHERE id = $1", id)
    if row is None:
        await actions.payment(work, PaymentId(id))
    assert row is not None, "a payment that can be read is in its view"
    return _payment(row)


def _payment(row: Row) -> Payment:
    currency = row["currency"]
    return shown(
        Payment,
        row,
        hold=Amount.of(row["hold_minor"], currency),
        captured=Amount.of(row["captured_minor"], currency),
        refunded=Amount.of(row["refunded_minor"], currency),
        card=Card(brand=row["card_brand"], last4=row["card_last4"], wallet=row["card_wallet"]),
    )


ROUTER = Router(
    "/",
    tags=["payments"],
    route_handlers=[list_payments, read_payment, list_steps, refund_payment],
)
