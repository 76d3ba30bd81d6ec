"""What a driver waits for on a slow line, with nothing in the phone's memory: a budget."""

from typing import Final

import pytest
from playwright.async_api import Browser

from tests.browser.forecourt import a_forecourt
from tests.browser.slow_phone import PHONE, first_paint_ms, slow_down
from tests.stories.world import World

#: What Lighthouse calls good. The line alone takes 600 ms of it; the machine is left as it is.
FIRST_PAINT_MS_MAX: Final = 1_800
#: The best of so many, for a machine may have something else to do.
TRIES: Final = 5


@pytest.mark.parametrize("which", ["list", "place", "bay"])
async def test_a_slow_line_shows_a_page_within_its_budget(
    world: World, browser: Browser, which: str
) -> None:
    place = await a_forecourt(world)
    path = {
        "list": "/",
        "place": f"/l/{place.inside.location.id}",
        "bay": f"/e/{place.public_id()}",
    }[which]

    took = [await _paints(browser, f"{world.house.http}{path}") for _ in range(TRIES)]

    assert min(took) <= FIRST_PAINT_MS_MAX


async def _paints(browser: Browser, url: str) -> float:
    context = await browser.new_context(viewport=PHONE, service_workers="block")
    page = await context.new_page()
    await slow_down(page, cpu_slower=1)
    took = await first_paint_ms(page, url)
    await context.close()
    return took
