"""A refund that came back: before who pays it again, on a phone and at a desk."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.eyes import DESK, Eyes, open_eyes
from tests.browser.hands import Hands
from tests.browser.seat import becomes_the_owner
from tests.payments.hosted_page import pay
from tests.stories.world import World, open_world
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import EUR, Money
from voltway.payments import actions
from voltway.payments.provider import Refunded
from voltway.runtime.clock import JumpingClock


@pytest.fixture
async def world(database_url: str, tmp_path: Path, clock: JumpingClock) -> AsyncIterator[World]:
    async with open_world(database_url, tmp_path, clock, pays_by="stripe") as opened:
        await opened.prices({"type": "ENERGY", "price": 0.49})
        yield opened


@pytest.fixture
async def desk(browser: Browser) -> AsyncIterator[Eyes]:
    async with open_eyes(browser, size=DESK) as opened:
        yield opened


async def comes_back(world: World) -> None:
    """A payment of 9.80 EUR of which 6.00 went back, and came back; the house hears of it."""
    begin, given = world.house.begin, world.house.provider
    post = await world.station("2.0.1")
    visit = await actions.open_visit(
        begin,
        given,
        evse=post.inside.evse(),
        email=None,
        locale="en",
        return_url="http://127.0.0.1:1/v/{visit_key}",
        cancel_url="http://127.0.0.1:1/e/x",
    )
    await pay(visit.hosted_url)
    async with begin() as work:
        id = (await actions.visit(work, visit.visit_key)).id
    await actions.refresh(begin, given, id)
    await actions.capture(begin, given, id, Money(980, EUR), OnceKey("capture"))
    refund = await actions.refund(
        begin, given, id, Money(600, EUR), reason="Broken cable", once=OnceKey("refund")
    )
    assert isinstance(refund, Refunded)

    async def returned() -> bool:
        async with begin() as work:
            return (await actions.payment(work, id)).returned_minor == 600

    world.provider.desk.fail_refund(refund.ref)
    assert await world.until(f"payment:{id}", returned)


async def test_who_pays_again_what_came_back_reads_how_long_it_is_owed(
    world: World, desk: Eyes
) -> None:
    await comes_back(world)
    page, hands = desk.page, Hands(desk.page)

    await becomes_the_owner(world, page)
    await page.goto(f"{world.house.http}/console/returned")
    await expect(page.get_by_text("1 is owed, the oldest first")).to_be_visible()
    await desk.approve("the refunds that came back")
    await page.get_by_role("rowheader").get_by_role("link").click()
    await expect(page.get_by_role("heading", name="Refund of €6.00")).to_be_visible()
    await desk.approve("a refund that came back")
    await hands.type(page.get_by_label("How it was paid, in a sentence"), "SEPA of 3 March")
    await hands.press(page.get_by_role("button", name="Note that €6.00 was paid"))
    await expect(page.get_by_text("came back: paid otherwise")).to_be_visible()
    await desk.approve("a refund that came back and was paid otherwise")
