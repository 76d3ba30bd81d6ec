"""Giving money back, and letting it go; taking it is in ``actions_capture``.

Asking the world takes three moves: note, ask, note.

No transaction is open while we ask. If we die before the answer is noted, the step stands without
one, and whoever comes next (the settlement, the sweep) asks again under the same key: the provider
acts once.
"""

from dataclasses import dataclass, replace

from voltway.drivers import actions as drivers
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import OnceKey, PaymentId
from voltway.kernel.money import Money
from voltway.payments import choosing, returned_ends, rules, store, store_returned, store_steps
from voltway.payments.actions_capture import KeyOfAnotherStep
from voltway.payments.choosing import AnyProvider
from voltway.payments.model import (
    Payment,
    PaymentRefunded,
    PaymentState,
    StepTaken,
    Verb,
    Why,
)
from voltway.payments.provider import (
    Declined,
    HoldState,
    ProviderSilent,
    Refunded,
    RefundOrder,
    ReleaseOrder,
)
from voltway.runtime.work import BeginWork, Work
from voltway.stations import actions as stations
from voltway.stations.orders import OrderState
from voltway.tariffs import promotions


@dataclass(eq=False)
class RefundTooLarge(Refusal):
    """{asked} cannot be given back: {left} is left of this payment."""

    kind = Kind.CONFLICT

    asked: Money
    left: Money


async def release(begin: BeginWork, given: AnyProvider, payment: PaymentId, why: Why) -> Payment:
    """Let a hold go. From now on nothing can start for it; the driver gets everything back."""
    async with begin() as work:
        step = await note_release(work, await store.lock(work, payment), why)
    if step is not None:
        await finish_release(begin, given, step)
    async with begin() as work:
        return await store.load(work, payment)


async def note_release(work: Work, before: Payment, why: Why) -> StepTaken | None:
    """The step to ask for, in the work that decided it, or ``None`` if there is no hold to let
    go. The payment is locked by its caller."""
    once = OnceKey(f"{before.id}:release")
    step = await store_steps.step(work, once)
    if step is not None:
        return step if step.answer is None else None
    abandoned = before.state is PaymentState.CAPTURE_DECLINED and before.hold_open
    if before.provider_ref is None or not (before.state in rules.BEGINS[Verb.RELEASE] or abandoned):
        return None
    step = store_steps.new_step(work, before, Verb.RELEASE, once, 0, why)
    await store_steps.note_step(work, step)
    if not abandoned:
        await keep(work, before, replace(before, state=PaymentState.RELEASING, why=why))
    await _end_start(work, before)
    return step


async def _end_start(work: Work, payment: Payment) -> None:
    """Nothing can start any more for a hold that is let go."""
    await end_token(work, payment)
    if payment.order is not None:
        order = await stations.order(work, payment.order)
        if order.state is OrderState.QUEUED:
            await stations.cancel_order(work, payment.order, "The payment was released.")


async def end_token(work: Work, payment: Payment) -> None:
    """The token that was made for the visit starts nothing from now on."""
    if payment.own_token:
        return
    key = (payment.party, payment.token)
    token = (await drivers.tokens_of(work, {key})).get(key)
    if token is not None:
        await drivers.expire(work, token.id)


async def finish_release(begin: BeginWork, given: AnyProvider, step: StepTaken) -> None:
    """Ask for a noted release, and note what came of it."""
    payment = await _about_to_ask(begin, step)
    provider = choosing.of(given, payment.provider)
    order = ReleaseOrder(once=step.once, ref=payment.provider_ref or "")
    try:
        answer = await provider.release(order)
        # Whatever it says no to, the hold itself tells where it is.
        seen = await provider.fetch(order.ref) if isinstance(answer, Declined) else answer
    except ProviderSilent as silence:
        await note_silence(begin, step, silence)
        raise
    async with begin() as work:
        before = await store.lock(work, step.payment)
        after, facts = rules.learned(before, seen, work.now)
        await keep(work, before, after)
        await work.announce(facts)
        if seen.state in (HoldState.HELD, HoldState.AWAITING):
            await store_steps.troubled(work, step.id, f"the hold is still {seen.state}")
            return
        await store_steps.answered(
            work, step.id, "done" if seen.state is HoldState.VOIDED else seen.state
        )


