"""What past sessions would have cost under a draft: summed, compared, and with the reason."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.billing.test_promotions import a_code, opens
from tests.billing.words import charged
from tests.network import a_party
from tests.payments.scene import TARIFF, Scene
from voltway.billing import simulating, simulation_runs
from voltway.billing.model_runs import RunState
from voltway.billing.simulating import DaysNotUsable, OtherCurrency, Simulation
from voltway.billing.simulation_runs import EnoughUnderWay, NoSuchSimulation, SimulationRun
from voltway.kernel.ids import PartyId
from voltway.kernel.money import EUR, Currency, Money
from voltway.runtime.work import Work
from voltway.tariffs.documents import NotJson
from voltway.tariffs.model import Tariff
from voltway.tariffs.model_promotions import GrantKind
from voltway.tariffs.ocpi import read_tariff

NIGHT = """{"id": "DRAFT", "currency": "EUR", "tax_included": "YES", "elements": [
    {"price_components": [{"type": "ENERGY", "price": 0.30, "vat": 25.5, "step_size": 1}],
     "restrictions": {"start_time": "14:30", "end_time": "06:00"}},
    {"price_components": [{"type": "ENERGY", "price": 0.59, "vat": 25.5, "step_size": 1}]}]}"""


#: The same session under many names, none of them billed.
_MANY = """
    INSERT INTO session
    SELECT (jsonb_populate_record(s, jsonb_build_object(
               'id', gen_random_uuid(), 'ref', 'many-' || n, 'ref_number', null))).*
      FROM session s CROSS JOIN generate_series(1, $1) AS n
"""


async def simulated(scene: Scene, draft: Tariff, days: int = 0) -> Simulation:
    async with scene.begin() as work:
        day = work.now.date()
        party = scene.station.party.id
        return await simulating.simulate(work, party, draft, day - timedelta(days=days), day)


async def test_the_same_tariff_makes_the_same_amounts(scene: Scene) -> None:
    await charged(scene)
    await scene.settles()
    made = await simulated(scene, read_tariff(TARIFF))

    assert (made.old, made.new, made.difference) == (
        Money(980, EUR),
        Money(980, EUR),
        Money(0, EUR),
    )
    assert (made.dearer, made.cheaper, len(made.compared)) == (0, 0, 1)


async def test_a_draft_is_compared_and_says_which_element_held_when_and_why(scene: Scene) -> None:
    await charged(scene)  # noon to one in UTC: two to three in Helsinki
    await scene.settles()
    before = await scene.count("outbox")
    made = await simulated(scene, read_tariff(NIGHT))

    assert (made.old.minor, made.new.minor, made.difference.minor) == (980, 890, -90)
    (session,) = made.sessions
    dear, cheap = [step for step in session.steps if step.dimension.value == "ENERGY"]
    assert (dear.element, dear.price, dear.volume) == (2, Decimal("0.59"), Decimal(10))
    assert (cheap.element, cheap.price, cheap.volume) == (1, Decimal("0.30"), Decimal(10))
    assert cheap.why == "Element 1 holds 14:30\N{EN DASH}06:00: it is Mon 2026-03-02 14:30."
    assert await scene.count("outbox") == before


async def test_a_draft_that_leaves_the_tax_to_the_place_is_taxed_there(scene: Scene) -> None:
    """Net prices: 20 kWh at 0.40, and Finland's 25.5 % on them."""
    await charged(scene)
    await scene.settles()
    draft = """{"id": "NET", "currency": "EUR", "tax_included": "NO", "voltway_taxes": "by_place",
        "elements": [{"price_components": [{"type": "ENERGY", "price": 0.40, "step_size": 1}]}]}"""
    made = await simulated(scene, read_tariff(draft))

    assert made.new == Money(1004, EUR)


async def test_what_was_granted_to_a_driver_is_granted_under_the_draft_too(scene: Scene) -> None:
    await a_code(scene, GrantKind.PERCENT, "20")
    payment = await scene.pays(await opens(scene, "spring"))
    await scene.starts(payment.token)
    await scene.ends(70_000, minutes=60)
    await scene.settles()
    made = await simulated(scene, read_tariff(TARIFF))

    assert made.old == made.new == Money(784, EUR)


async def test_a_session_that_waits_for_a_person_is_told_and_not_summed(scene: Scene) -> None:
    visit = await scene.opens()
    payment = await scene.pays(visit)
    await scene.starts(payment.token)
    await scene.ends(20_000, minutes=60)  # its register fell
    await scene.settles()
    made = await simulated(scene, read_tariff(NIGHT))

    (session,) = made.sessions
    assert session.difference is None
    assert session.held
    assert (made.compared, made.old.minor, made.new.minor) == ((), 0, 0)


async def test_a_market_that_is_silent_is_told_and_not_summed(scene: Scene) -> None:
    await charged(scene)
    await scene.settles()
    text = TARIFF.replace('"price": 0.49,', '"price": 0.49, "voltway_spot": {"series": "FI"},')
    (session,) = (await simulated(scene, read_tariff(text))).sessions

    assert session.new is None
    assert session.held.startswith("The price of the market FI at 2026-03-02 12:00 UTC")


