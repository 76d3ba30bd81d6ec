"""A doubtful session before the operator who decides of it, in a real browser, by keyboard."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import Browser, expect

from tests.browser.eyes import DESK, Eyes, open_eyes
from tests.browser.seat import becomes_the_owner
from tests.stories.world import World


@pytest.fixture
async def desk(browser: Browser) -> AsyncIterator[Eyes]:
    async with open_eyes(browser, size=DESK) as opened:
        yield opened


async def test_an_operator_decides_of_a_doubtful_session_by_keyboard(
    world: World, desk: Eyes
) -> None:
    await world.prices({"type": "ENERGY", "price": 0.49})
    post = await world.station("1.6")
    noon = world.clock.now()
    await world.within(post.outside.start(1, await world.card("04A1B2C3D4E5F6"), 50_000, noon))
    world.clock.jump(timedelta(minutes=10))
    await world.within(post.outside.meter(1, 53_000, world.clock.now(), power_w=11_000))
    world.clock.jump(timedelta(minutes=20))
    await world.within(post.outside.stop(1, 150_000, world.clock.now()))

    async def held() -> bool:
        async with world.house.begin() as work:
            return bool(await work.all("SELECT 1 FROM settlement_view WHERE state = 'held'"))

    await world.until("settlement:*", held)
    page = desk.page
    await becomes_the_owner(world, page)
    await page.goto(f"{world.house.http}/console/review")
    await page.get_by_role("link", name="Market Square").click()
    await expect(page.get_by_role("heading", name="Decision")).to_be_visible()
    await desk.approve("what is to be decided")

    await page.get_by_label("By another energy").focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Tab")
    await page.keyboard.type("4.5")
    await page.get_by_label("Why", exact=True).fill("The load bank of the installer.")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("The load bank of the installer.")).to_be_visible()
    await desk.approve("what was decided")

    await world.bills(1)
    await page.goto(f"{world.house.http}/console/cdrs")
    await expect(page.get_by_role("link", name="Market Square")).to_be_visible()
    await desk.approve("the CDRs")
    await page.get_by_role("link", name="Market Square").click()
    await expect(page.get_by_role("heading", name="How the energy was found")).to_be_visible()
    await expect(page.get_by_role("heading", name="Billed and read")).to_be_visible()
    await desk.approve("the session with its evidence")

    await page.goto(f"{world.house.http}/console/review")
    await expect(page.get_by_role("heading", name="Charging after a bill")).to_be_visible()
    await desk.approve("what is charged after a bill")
