"""An account from the mailed code to a charge in two taps and its receipt, by keyboard alone."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser import guest
from tests.browser.eyes import Eyes
from tests.browser.forecourt import a_forecourt
from tests.browser.hands import Hands
from tests.stories.world import World, open_world
from voltway.alerts import bounces
from voltway.drivers import actions as drivers
from voltway.drivers import contracts, entry
from voltway.kernel.money import EUR, Money
from voltway.payments import vouchers
from voltway.runtime.clock import JumpingClock
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
    with_all = {"pays_by": "stripe", "carrier": carrier}
    async with open_world(database_url, tmp_path, clock, **with_all) as opened:
        await opened.prices({"type": "ENERGY", "price": 0.49})
        yield opened


async def has_a_card_and_a_gift(world: World) -> None:
    """A charging card, and a voucher of 10 EUR on the balance."""
    begin, party = world.house.begin, world.party.id
    async with begin() as work:
        [ann] = await entry.drivers_of(work, guest.ANN)
        card = await drivers.add_token(work, party, "04A1B2C3")
        made = await contracts.add_contract(work, party, "FI-VLT-C1", driver=ann.id)
        await contracts.stands_for(work, card.id, made.id)
        value, until = Money(1000, EUR), work.now + timedelta(days=30)
        _, [code] = await vouchers.make_series(
            work,
            party,
            name="Welcome",
            value=value,
            count=1,
            valid_until=until,
            is_sold=False,
            by="Aino",
        )
        assert await vouchers.redeem(work, party, ann.id, code) == value


async def proves_her_number(hands: Hands, eyes: Eyes, carrier: TextService) -> None:
    """The code comes as a text, and its carrier says that it arrived."""
    page = eyes.page
    await hands.type(page.get_by_label("Mobile number"), "040 123 4567")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("A text with six digits is on its way")).to_be_visible()
    await eyes.approve("a number that waits for its code")
    async with asyncio.timeout(PATIENCE_S):
        text = await carrier.came.get()
        assert await carrier.tells(text, "delivered") == 204
    await hands.type(page.get_by_label("Code from the text"), text.body[:6])
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("+358 40 1234567")).to_be_visible()


async def test_who_saves_a_way_to_pay_charges_in_two_taps(
    world: World, eyes: Eyes, carrier: TextService
) -> None:
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
    await page.keyboard.type(await guest.code_from_the_mail(world))  # the focus is there
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", name="My charging")).to_be_visible()
    await eyes.approve("an account with nothing in it")
    await hands.press(page.get_by_role("link", name="Alerts"))
    await page.wait_for_url("**/me/alerts")
    await proves_her_number(hands, eyes, carrier)
    await hands.go_to(page.get_by_role("checkbox", name="Charging is complete: by mail"))
    await page.keyboard.press("Space")
    await page.get_by_label("From").fill("22:00")
    await page.get_by_label("Until").fill("07:00")
    await hands.press(page.get_by_role("button", name="Keep"))
    await expect(page.get_by_text("Kept.")).to_be_visible()
    await eyes.approve("what is told, how and when not")
    async with world.house.begin() as work:
        await bounces.came_back(work, world.party.id, guest.ANN, "550 5.1.1 no such user")
    await page.reload()
    await eyes.approve("mails that came back")
    await hands.press(page.get_by_role("button", name="Send me mails again"))
    await expect(page.get_by_text("Mails to you came back")).to_have_count(0)
    await page.goto(f"{world.house.http}/me")
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
    await has_a_card_and_a_gift(world)
    await page.goto(f"{world.house.http}/me")
    await hands.press(page.get_by_role("link", name="Name them, choose what pays"))
    await page.wait_for_url("**/me/tokens")
    await hands.type(page.get_by_label("Name"), "Spare card")
    await page.get_by_label("Paid by").select_option("Balance")
    await page.get_by_label("Name").press("Enter")
    await expect(page.get_by_role("heading", name="Spare card")).to_be_visible()
    await eyes.approve("cards and cars")
    await hands.press(page.get_by_role("link", name="I have lost it: Spare card"))
    await page.wait_for_url("**/lost")
    await eyes.approve("what reporting it lost means")
    await hands.press(page.get_by_role("button", name="It is lost"))
    await expect(page.get_by_text("You reported it lost")).to_be_visible()

    await guest.opens_bay(page, place)
    await page.get_by_role("radio", name="Visa").press(" ")
    await eyes.approve("a bay with a choice of ways to pay")
    await hands.press(page.get_by_role("button", name="Charge", exact=True))
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
    await expect(page.get_by_text("I know: €10.00 lapses")).to_be_visible()
    await eyes.approve("what is deleted, what is kept, and what lapses")
    await hands.go_to(page.get_by_role("checkbox", name="I know"))
    await page.keyboard.press("Space")
    await hands.press(page.get_by_role("button", name="Delete it"))
    await page.wait_for_url("**/")
    eyes.was_calm()
