"""Taking money, of one hold or of many at once. Asking the world takes three moves: note, ask,
note.

Many captures are noted in one work, asked side by side, and their answers noted in one work; each
keeps a step and a key of its own. So a hold is never taken from twice, whatever dies in between:
who comes next (the settlement, the sweep) asks again under the same key.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal, Trouble
from voltway.kernel.facts import Fact
from voltway.kernel.ids import OnceKey, PaymentId
from voltway.kernel.money import Money
from voltway.payments import choosing, rules, store, store_steps
from voltway.payments.choosing import AnyProvider
from voltway.payments.model import Captured, Payment, PaymentState, StepTaken, Verb, Why
from voltway.payments.provider import (
    CaptureOrder,
    Declined,
    HoldSeen,
    ProviderNonsense,
    ProviderSilent,
)
from voltway.runtime.work import BeginWork, Work


@dataclass(eq=False)
class KeyOfAnotherStep(Refusal):
    """The key {once} was already used to ask for something else."""

    kind = Kind.CONFLICT

    once: OnceKey


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much is to be taken of a hold; ``once`` names what for."""

    payment: PaymentId
    amount: Money
    once: OnceKey


@dataclass(frozen=True, slots=True)
class Asking:
    """A capture that is noted and is to be asked for now."""

    step: StepTaken
    order: CaptureOrder
    provider: str


#: What the provider said, or that it said nothing.
Answer = HoldSeen | Declined | ProviderSilent
#: What came of a capture.
Outcome = Captured | Declined | Trouble


async def capture(
    begin: BeginWork, provider: AnyProvider, payment: PaymentId, amount: Money, once: OnceKey
) -> Captured | Declined:
    """Take this much of a hold; the rest of it is released. ``once`` names the settlement."""
    async with begin() as work:
        [noted] = await note_captures(work, [Wanted(payment, amount, once)])
    if isinstance(noted, Asking):
        return await _finish(begin, provider, noted)
    return _known(noted)


async def finish_capture(
    begin: BeginWork, provider: AnyProvider, step: StepTaken
) -> Captured | Declined:
    """Ask for a noted capture once more, and note what came of it."""
    async with begin() as work:
        await store_steps.tried(work, step.id)
        asking = _asking(step, await store.load(work, step.payment))
    return await _finish(begin, provider, asking)


async def _finish(begin: BeginWork, provider: AnyProvider, asking: Asking) -> Captured | Declined:
    answer = await ask_capture(provider, asking)
    async with begin() as work:
        [outcome] = await note_captured(work, [(asking, answer)])
    return _known(outcome)


def _known(outcome: Outcome) -> Captured | Declined:
    if isinstance(outcome, Trouble):
        raise outcome
    return outcome


async def note_captures(work: Work, wanted: Sequence[Wanted]) -> list[Asking | Outcome]:
    """For each, what is to be asked now; or what is known already, where there is nothing to ask
    any more. Everything that is to be asked is noted when this work is kept."""
    locked = await store.lock_many(work, [one.payment for one in wanted])
    steps = await store_steps.by_keys(work, [one.once for one in wanted])
    noted: list[Asking | Outcome] = []
    for one in wanted:
        payment, step = locked[one.payment], steps.get(one.once)
        known = _already(payment, step, one)
        if known is not None:
            noted.append(known)
            continue
        assert 0 < one.amount.minor <= payment.hold_minor, "rules.to_capture says how much"
        assert one.amount.currency == payment.currency
        if step is None:
            step = store_steps.new_step(work, payment, Verb.CAPTURE, one.once, one.amount.minor, "")
        noted.append(_asking(step, payment))
    asked = [one.step for one in noted if isinstance(one, Asking)]
    again = [step for step in asked if step.once in steps]
    fresh = [step for step in asked if step.once not in steps]
    await store_steps.note_steps(work, fresh, tries=1)
    if again:
        await store_steps.tried(work, *(step.id for step in again))
    await keep_many(
        work,
        [
            (locked[step.payment], replace(locked[step.payment], state=PaymentState.CAPTURING))
            for step in fresh
        ],
    )
    return noted


