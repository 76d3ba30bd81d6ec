"""The idle fee's countdown on a phone: by the house's clock, told seldom, never on a stale page."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from playwright.async_api import Page, expect

from tests.browser import guest
from tests.browser.eyes import Eyes
from tests.browser.forecourt import a_car, a_forecourt
from tests.stories.world import World
from voltway.sessions import standing
from voltway.stations.model import Current
from voltway.tariffs import actions as tariffs

GRACE_S: Final = 1200
PRICES: Final = f"""{{"id": "GRACE", "currency": "EUR", "tax_included": "YES", "elements": [
    {{"price_components": [{{"type": "ENERGY", "price": 0.49, "vat": 25.5, "step_size": 1}}]}},
    {{"price_components": [{{"type": "PARKING_TIME", "price": 6, "vat": 25.5, "step_size": 1}}],
      "voltway_idle": {{"grace": {GRACE_S}, "cap": 12}}}}]}}"""
#: The phone's clock is years off.
WRONG: Final = datetime(2031, 7, 1, 3, 4, 5, tzinfo=UTC)
#: Seconds that a page takes to say what it was told.
SLOW_S: Final = 20


async def left_s(page: Page) -> int:
    said = (await page.locator("[data-until]").inner_text()).replace("\u00a0", " ")
    found = re.search(r"starts in (?:(\d+) min )?(\d+) s$", said)
    assert found, said
    return 60 * int(found[1] or 0) + int(found[2])


async def goes_on(world: World, seconds: float) -> None:
    """So long by the house's clock, and its pages are drawn anew."""
    world.clock.jump(timedelta(seconds=seconds))
    async with world.house.begin() as work:
        [row] = await work.all("SELECT id FROM session_view")
        work.touch(f"session:{row['id']}")


async def test_a_countdown_ticks_by_the_houses_clock_and_ends_with_the_fee(
    world: World, eyes: Eyes
) -> None:
    async with world.house.begin() as work:
        await tariffs.add_version(work, world.party.id, PRICES)
        await tariffs.assign(work, world.party.id, "GRACE")
    place, page = await a_forecourt(world, power_w=11_000, current=Current.AC), eyes.page
    await page.clock.install(time=WRONG)
    await guest.opens_bay(page, place)
    await guest.starts(page)
    await guest.pays(page)
    await place.plug_in(car=a_car(40, target=42))
    await guest.is_charging(page)
    await place.charge(12)
    await expect(page.get_by_role("heading", name="Idle, still plugged in")).to_be_visible()
    fee = page.get_by_role("heading", name=re.compile("Idle fee"))
    await expect(fee).to_contain_text("Idle fee starts in")
    await page.reload()
    begins = datetime.fromisoformat(await fee.get_attribute("data-until") or "")
    in_house = (begins - world.clock.now()).total_seconds()

    # The seconds are the house's, and go by without it.
    first = await left_s(page)
    assert in_house - SLOW_S <= first <= in_house
    await page.clock.fast_forward(20_000)
    assert first - 20 - SLOW_S <= await left_s(page) <= first - 20
    await eyes.approve("a countdown to the idle fee")

    # Who hears the page is told at few moments.
    tells = page.locator("[data-tells]")
    await expect(tells).to_be_empty()
    await goes_on(world, (begins - world.clock.now()).total_seconds() - 299)
    await expect(tells).to_contain_text("Idle fee starts in 4")
    told = await tells.inner_text()
    await page.clock.fast_forward(20_000)
    assert await left_s(page) <= 279
    assert await tells.inner_text() == told

    # Nothing is counted down on a page without a line.
    with eyes.expecting("ERR_INTERNET_DISCONNECTED", "[object Event]"):
        await page.context.set_offline(True)
        await expect(fee).to_contain_text("as last known")
        await page.context.set_offline(False)
        await page.reload()

    # At the end the page says so by itself, and then what the house says.
    await goes_on(world, (begins - world.clock.now()).total_seconds() - 15)
    await expect(fee).to_contain_text(re.compile(r"starts in 1?\d.s"))
    await page.clock.fast_forward(15_000)
    await expect(page.get_by_role("heading", name="The idle fee has begun")).to_be_visible()
    await expect(tells).to_have_text("The idle fee has begun")
    world.clock.jump(begins - world.clock.now() + timedelta(minutes=2))
    await standing.look(world.house.begin)
    await expect(page.get_by_role("heading", name="running: €0.20 so far")).to_be_visible()
    await eyes.approve("an idle fee that runs")
