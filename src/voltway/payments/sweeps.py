"""What is done about payments when nobody does anything: the janitor's rounds.

Each round asks under the keys that were noted, so that two rounds at once, or a round beside a
settlement, are harmless.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Final, assert_never

from voltway.drivers import actions as drivers
from voltway.kernel.errors import Outage
from voltway.kernel.ids import PaymentId
from voltway.payments import rules, store, store_steps, store_unpaid, store_webhooks
from voltway.payments.actions_capture import finish_capture
from voltway.payments.actions_grow import finish_increase, note_increase
from voltway.payments.actions_money import (
    finish_refund,
    finish_release,
    note_release,
    release,
)
from voltway.payments.actions_visit import (
    SILENT_AFTER,
    START_WITHIN_S,
    VISIT_LASTS,
    finish_hold,
    refresh,
)
from voltway.payments.choosing import AnyProvider
from voltway.payments.model import Payment, PaymentState, StepTaken, Verb, Why
from voltway.runtime.work import BeginWork, Work
from voltway.sessions import actions as sessions

#: Who pays in the last minute has this long until the news of it is here.
PAGE_GRACE: Final = timedelta(minutes=5)
LOOK_EVERY: Final = timedelta(seconds=60)
STOP_AGAIN_AFTER: Final = timedelta(seconds=60)
NO_ENERGY_AFTER: Final = timedelta(minutes=10)
#: Before the 24 hours within which every hold must end.
LEFT_OVER_AFTER: Final = timedelta(hours=20)
#: How far beyond their time unpaid visits are looked for: as long may nobody sweep.
UNPAID_SEEN: Final = timedelta(days=30)
FORGET_AT_ONCE_MAX: Final = 10_000


async def release_unstarted(
    begin: BeginWork, provider: AnyProvider, *, within_s: int = START_WITHIN_S
) -> int:
    """Let holds go for which nothing started in time: the driver was not charged."""
    async with begin() as work:
        waiting = await store.unstarted(work, work.now - timedelta(seconds=within_s))
    done = 0
    for payment in waiting:
        done += await _quietly(partial(_release_unstarted, begin, provider, payment))
    return done


async def _release_unstarted(begin: BeginWork, provider: AnyProvider, id: PaymentId) -> None:
    async with begin() as work:
        payment = await store.lock(work, id)
        if payment.state is not PaymentState.HELD or payment.session is not None:
            return
        # The session may have begun while the news of it is still on its way to us.
        if await store.sessions_of_token(work, payment.party, payment.token):
            return
        step = await note_release(work, payment, Why.NOTHING_STARTED)
    if step is not None:
        await finish_release(begin, provider, step)


async def resolve_unknown(begin: BeginWork, provider: AnyProvider) -> int:
    """Ask again what was asked without an answer, and look at what we may have missed."""
    async with begin() as work:
        steps = await store_steps.open_steps(work, work.now - SILENT_AFTER)
    done = 0
    for step in steps:
        done += await _quietly(partial(_ask_again, begin, provider, step))
    async with begin() as work:
        missed = await store.to_look_at(work, work.now - LOOK_EVERY)
    for payment in missed:
        done += await _quietly(partial(refresh, begin, provider, payment))
    return done


async def _ask_again(begin: BeginWork, provider: AnyProvider, step: StepTaken) -> None:
    match step.verb:
        case Verb.HOLD:
            await finish_hold(begin, provider, step)
        case Verb.INCREASE:
            await finish_increase(begin, provider, step)
        case Verb.CAPTURE:
            await finish_capture(begin, provider, step)
        case Verb.RELEASE:
            await finish_release(begin, provider, step)
        case Verb.REFUND:
            await finish_refund(begin, provider, step)
        case never:
            assert_never(never)


async def stop_at_limit(begin: BeginWork, given: AnyProvider | None = None) -> int:
    """Stop the sessions whose running cost has reached what is held for them, and those that
    give no energy: their driver would wait for nothing, with money held. A hold that may grow
    does so before it is used up."""
    async with begin() as work:
        running = await store.running(work)
    stopped = 0
    for payment in running:
        async with begin() as work:
            came = await _stop_if_over(work, payment)
        if isinstance(came, StepTaken):
            if given is not None:
                await _quietly(partial(finish_increase, begin, given, came))
        else:
            stopped += came
    return stopped


async def _stop_if_over(work: Work, payment: Payment) -> bool | StepTaken:
    assert payment.session is not None, "the query asks for payments with a session"
    record, cost = await sessions.cost_so_far(work, payment.session)
    if not record.running:
        return False
    spent = cost.payable.minor >= payment.hold_minor
    empty = not record.energy_wh and record.duration_s >= NO_ENERGY_AFTER.total_seconds()
    if spent or empty:
        await sessions.stop(work, payment.session, by="limit" if spent else "no energy")
        await store.look_at_limit(work, payment.id, work.now + STOP_AGAIN_AFTER)
        return True
    if payment.can_grow and rules.is_nearly_spent(cost.payable, payment.hold):
        step = await note_increase(work, payment)
        if step is not None:
            return step
    lasted = timedelta(seconds=record.duration_s)
    again = rules.look_again_after(cost.payable, payment.hold, lasted=lasted)
    await store.look_at_limit(work, payment.id, work.now + again)
    return False


async def close_pages(begin: BeginWork, given: AnyProvider) -> int:
    """End the pages on which nobody has paid in time. Some providers keep them open for a day, and
    would have to be asked about each all the while; who pays at last would pay for nothing."""
    async with begin() as work:
        waiting = await store.left_open(work, work.now - VISIT_LASTS - PAGE_GRACE)
    done = 0
    for payment in waiting:
        done += await _quietly(partial(release, begin, given, payment, Why.GAVE_UP))
    return done


async def void_leftovers(begin: BeginWork, provider: AnyProvider) -> int:
    """Let holds go that nobody will take from any more, before a day is over."""
    async with begin() as work:
        leftovers = await store.left_over(work, work.now - LEFT_OVER_AFTER)
    done = 0
    for payment in leftovers:
        declined = payment.state is PaymentState.CAPTURE_DECLINED
        why = Why.CAPTURE_DECLINED if declined else Why.LEFT_OVER
        done += await _quietly(partial(release, begin, provider, payment.id, why))
    return done


async def forget_old_webhooks(begin: BeginWork, days: int) -> int:
    """Forget what providers told before this (0: never): they repeat nothing so late."""
    if not days:
        return 0
    async with begin() as work:
        return await store_webhooks.forget(work, work.now - timedelta(days=days))


async def forget_unpaid(begin: BeginWork, days: int) -> int:
    """Forget visits that were begun so long ago (0: none) and never paid; how many. No bill and no
    entry in the books names them, and whoever likes can begin many."""
    if not days:
        return 0
    gone = 0
    async with begin() as work:
        before = work.now - timedelta(days=days)
        found = await store_unpaid.unpaid(work, before - UNPAID_SEEN, before, FORGET_AT_ONCE_MAX)
        if found:
            await store_unpaid.forget(work, [payment for payment, _, _ in found])
            await drivers.forget_guests(work, {(party, token) for _, party, token in found})
            gone = len(found)
    return gone


async def forget_addresses(begin: BeginWork, days: int) -> int:
    """Forget the addresses that were given for receipts, so long (0: never) after the visit began
    and was over; how many. No receipt and no credit note is mailed so late."""
    if not days:
        return 0
    async with begin() as work:
        before = work.now - timedelta(days=days)
        return await store_unpaid.forget_addresses(work, before, FORGET_AT_ONCE_MAX)


async def _quietly(do: Callable[[], Awaitable[object]]) -> int:
    """Do one thing of a round. An outage is noted where it happened, and the round goes on."""
    try:
        await do()
    except Outage:
        return 0
    return 1
