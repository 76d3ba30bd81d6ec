"""An account from the mailed code to a charge in two taps and its receipt, by keyboard alone."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser import guest
from tests.browser.eyes import Eyes
from tests.browser.forecourt import a_forecourt
from tests.browser.hands import Hands
from tests.stories.world import World, open_world
from voltway.runtime.clock import JumpingClock

PATIENCE_S = 20


@pytest.fixture
async def world(database_url: str, tmp_path: Path, clock: JumpingClock) -> AsyncIterator[World]:
    async with open_world(database_url, tmp_path, clock, pays_by="stripe") as opened:
        await opened.prices({"type": "ENERGY", "price": 0.49})
        yield opened


async def code_from_the_mail(world: World) -> str:
    async with asyncio.timeout(PATIENCE_S):
        [mail] = await world.mail.box.wait_for(guest.ANN, count=1)
    said = re.search(r"(\d{4}) (\d{4})", mail.message["Subject"])
    assert said is not None
    return said[1] + said[2]


async def test_who_saves_a_way_to_pay_charges_in_two_taps(world: World, eyes: Eyes) -> None:
    place, page, hands = await a_forecourt(world), eyes.page, Hands(eyes.page)

    await page.goto(f"{world.house.http}/me")
    await eyes.approve("the way in")
    await hands.type(page.get_by_label("E-mail"), guest.ANN)
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Code from the mail")).to_be_focused()
    await eyes.approve("the code")
    with eyes.expecting("403"):
        await page.keyboard.type("00000000")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("This is not the code")).to_be_visible()
    await eyes.approve("a wrong code")
    await page.keyboard.type(await code_from_the_mail(world))  # the focus is there
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", name="My charging")).to_be_visible()
    await eyes.approve("an account with nothing in it")
    await hands.press(page.get_by_role("button", name="Save a way to pay"))
    await expect(page.get_by_label("Card number")).to_be_visible()
    await hands.type(page.get_by_label("Card number"), guest.ACCEPTED)
    await hands.type(page.get_by_label("Expiry date"), "12/40")
    await hands.type(page.get_by_label("Security code"), "123")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Visa ·· 4242")).to_be_visible()
    await eyes.approve("a saved way to pay")

    await guest.opens_bay(page, place)
    await expect(page.get_by_role("button", name="Charge with Visa")).to_be_visible()
    await eyes.approve("a bay with a saved way to pay")
    await hands.press(page.get_by_role("button", name="Charge with Visa"))
    await expect(page.get_by_role("heading", name="Plug in now")).to_be_visible()
    await place.plug_in()
    await guest.is_charging(page)
    await place.charge(2)
    await guest.stops(page)
    await expect(page.get_by_role("link", name="See the receipt")).to_be_visible()
    await page.goto(f"{world.house.http}/me")
    await expect(page.get_by_role("link", name=re.compile(r"€\d+\.\d\d"))).to_be_visible()
    await eyes.approve("an account with a receipt")
    await hands.press(page.get_by_role("link", name="Delete my account"))
    await eyes.approve("what is deleted and what is kept")
    eyes.was_calm()
