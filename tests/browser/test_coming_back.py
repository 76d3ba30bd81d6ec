"""A guest who closed the page of their visit finds it again by the code on the hardware."""

from playwright.async_api import expect

from tests.browser import guest
from tests.browser.eyes import Eyes
from tests.browser.forecourt import a_car, a_forecourt
from tests.stories.world import World


async def test_a_guest_who_closed_the_page_scans_again_stops_and_reads_the_receipt(
    world: World, eyes: Eyes
) -> None:
    place, page = await a_forecourt(world), eyes.page
    await guest.opens_bay(page, place)
    await guest.starts(page)
    await guest.pays(page)
    await expect(page.get_by_role("heading", name="Plug in now")).to_be_visible()
    await page.goto("about:blank")

    await guest.opens_bay(page, place)
    row = page.get_by_role("link", name="You start a charge here")
    await expect(row).to_be_visible()
    await place.plug_in(car=a_car())
    await place.charge(minutes=5)
    row = page.get_by_role("link", name="Your charge runs here")
    await expect(row).to_be_visible()  # the page heard of it
    await eyes.approve("the page of a bay with an own charge")
    for at in ("/", "/me"):
        await page.goto(world.house.http + at)
        await expect(row).to_be_visible()
        await eyes.approve(f"an own charge at {at}")

    await row.click()
    await guest.is_charging(page)
    await guest.stops(page)
    await page.get_by_role("link", name="See the receipt").click()
    await expect(page.get_by_role("link", name="Get the PDF")).to_be_visible()
    await place.unplug()
    await guest.opens_bay(page, place)
    await expect(page.get_by_role("button", name="Start charging")).to_be_visible()
    await expect(row).to_have_count(0)