def _already(payment: Payment, step: StepTaken | None, wanted: Wanted) -> Outcome | None:
    """What is known of a capture before it is asked for, if that is all that can be known."""
    if step is not None:
        told = (step.payment, step.verb, step.amount_minor)
        if told != (payment.id, Verb.CAPTURE, wanted.amount.minor):
            return KeyOfAnotherStep(wanted.once)
        if step.answer is None:
            return None
        if step.answer == "done":
            return Captured(payment.id, payment.captured, step.id)
        return Declined(step.answer, step.detail or "")
    if payment.state is PaymentState.CAPTURED:
        return Captured(payment.id, payment.captured, None)
    if payment.state not in rules.BEGINS[Verb.CAPTURE]:
        return Declined(payment.state, f"There is no hold to take from: it is {payment.state}.")
    return None


def _asking(step: StepTaken, payment: Payment) -> Asking:
    amount = Money(step.amount_minor, payment.currency)
    order = CaptureOrder(once=step.once, ref=payment.provider_ref or "", amount=amount)
    return Asking(step, order, payment.provider)


async def ask_capture(given: AnyProvider, asking: Asking) -> Answer:
    """The provider's answer. No transaction is open."""
    provider = choosing.of(given, asking.provider)
    try:
        answer = await provider.capture(asking.order)
        if isinstance(answer, Declined) and answer.code == Declined.MOVED_ON:
            return await provider.fetch(asking.order.ref)
    except ProviderSilent as silence:
        return silence
    return answer


async def note_captured(work: Work, answers: Sequence[tuple[Asking, Answer]]) -> list[Outcome]:
    """Note what came of captures; a silence is noted too, and nothing but evidence leads out of
    not knowing."""
    locked = await store.lock_many(work, [asking.step.payment for asking, _ in answers])
    outcomes: list[Outcome] = []
    moves: list[tuple[Payment, Payment]] = []
    told: list[tuple[UUID, str, str | None]] = []
    facts: list[Fact] = []
    for asking, answer in answers:
        before, step = locked[asking.step.payment], asking.step
        if isinstance(answer, ProviderSilent):
            await _note_silence(work, step, before, answer, moves)
            outcomes.append(answer)
            continue
        after, news = _after(before, answer, work)
        outcome = _outcome(asking.provider, step, after, answer)
        outcomes.append(outcome)
        if isinstance(outcome, Trouble):
            continue  # nonsense moves nothing
        moves.append((before, after))
        facts += news
        if isinstance(outcome, Captured):
            told.append((step.id, "done", None))
        else:
            told.append((step.id, outcome.code, outcome.reason))
    await keep_many(work, moves)
    await store_steps.answered_many(work, told)
    await work.announce(facts)
    return outcomes


def _after(before: Payment, answer: HoldSeen | Declined, work: Work) -> tuple[Payment, list[Fact]]:
    if isinstance(answer, HoldSeen):
        return rules.learned(before, answer, work.now)
    if rules.is_over(before.state):
        return before, []
    return rules.capture_declined(before, Why.CAPTURE_DECLINED, work.now)


def _outcome(
    provider: str, step: StepTaken, after: Payment, answer: HoldSeen | Declined
) -> Outcome:
    if isinstance(answer, Declined):
        return answer
    if not rules.is_over(after.state):
        return ProviderNonsense(provider, f"a capture left a hold that is {answer.state}")
    if after.state is PaymentState.CAPTURED:
        return Captured(after.id, after.captured, step.id)
    return Declined(after.state, f"The hold was {after.state} when we took the money.")


async def _note_silence(
    work: Work,
    step: StepTaken,
    before: Payment,
    silence: ProviderSilent,
    moves: list[tuple[Payment, Payment]],
) -> None:
    """Nobody knows now whether the provider acted. Only evidence leads out of that."""
    await store_steps.troubled(work, step.id, str(silence))
    if PaymentState.UNKNOWN in rules.WALK[before.state]:
        moves.append((before, replace(before, state=PaymentState.UNKNOWN)))


async def keep_many(work: Work, moves: Sequence[tuple[Payment, Payment]]) -> None:
    """Keep the next states of locked payments: each one compare-and-set along the walk."""
    for before, after in moves:
        assert rules.may_become(before.state, after.state), f"{before.state} to {after.state}"
    moved = await store.move_many(work, moves)
    assert moved == len(moves), "the payments are locked, so nobody else has moved them"
