"""A driver who pays first: tops up on the provider's page, redeems a voucher, charges with it."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser import guest
from tests.browser.eyes import Eyes
from tests.browser.forecourt import a_forecourt
from tests.stories.world import World, open_world
from voltway.kernel.money import EUR, Money
from voltway.payments import vouchers
from voltway.runtime.clock import JumpingClock


@pytest.fixture
async def world(database_url: str, tmp_path: Path, clock: JumpingClock) -> AsyncIterator[World]:
    async with open_world(database_url, tmp_path, clock, pays_by="stripe") as opened:
        await opened.prices({"type": "ENERGY", "price": 0.49})
        yield opened


async def a_voucher(world: World) -> str:
    async with world.house.begin() as work:
        _, [code] = await vouchers.make_series(
            work,
            world.party.id,
            name="Opening day",
            value=Money(1000, EUR),
            count=1,
            valid_until=world.clock.now() + timedelta(days=30),
            is_sold=False,
            by="Aino",
        )
    return code


async def signs_in(world: World, page: Page) -> None:
    await page.goto(f"{world.house.http}/me")
    await page.get_by_label("E-mail").fill(guest.ANN)
    await page.keyboard.press("Enter")
    await page.get_by_label("Code from the mail").fill(await guest.code_from_the_mail(world))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="My charging")).to_be_visible()


async def test_a_driver_tops_up_redeems_a_voucher_and_charges_with_the_balance(
    world: World, eyes: Eyes
) -> None:
    place, page = await a_forecourt(world), eyes.page
    await signs_in(world, page)

    await page.get_by_label("Another sum").fill("20")
    await page.get_by_role("button", name="Top up", exact=True).click()
    await expect(page.get_by_label("Card number")).to_be_visible()
    await page.get_by_label("Card number").fill(guest.ACCEPTED)
    await page.get_by_label("Expiry date").fill("12/40")
    await page.get_by_label("Security code").fill("123")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("€20.00").first).to_be_visible()
    await page.get_by_label("Voucher code").fill(await a_voucher(world))
    await page.get_by_role("button", name="Redeem").click()
    await expect(page.get_by_text("€30.00").first).to_be_visible()
    await eyes.approve("a balance with a top-up and a voucher")

    await guest.opens_bay(page, place)
    await page.get_by_role("button", name="Charge with Balance").click()
    await expect(page.get_by_role("heading", name="Plug in now")).to_be_visible()
    await place.plug_in()
    await guest.is_charging(page)
    await place.charge(2)
    await guest.stops(page)
    await page.get_by_role("link", name="See the receipt").click()
    await expect(page.get_by_text(re.compile(r"of the €30\.00 hold was released"))).to_be_visible()
    await eyes.approve("a receipt that the balance paid")
    paid = guest.in_euro(place.register_wh()).removeprefix("€")
    await page.goto(f"{world.house.http}/me")
    left = f"€{Decimal(30) - Decimal(paid)}"
    await expect(page.get_by_text(left, exact=True).first).to_be_visible()
    assert await world.books_balance()
    eyes.was_calm()
