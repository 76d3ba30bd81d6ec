"""A tariff from the first word to the price that holds, in a real browser."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

import pytest
from playwright.async_api import Browser, expect

from tests.billing.months import GIVEN
from tests.browser.eyes import DESK, Eyes, open_eyes
from tests.browser.forecourt import a_forecourt
from tests.browser.seat import becomes_the_owner
from tests.stories.world import World
from voltway.billing import actions as billing
from voltway.billing import budgets, fleets, homes
from voltway.billing.rules_budgets import Period, Scope
from voltway.drivers import actions as drivers
from voltway.drivers import contracts


@pytest.fixture
async def desk(browser: Browser) -> AsyncIterator[Eyes]:
    async with open_eyes(browser, size=DESK) as opened:
        yield opened


async def a_paid_fleet(world: World) -> None:
    """A fleet with a card, a limit, and a company that pays for it."""
    party = world.party.id
    async with world.house.begin() as work:
        fleet = await contracts.add_fleet(work, party, "Vans of the north")
        driver = await contracts.add_driver(work, party, "Aino Aalto")
        agreed = await contracts.add_contract(
            work, party, "FI-VLT-C1", driver=driver.id, fleet=fleet.id
        )
        card = await drivers.add_token(work, party, "04A1B2C3", label="Van 7")
        await fleets.stands_for(work, card.id, agreed.id)
        customer = await billing.add_customer(work, billing.new_customer(work, party, GIVEN))
        await fleets.pays(work, party, fleet.id, customer.id, by="Aino")
        row = await work.one("SELECT identity FROM station_view ORDER BY identity LIMIT 1")
        assert row is not None
        await homes.make_home(work, party, row["identity"], driver.id, fleet.id, by="Aino")
        await homes.set_rate(work, party, fleet.id, Decimal("0.30"), date(2026, 3, 1), by="Aino")
        await budgets.set_budget(
            work,
            party,
            Scope.FLEET,
            fleet.id,
            Period.MONTH,
            amount_minor=50_000,
            energy_wh=900_000,
            by="Aino",
        )


async def test_an_operator_writes_a_tariff_is_told_what_the_law_forbids_and_sees_it_hold(
    world: World, desk: Eyes
) -> None:
    await a_forecourt(world)
    await a_paid_fleet(world)
    page, home = desk.page, world.house.http
    await becomes_the_owner(world, page)
    await page.goto(f"{home}/console/tariffs")
    await desk.approve("the tariffs")
    await page.get_by_role("button", name="New tariff").click()
    await expect(page.get_by_text("Type a name and a price")).to_be_visible()
    await desk.approve("an empty draft")

    await page.get_by_label("Name").first.fill("NIGHT")
    await page.get_by_label("Price", exact=True).fill("0.40")
    await page.get_by_role("button", name="Add a price to element 1").click()
    second = page.get_by_role("group", name="Price 2 of element 1")
    await second.get_by_label("Price of").select_option("FLAT")
    await second.get_by_label("Price", exact=True).fill("1")
    with desk.expecting("the server responded with a status of 4"):
        await page.get_by_role("button", name="Publish").click()
        await expect(page.get_by_role("alert")).to_contain_text("remove the flat fee")
    await desk.approve("a draft that the law forbids")

    await second.get_by_label("Price", exact=True).fill("much")
    await page.get_by_role("button", name="Save and look").first.click()
    await expect(page.get_by_text("much is no number").first).to_be_visible()
    await desk.approve("a draft with a fault")
    await second.get_by_role("button", name="Remove price 2 of element 1").click()
    await expect(page.get_by_text("Nothing forbids it.")).to_be_visible()
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_role("heading", name="NIGHT")).to_be_visible()

    for word, heading in (
        ("Where they hold", "Where tariffs hold"),
        ("Drivers and fleets", "Drivers and fleets"),
        ("Fleets", "Fleets"),
        ("Codes", "Promotion codes"),
        ("Taxes", "Taxes"),
    ):
        tabs = page.get_by_role("navigation", name="Tariffs")
        await tabs.get_by_role("link", name=word, exact=True).click()
        await expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
        for fold in await page.locator("main details").all():
            await fold.evaluate("each => { each.open = true }")
        await desk.approve(heading)
    await page.goto(f"{home}/console/tariffs/fleets")
    await page.get_by_role("link", name="Vans of the north").click()
    await expect(page.get_by_role("button", name="pays no more")).to_be_visible()
    await desk.approve("a fleet, and who pays for it")
    await page.get_by_role("link", name="What drivers are to be paid").click()
    await expect(page.get_by_text("Nothing is to be paid now.")).to_be_visible()
    await desk.approve("what drivers are to be paid")
    async with world.house.begin() as work:
        row = await work.one("SELECT public_id FROM evse_view LIMIT 1")
    assert row is not None
    await page.goto(f"{home}/console/tariffs/which?evse={row['public_id']}")
    await expect(page.get_by_role("rowheader", name="Party")).to_be_visible()
    await desk.approve("which tariff applies, and why")
