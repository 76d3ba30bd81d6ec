"""The nearest places, and news that a push service brings, in a real browser."""

import asyncio
from typing import Any

from playwright.async_api import Browser, BrowserContext, expect

from tests.browser.eyes import open_eyes
from tests.browser.forecourt import a_forecourt
from tests.stories.world import World

#: A page is taken by the service worker when that is in charge of it.
_IN_CHARGE = "() => navigator.serviceWorker.ready.then(() => true)"

#: Whether a notification stands there with this title, body, tag and address.
_SHOWS = """
async shown => {
  const there = await navigator.serviceWorker.ready;
  const all = await there.getNotifications();
  return all.some(each => JSON.stringify([each.title, each.body, each.tag, each.data.url])
    === JSON.stringify(shown));
}
"""


PUSHED = [
    (
        '{"title": "Bay 2 is free", "body": "At Kamppi Garage.", "url": "/l/1", "tag": "watch"}',
        ["Bay 2 is free", "At Kamppi Garage.", "watch", "/l/1"],
    ),
    ("not JSON", ["Voltway", "", "", "/"]),
]


async def test_news_that_is_pushed_is_shown_with_what_it_says(
    world: World, browser: Browser
) -> None:
    async with open_eyes(browser) as eyes:
        page = eyes.page
        await page.context.grant_permissions(["notifications"])
        await page.goto(f"{world.house.http}/offline")
        await page.evaluate(_IN_CHARGE)
        for data, shown in PUSHED:
            await pushes(page.context, world.house.http, data)
            await page.wait_for_function(_SHOWS, arg=shown, polling=50)


async def pushes(context: BrowserContext, origin: str, data: str) -> None:
    """As a push service does it, by the browser's own tools."""
    tools = await context.new_cdp_session(context.pages[0])
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def hears(said: dict[str, Any]) -> None:
        for each in said["registrations"]:
            if not found.done():
                found.set_result(each["registrationId"])

    tools.on("ServiceWorker.workerRegistrationUpdated", hears)
    await tools.send("ServiceWorker.enable")
    registration = await asyncio.wait_for(found, 5)
    await tools.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": origin, "registrationId": registration, "data": data},
    )


async def test_the_nearest_are_listed_with_their_distance(world: World, browser: Browser) -> None:
    await a_forecourt(world)
    here = {"latitude": 60.1699, "longitude": 24.9384}
    async with open_eyes(browser, geolocation=here, permissions=["geolocation"]) as eyes:
        page = eyes.page
        await page.goto(f"{world.house.http}/?power=50000")
        await page.get_by_text("More filters").click()
        async with page.expect_request("**/near") as sent:
            await page.get_by_role("button", name="Nearest first").click()
        told = (await sent.value).post_data or ""
        assert "lat=60.17&lon=24.94" in told, "no nearer than a kilometre"
        assert "power=50000" in told
        await expect(page.get_by_role("status").filter(has_text="nearest first")).to_be_focused()
        await expect(page.locator("[data-far]").first).to_contain_text("m")
        await eyes.approve("the nearest, with all filters")
