"""What past sessions would have cost under a draft of a tariff."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from voltway.billing import simulating, simulation_runs
from voltway.billing.model_runs import RunState
from voltway.billing.simulating import SimulatedSession, Simulation
from voltway.billing.simulation_runs import SimulationRun
from voltway.kernel.ids import LocationId
from voltway.kernel.money import Money
from voltway.parties.model import Permission
from voltway.stations import actions as stations
from voltway.tariffs.ocpi import read_tariff
from voltway.tariffs.rules_trace import Step
from voltway.web.api.caller import Calling
from voltway.web.api.operations import BODY, adds, asks, reads
from voltway.web.api.shapes import Amount, Moment, Shown
from voltway.web.pages import HttpRequest


class StepShown(Shown):
    """A part of a session under one price."""

    begins: Moment
    ends: Moment
    dimension: str
    element: Annotated[int | None, Meta(description="Counted from 1; null: nothing prices it.")]
    price: str | None
    volume: Annotated[str, Meta(description="In the unit of the price.")]
    why: str
    passed_over: Annotated[list[str], Meta(description="Why each element before did not hold.")]


class SimulatedShown(Shown):
    """One session: what it cost, and what it would have."""

    session_id: UUID
    location: str
    begins: Moment
    ends: Moment
    energy_wh: int
    old: Amount | None
    new: Amount | None
    difference: Amount | None
    held: Annotated[str, Meta(description="Why one of the amounts is not known; empty: both are.")]
    steps: Annotated[list[StepShown], Meta(description="Of the sessions that change most.")]


class SimulationShown(Shown):
    """Sessions under a draft, those that would change most first; sums of those compared."""

    currency: str
    sessions_n: int
    compared_n: int
    left_out: Annotated[int, Meta(description="Older sessions that were not looked at.")]
    old: Amount
    new: Amount
    difference: Amount
    sessions: list[SimulatedShown]


class SimulationRunShown(Shown):
    """Very many sessions under a draft: how far it is, and in the end what it came to, with the
    sessions that would change most."""

    id: UUID
    state: RunState
    total: Annotated[int, Meta(description="Sessions of these days.")]
    done: int
    trouble: str | None
    asked_at: Moment
    done_at: Moment | None
    outcome: SimulationShown | None


@asks(
    "/tariff-simulations",
    "Price past sessions under a draft",
    Permission.SEE_MONEY,
    opt={BODY: dict[str, Any]},
)
async def simulate_tariff(
    caller: Calling,
    request: HttpRequest,
    first: Annotated[date, QueryParameter(name="from", description="The first day.")],
    last: Annotated[date, QueryParameter(name="to", description="The last day, in it.")],
    location: Annotated[UUID | None, QueryParameter(description="Only at this location.")] = None,
) -> SimulationShown:
    """The body is the OCPI document of the draft. Nothing is kept: no session and no bill
    changes. At most 62 days and the newest 2,000 sessions; more by a run."""
    draft = read_tariff(await request.body())
    async with caller.begin() as work:
        place = None
        if location is not None:
            place = (await stations.location(work, LocationId(location))).id
        made = await simulating.simulate(
            work, caller.actor.party, draft, first, last, location=place
        )
    return _shown(made)


def _shown(made: Simulation) -> SimulationShown:
    return SimulationShown(
        currency=made.currency,
        sessions_n=made.sums.sessions_n,
        compared_n=made.sums.compared_n,
        left_out=made.left_out,
        old=_amount(made.old),
        new=_amount(made.new),
        difference=_amount(made.difference),
        sessions=[_session(each) for each in made.sessions],
    )


def _session(each: SimulatedSession) -> SimulatedShown:
    moved = each.difference
    return SimulatedShown(
        session_id=each.session,
        location=each.location,
        begins=each.begins,
        ends=each.ends,
        energy_wh=each.energy_wh,
        old=None if each.old is None else _amount(each.old),
        new=None if each.new is None else _amount(each.new),
        difference=None if moved is None else _amount(moved),
        held=each.held,
        steps=[_step(step) for step in each.steps],
    )


def _step(step: Step) -> StepShown:
    return StepShown(
        begins=step.begins,
        ends=step.ends,
        dimension=step.dimension,
        element=step.element,
        price=None if step.price is None else f"{step.price:f}",
        volume=f"{step.volume:f}",
        why=step.why,
        passed_over=list(step.passed_over),
    )


def _amount(money: Money) -> Amount:
    return Amount.of(money.minor, money.currency)


@adds(
    "/tariff-simulation-runs",
    "Price very many past sessions under a draft",
    Permission.SEE_MONEY,
    opt={BODY: dict[str, Any]},
)
async def add_simulation_run(
    caller: Calling,
    request: HttpRequest,
    first: Annotated[date, QueryParameter(name="from", description="The first day.")],
    last: Annotated[date, QueryParameter(name="to", description="The last day, in it.")],
    location: Annotated[UUID | None, QueryParameter(description="Only at this location.")] = None,
) -> SimulationRunShown:
    """The body is the OCPI document of the draft. A job prices all sessions of the days, at most
    1,100; read the run to see how far it is and what it came to."""
    draft = (await request.body()).decode("utf-8-sig", errors="replace")
    async with caller.begin() as work:
        place = None
        if location is not None:
            place = (await stations.location(work, LocationId(location))).id
        run = await simulation_runs.ask(
            work, caller.actor.party, draft, first, last, location=place, by=caller.name
        )
        await caller.audit(work, "asked for a simulation", run.subject)
    return _run(run, None)


@reads(
    "/tariff-simulation-runs/{run_id:uuid}",
    "Read how far a simulation is, and what it came to",
    Permission.SEE_MONEY,
)
async def read_simulation_run(caller: Calling, run_id: FromPath[UUID]) -> SimulationRunShown:
    async with caller.begin() as work:
        run = await simulation_runs.found(work, run_id)
        made = await simulation_runs.outcome(work, run)
    return _run(run, made)


def _run(run: SimulationRun, made: Simulation | None) -> SimulationRunShown:
    return SimulationRunShown(
        id=run.id,
        state=run.state,
        total=run.total,
        done=run.done,
        trouble=run.trouble,
        asked_at=run.asked_at,
        done_at=run.done_at,
        outcome=None if made is None else _shown(made),
    )


ROUTER = Router(
    "/", tags=["tariffs"], route_handlers=[simulate_tariff, add_simulation_run, read_simulation_run]
)
