"""News that a push service brings, in a real browser."""

import asyncio
from typing import Any

from playwright.async_api import Browser, BrowserContext

from tests.browser.eyes import open_eyes
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
            await _pushes(page.context, world.house.http, data)
            await page.wait_for_function(_SHOWS, arg=shown, polling=50)


async def _pushes(context: BrowserContext, origin: str, data: str) -> None:
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
