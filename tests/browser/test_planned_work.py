"""An operator plans work in the browser, and a driver reads it before and while it is done."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from playwright.async_api import expect

from tests.browser.eyes import DESK, Eyes
from tests.browser.forecourt import a_forecourt
from tests.browser.seat import becomes_the_owner
from tests.stories.world import World
from voltway.stations import windows


async def test_work_is_planned_at_a_place_and_read_by_drivers_as_it_begins(
    world: World, eyes: Eyes
) -> None:
    place, page = await a_forecourt(world), eyes.page
    here = place.inside.location
    await page.set_viewport_size(DESK)
    await becomes_the_owner(world, page)
    await page.goto(f"{world.house.http}/console/places/{here.id}")
    await page.get_by_role("link", name="Planned work").click()
    begins = world.house.clock.now().astimezone(ZoneInfo(here.time_zone)) + timedelta(hours=1)
    await page.get_by_label("What is out of service").select_option(index=2)
    await page.get_by_label("What is done").fill("New cables")
    await page.get_by_label("Begins").fill(f"{begins:%Y-%m-%dT%H:%M}")
    await page.get_by_label("Ends").fill(f"{begins + timedelta(hours=3):%Y-%m-%dT%H:%M}")
    await page.get_by_role("button", name="Plan it").click()
    await expect(page.get_by_role("cell", name="New cables")).to_be_visible()
    await eyes.approve("planned work at a place")
    await page.set_viewport_size(DESK)
    await page.get_by_role("rowheader").get_by_role("link").click()
    await expect(page.get_by_role("heading", name="New cables")).to_be_visible()
    await eyes.approve("a window of planned work")
    await page.goto(f"{world.house.http}/console/planned-work")
    await eyes.approve("all planned work")

    await page.goto(f"{world.house.http}/l/{here.id}")
    await expect(page.get_by_role("heading", name="Planned work")).to_be_visible()
    await eyes.approve("a place with planned work")
    async with world.house.begin() as work:
        [window] = await windows.shown_at(work, here.id)
        await windows.change(
            work,
            window.id,
            starts_at=work.now,
            ends_at=window.ends_at,
            reason=window.reason,
            by="Olga",
        )
    await windows.move(world.house.begin)

    await expect(
        page.get_by_role("heading", name="Out of service for planned work")
    ).to_be_visible()
    await page.get_by_role("link", name="Bay 1").click()
    await expect(page.get_by_text("New cables")).to_be_visible()
    await eyes.approve("a bay in planned work")
