"""The demo as a stranger uses it, on a phone: from the list of places to the receipt."""

import re

from playwright.async_api import expect

from tests.browser import guest
from tests.browser.eyes import Eyes
from tests.cli.test_demo import Demo, demo

__all__ = ["demo"]


async def test_a_stranger_charges_in_the_demo_without_reading_anything(
    demo: Demo, eyes: Eyes
) -> None:
    page = eyes.page
    await page.goto(f"{demo.driver}?free=yes")
    await page.locator(".locs a").first.click()
    await page.get_by_role("link", name=re.compile("^Bay .*Available")).first.click()
    await page.get_by_role("button", name="Start charging").click()
    await guest.pays(page)
    await expect(page.get_by_role("heading", name="Plug in now")).to_be_visible()
    visit = page.url

    await page.get_by_role("button", name="Simulator: plug in the car").click()

    await guest.is_charging(page)
    assert page.url == visit, "the button leads back"
    await expect(page.get_by_role("heading", name="kW now")).to_be_visible()
    await expect(guest.figure(page, "Energy")).not_to_contain_text("0.00")
    await guest.stops(page)
    await page.get_by_role("link", name="See the receipt").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("paid")
    await page.goto(visit)
    await page.get_by_role("button", name="Simulator: unplug the car").click()
    await expect(page.get_by_role("heading", name="paid")).to_be_visible()
    await expect(page.get_by_role("button", name="Simulator: unplug the car")).to_have_count(0)


async def test_another_car_is_taken_on_the_page_of_the_simulator(demo: Demo, eyes: Eyes) -> None:
    page = eyes.page
    await page.goto(f"{demo.driver}?free=yes")
    await page.locator(".locs a").first.click()
    await page.get_by_role("link", name=re.compile("^Bay .*Available")).first.click()
    await page.get_by_role("button", name="Start charging").click()
    await guest.pays(page)
    await page.get_by_role("link", name="Simulator: take another car").click()
    bay = page.get_by_role("form", name=", bay ")
    await bay.get_by_label("Car", exact=True).select_option(label="Nissan Leaf")
    await bay.get_by_label("Battery, %").fill("60")

    await bay.get_by_role("button", name="Plug in").click()

    await guest.is_charging(page)
    await expect(page.get_by_role("img", name="Battery: started at 60")).to_be_visible()
