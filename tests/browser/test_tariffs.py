"""A tariff from the first word to the price that holds, in a real browser."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.browser.eyes import DESK, Eyes, open_eyes
from tests.browser.forecourt import a_forecourt
from tests.browser.seat import becomes_the_owner
from tests.stories.world import World


@pytest.fixture
async def desk(browser: Browser) -> AsyncIterator[Eyes]:
    async with open_eyes(browser, size=DESK) as opened:
        yield opened


async def test_an_operator_writes_a_tariff_is_told_what_the_law_forbids_and_sees_it_hold(
    world: World, desk: Eyes
) -> None:
    await a_forecourt(world)
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
        ("Codes", "Promotion codes"),
        ("Taxes", "Taxes"),
    ):
        await page.get_by_role("navigation", name="Tariffs").get_by_role("link", name=word).click()
        await expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
        for fold in await page.locator("main details").all():
            await fold.evaluate("each => { each.open = true }")
        await desk.approve(heading)
    async with world.house.begin() as work:
        row = await work.one("SELECT public_id FROM evse_view LIMIT 1")
    assert row is not None
    await page.goto(f"{home}/console/tariffs/which?evse={row['public_id']}")
    await expect(page.get_by_role("rowheader", name="Party")).to_be_visible()
    await desk.approve("which tariff applies, and why")
