"""Giving back to the card that paid a statement what is taken off a receipt on it."""

from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from voltway.billing import actions, approving, card_refunds
from voltway.billing.card_refunds import RECEIPT
from voltway.billing.debts import ABOUT
from voltway.kernel.ids import InvoiceId, OnceKey
from voltway.parties.model import Permission
from voltway.payments.model_card_refunds import CardRefundState
from voltway.runtime.work import Row
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import moves_money, reads
from voltway.web.api.payments import Major, RefundDeclined, money_of
from voltway.web.api.shapes import Amount, Given, Moment, Page, Shown, Text, shown

CARD_REFUNDS = Source("card_refund_view")


class NewCardRefund(Given):
    """What to give back of a receipt, and why."""

    amount: Major
    reason: Annotated[Text, Meta(description="Stands on the credit note.", examples=["Dark"])]


class CardRefund(Shown):
    """What of a receipt goes back to the card that paid its statement, or went."""

    id: UUID
    receipt_id: UUID
    statement_id: UUID
    collection_id: Annotated[UUID, Meta(description="By which the card paid the statement.")]
    amount: Amount
    reason: str
    asked_by: str
    state: Annotated[
        CardRefundState,
        Meta(description="`asked`: the provider has not answered yet; `declined`: nothing moved."),
    ]
    why: Annotated[str | None, Meta(description="Why the provider gave nothing back.")]
    trouble: Annotated[str | None, Meta(description="Why there is no answer yet.")]
    credit_note_id: UUID | None
    asked_at: Moment
    ended_at: Moment | None


@reads("/card-refunds", "List what went back to cards that paid statements", Permission.SEE_MONEY)
async def list_card_refunds(
    caller: Calling,
    window: Paging,
    being: Annotated[
        CardRefundState | None, QueryParameter(name="state", description="Those that stand so.")
    ] = None,
    receipt: Annotated[UUID | None, QueryParameter(description="Those of this receipt.")] = None,
    statement: Annotated[
        UUID | None, QueryParameter(description="Those to the card that paid this statement.")
    ] = None,
) -> Page[CardRefund]:
    async with caller.begin() as work:
        return await listed(
            work,
            CARD_REFUNDS,
            window,
            _of,
            [
                ("state = {}", being),
                ("about = {}", receipt and f"{RECEIPT}{receipt}"),
                ("paid_for = {}", statement and f"{ABOUT}{statement}"),
            ],
        )


@moves_money(
    "/receipts/{receipt_id:uuid}/card-refunds", "Give back to the card that paid the statement"
)
async def add_card_refund(
    caller: Calling, receipt_id: FromPath[UUID], data: JSONBody[NewCardRefund]
) -> CardRefund:
    """A part or all of a receipt, as far as the card paid it. The credit note is written when the
    provider has taken it, and stands on no statement."""
    assert caller.once is not None, "what moves money has a key"
    once = OnceKey(f"card:{caller.once}")
    async with caller.begin() as work:
        found = await actions.invoice(work, InvoiceId(receipt_id))
        amount = money_of(data.amount, found.currency)
        left = await actions.left_of(work, found.id)
        if not await card_refunds.was_asked(work, found.id, once):
            await approving.must_be_one_persons(
                work, found.party, amount, taken_minor=found.total_minor - left.amount.minor
            )
        about = f"receipt:{receipt_id}"
        await caller.audit(work, "asked for a refund to the card", about, amount=str(amount))
    done = await card_refunds.give_back(
        caller.house.begin,
        caller.house.provider,
        found.id,
        amount,
        reason=data.reason,
        by=caller.actor.name,
        once=once,
    )
    if done.state is CardRefundState.DECLINED:
        raise RefundDeclined(done.why or "")
    async with caller.begin() as work:
        row = await work.one("SELECT * FROM card_refund_view WHERE id = $1", done.id)
    assert row is not None, "it was noted"
    return _of(row)


def _of(row: Row) -> CardRefund:
    return shown(
        CardRefund,
        row,
        receipt_id=UUID(row["about"].removeprefix(RECEIPT)),
        statement_id=UUID(row["paid_for"].removeprefix(ABOUT)),
        credit_note_id=row["document_id"],
        amount=Amount.of(row["amount_minor"], row["currency"]),
    )


ROUTER = Router(
    "/",
    tags=["card refunds"],
    route_handlers=[list_card_refunds, add_card_refund],
)