async def test_too_little_energy_costs_nothing_under_a_draft_too(scene: Scene) -> None:
    await charged(scene, wh=50)
    await scene.settles()
    made = await simulated(scene, read_tariff(NIGHT))
    assert made.new.minor == made.old.minor == 0


async def test_days_that_cannot_be_and_another_currency_are_refused(scene: Scene) -> None:
    draft = read_tariff(NIGHT)
    with pytest.raises(DaysNotUsable, match="62 at most"):
        await simulated(scene, draft, days=-1)
    with pytest.raises(DaysNotUsable):
        await simulated(scene, draft, days=62)
    with pytest.raises(OtherCurrency, match="The draft is in SEK"):
        await simulated(scene, replace(draft, currency=Currency("SEK")))


async def asked(scene: Scene, document: str, days: int = 400) -> SimulationRun:
    """A run over so many days until today."""
    async with scene.begin() as work:
        day = work.now.date()
        party = scene.station.party.id
        first = day - timedelta(days=days)
        return await simulation_runs.ask(work, party, document, first, day, by="Aino")


async def test_many_days_are_priced_by_a_job_to_the_same_sums_and_can_be_begun_anew(
    scene: Scene,
) -> None:
    for nth in range(3):
        payment = await scene.pays(await scene.opens())
        await scene.starts(payment.token, ref=f"many-{nth}", wh=0)
        await scene.ends(20_000 + 1_000 * nth, ref=f"many-{nth}", minutes=60)
        await scene.settles()
        scene.clock.jump(timedelta(days=1))
    run = await asked(scene, NIGHT)
    body = {"run": str(run.id)}
    assert (run.state, run.total, run.done) == (RunState.WAITING, 3, 0)
    async with scene.begin() as work:
        assert await simulation_runs.outcome(work, run) is None

    class Died(Exception):
        """The process is gone, in the middle of the run."""

    works = 0

    @asynccontextmanager
    async def dying(party: PartyId | None = None) -> AsyncIterator[Work]:
        nonlocal works
        works += 1
        if works == 3:
            raise Died
        async with scene.begin(party) as work:
            yield work

    with pytest.raises(Died):
        await simulation_runs.run_job(dying, body)
    async with scene.begin() as work:
        half = await simulation_runs.found(work, run.id)
    await simulation_runs.run_job(scene.begin, body)
    await simulation_runs.run_job(scene.begin, body)
    at_once = await simulated(scene, read_tariff(NIGHT), days=10)
    async with scene.begin() as work:
        over = await simulation_runs.found(work, run.id)
        made = await simulation_runs.outcome(work, over)
        other = await a_party(work)

    assert half.state is RunState.RUNNING
    assert (over.state, over.total, over.done) == (RunState.DONE, 3, 3)
    assert made is not None
    assert made.sums == at_once.sums
    assert len(made.sums.days) == 3
    assert made.sessions == at_once.sessions
    assert made.sessions[0].steps
    async with scene.begin(other.id) as work:
        with pytest.raises(NoSuchSimulation):
            await simulation_runs.found(work, run.id)
    scene.clock.jump(timedelta(days=400))
    assert await simulation_runs.forget_old(scene.begin, days=0) == 0
    assert await simulation_runs.forget_old(scene.begin, days=365) == 1


async def test_more_sessions_than_a_hundred_are_walked_once_each(scene: Scene) -> None:
    await charged(scene)
    await scene.settles()
    async with scene.begin() as work:
        await work.run(_MANY, 250)
    run = await asked(scene, TARIFF, days=70)
    await simulation_runs.run_job(scene.begin, {"run": str(run.id)})
    async with scene.begin() as work:
        over = await simulation_runs.found(work, run.id)

    assert (over.total, over.done) == (251, 251)
    assert over.outcome is not None
    assert (over.outcome.sums.sessions_n, over.outcome.sums.compared_n) == (251, 1)
    assert len(over.most) == simulating.TRACED_MAX


async def test_a_run_is_refused_as_a_simulation_is_and_not_without_end(scene: Scene) -> None:
    with pytest.raises(DaysNotUsable, match="1100 at most"):
        await asked(scene, NIGHT, days=1100)
    with pytest.raises(OtherCurrency):
        await asked(scene, NIGHT.replace("EUR", "SEK"))
    with pytest.raises(NotJson):
        await asked(scene, "a draft")
    for _ in range(simulation_runs.WAITING_MAX):
        await asked(scene, NIGHT)
    with pytest.raises(EnoughUnderWay, match="5 simulations are under way"):
        await asked(scene, NIGHT)


async def test_what_fits_the_party_no_more_stops_and_says_why(scene: Scene) -> None:
    run = await asked(scene, NIGHT)
    async with scene.begin() as work:
        await work.run("UPDATE party SET currency = 'SEK'")
    await simulation_runs.run_job(scene.begin, {"run": str(run.id)})
    async with scene.begin() as work:
        over = await simulation_runs.found(work, run.id)

    assert over.state is RunState.STOPPED
    assert over.trouble == str(OtherCurrency(EUR, Currency("SEK")))
