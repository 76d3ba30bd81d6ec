"""A driver in line: their page says by itself when it is their turn, and the bay waits for them."""

from playwright.async_api import Browser, expect

from tests.browser import guest
from tests.browser.eyes import Eyes, open_eyes
from tests.browser.forecourt import a_forecourt
from tests.browser.hands import Hands
from tests.stories.world import World
from voltway.drivers import actions as drivers


async def test_a_turn_comes_by_itself_and_the_bay_is_held_for_who_has_it(
    world: World, eyes: Eyes, browser: Browser
) -> None:
    place, page, hands = await a_forecourt(world, bays=1), eyes.page, Hands(eyes.page)
    async with world.house.begin() as work:
        await drivers.add_token(work, world.party.id, "04CCCCCC")
    await place.plug_in()
    await page.goto(f"{world.house.http}/l/{place.inside.location.id}")
    await hands.press(page.get_by_role("link", name="Join the queue"))
    await eyes.approve("the form to join a line")
    await hands.type(page.get_by_label("E-mail"), guest.ANN)
    await hands.press(page.get_by_role("button", name="Join the queue"))
    await expect(page.get_by_role("heading", name="You are next")).to_be_visible()

    await place.unplug()

    await expect(page.get_by_role("heading", name="Your turn: bay 1")).to_be_visible()
    await eyes.approve("a turn")
    left = page.get_by_role("heading", name="left")
    await expect(left).not_to_have_text(await left.inner_text())  # it goes by on the page
    with eyes.expecting("ERR_INTERNET_DISCONNECTED", "[object Event]"):
        await page.context.set_offline(True)
        await expect(page.get_by_role("heading", name="as last known")).to_be_visible()
        await page.context.set_offline(False)
        await page.reload()
    async with open_eyes(browser, scripts=False) as others:
        await guest.opens_bay(others.page, place)
        with others.expecting("409"):
            await others.page.get_by_role("button", name="Start charging").click()
            await expect(others.page.get_by_text("held for who is next in line")).to_be_visible()
    await world.within(place.outside.present_token(1, "04CCCCCC"))
    async with world.house.begin() as work:
        [row] = await work.all("SELECT word FROM token_turned_away")
    assert row["word"] == "not_at_this_time"

    await hands.press(page.get_by_role("button", name="I am coming"))
    await expect(page.get_by_text("Start from the bay's page")).to_be_visible()
    await hands.press(page.get_by_role("link", name="To bay 1"))
    await expect(page.get_by_role("button", name="Start charging")).to_be_visible()
