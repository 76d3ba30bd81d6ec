"""Disputes: what drivers' banks want back, and the evidence that it was due."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from voltway.kernel.errors import Refusal
from voltway.kernel.ids import PaymentId
from voltway.parties.model import Permission
from voltway.payments import actions
from voltway.payments import disputes as rooms
from voltway.payments.model_disputes import of_payment
from voltway.payments.provider import Declined
from voltway.payments.provider_more import DisputeSeen, DisputeState
from voltway.web.api.caller import Calling
from voltway.web.api.operations import moves_money, reads
from voltway.web.api.shapes import NO_NUL, Amount, Given, Moment, Shown, Text, utc


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


def _shown(seen: DisputeSeen) -> Dispute:
    return Dispute(
        ref=seen.ref,
        state=seen.state,
        amount=Amount.of(seen.amount.minor, seen.amount.currency),
        reason=seen.reason,
        opened_at=utc(seen.opened_at),
        answer_by=utc(seen.answer_by) if seen.answer_by else None,
    )


ROUTER = Router("/", tags=["disputes"], route_handlers=[list_disputes, contest_dispute])
