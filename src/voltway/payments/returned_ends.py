"""What a provider's answer makes of a refund that stands in the place of one that came back."""

from datetime import timedelta
from typing import Final

from voltway.ledger import actions as ledger
from voltway.payments import rules_returned, store_returned
from voltway.payments.model import Payment, StepTaken
from voltway.payments.provider import Declined
from voltway.runtime.work import Work

#: A webhook that came before our own answer was noted found nothing to take out.
FIRST_LOOK_AFTER: Final = timedelta(minutes=10)


async def done(work: Work, payment: Payment, step: StepTaken) -> bool:
    """A refund is done, and watched from now on; whether it was in the place of another, which is
    owed no more. Only the money moves then: what was credited stays credited."""
    await store_returned.watch(work, step.id, work.now + FIRST_LOOK_AFTER)
    of = await store_returned.again_by(work, step.id)
    if of is None:
        return False
    await store_returned.refunded(work, of.id)
    await ledger.post(work, rules_returned.refunded_again(payment, step, of, work.now))
    return True


async def declined(work: Work, step: StepTaken, answer: Declined) -> None:
    """A refund was declined: what it was in the place of is owed as before."""
    of = await store_returned.again_by(work, step.id)
    if of is not None:
        await store_returned.declined(work, of.id, answer.reason or answer.code)
