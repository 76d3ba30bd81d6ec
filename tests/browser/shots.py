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
from tests.browser.eyes import THEMES, Eyes, open_eyes
from tests.browser.forecourt import a_car
from tests.browser.guest import in_kwh
from tests.browser.monday import HAPPENINGS, IN_THE_PICTURE, MONDAY, STAY, WEEK, visits
from tests.browser.pictures import small
from tests.browser.seat import becomes_the_owner
from tests.browser.test_map import WITHOUT_A_CARD
from tests.browser.town import PLACES, Town, a_town
from tests.stories.world import open_world
from voltway.runtime.clock import JumpingClock
from voltway.runtime.postgres import EmbeddedPostgres
from voltway_world.provider.faults import Fault

FOLDER: Final = Path(__file__).parents[2] / "docs/figures/pages"
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
DESK: Final[ViewportSize] = {"width": 1440, "height": 900}
BYTES_MAX: Final = 120_000

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
            url = postgres.start()
            async with open_world(url, folder, clock, plug_first="never", **PARTY) as world:
                await world.prices(
                    {"type": "ENERGY", "price": 0.49}, {"type": "PARKING_TIME", "price": 6.00}
                )
                town = await a_town(world)
                await town.live(visits(1, 0.35), MONDAY - WEEK, until=21 * 60)
                await town.closes()
                await town.clears_the_lobby()
                await town.live(visits(2, 0.45, STAY), MONDAY, until=COMES, happenings=HAPPENINGS)
                yield town
        finally:
            postgres.stop()


async def _take_all(town: Town, browser: Browser) -> None:
    async with open_eyes(browser, size=PHONE) as phone, open_eyes(browser, size=DESK) as desk:
        await becomes_the_owner(town.world, desk.page)
        await _finds(town, phone)
        await _charges(town, phone.page)
        await _take(phone.page, "driver-live")
        await _take_alerts(phone.page)
        await _one_bill_rests(town)
        await _watches(town, desk.page)
        await _pays(town, phone.page)
        await _take(phone.page, "driver-receipt")
        await _follows_the_money(town, desk.page)


async def _finds(town: Town, eyes: Eyes) -> None:
    """The guest looks for a place, and when it is busy, and says which car it is."""
    page = eyes.page
    http = town.world.house.http
    place = town.places[IN_THE_PICTURE[0]].inside.location.id
    await page.goto(http)
    await expect(page.get_by_role("link", name=IN_THE_PICTURE[0])).to_be_visible()
    await _take(page, "driver-list")
    with eyes.expecting(WITHOUT_A_CARD):
        await page.goto(f"{http}/map")
        await expect(page.locator("[data-map]")).to_have_attribute("data-ready", str(len(PLACES)))
        await _take(page, "driver-map")
        await page.goto(f"{http}/l/{place}")
    await _take(page, "driver-place")
    await page.goto(f"{http}/car")
    await _take(page, "driver-car")
    await page.goto(f"{http}/l/{place}/busy")
    await _take(page, "driver-busy")


async def _charges(town: Town, page: Page) -> None:
    """A guest comes to the bay, starts, and has charged for a while."""
    place = town.places[IN_THE_PICTURE[0]]
    bay = IN_THE_PICTURE[1]
    await page.goto(f"{town.world.house.http}/e/{place.public_id(bay)}")
    await _take(page, "driver-bay")
    await guest.starts(page, email=guest.ANN)
    await guest.pays(page)
    await expect(page.get_by_role("heading", name="Plug in now")).to_be_visible()
    before_wh = place.register_wh(bay)
    await place.plug_in(bay, a_car(18))
    town.bills += 1
    await guest.is_charging(page)
    await town.passes(CHARGES)
    charged = in_kwh(place.register_wh(bay) - before_wh)
    await expect(guest.figure(page, "Energy")).to_contain_text(charged)


async def _take_alerts(page: Page) -> None:
    """What the guest is told of this charge, and how."""
    visit = page.url
    await page.goto(f"{visit}/alerts")
    await _take(page, "driver-alerts")
    await page.goto(visit)


async def _one_bill_rests(town: Town) -> None:
    """The provider is out of order while somebody leaves."""
    town.world.provider.faults.set([Fault(on="capture", kind="error_500")])
    ends, visit = next(each for each in town.busy if each[1].place == "Pasila Tripla")
    town.busy.remove((ends, visit))
    await town.places[visit.place].unplug(visit.bay)
    town.bills += 1

    async def rests() -> bool:
        async with town.world.house.begin() as work:
            sql = "SELECT id FROM settlement_view WHERE state = 'resting'"
            return await work.one(sql) is not None

    await town.world.until("settlement:*", rests)


async def _watches(town: Town, page: Page) -> None:
    """The wall, and the station where the guest charges."""
    await page.goto(f"{town.world.house.http}/console")
    await expect(page.get_by_role("heading", name="Sessions now")).to_be_visible()
    await _take(page, "console-wall")
    await page.goto(f"{town.world.house.http}/console/stations")
    await page.get_by_role("link", name=IN_THE_PICTURE[0]).click()
    await expect(page.get_by_role("heading", name="Last frames")).to_be_visible()
    await _take(page, "console-station")


async def _pays(town: Town, page: Page) -> None:
    """The guest stops, unplugs and reads the receipt."""
    await guest.stops(page)
    await expect(page.get_by_role("heading", name="Charging has ended")).to_be_visible()
    town.world.provider.faults.set([])
    await page.get_by_role("link", name="See the receipt").click()
    await expect(page.get_by_role("link", name="Get the PDF")).to_be_visible()


async def _follows_the_money(town: Town, page: Page) -> None:
    """All payments, and beside them the one of the guest."""
    await page.goto(f"{town.world.house.http}/console/money")
    await page.get_by_role("link", name=IN_THE_PICTURE[0]).first.click()
    await expect(page.get_by_role("heading", name="Postings")).to_be_visible()
    await _take(page, "console-money")
    await page.get_by_role("complementary").get_by_role("link", name="Session").click()
    await expect(page.get_by_role("heading", name="Settlement")).to_be_visible()
    await _take(page, "console-session")


async def _take(page: Page, name: str) -> None:
    """One page in both themes."""
    for theme in THEMES:
        await page.emulate_media(color_scheme=theme)
        await _drawn(page)
        to = FOLDER / f"{name}-{theme}.png"
        picture = await small(page.context, await page.screenshot())
        assert len(picture) <= BYTES_MAX, f"{to.name} would have {len(picture)} bytes"
        to.write_bytes(picture)


async def _drawn(page: Page) -> None:
    """Wait for a map, if there is one, until it stands in the colours of now. It says so when they
    change, and they do: each page comes in those of the last picture."""
    if await page.locator("[data-map]").count():
        canvas = await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        await expect(page.locator("[data-map]")).to_have_attribute("data-drawn", canvas)


if __name__ == "__main__":
    asyncio.run(main())
