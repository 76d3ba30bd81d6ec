"""An operator trusts a root of contracts and sees the car that paid by one, in a real browser, by
keyboard."""

from datetime import timedelta

from playwright.async_api import Browser, expect

from tests.browser.eyes import DESK, open_eyes
from tests.browser.seat import becomes_the_owner
from tests.stories.world import World
from voltway.drivers import actions as drivers
from voltway.drivers.model import TokenKind
from voltway_world.pki import YEAR, an_operator

EMAID = "DE-AUR-C00000001-5"


async def test_an_operator_trusts_a_root_and_sees_the_contract_of_a_car_and_its_end(
    world: World, browser: Browser
) -> None:
    since = world.clock.now() - YEAR
    until = world.clock.now() + timedelta(days=20, hours=1)
    issuer = an_operator("Aurora", world.issuers.url, since=since, until=until)
    world.issuers.knows(issuer)
    async with world.house.begin() as work:
        await drivers.add_token(work, world.party.id, EMAID, kind=TokenKind.CONTRACT)
    post = await world.station("2.0.1")
    await world.within(post.outside.plug_in(1))
    async with open_eyes(browser, size=DESK) as desk:
        page = desk.page
        await becomes_the_owner(world, page)
        await page.goto(f"{world.house.http}/console/tariffs/cars")
        await page.get_by_label("Certificate of a mobility operator").fill(issuer.root.pem)
        await page.get_by_role("button", name="Trust it").press("Enter")
        await expect(page.get_by_text("20 days left")).to_be_visible()

        leaf = issuer.issue(EMAID, since=since, until=until - timedelta(days=15))
        chain = leaf.pem + issuer.sub.pem
        await world.within(post.outside.present_contract(1, EMAID, chain))
        await page.reload()
        contract = page.get_by_role("row", name="DEAURC00000001")
        await expect(contract.get_by_text("5 days left")).to_be_visible()
        await expect(contract.get_by_text("good")).to_be_visible()
        await desk.approve("cars, contracts and roots")
