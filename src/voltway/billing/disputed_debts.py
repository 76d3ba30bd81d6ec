"""Bills that a card paid and whose bank took that back: owed again, and told of from the start.

The books have it from the payments. What was paid twice is taken back first, and opens nothing; the
first reminder comes so many days after it opened again as it would come after a bill's own day.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from voltway.billing import store_debts
from voltway.billing.debts import ABOUT, less, post
from voltway.billing.model_debts import Debt, How, Stage
from voltway.kernel.facts import Fact
from voltway.kernel.ids import InvoiceId, OnceKey
from voltway.kernel.money import Money
from voltway.ledger.model import Posting
from voltway.payments.model_disputes import CameBack, TakenBack
from voltway.payments.rules_disputes import WRITE_OFFS
from voltway.runtime.work import Work

BY = "payments"


async def hears_taken(work: Work, facts: Sequence[Fact]) -> None:
    """Banks took back, or gave back, what cards had paid for bills."""
    for fact in facts:
        if not isinstance(fact, TakenBack | CameBack) or not fact.about.startswith(ABOUT):
            continue
        debt = await store_debts.lock(work, InvoiceId(UUID(fact.about.removeprefix(ABOUT))))
        if debt is None:
            continue
        if isinstance(fact, TakenBack):
            await _reopen(work, debt, fact)
        else:
            await _paid_again(work, debt, fact)


async def _reopen(work: Work, before: Debt, fact: TakenBack) -> None:
    twice = await _paid_twice(work, before)
    amount = Money(fact.amount_minor, fact.currency)
    said, once = fact.reason.replace("_", " "), OnceKey(f"dispute:{fact.dispute}:taken")
    if not await store_debts.move(work, before, How.DISPUTED, amount, said=said, by=BY, once=once):
        return
    minor = min(max(amount.minor - twice, 0), before.settled_minor)
    if minor:
        after = replace(
            before,
            settled_minor=before.settled_minor - minor,
            stage=Stage.NONE,
            stage_at=work.now,
            closed_at=None,
        )
        await store_debts.save(work, after)
    work.touch(f"payments:{before.party}")


async def _paid_again(work: Work, before: Debt, fact: CameBack) -> None:
    """What was written off meanwhile is taken back, as where money comes to the bank."""
    amount = Money(fact.amount_minor, fact.currency)
    once = OnceKey(f"dispute:{fact.dispute}:won")
    if not await store_debts.move(work, before, How.WON_BACK, amount, said="", by=BY, once=once):
        return
    minor = min(amount.minor, before.owed.minor)
    back = Money(min(before.written_off_minor, amount.minor - minor), amount.currency)
    if back.minor:
        memo = f"{back} of {before.number} that was written off came back by a dispute."
        await post(work, before, once, memo, [Posting(before.account, WRITE_OFFS, back)])
    await less(
        work,
        replace(
            before,
            settled_minor=before.settled_minor + minor + back.minor,
            written_off_minor=before.written_off_minor - back.minor,
        ),
    )


async def _paid_twice(work: Work, debt: Debt) -> int:
    """What came for a debt beyond what was owed, and is with us still."""
    came = -debt.settled_minor
    for row in await store_debts.moves(work, debt.invoice):
        if row["kind"] != How.WRITE_OFF:
            minor = int(row["amount_minor"])
            came += -minor if row["kind"] == How.DISPUTED else minor
    return max(came, 0)
