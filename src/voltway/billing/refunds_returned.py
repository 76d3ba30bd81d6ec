"""Paying what is owed for a refund that came back: who may give back may, and above the sum from
which on a refund needs a second person, so does this."""

from uuid import UUID

from voltway.billing import approving, store_approvals
from voltway.billing.second_person import AskedAlready
from voltway.billing.store_approvals import Request
from voltway.kernel.ids import new_id
from voltway.parties.model import Actor, Permission
from voltway.payments import actions as payments
from voltway.payments import paying_again
from voltway.payments.choosing import AnyProvider
from voltway.payments.model_returned import Returned
from voltway.payments.provider import Declined, Refunded
from voltway.runtime.work import BeginWork, Work


async def must_be_one_persons(work: Work, id: UUID, actor: Actor) -> Returned:
    """What is owed, where one person may pay it alone. Raises ``NeedsSecondPerson``,
    ``NoSuchReturn``, ``OwedNoMore``."""
    actor.must(Permission.MOVE_MONEY)
    owed = await paying_again.owed(work, id)
    payment = await payments.payment(work, owed.payment)
    await approving.must_be_one_persons(
        work, owed.party, owed.amount, taken_minor=payment.refunded_minor
    )
    return owed


async def ask(work: Work, id: UUID, *, how: str, otherwise: bool, actor: Actor) -> Request:
    """Ask for a second person. ``how`` says how it was paid, where it was otherwise. Raises
    ``AskedAlready``, ``SayHow``, ``NoSuchReturn``, ``OwedNoMore``."""
    actor.must(Permission.MOVE_MONEY)
    owed = await paying_again.owed(work, id)
    assert actor.id is not None, "the house asks nobody"
    request = Request(
        id=new_id(work.now),
        party=owed.party,
        returned=id,
        otherwise=otherwise,
        amount=owed.amount,
        reason=paying_again.said(how) if otherwise else "A refund that came back",
        asked_by=actor.name,
        asker=actor.id,
        asked_at=work.now,
    )
    if not await store_approvals.add(work, request):
        raise AskedAlready("this refund")
    work.touch(f"approvals:{owed.party}")
    return request


async def refund_again(
    begin: BeginWork, provider: AnyProvider, id: UUID, *, actor: Actor
) -> Refunded | Declined:
    """Refund it again, alone. Raises what ``must_be_one_persons`` does, and an outage."""
    async with begin(actor.party) as work:
        await must_be_one_persons(work, id, actor)
    return await paying_again.refund_again(begin, provider, id, by=actor.name)


async def pay_otherwise(work: Work, id: UUID, *, how: str, actor: Actor) -> Returned:
    """Note that it was paid from the bank, alone. Raises what ``must_be_one_persons`` does, and
    ``SayHow``."""
    await must_be_one_persons(work, id, actor)
    return await paying_again.pay_otherwise(work, id, how=how, by=actor.name)
