"""The pictures of the pages in docs/figures/pages: ``python -m tests.browser.shots``."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, Page, ViewportSize, expect

from tests.browser import guest
from tests.browser.chromium import MISSING, find_chromium, open_chromium
from tests.browser.eyes import THEMES, open_eyes
from tests.browser.forecourt import a_car
from tests.browser.guest import in_kwh
from tests.browser.town import MONDAY, WEEK, Town, a_day, a_town
from tests.stories.world import open_world
from voltway.runtime.clock import JumpingClock
from voltway.runtime.postgres import EmbeddedPostgres

FOLDER: Final = Path(__file__).parents[2] / "docs/figures/pages"
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
DESK: Final[ViewportSize] = {"width": 1440, "height": 900}
BYTES_MAX: Final = 120_000
AINO: Final = ("aino@voltway.example", "Aino Laine", "a long word for a seat")

PARTY: Final = {
    "name": "Nordvolt Oy",
    "ident": "VLT",
    "address": {
        "street": "Salomonkatu 1",
        "postal_code": "00100",
        "city": "Helsinki",
        "phone": "+358 9 4245 0123",
        "email": "help@nordvolt.example",
    },
}

#: When the guest of the pictures comes to Kamppi Garage, and how long the car charges.
COMES, CHARGES = 17 * 60 + 20, 15


async def main() -> None:
    path = find_chromium()
    if path is None:
        sys.exit(MISSING)
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with _open_town() as town, open_chromium(path) as browser:
        await _take_all(town, browser)


@asynccontextmanager
async def _open_town() -> AsyncIterator[Town]:
    clock = JumpingClock(MONDAY - WEEK)
    with tempfile.TemporaryDirectory(prefix="vw-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # noqa: ASYNC240 (for the server's own account; nobody waits yet)
        postgres = EmbeddedPostgres(folder / "database", durable=False)
        try:
            async with open_world(postgres.start(), folder, clock, **PARTY) as world:
                await world.prices(
                    {"type": "ENERGY", "price": 0.49}, {"type": "PARKING_TIME", "price": 6.00}
                )
                town = await a_town(world)
                await town.live(a_day(1, 0.45), MONDAY - WEEK, until=19 * 60)
                await town.live(a_day(2, 0.55), MONDAY, until=COMES)
                yield town
        finally:
            postgres.stop()


async def _take_all(town: Town, browser: Browser) -> None:
    world, kamppi = town.world, town.places["Kamppi Garage"]
    async with open_eyes(browser, size=PHONE) as phone:
        page = phone.page
        await page.goto(f"{world.house.http}/e/{kamppi.public_id(3)}")
        await _take(page, "driver-bay")
        await guest.starts(page, email=guest.ANN)
        await guest.pays(page)
        await expect(page.get_by_role("heading", name="Plug in now")).to_be_visible()
        await kamppi.plug_in(3, a_car(18))
        await guest.is_charging(page)
        before_wh = kamppi.register_wh(3)
        await town.passes(CHARGES)
        charged = in_kwh(kamppi.register_wh(3) - before_wh)
        await expect(guest.figure(page, "Energy")).to_contain_text(charged)
        await _take(page, "driver-live")


async def _take(page: Page, name: str) -> None:
    """One page in both themes."""
    for theme in THEMES:
        await page.emulate_media(color_scheme=theme)
        to = FOLDER / f"{name}-{theme}.png"
        await page.screenshot(path=to)
        assert to.stat().st_size <= BYTES_MAX, f"{to.name} is too large"


if __name__ == "__main__":
    asyncio.run(main())
