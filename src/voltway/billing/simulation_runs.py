"""More sessions under a draft than a page can wait for: priced by a job that says how far it is.

A hundred at a time, each hundred in a work of its own, so nothing is held for long. Nothing but
the sums is kept, so a job that died begins anew; done twice it comes to the same.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from voltway.billing import simulating, store_simulations
from voltway.billing.model_runs import RunState
from voltway.billing.model_simulations import Outcome, SimulationRun, Tally
from voltway.billing.simulating import (
    AT_ONCE,
    TRACED_MAX,
    SimulatedSession,
    Simulation,
    moves_most,
)
from voltway.billing.store_simulations import NoSuchSimulation
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import LocationId, PartyId, new_id
from voltway.parties import actions as parties
from voltway.runtime.work import BeginWork, Job, Work
from voltway.tariffs.ocpi import read_once

__all__ = ["NoSuchSimulation", "SimulationRun", "ask", "found", "outcome", "recent", "run_job"]

JOB = "tariff_simulation"
#: Three years, and no session older than those that anybody asks of.
DAYS_MAX = 1100
WAITING_MAX = 5
SHOWN = 10


@dataclass(eq=False)
class EnoughUnderWay(Refusal):
    """{n} simulations are under way already. Wait for one of them."""

    kind = Kind.LIMIT

    n: int


async def ask(
    work: Work,
    party: PartyId,
    document: str,
    first: date,
    last: date,
    *,
    location: LocationId | None = None,
    by: str,
) -> SimulationRun:
    """Begin to price the sessions that ended on these days by a draft.

    Raises ``DaysNotUsable``, ``OtherCurrency``, and what reading the document raises.
    """
    span = await simulating.span_of(
        work, party, read_once(document), first, last, location, most=DAYS_MAX
    )
    under_way = await store_simulations.waiting(work, party)
    if under_way >= WAITING_MAX:
        raise EnoughUnderWay(under_way)
    asked = SimulationRun(
        id=new_id(work.now),
        party=party,
        document=document,
        first=first,
        last=last,
        location=location,
        state=RunState.WAITING,
        total=await simulating.count(work, span),
        done=0,
        asked_by=by,
        asked_at=work.now,
    )
    await store_simulations.add(work, asked)
    await work.enqueue(Job(JOB, f"{JOB}:{asked.id}", {"run": str(asked.id)}, party=party))
    return asked


async def run_job(begin: BeginWork, body: Mapping[str, str]) -> None:
    """The job of a simulation."""
    async with begin() as work:
        run = await store_simulations.load(work, UUID(body["run"]))
    if run.is_over:
        return
    try:
        over = await _priced(begin, run)
    except Refusal as no:  # the draft fits the party no more
        over = replace(run, state=RunState.STOPPED, trouble=str(no))
    async with begin(run.party) as work:
        await store_simulations.save(work, replace(over, done_at=work.now))


async def _priced(begin: BeginWork, run: SimulationRun) -> SimulationRun:
    tally, most = Tally(), list[SimulatedSession]()
    after: tuple[datetime, UUID] | None = None
    draft = read_once(run.document)
    while True:
        async with begin(run.party) as work:
            owner = await parties.party(work, run.party)
            span = await simulating.span_of(
                work, run.party, draft, run.first, run.last, run.location, most=DAYS_MAX
            )
            rows = await simulating.ended(work, span, after=after, limit=AT_ONCE)
            some = await simulating.priced(work, owner, draft, rows, traces=False)
            simulating.counted(tally, some)
            most = heapq.nsmallest(TRACED_MAX, [*most, *some], key=moves_most)
            run = replace(
                run,
                state=RunState.RUNNING,
                done=run.done + len(rows) if after else len(rows),
                total=max(run.total, tally.sessions_n),
            )
            await store_simulations.save(work, run)
        if len(rows) < AT_ONCE:
            break
        after = rows[-1]["ended_at"], rows[-1]["id"]
    found = Outcome(sums=tally.sums, most=tuple(each.session for each in most))
    return replace(run, state=RunState.DONE, total=run.done, outcome=found)


async def found(work: Work, id: UUID) -> SimulationRun:
    """The simulation as it stands now."""
    return await store_simulations.load(work, id)


async def recent(work: Work, party: PartyId) -> Sequence[SimulationRun]:
    """The newest that were asked."""
    return await store_simulations.newest(work, party, SHOWN)


async def outcome(work: Work, run: SimulationRun) -> Simulation | None:
    """What a simulation came to, those sessions with their steps that would change most; none
    while it is under way."""
    if run.outcome is None:
        return None
    owner = await parties.party(work, run.party)
    rows = await simulating.rows_of(work, run.most)
    told = await simulating.priced(work, owner, read_once(run.document), rows)
    return Simulation(
        currency=owner.currency,
        first=run.first,
        last=run.last,
        sessions=tuple(sorted(told, key=moves_most)),
        left_out=0,
        sums=run.outcome.sums,
    )


async def forget_old(begin: BeginWork, *, days: int) -> int:
    """Sweep: what was simulated so long ago is about other days (0: it is kept)."""
    if not days:
        return 0
    async with begin() as work:
        return await store_simulations.forget(work, work.now - timedelta(days=days))
