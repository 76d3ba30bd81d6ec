"""Disputes: what drivers' banks want back, and the evidence that it was due."""

from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from voltway.billing import debts
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import PaymentId
from voltway.parties.model import Permission
from voltway.payments import actions
from voltway.payments import disputes as rooms
from voltway.payments.model_disputes import of_payment
from voltway.payments.provider import Declined
from voltway.payments.provider_more import DisputeSeen, DisputeState
from voltway.runtime.work import Row
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import moves_money, reads
from voltway.web.api.shapes import NO_NUL, Amount, Given, Moment, Page, Shown, Text, shown, utc

KEPT: Final = Source("dispute_view")


@dataclass(eq=False)
class EvidenceDeclined(Refusal):
    """The provider takes no evidence for this dispute: {reason}"""

    reason: str


class Dispute(Shown):
    """A payment that its driver's bank wants back, as the provider tells it now."""

    ref: Annotated[str, Meta(description="The provider's name for it.")]
    state: Annotated[
        DisputeState,
        Meta(description="`asks`: the bank waits for our evidence; `judged`: it has it."),
    ]
    amount: Amount
    reason: Annotated[str, Meta(description="The bank's word.", examples=["fraudulent"])]
    opened_at: Moment
    answer_by: Annotated[Moment | None, Meta(description="After this the bank reads nothing.")]


class Disputes(Shown):
    items: list[Dispute]


class KeptDispute(Shown):
    """What a bank wants back of a charge, a top-up or a bill, as it was read last, and who bears
    it until it is won."""

    id: UUID
    payment_id: UUID | None
    top_up_id: UUID | None
    debt_id: Annotated[UUID | None, Meta(description="The bill that is unpaid again.")]
    ref: Annotated[str, Meta(description="The provider's name for it.")]
    provider: str
    state: DisputeState
    amount: Amount
    reason: str
    opened_at: Moment
    answer_by: Moment | None
    taken_at: Annotated[Moment | None, Meta(description="Since then the books have it.")]
    returned_at: Annotated[Moment | None, Meta(description="Since then it is back.")]
    from_balance: Annotated[Amount, Meta(description="What was left of a top-up.")]
    from_payer: Annotated[Amount, Meta(description="What was spent of it, or is unpaid again.")]
    at_our_cost: Amount
    owed: Annotated[Amount, Meta(description="What the driver still owes for a spent top-up.")]


class NewEvidence(Given):
    """What the bank gets to read, once."""

    product: Annotated[Text, Meta(description="What was sold, in a sentence.")]
    proof: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=20_000,
            pattern=NO_NUL,
            description="When, where and how much: the bill and its proof, as text.",
        ),
    ]


@reads("/payments/{payment_id:uuid}/disputes", "List disputes", Permission.SEE_MONEY)
async def list_disputes(caller: Calling, payment_id: FromPath[UUID]) -> Disputes:
    """Asked of the provider at this moment."""
    async with caller.begin() as work:
        payment = await actions.payment(work, PaymentId(payment_id))
    found = await rooms.disputes(caller.house.provider, of_payment(payment))
    return Disputes(items=[_shown(each) for each in found])


@moves_money("/payments/{payment_id:uuid}/disputes/{ref:str}/evidence", "Contest a dispute")
async def contest_dispute(
    caller: Calling, payment_id: FromPath[UUID], ref: FromPath[str], data: JSONBody[NewEvidence]
) -> Dispute:
    """Evidence is sent once. What was sent before is not changed by sending other evidence."""
    assert caller.once is not None, "what moves money has a key"
    async with caller.begin() as work:
        payment = await actions.payment(work, PaymentId(payment_id))
        await caller.audit(work, "contested a dispute", f"payment:{payment_id}", dispute=ref[:80])
    answer = await rooms.contest(
        caller.house.provider,
        of_payment(payment),
        ref,
        product=data.product,
        proof=data.proof,
        once=caller.once,
    )
    if isinstance(answer, Declined):
        raise EvidenceDeclined(answer.reason)
    return _shown(answer)


@reads("/disputes", "List what banks want back", Permission.SEE_MONEY)
async def list_kept(
    caller: Calling,
    window: Paging,
    is_open: Annotated[
        bool | None, QueryParameter(name="open", description="Those that no bank has judged yet.")
    ] = None,
) -> Page[KeptDispute]:
    """Of charges, top-ups and bills; read again each hour until they are judged."""
    async with caller.begin() as work:
        conditions = [("(state IN ('asks', 'judged')) = {}", is_open)]
        return await listed(work, KEPT, window, _kept, conditions)


def _kept(row: Row) -> KeptDispute:
    def money(minor: int) -> Amount:
        return Amount.of(minor, row["currency"])

    is_of_bill = row["purpose"] == "debt"
    return shown(
        KeptDispute,
        row,
        top_up_id=None if is_of_bill else row["collection_id"],
        debt_id=UUID(row["about"].removeprefix(debts.ABOUT)) if is_of_bill else None,
        amount=money(row["amount_minor"]),
        from_balance=money(row["balance_minor"]),
        from_payer=money(row["debt_minor"]),
        at_our_cost=money(row["ours_minor"]),
        owed=money(row["owed_minor"]),
    )


def _shown(seen: DisputeSeen) -> Dispute:
    return Dispute(
        ref=seen.ref,
        state=seen.state,
        amount=Amount.of(seen.amount.minor, seen.amount.currency),
        reason=seen.reason,
        opened_at=utc(seen.opened_at),
        answer_by=utc(seen.answer_by) if seen.answer_by else None,
    )


ROUTER = Router("/", tags=["disputes"], route_handlers=[list_kept, list_disputes, contest_dispute])
