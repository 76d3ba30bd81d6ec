"""Refunds that banks sent back: what is owed to drivers for them, and paying it again."""

from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from voltway.billing import refunds_returned
from voltway.parties.model import Permission
from voltway.payments.model_returned import ReturnedState
from voltway.payments.paying_again import NoSuchReturn
from voltway.payments.provider import Declined
from voltway.runtime.work import Row, Work
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import moves_money, reads
from voltway.web.api.payments import RefundDeclined
from voltway.web.api.shapes import Amount, Given, Moment, Page, Shown, Text, shown

RETURNED = Source("returned_refund_view")


class ReturnedRefund(Shown):
    """A refund that its bank sent back: whole, and owed to the driver."""

    id: UUID
    payment_id: UUID
    ref: Annotated[str, Meta(description="The provider's name for the refund.")]
    amount: Amount
    reason: Annotated[str, Meta(description="Why it was given back.")]
    why: Annotated[str, Meta(description="The bank's word for why it came back.")]
    state: Annotated[
        ReturnedState,
        Meta(description="`asked`: a refund in its place is on its way; `paid`: otherwise."),
    ]
    said: Annotated[
        str | None, Meta(description="How it was paid, or why it was not refunded again.")
    ]
    refunded_at: Moment
    returned_at: Moment
    ended_at: Moment | None
    ended_by: str | None


class PaidOtherwise(Given):
    """How it was paid; whoever checks the books reads it."""

    how: Annotated[Text, Meta(examples=["SEPA transfer of 3 March"])]


@reads("/returned-refunds", "List the refunds that came back", Permission.SEE_MONEY)
async def list_returned(
    caller: Calling,
    window: Paging,
    being: Annotated[
        ReturnedState | None, QueryParameter(name="state", description="Those that stand so.")
    ] = None,
    payment_id: Annotated[UUID | None, QueryParameter(description="Of this payment.")] = None,
) -> Page[ReturnedRefund]:
    async with caller.begin() as work:
        conditions = [("state = {}", being), ("payment_id = {}", payment_id)]
        return await listed(work, RETURNED, window, _of, conditions)


@reads("/returned-refunds/{returned_id:uuid}", "Read a refund that came back", Permission.SEE_MONEY)
async def read_returned(caller: Calling, returned_id: FromPath[UUID]) -> ReturnedRefund:
    async with caller.begin() as work:
        return await _shown(work, returned_id)


@moves_money("/returned-refunds/{returned_id:uuid}/refund", "Refund again what came back")
async def refund_returned(caller: Calling, returned_id: FromPath[UUID]) -> ReturnedRefund:
    """To the same card, once; nothing is credited a second time."""
    async with caller.begin() as work:
        await _shown(work, returned_id)
        await caller.audit(
            work, "asked to refund again what came back", f"returned_refund:{returned_id}"
        )
    answer = await refunds_returned.refund_again(
        caller.house.begin, caller.house.provider, returned_id, actor=caller.actor
    )
    if isinstance(answer, Declined):
        raise RefundDeclined(answer.reason or answer.code)
    async with caller.begin() as work:
        return await _shown(work, returned_id)


@moves_money("/returned-refunds/{returned_id:uuid}/paid", "Note that what came back was paid")
async def pay_returned(
    caller: Calling, returned_id: FromPath[UUID], data: JSONBody[PaidOtherwise]
) -> ReturnedRefund:
    """Otherwise than by a refund: by a transfer from the bank."""
    async with caller.begin() as work:
        await _shown(work, returned_id)
        await refunds_returned.pay_otherwise(work, returned_id, how=data.how, actor=caller.actor)
        about = f"returned_refund:{returned_id}"
        await caller.audit(work, "paid otherwise what came back", about, how=data.how)
        return await _shown(work, returned_id)


async def _shown(work: Work, id: UUID) -> ReturnedRefund:
    row = await work.one("SELECT * FROM returned_refund_view WHERE id = $1", id)
    if row is None:
        raise NoSuchReturn
    return _of(row)


def _of(row: Row) -> ReturnedRefund:
    return shown(ReturnedRefund, row, amount=Amount.of(row["amount_minor"], row["currency"]))


ROUTER = Router(
    "/",
    tags=["returned refunds"],
    route_handlers=[list_returned, read_returned, refund_returned, pay_returned],
)
