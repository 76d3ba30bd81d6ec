"""A driver pays at a card reader beside the bay: the page goes on by itself, from the card to the
receipt."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser import guest
from tests.browser.eyes import DESK, Eyes, open_eyes
from tests.browser.forecourt import Forecourt, a_car, a_forecourt
from tests.browser.guest import in_euro
from tests.browser.seat import becomes_the_owner
from tests.payments.readers import a_reader, at
from tests.stories.world import World, open_world
from voltway.payments import readers
from voltway.runtime.clock import JumpingClock


@pytest.fixture
async def world(database_url: str, tmp_path: Path, clock: JumpingClock) -> AsyncIterator[World]:
    async with open_world(database_url, tmp_path, clock, pays_by="stripe") as opened:
        await opened.prices({"type": "ENERGY", "price": 0.49})
        yield opened


async def with_a_reader(world: World, place: Forecourt) -> str:
    """A reader of the house's own account, registered at the place."""
    ref = await a_reader(world.provider, "Box 7")
    house, party = world.house, world.party.id
    found = await readers.one_found(house.begin, house.provider, party, "stripe", ref)
    async with house.begin() as work:
        location = place.inside.location.id
        await readers.register(work, party, found, name="Entrance", location=location, by="Ann")
    return ref


async def test_a_guest_holds_a_card_to_the_terminal_and_charges_to_the_receipt(
    world: World, eyes: Eyes
) -> None:
    place = await a_forecourt(world)
    reader = await with_a_reader(world, place)
    page, began_wh = eyes.page, place.register_wh()

    await guest.opens_bay(page, place)
    await eyes.approve("a bay with a terminal")
    await page.get_by_label("E-mail for the receipt").fill(guest.ANN)
    await page.get_by_role("button", name="Card at the terminal Entrance").click()
    asks = page.get_by_role("heading", name="Hold your card to the terminal Entrance")
    await expect(asks).to_be_visible()
    await eyes.approve("the visit before the card")

    await at(world.provider, reader, "tap_declined")
    stopped = page.get_by_role("heading", name="Not held yet at the terminal Entrance")
    await expect(stopped).to_be_visible()
    await eyes.approve("the visit after a card that was declined")
    await page.get_by_role("button", name="Try again at the terminal").click()
    await expect(asks).to_be_visible()
    await at(world.provider, reader, "tap")
    await expect(page.get_by_role("heading", name="Plug in now")).to_be_visible()

    await place.plug_in(car=a_car())
    await guest.is_charging(page)
    await place.charge(5)
    charged_wh = place.register_wh() - began_wh
    await expect(guest.figure(page, "Cost so far")).to_have_text(in_euro(charged_wh))
    await guest.stops(page)
    await expect(page.get_by_role("heading", name=f"{in_euro(charged_wh)} paid")).to_be_visible()
    await page.get_by_role("link", name="See the receipt").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text(in_euro(charged_wh))

    [mail] = await world.within(world.mail.box.wait_for(guest.ANN))
    assert mail.message["Subject"]
    [move] = world.provider.books.transactions.values()
    assert (move.type, f"€{move.amount_minor / 100:.2f}") == ("capture", in_euro(charged_wh))
    assert await world.books_balance()


async def test_a_guest_who_pays_another_way_is_back_at_the_bay(world: World, eyes: Eyes) -> None:
    place = await a_forecourt(world)
    reader = await with_a_reader(world, place)
    page = eyes.page

    await guest.opens_bay(page, place)
    await page.get_by_role("button", name="Card at the terminal Entrance").click()
    await page.get_by_role("button", name="Pay another way").click()
    await guest.starts(page)

    assert world.provider.books.readers[reader].action is None


async def test_an_operator_says_where_a_reader_stands_and_takes_it_away(
    world: World, browser: Browser
) -> None:
    await a_forecourt(world)
    await a_reader(world.provider, "Box 7")
    async with open_eyes(browser, size=DESK) as desk:
        page = desk.page
        await becomes_the_owner(world, page)
        await page.goto(f"{world.house.http}/console/readers")
        await page.get_by_label("Name that drivers find it by").fill("Entrance")
        await desk.approve("readers of an account")
        await page.get_by_role("button", name="Let drivers pay there").press("Enter")
        await expect(page.get_by_role("rowheader", name="Entrance")).to_be_visible()
        await expect(page.get_by_role("cell", name="all of the place")).to_be_visible()
        await desk.approve("a reader at a place")
        await page.get_by_role("button", name="Take away the reader Entrance").press("Enter")
        await expect(page.get_by_text("No reader is set up for drivers yet.")).to_be_visible()
