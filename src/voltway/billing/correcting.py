"""What billing hears when a session is corrected after its bill.

The watcher only queues a job, for to recompute a bill takes more than a watcher should. The job
hears each correction once: it finds no difference, gives back what was too much where nothing is
doubtful, or puts the session to review with what its bill would say otherwise.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from voltway.billing import adjusting, documents, freezing, store, store_corrections
from voltway.billing.adjusting import Standing
from voltway.billing.model import SettlementState
from voltway.billing.store_adjustments import Made
from voltway.billing.store_corrections import Correction, Outcome
from voltway.kernel.errors import Outage
from voltway.kernel.facts import Fact
from voltway.kernel.ids import SessionId, new_id
from voltway.kernel.money import Money
from voltway.kernel.units import EnergyWh, kwh
from voltway.runtime.work import BeginWork, Job, Work
from voltway.sessions.model import SessionCorrected

HEAR_CORRECTION: Final = "hear_correction"

#: In whose name the house gives back what was too much.
HOUSE: Final = "Voltway"
WHY: Final = "What the station told after the bill makes it less."


@dataclass(eq=False)
class BillStillComing(Outage):
    """The bill of session {session} is being made, so it cannot be compared yet."""

    session: str


async def hears_session_corrected(work: Work, facts: Sequence[Fact]) -> None:
    """Queue a look at the bills of sessions that are not what they were. Told twice, each is
    looked at once."""
    heard = [fact for fact in facts if isinstance(fact, SessionCorrected)]
    await work.enqueue(*(_job(fact) for fact in heard))


def _job(fact: SessionCorrected) -> Job:
    at = fact.at.isoformat()
    return Job(
        HEAR_CORRECTION,
        f"{HEAR_CORRECTION}:{fact.session}:{at}:{fact.doubt}",
        {"session": str(fact.session), "at": at, "came": fact.doubt},
        party=fact.party,
    )


async def hear_correction(begin: BeginWork, body: Mapping[str, str]) -> None:
    """Compare a bill with what is known now, once for each correction."""
    session, heard_at = SessionId(UUID(body["session"])), datetime.fromisoformat(body["at"])
    async with begin() as work:
        settlement = await store.of_session(work, session)
        if settlement is None:
            return  # it is priced by what is known then
        settlement = await store.lock(work, settlement.id)
        if settlement.state is not SettlementState.DONE:
            if settlement.done:
                raise BillStillComing(str(session))
            return
        if await store_corrections.is_known(work, session, heard_at, body["came"]):
            return
        found = await adjusting.standing(work, session)
        assert found is not None, "what is settled has a bill"
        changed = tuple(differences(found)) if found.is_another else ()
        outcome = _outcome(found)
        if outcome is Outcome.ADJUSTED:
            await adjusting.adjust(work, session, Made.ADJUSTED, reason=WHY, by=HOUSE)
        correction = Correction(
            id=new_id(work.now),
            party=settlement.party,
            session=session,
            settlement=settlement.id,
            heard_at=heard_at,
            came=body["came"],
            outcome=outcome,
            changed=changed,
            at=work.now,
        )
        await store_corrections.keep(work, correction)
        work.touch(f"session:{session}")


def _outcome(found: Standing) -> Outcome:
    """A person looks at what is doubtful, and at what would cost more."""
    if not found.is_another:
        return Outcome.SAME
    if found.delta_minor > 0 or found.told.record.needs_review:
        return Outcome.REVIEW
    return Outcome.ADJUSTED


def differences(found: Standing) -> Iterator[str]:
    """What a bill says, and what it would say now."""
    billed = documents.cdr(found.cdr.document).visit
    told = freezing.cdr_document(found.told).visit
    currency = found.cdr.currency
    if found.before_wh != told.energy_wh:
        yield f"Energy: {_kwh(found.before_wh)} kWh billed, {_kwh(told.energy_wh)} kWh now."
    for what, before, now in (
        ("Begin", billed.begins, told.begins),
        ("End", billed.ends, told.ends),
        ("Charging", f"{billed.charging_s} s", f"{told.charging_s} s"),
        ("Idle", f"{billed.idle_s} s", f"{told.idle_s} s"),
    ):
        if before != now:
            yield f"{what}: {before} billed, {now} now."
    if found.delta_minor:
        before_, now_ = (Money(minor, currency) for minor in (found.before_minor, found.told_minor))
        yield f"Amount: {before_} billed, {now_} now."


def _kwh(energy_wh: int) -> str:
    return f"{kwh(EnergyWh(energy_wh)):f}"
