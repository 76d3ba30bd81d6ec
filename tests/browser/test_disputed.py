"""A top-up that a bank took back: before its driver on a phone, and before who contests it."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.browser import guest
from tests.browser.eyes import DESK, Eyes, open_eyes
from tests.browser.hands import Hands
from tests.browser.seat import becomes_the_owner
from tests.payments.hosted_page import pay
from tests.stories.world import World
from voltway.drivers import entry
from voltway.kernel.ids import DriverId, OnceKey
from voltway.kernel.money import EUR, Money
from voltway.payments import collecting, prepaid, topping_up
from voltway_world.provider import disputes

SPENT, TOPPED_UP = 1200, 5000


@pytest.fixture
async def desk(browser: Browser) -> AsyncIterator[Eyes]:
    async with open_eyes(browser, size=DESK) as opened:
        yield opened


async def enters(world: World, eyes: Eyes) -> None:
    page, hands = eyes.page, Hands(eyes.page)
    await page.goto(f"{world.house.http}/me")
    await hands.type(page.get_by_label("E-mail"), guest.ANN)
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Code from the mail")).to_be_focused()
    await page.keyboard.type(await guest.code_from_the_mail(world))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="My charging")).to_be_visible()


async def tops_up(world: World) -> tuple[DriverId, str]:
    """She puts 50 EUR on her balance, and 12 of it are spent; the provider's name for that."""
    begin, given, party = world.house.begin, world.house.provider, world.party.id
    async with begin() as work:
        ann = await entry.driver_at(work, party, guest.ANN)
    opened = await topping_up.open_top_up(
        begin,
        given,
        party=party,
        holder=ann.id,
        amount=Money(TOPPED_UP, EUR),
        once=OnceKey("top-up"),
        return_url="http://127.0.0.1:1/me",
        cancel_url="http://127.0.0.1:1/me",
    )
    await pay(opened.hosted_url or "")
    done = await collecting.go_on(begin, given, opened.id)
    async with begin() as work:
        spent, why = Money(-SPENT, EUR), "Charged at a fair"
        await prepaid.correct(
            work, party, ann.id, spent, reason=why, by="Aino", once=OnceKey("spent")
        )
    return ann.id, done.ref or ""


async def is_taken_back(world: World, driver: DriverId, hold: str) -> None:
    async def owed() -> int:
        async with world.house.begin() as work:
            return await prepaid.owed(work, world.party.id, driver)

    disputes.open_dispute(world.provider.desk, hold)
    assert await world.until(f"holder:{driver}", owed) == SPENT


async def test_who_owes_for_a_top_up_and_who_contests_it_read_what_is_so(
    world: World, eyes: Eyes, desk: Eyes
) -> None:
    await enters(world, eyes)
    driver, hold = await tops_up(world)
    await is_taken_back(world, driver, hold)

    await eyes.page.reload()
    await expect(eyes.page.get_by_text("You owe €12.00.")).to_be_visible()
    await eyes.approve("a balance for which something is owed")

    page, base = desk.page, world.house.http
    await becomes_the_owner(world, page)
    await page.goto(f"{base}/console/money")
    await expect(page.get_by_text("1 waits for us")).to_be_visible()
    await desk.approve("the monitor with what is disputed")
    await page.get_by_role("link", name="1 waits for us").click()
    await expect(page.get_by_role("cell", name="Top-up")).to_be_visible()
    await desk.approve("the disputes")
    await page.get_by_role("row", name="Top-up").get_by_role("link").click()
    await expect(page.get_by_role("heading", name="Who bears it")).to_be_visible()
    await desk.approve("a disputed top-up")
    await page.get_by_role("link", name="Balance").click()
    await expect(page.get_by_text("€12.00 is owed.")).to_be_visible()
    await desk.approve("the balance of who owes")
