"""A weak signal: whatever falls silent, a page says how old it is, and is mended by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, Route, expect

from tests.browser.eyes import Eyes, open_eyes
from tests.browser.forecourt import a_forecourt
from tests.browser.test_map import WITHOUT_A_CARD
from tests.simulation.faults.wire import Harm, Wire, open_wire
from tests.stories.world import World
from voltway_world.calling import a_line

#: What the browser itself says of a line that broke.
BROKE: Final = ("ERR_", "[object Event]")

STEP_S_MAX: Final = 30

#: A list that was lost is asked for again within this, and answered.
AGAIN_MS: Final = 21_000

#: From now on a service worker's time passes a hundred times as fast.
_HURRIES: Final = """
() => {
  const real = self.setTimeout;
  self.setTimeout = (does, ms, ...more) => real(does, ms / 100, ...more);
}
"""


@asynccontextmanager
async def _line_to(world: World) -> AsyncIterator[tuple[Wire, str]]:
    """A way to the house that can fall silent, as a phone's does in a tunnel, and its address."""
    there = urlsplit(world.house.http)
    async with open_wire(partial(asyncio.open_connection, there.hostname, there.port)) as wire:
        yield wire, f"http://127.0.0.1:{wire.port}"


@asynccontextmanager
async def _open_eyes(browser: Browser, **more: Any) -> AsyncIterator[Eyes]:
    """A browser that keeps nothing: what it asks for goes out on the line."""
    async with open_eyes(browser, **more) as eyes:
        await eyes.page.add_init_script("delete Navigator.prototype.serviceWorker")
        yield eyes


async def _breaks(route: Route) -> None:
    await route.abort()


async def _is_told(world: World, words: str) -> None:
    """Once the house says so itself, to who asks it on a line that does not fall silent."""
    async with asyncio.timeout(STEP_S_MAX), a_line(base_url=world.house.http) as line:
        while words not in (await line.get("/")).text:
            pass


async def _is_old(page: Page, age: str) -> None:
    await expect(page.locator("[data-stale]")).to_contain_text(
        f"No connection. This page is as it was {age}"
    )
    await expect(page.locator("[data-stale]")).to_be_visible()


async def _is_of_now(page: Page) -> None:
    await expect(page.locator("[data-stale]")).to_be_hidden()


async def test_a_list_that_lies_open_is_read_again_and_says_when_it_cannot_be(
    world: World, browser: Browser
) -> None:
    place = await a_forecourt(world)
    async with _line_to(world) as (line, http), _open_eyes(browser) as eyes:
        page, status = eyes.page, eyes.page.get_by_role("status").filter(has_text="1 place")
        await page.clock.install()
        await page.goto(http)
        await expect(status).to_contain_text("2 bays free, as of ")
        await place.plug_in()
        await _is_told(world, "1 bay free")
        row = page.get_by_role("link", name=place.name)
        await row.focus()
        await page.clock.run_for(61_000)
        await expect(status).to_contain_text("1 bay free, as of ")
        await expect(row).to_be_focused()
        await _is_of_now(page)

        line.suffer(Harm.STALLED)
        with eyes.expecting(*BROKE):
            await page.clock.run_for(61_000)
            await _is_of_now(page)
            await page.clock.run_for(16_000)
            await _is_old(page, "1\u00a0min ago")
            await expect(row).to_be_visible()
            await eyes.approve("a list that could not be read again")

            # Before the line is back: a list that was read meanwhile is not read again so soon.
            await place.unplug()
            await _is_told(world, "2 bays free")
            line.mend()
            await page.clock.run_for(AGAIN_MS)
            await expect(status).to_contain_text("2 bays free, as of ")
            await _is_of_now(page)


async def test_who_asks_for_the_nearest_without_a_line_reads_how_old_the_list_is(
    world: World, browser: Browser
) -> None:
    await a_forecourt(world)
    here = {"latitude": 60.1699, "longitude": 24.9384}
    async with _open_eyes(browser, geolocation=here, permissions=["geolocation"]) as eyes:
        page = eyes.page
        await page.clock.install()
        await page.goto(world.house.http)
        await page.route("**/near", _breaks)
        with eyes.expecting(*BROKE):
            await page.get_by_role("button", name="Nearest first").click()
            await expect(page.locator("[data-far]").first).to_contain_text("m")
            await _is_old(page, "")

        await page.unroute("**/near")
        await page.clock.run_for(AGAIN_MS)
        await expect(page.get_by_role("status").filter(has_text="nearest first")).to_be_visible()
        await _is_of_now(page)


async def test_a_card_of_the_map_that_does_not_come_is_said_to_be_lost(
    world: World, browser: Browser
) -> None:
    await a_forecourt(world)
    async with _open_eyes(browser) as eyes:
        page = eyes.page
        with eyes.expecting(WITHOUT_A_CARD, *BROKE):
            await page.goto(f"{world.house.http}/map")
            await expect(page.locator("[data-ready]")).to_have_attribute("data-ready", "1")
            await page.route("**/map/card/*", _breaks)
            await page.locator("[data-canvas] canvas").focus()
            await page.keyboard.press("Enter")
            await _is_old(page, "")
        eyes.was_calm()


async def test_a_live_page_whose_line_falls_silent_says_so_and_comes_back_by_itself(
    world: World, browser: Browser
) -> None:
    place = await a_forecourt(world)
    async with _line_to(world) as (line, http), _open_eyes(browser) as eyes:
        page = eyes.page
        free = page.locator("main").get_by_text("2 of 2 free")
        await page.clock.install()
        await page.goto(f"{http}/l/{place.inside.location.id}")
        await expect(free).to_be_visible()
        async with page.expect_event("console", lambda said: said.text == "heard"):
            await page.evaluate(
                """() => document.body.addEventListener(
                     "htmx:sseMessage", () => console.log("heard"), {once: true})"""
            )
            await place.plug_in()
        line.suffer(Harm.STALLED)
        with eyes.expecting(*BROKE):
            await page.clock.run_for(30_000)
            await _is_of_now(page)
            await page.clock.run_for(12_000)
            await _is_old(page, "4")
            await place.unplug()
            line.mend()
            await page.clock.run_for(42_000)
            await _is_of_now(page)
            await expect(free).to_be_visible()


async def test_a_way_to_a_page_that_hangs_ends_at_the_page_that_says_so(
    world: World, browser: Browser
) -> None:
    async with _line_to(world) as (line, http), open_eyes(browser) as eyes:
        page = eyes.page
        await page.goto(f"{http}/offline")
        await page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        [worker] = page.context.service_workers
        await worker.evaluate(_HURRIES)
        line.suffer(Harm.STALLED)
        with eyes.expecting(*BROKE):
            await page.goto(http)
            await expect(page.get_by_role("heading", name="No connection")).to_be_visible()
            line.mend()
            await expect(page.get_by_role("heading", name="Places to charge")).to_be_visible()
