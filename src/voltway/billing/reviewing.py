"""A person decides of a session that was held: it is billed by its readings, by another energy or
not at all, and the settlement goes on. One decision, with a reason, that stands for ever."""

from dataclasses import dataclass, replace
from typing import ClassVar

from voltway.billing import rules_review, settling, store, store_decisions
from voltway.billing.model import Settlement, SettlementState
from voltway.billing.rules_review import Choice, Decision
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import SettlementId
from voltway.runtime.work import Work
from voltway.sessions import actions as sessions


@dataclass(eq=False)
class NothingToDecide(Refusal):
    """This settlement is not held for review: it is {state}. There is nothing to decide."""

    kind: ClassVar[Kind] = Kind.CONFLICT

    state: str


async def decide(
    work: Work,
    settlement: SettlementId,
    choice: Choice,
    *,
    reason: str,
    by: str,
    energy_wh: int | None = None,
) -> Settlement:
    """Decide how a held session is billed, and let its settlement walk on."""
    before = await store.lock(work, settlement)
    if before.state is not SettlementState.HELD:
        raise NothingToDecide(before.state)
    evidence = await sessions.evidence_of(work, before.session)
    record = await sessions.record_of(work, before.session)
    chosen, said = rules_review.checked(choice, energy_wh, reason, evidence)

    await store_decisions.keep(
        work,
        Decision(
            settlement=before.id,
            party=before.party,
            session=before.session,
            choice=choice,
            energy_wh=chosen,
            reason=said,
            doubts=record.doubts,
            by=by,
            at=work.now,
        ),
    )
    after = replace(
        before,
        state=SettlementState.WALKING,
        tries=before.tries + 1,
        next_try_at=work.now,
        reviewed_by=by,
    )
    await store.save(work, after)
    await work.enqueue(settling.job(after))
    return after


async def decision_of(work: Work, settlement: SettlementId) -> Decision | None:
    return (await store_decisions.of(work, [settlement])).get(settlement)
