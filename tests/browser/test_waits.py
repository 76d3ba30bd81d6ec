"""Who waits without an account asks to be told on this phone and by text; who reserved and lost the
bay is sent to another place; company and needs are kept in an account."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser import guest
from tests.browser.eyes import Eyes
from tests.browser.forecourt import a_forecourt
from tests.browser.hands import Hands
from tests.browser.test_reserve import a_place_to_reserve
from tests.stories.world import World, open_world
from voltway.runtime.clock import JumpingClock
from voltway.waiting import keeping
from voltway_world.sms import TextService

PATIENCE_S = 20


@pytest.fixture
async def carrier() -> AsyncIterator[TextService]:
    async with TextService() as running:
        yield running


@pytest.fixture
async def world(
    database_url: str, tmp_path: Path, clock: JumpingClock, carrier: TextService
) -> AsyncIterator[World]:
    async with open_world(database_url, tmp_path, clock, carrier=carrier) as opened:
        await opened.prices({"type": "ENERGY", "price": 0.49})
        yield opened


async def test_who_watches_gives_a_number_without_an_account(
    world: World, eyes: Eyes, carrier: TextService
) -> None:
    place, page, hands = await a_forecourt(world, bays=1), eyes.page, Hands(eyes.page)
    await place.plug_in()
    await page.goto(f"{world.house.http}/l/{place.inside.location.id}")
    await hands.press(page.get_by_role("link", name="Tell me when a bay is free"))
    await expect(page.get_by_role("heading", name="Tell me when a bay is free")).to_be_visible()
    await hands.type(page.get_by_label("E-mail"), guest.ANN)
    await hands.press(page.get_by_role("button", name="Tell me"))
    await expect(page.get_by_role("heading", name="We tell you when a bay is free")).to_be_visible()
    await expect(page.get_by_role("button", name="Tell me here")).to_be_visible()
    await eyes.approve("a watch that offers alerts")

    await hands.press(page.get_by_role("link", name="Give a number"))
    await expect(page.get_by_role("heading", name="By text too")).to_be_visible()
    await hands.type(page.get_by_label("Mobile number"), "040 123 4567")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("A text with six digits is on its way")).to_be_visible()
    await eyes.approve("a number for a watch that waits for its code")
    async with asyncio.timeout(PATIENCE_S):
        text = await carrier.came.get()
    await hands.type(page.get_by_label("Code from the text"), text.body[:6])
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("A text goes to +358 40 1234567.")).to_be_visible()
    await eyes.approve("a watch with a number")
    await page.get_by_role("link", name="Change the number").click()
    await eyes.approve("the number of a watch")


async def test_who_reserved_a_bay_that_fails_is_sent_to_another_place(
    world: World, eyes: Eyes
) -> None:
    place, page, hands = await a_place_to_reserve(world), eyes.page, Hands(eyes.page)
    await a_forecourt(world, name="Elielinaukio", bays=1)
    await place.plug_in(2)
    world.clock.jump(timedelta(seconds=61))
    await page.goto(f"{world.house.http}/e/{place.public_id()}/reserve")
    await hands.type(page.get_by_label("E-mail"), guest.ANN)
    await hands.press(page.get_by_role("button", name="Reserve"))
    await expect(page.get_by_role("heading", name="Bay 1 is reserved for you")).to_be_visible()
    await expect(page.get_by_role("button", name="Tell me here")).to_be_visible()

    await world.within(place.outside.fault(1))
    await keeping.move(world.house.begin)

    await expect(page.get_by_role("heading", name="Your reservation was cancelled")).to_be_visible()
    await expect(page.get_by_role("heading", name="Where to charge instead")).to_be_visible()
    await expect(page.get_by_role("link", name="Elielinaukio")).to_be_visible()
    await eyes.approve("a reservation whose bay failed")


async def test_company_and_needs_are_said_once(world: World, eyes: Eyes, browser: Browser) -> None:
    await a_forecourt(world)
    page, hands = eyes.page, Hands(eyes.page)
    await page.goto(f"{world.house.http}/me")
    await hands.type(page.get_by_label("E-mail"), guest.ANN)
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Code from the mail")).to_be_focused()
    await page.keyboard.type(await guest.code_from_the_mail(world))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="My charging")).to_be_visible()
    await hands.press(page.get_by_role("link", name="Company and needs"))
    await expect(page.get_by_role("heading", name="Company and needs")).to_be_visible()
    await eyes.approve("company and needs, empty")
    for need in ("Step-free", "Low screen"):
        await hands.go_to(page.get_by_label(need))
        await page.keyboard.press("Space")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Kept.")).to_be_visible()
    await hands.type(page.get_by_label("Company", exact=True), "Muster GmbH")
    await hands.type(page.get_by_label("Street and number"), "Weg 1")
    await hands.type(page.get_by_label("Town"), "Berlin")
    await page.get_by_label("Country").select_option("DE")
    await hands.type(page.get_by_label("VAT number"), "DE1")
    with eyes.expecting("422"):
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("is no VAT id of DE")
    await eyes.approve("a company that could not be invoiced")
    await page.get_by_label("VAT number").fill("DE136695976")
    await hands.press(page.get_by_role("button", name="Keep").last)
    await expect(page.get_by_role("button", name="Forget it")).to_be_visible()
    await eyes.approve("company and needs, kept")

    await page.goto(f"{world.house.http}/")
    await expect(page.get_by_text("Only places with what you need")).to_be_visible()
    await eyes.approve("a list by the needs of an account")
