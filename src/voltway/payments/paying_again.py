"""Two ways to end what is owed for a refund that came back: refunding it again, or paying it
otherwise. Whoever comes second finds it ended."""

from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.kernel.ids import OnceKey, PaymentId
from voltway.kernel.money import Money
from voltway.ledger import actions as ledger
from voltway.payments import rules, rules_returned, store, store_returned, store_steps
from voltway.payments.actions_money import RefundTooLarge, finish_refund, promised_minor
from voltway.payments.choosing import AnyProvider
from voltway.payments.model import Verb
from voltway.payments.model_returned import Returned, ReturnedState
from voltway.payments.provider import Declined, Refunded
from voltway.runtime.work import BeginWork, Work

SAID_MAX: Final = 200


@dataclass(eq=False)
class NoSuchReturn(Refusal):
    """There is no such refund that came back."""

    kind: ClassVar[Kind] = Kind.ABSENT


@dataclass(eq=False)
class OwedNoMore(Refusal):
    """Nothing is owed for this refund any more, or it is being refunded again at this moment."""

    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class OnItsWay(Outage):
    """It is being refunded again, and nobody knows yet whether that is done."""


@dataclass(eq=False)
class SayHow(Refusal):
    """Say in a sentence how it was paid: whoever checks the books reads it."""

    kind: ClassVar[Kind] = Kind.INVALID


async def kept_minor(work: Work, payment: PaymentId) -> int:
    """What of a payment a driver is owed for refunds that came back, or got otherwise: it is given
    back by nothing else."""
    return await store_returned.kept_minor(work, payment)


async def owed(work: Work, id: UUID) -> Returned:
    """What is owed for a refund that came back. Raises ``NoSuchReturn``, ``OwedNoMore``."""
    found = await store_returned.load(work, id)
    if found is None:
        raise NoSuchReturn
    if found.state is not ReturnedState.OWED:
        raise OwedNoMore
    return found


async def refund_again(
    begin: BeginWork, given: AnyProvider, id: UUID, *, by: str
) -> Refunded | Declined:
    """Give it back once more, to the same card, without a second credit note. Two at once give it
    back once. Raises ``NoSuchReturn``, ``OwedNoMore``, an outage."""
    async with begin() as work:
        found = await _lock(work, id)
        payment = await store.load(work, found.payment)
        once = OnceKey(f"returned:{id}:again:{found.tries + 1}")
        promised = await promised_minor(work, payment.id) - found.amount.minor
        if not rules.may_refund(payment, found.amount, promised):
            left = payment.captured_minor - payment.refunded_minor - promised
            raise RefundTooLarge(found.amount, Money(left, payment.currency))
        step = store_steps.new_step(
            work, payment, Verb.REFUND, once, found.amount.minor, "A refund that came back"
        )
        await store_steps.note_step(work, step)
        await store_returned.asked(work, id, step.id, by)
        work.touch(payment.subject, f"payments:{payment.party}")
    return await finish_refund(begin, given, step)


async def pay_otherwise(work: Work, id: UUID, *, how: str, by: str) -> Returned:
    """It was paid by a transfer from the bank. Raises ``SayHow``, ``NoSuchReturn`` and
    ``OwedNoMore``."""
    sentence = said(how)
    found = await _lock(work, id)
    await ledger.post(work, rules_returned.paid_otherwise(found, work.now, how=sentence, by=by))
    await store_returned.paid(work, id, sentence, by)
    work.touch(f"payment:{found.payment}", f"payments:{found.party}")
    return found


def said(how: str) -> str:
    """The sentence as it is kept. Raises ``SayHow``."""
    sentence = " ".join(how.split())[:SAID_MAX]
    if not sentence:
        raise SayHow
    return sentence


async def go_on(
    begin: BeginWork, given: AnyProvider, id: UUID, *, how: str | None, by: str
) -> Declined | None:
    """End it as was agreed, unless it is ended or on its way: by the bank where ``how`` says so,
    else by a refund. Why it could not be. Raises an outage while nobody knows."""
    async with begin() as work:
        found = await store_returned.load(work, id)
        assert found is not None, "nothing deletes it"
        if found.state is ReturnedState.ASKED:
            raise OnItsWay
        if found.state is not ReturnedState.OWED:
            return None
        if how is not None:
            await pay_otherwise(work, id, how=how, by=by)
            return None
    answer = await refund_again(begin, given, id, by=by)
    return answer if isinstance(answer, Declined) else None


async def _lock(work: Work, id: UUID) -> Returned:
    """What is owed, with its payment locked first, as everybody does who gives back of one."""
    found = await store_returned.load(work, id)
    if found is None:
        raise NoSuchReturn
    await store.lock(work, found.payment)
    return await owed(work, id)