async def refund(
    begin: BeginWork,
    given: AnyProvider,
    payment: PaymentId,
    amount: Money,
    *,
    reason: str,
    once: OnceKey,
) -> Refunded | Declined:
    """Give back a part or all of what was taken. Two at once cannot give back more than that."""
    async with begin() as work:
        step = await _note_refund(work, payment, amount, reason, once)
    if step.answer is not None:
        # One that came back later was given back all the same.
        if step.answer in ("done", "returned"):
            return Refunded(step.detail or "", amount)
        return Declined(step.answer, step.detail or "")
    return await finish_refund(begin, given, step)


async def _note_refund(
    work: Work, payment: PaymentId, amount: Money, reason: str, once: OnceKey
) -> StepTaken:
    before = await store.lock(work, payment)
    step = await store_steps.step(work, once)
    if step is not None:
        if (step.payment, step.verb, step.amount_minor) != (payment, Verb.REFUND, amount.minor):
            raise KeyOfAnotherStep(once)
        return step
    promised = await promised_minor(work, payment)
    if not rules.may_refund(before, amount, promised):
        left = before.captured_minor - before.refunded_minor - promised
        raise RefundTooLarge(amount, Money(left, before.currency))
    step = store_steps.new_step(work, before, Verb.REFUND, once, amount.minor, reason)
    await store_steps.note_step(work, step)
    return step


async def promised_minor(work: Work, payment: PaymentId) -> int:
    """What of a payment may be on its way back, or is kept for refunds that came back."""
    asked = await store_steps.promised_refunds(work, payment)
    return asked + await store_returned.kept_minor(work, payment)


async def finish_refund(
    begin: BeginWork, given: AnyProvider, step: StepTaken
) -> Refunded | Declined:
    """Ask for a noted refund, and note what came of it."""
    payment = await _about_to_ask(begin, step)
    provider = choosing.of(given, payment.provider)
    amount = Money(step.amount_minor, payment.currency)
    order = RefundOrder(
        once=step.once, ref=payment.provider_ref or "", amount=amount, reason=step.reason
    )
    try:
        answer = await provider.refund(order)
    except ProviderSilent as silence:
        await note_silence(begin, step, silence)
        raise
    async with begin() as work:
        before = await store.lock(work, step.payment)
        if isinstance(answer, Declined):
            if await store_steps.answered(work, step.id, answer.code, answer.reason):
                await returned_ends.declined(work, step, answer)
            return answer
        if await store_steps.answered(work, step.id, "done", answer.ref):
            # A webhook may have told the sum already, so it is counted and not added to.
            sum_minor = max(before.refunded_minor, await store_steps.refunds_done(work, before.id))
            await keep(work, before, replace(before, refunded_minor=sum_minor))
            again = await returned_ends.done(work, before, step)
            await work.announce([_refunded(work, before, step, again=again)])
        return answer


def _refunded(work: Work, payment: Payment, step: StepTaken, *, again: bool) -> PaymentRefunded:
    return PaymentRefunded(
        party=payment.party,
        payment=payment.id,
        at=work.now,
        amount_minor=step.amount_minor,
        currency=payment.currency,
        reason=step.reason,
        once=step.once,
        again=again,
    )


async def note_silence(begin: BeginWork, step: StepTaken, silence: ProviderSilent) -> None:
    """Nobody knows now whether the provider acted. Only evidence leads out of that."""
    async with begin() as work:
        before = await store.lock(work, step.payment)
        await store_steps.troubled(work, step.id, str(silence))
        if PaymentState.UNKNOWN in rules.WALK[before.state]:
            await keep(work, before, replace(before, state=PaymentState.UNKNOWN))


async def keep(work: Work, before: Payment, after: Payment) -> None:
    """Keep the next state of a locked payment: one compare-and-set along the walk."""
    assert rules.may_become(before.state, after.state), f"{before.state} to {after.state}"
    moved = await store.move_many(work, [(before, after)])
    assert moved == 1, "the payment is locked, so nobody else has moved it"
    if rules.is_over(after.state) and not rules.is_over(before.state):
        await promotions.let_go(work, after.party, after.token)


async def _about_to_ask(begin: BeginWork, step: StepTaken) -> Payment:
    async with begin() as work:
        await store_steps.tried(work, step.id)
        return await store.load(work, step.payment)
