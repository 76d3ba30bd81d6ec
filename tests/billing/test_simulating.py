"""What past sessions would have cost under a draft: summed, compared, and with the reason."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.billing.test_promotions import a_code, opens
from tests.billing.words import charged
from tests.payments.scene import TARIFF, Scene
from voltway.billing import simulating
from voltway.billing.simulating import DaysNotUsable, OtherCurrency, Simulation
from voltway.kernel.money import EUR, Currency, Money
from voltway.tariffs.model import Tariff
from voltway.tariffs.model_promotions import GrantKind
from voltway.tariffs.ocpi import read_tariff

NIGHT = """{"id": "DRAFT", "currency": "EUR", "tax_included": "YES", "elements": [
    {"price_components": [{"type": "ENERGY", "price": 0.30, "vat": 25.5, "step_size": 1}],
     "restrictions": {"start_time": "14:30", "end_time": "06:00"}},
    {"price_components": [{"type": "ENERGY", "price": 0.59, "vat": 25.5, "step_size": 1}]}]}"""


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
