"""Letting a hold grow while the car charges, where its bank lets it: note, ask, note.

A payment stays held whatever comes of it: a no leaves the hold as it was, and so does a silence
until it is asked again. Then the session is stopped when what is held is used up, as ever.
"""

from dataclasses import replace

from voltway.kernel.ids import OnceKey
from voltway.kernel.money import Money
from voltway.payments import choosing, rules, store, store_steps
from voltway.payments.actions_money import keep
from voltway.payments.choosing import AnyProvider
from voltway.payments.model import Payment, StepTaken, Verb
from voltway.payments.provider import Declined, HoldSeen, ProviderSilent
from voltway.payments.provider_more import GrowsHolds, IncreaseOrder
from voltway.runtime.work import BeginWork, Work


async def note_increase(work: Work, payment: Payment) -> StepTaken | None:
    """The step by which a hold is to grow, in the work that found it nearly used up. ``None``
    where it has grown as often as it may, or is being asked for already."""
    before = await store.lock(work, payment.id)
    grown = await store_steps.increases_done(work, before.id)
    wanted = rules.grown(before, grown)
    once = OnceKey(f"{before.id}:increase:{grown + 1}")
    if wanted is None or await store_steps.step(work, once) is not None:
        return None
    step = store_steps.new_step(work, before, Verb.INCREASE, once, wanted.minor, "")
    await store_steps.note_step(work, step)
    return step


async def finish_increase(begin: BeginWork, given: AnyProvider, step: StepTaken) -> Payment:
    """Ask for a noted increase, and note what came of it."""
    async with begin() as work:
        await store_steps.tried(work, step.id)
        payment = await store.load(work, step.payment)
    provider = choosing.of(given, payment.provider)
    if not isinstance(provider, GrowsHolds):
        answer: HoldSeen | Declined = Declined("not_offered", f"{provider.name} lets no hold grow.")
    else:
        order = IncreaseOrder(
            once=step.once,
            ref=payment.provider_ref or "",
            amount=Money(step.amount_minor, payment.currency),
        )
        try:
            answer = await provider.increase(order)
        except ProviderSilent as silence:
            async with begin() as work:
                await store_steps.troubled(work, step.id, str(silence))
            raise
    async with begin() as work:
        before = await store.lock(work, step.payment)
        if isinstance(answer, Declined):
            await store_steps.answered(work, step.id, answer.code, answer.reason)
            await keep(work, before, replace(before, can_grow=False))
            return before
        await store_steps.answered(work, step.id, "done")
        after, facts = rules.learned(before, answer, work.now)
        await keep(work, before, after)
        await work.announce(facts)
        return after
