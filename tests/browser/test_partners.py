"""An operator adds a partner and sees what it and a platform of terminals were told, in a real
browser, by keyboard."""

from playwright.async_api import Browser, expect

from tests.browser.eyes import DESK, open_eyes
from tests.browser.seat import becomes_the_owner
from tests.stories.world import World
from voltway.partners import platform_lines, platforms
from voltway.payments import kiosks
from voltway_world.maker import Maker, MakersApp

EMAID = "DE-AUR-C00000001-5"
TYPED = {
    "Company": "Aurora Motors",
    "In OCPI, such as DE*AUR": "DE*AUR",
    "Credit limit, EUR; empty for none": "10000",
    "Street": "Werkstr. 1",
    "Postal code": "80331",
    "Town": "München",
    "Country, two letters": "DE",
}


async def test_an_operator_adds_a_partner_by_keyboard_and_sees_its_car_charge(
    world: World, browser: Browser
) -> None:
    post = await world.station("2.0.1")
    async with open_eyes(browser, size=DESK) as desk, Maker() as maker:
        page = desk.page
        await becomes_the_owner(world, page)
        await page.goto(f"{world.house.http}/console/partners")
        await page.get_by_text("Add a partner").focus()
        await page.keyboard.press("Enter")
        await page.get_by_label("Address of its platform").fill(maker.url)
        for label, words in TYPED.items():
            await page.get_by_label(label).fill(words)
        await page.get_by_label("Town").press("Enter")
        await expect(page.get_by_text("Copy it now")).to_be_visible()
        key, maker.secret = await page.locator(".secret").all_text_contents()

        await MakersApp(world.house.http, key).registers(EMAID)
        await post.outside.present_token(1, EMAID, "eMAID")
        await world.within(post.outside.plug_in(1))
        await world.within(maker.until(lambda: maker.sessions))
        await page.get_by_role("link", name="I have it").press("Enter")
        await expect(page.get_by_role("cell", name="allowed")).to_be_visible()
        await expect(page.get_by_role("cell", name="session.updated")).to_be_visible()
        await desk.approve("a partner")
        await page.get_by_role("link", name="Partners").press("Enter")
        await expect(page.get_by_role("link", name="Aurora Motors")).to_be_visible()

        async with world.house.begin() as work:
            kiosk, _ = await kiosks.add_platform(work, world.party.id, "Kiosk Oy")
            at = ("http://127.0.0.1:1/ocpi/2.3.0", "token")
            await platforms.set_line(work, world.party.id, kiosk, *at)
            await platforms.activate(work, world.party.id, kiosk, "SN-77", [])
        await platform_lines.deliver_due(world.house.begin)
        await page.goto(f"{world.house.http}/console/terminals")
        await expect(page.get_by_text("silent: it cannot be reached")).to_be_visible()
        await desk.approve("terminals")
        await page.get_by_role("button", name="Tell again, number 1").press("Enter")
        await expect(page.get_by_role("heading", name="What platforms are told")).to_be_visible()
