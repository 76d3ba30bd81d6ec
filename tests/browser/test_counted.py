"""A car by AC, which tells no charge: its driver says how full it came, reads when it is done, and
that it is complete while it is still plugged in."""

import re
from datetime import timedelta

from playwright.async_api import expect

from tests.browser import guest
from tests.browser.eyes import Eyes
from tests.browser.forecourt import a_car, a_forecourt
from tests.stories.world import World
from voltway.sessions import full
from voltway.stations.model import Current


async def test_a_charge_by_ac_from_a_rough_guess_to_a_full_car(world: World, eyes: Eyes) -> None:
    place = await a_forecourt(world, power_w=11_000, current=Current.AC)
    page = eyes.page
    await page.goto(f"{world.house.http}/car?q=ioniq 5&back=/e/{place.public_id()}")
    await page.get_by_role("button", name="Hyundai IONIQ 5").first.click()
    await guest.opens_bay(page, place)
    await guest.starts(page)
    await guest.pays(page)
    await place.plug_in(car=a_car(40, target=46))
    await guest.is_charging(page)

    # Nobody said how full it came, and the page says that it guesses.
    await place.charge(5)
    await expect(page.get_by_text("A rough guess")).to_be_visible()
    await eyes.approve("a charge that is guessed")
    await page.get_by_role("link", name="Say how full it came").click()
    await expect(page.get_by_label("You came with, %")).to_be_focused()
    await page.keyboard.type("all of it")
    with eyes.expecting("422"):
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("from 0 to 99")
    await eyes.approve("a percentage that is none")
    await page.get_by_label("You came with, %").fill("40")
    await page.get_by_role("button", name="Use this").click()

    await expect(page.get_by_text("to about 80")).to_be_visible()
    await expect(page.get_by_text("with which you came")).to_be_visible()
    await eyes.approve("a charge that is counted")

    # It stops by itself, and is complete though it is still plugged in: at once where the house
    # looked by itself meanwhile.
    await place.charge(40)
    either = re.compile("Idle, still plugged in|Charging is complete")
    await expect(page.get_by_role("heading", name=either)).to_be_visible()
    world.clock.jump(timedelta(minutes=1))
    await full.look(world.house.begin)
    await expect(page.get_by_role("heading", name="Charging is complete")).to_be_visible()
    await expect(page.get_by_role("heading", name="Idle fee is running")).to_be_visible()
    await eyes.approve("a full car that is still plugged in")
