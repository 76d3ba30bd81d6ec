"""Refunds that banks send back, days after they were done: heard of, and owed to their drivers.

A webhook of a payment of which something was given back is only a reason to read its refunds. Where
none comes they are read each day, for a month. What is new of them is one work on a locked payment:
the refund is done no more, less of the payment counts as given back, and the books owe the driver.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from voltway.kernel.errors import Outage
from voltway.kernel.ids import PartyId, PaymentId
from voltway.ledger import actions as ledger
from voltway.payments import choosing, rules_returned, store, store_returned, store_steps
from voltway.payments.actions_money import keep
from voltway.payments.choosing import AnyProvider
from voltway.payments.model import Payment, StepTaken, Verb
from voltway.payments.model_returned import RefundReturned
from voltway.payments.provider_more import HearsRefunds, RefundSeen
from voltway.runtime.work import BeginWork, Job, Work

JOB: Final = "read_refunds"
LOOK_EVERY: Final = timedelta(days=1)
WATCHED_FOR: Final = timedelta(days=30)
LOOKED_AT_ONCE: Final = 100
WHY_MAX: Final = 200


def to_read(party: PartyId, payment: PaymentId) -> Job:
    """The job that reads what was given back of a payment."""
    return Job(kind=JOB, key=f"{JOB}:{payment}", body={"payment": str(payment)}, party=party)


async def may_have_come_back(work: Work, payment: Payment) -> None:
    """Somebody told of a payment: if it was given back, read whether it still is."""
    if payment.refunded_minor:
        await work.enqueue(to_read(payment.party, payment.id))


async def read_job(begin: BeginWork, given: AnyProvider, body: Mapping[str, str]) -> None:
    await read(begin, given, PaymentId(UUID(body["payment"])))


async def read(begin: BeginWork, given: AnyProvider, id: PaymentId) -> int:
    """Read the refunds of a payment, and take out what came back; how many."""
    async with begin() as work:
        payment = await store.load(work, id)
    provider = choosing.of(given, payment.provider)
    failed: dict[str, RefundSeen] = {}
    if isinstance(provider, HearsRefunds) and payment.provider_ref is not None:
        seen = await provider.refunds(payment.provider_ref)
        failed = {each.ref: each for each in seen if each.has_failed}
    async with begin() as work:
        before, done = await store.lock(work, id), 0
        for step in await store_steps.steps_of(work, id):
            if step.verb is Verb.REFUND and step.detail in failed:
                after = await _come_back(work, before, step, failed[step.detail])
                done += after is not before
                before = after
        await store_returned.looked(work, id, LOOK_EVERY, WATCHED_FOR)
    return done


async def _come_back(work: Work, before: Payment, step: StepTaken, seen: RefundSeen) -> Payment:
    """The payment, when one of its refunds came back: once, whoever tells it how often."""
    if not await store_returned.came_back(work, step.id):
        return before
    why = seen.why.replace("_", " ")[:WHY_MAX]
    after = replace(
        before,
        refunded_minor=max(0, before.refunded_minor - step.amount_minor),
        returned_minor=before.returned_minor + step.amount_minor,
    )
    await keep(work, before, after)
    id = await store_returned.add(work, before, step, why)
    await ledger.post(work, rules_returned.came_back(before, step, why, work.now))
    fact = RefundReturned(
        party=before.party,
        at=work.now,
        returned=id,
        payment=before.id,
        amount_minor=step.amount_minor,
        currency=before.currency,
        why=why,
    )
    await work.announce([fact])
    return after


async def look_again(begin: BeginWork, given: AnyProvider) -> int:
    """The round: read what was given back within a month, each day; how many payments."""
    async with begin() as work:
        waiting = await store_returned.to_look_at(work, LOOKED_AT_ONCE)
    done = 0
    for id in waiting:
        with suppress(Outage):
            await read(begin, given, id)
            done += 1
    return done
