"""Tariffs at the desk, without a mouse: a document looked over and kept, a market, a simulation."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.eyes import DESK, Eyes, open_eyes
from tests.browser.forecourt import a_car, a_forecourt
from tests.browser.hands import Hands
from tests.browser.seat import becomes_the_owner
from tests.browser.town import pays
from tests.stories.world import World
from voltway.drivers import contracts
from voltway.tariffs import actions as tariffs

FOLLOWS = """{"id": "MARKET", "currency": "EUR", "tax_included": "YES", "elements": [
 {"price_components": [{"type": "ENERGY", "price": 0.60, "vat": 25.5, "step_size": 1,
  "voltway_spot": {"series": "NP-FI", "markup": 0.12}}]},
 {"price_components": [{"type": "PARKING_TIME", "price": 6, "vat": 25.5, "step_size": 60}],
  "voltway_idle": {"grace": 1200, "cap": 12}},
 {"price_components": [{"type": "ENERGY", "price": 0.20, "step_size": 0}],
  "restrictions": {"start_time": "22:00", "end_time": "06:00", "min_power": 50}}]}"""


@pytest.fixture
async def desk(browser: Browser) -> AsyncIterator[Eyes]:
    async with open_eyes(browser, size=DESK) as opened:
        yield opened


def prices(begins: datetime, quarters: int = 40) -> str:
    """A market that is dear at first, and in the end gives away what it has."""
    told = (
        f"{begins + nth * timedelta(minutes=15):%Y-%m-%dT%H:%M:%SZ},{180 - 5 * nth}"
        for nth in range(quarters)
    )
    return "\n".join(["begins,price", *told])


async def test_a_tariff_is_looked_over_follows_a_market_and_is_simulated_by_keyboard(
    world: World, desk: Eyes
) -> None:
    place, page = await a_forecourt(world), desk.page
    await becomes_the_owner(world, page)
    await place.plug_in(car=a_car())
    await pays(world, place, 1, "4242424242424242")
    now = page.get_by_role("region", name="Sessions now, table")
    await expect(now.get_by_role("row", name="Kamppi Garage")).to_be_visible()
    await place.charge(20)
    await place.unplug()

    await _is_looked_over(world, desk)
    await _follows_a_market(world, desk)
    await _is_simulated(world, desk)
    await _sells_a_plan(world, desk)
    await page.goto(f"{world.house.http}/e/{place.public_id()}")
    await expect(page.get_by_text("follows the market")).to_be_visible()
    await page.get_by_text("Price of the next hours").click()
    await desk.approve("a bay whose price follows a market")


async def _is_looked_over(world: World, desk: Eyes) -> None:
    page, hands = desk.page, Hands(desk.page)
    await page.goto(f"{world.house.http}/console/tariffs/import")
    text = page.get_by_label("or its text")
    await _skips_to_content(page)
    await hands.go_to(text)
    await page.keyboard.insert_text(FOLLOWS.replace("ENERGY", "WIND", 1))
    with desk.expecting("the server responded with a status of 4"):
        await hands.press(page.get_by_role("button", name="Look it over"))
        await expect(page.get_by_role("alert")).to_contain_text("'WIND' is none of ENERGY")
    await desk.approve("a document with a slip in it")
    await text.fill(FOLLOWS)
    await hands.press(page.get_by_role("button", name="Look it over"))
    await expect(page.get_by_text("Element 3 never prices energy")).to_be_visible()
    await desk.approve("a tariff looked over")
    await _skips_to_content(page)
    await hands.press(page.get_by_role("button", name="Add the tariff"))
    await expect(page.get_by_role("heading", name="MARKET")).to_be_visible()


async def _follows_a_market(world: World, desk: Eyes) -> None:
    page, hands = desk.page, Hands(desk.page)
    await page.goto(f"{world.house.http}/console/tariffs/markets")
    await _skips_to_content(page)
    await hands.type(page.get_by_label("Series"), "NP-FI")
    await page.get_by_label("Prices are per").select_option("MWh")
    begins = world.clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    await page.get_by_label("or its text").fill(prices(begins))
    await hands.press(page.get_by_role("button", name="Add the prices"))
    await expect(page.get_by_role("status")).to_contain_text("40 prices added")
    await desk.approve("a market")


async def _is_simulated(world: World, desk: Eyes) -> None:
    page, hands = desk.page, Hands(desk.page)
    await page.goto(f"{world.house.http}/console/tariffs/simulate")
    await page.get_by_label("Tariff", exact=True).select_option("MARKET")
    await _skips_to_content(page)
    await hands.press(page.get_by_role("button", name="Simulate"))
    await expect(page.get_by_role("heading", name="Session by session")).to_be_visible()
    summary = page.locator(".priced summary").first
    await _skips_to_content(page)
    await hands.press(summary)
    await expect(page.get_by_text("Element 1 always holds.").first).to_be_visible()
    await desk.approve("a simulation")
    await page.get_by_label("From", exact=True).fill(f"{world.clock.now():%Y}-01-01")
    await page.get_by_label("To and including").fill(f"{world.clock.now():%Y}-12-31")
    await hands.press(page.get_by_role("button", name="Simulate"))
    await expect(page.get_by_role("heading", name="Simulation of MARKET")).to_be_visible()
    await expect(page.get_by_role("heading", name="Session by session")).to_be_visible()
    await desk.approve("a simulation of a year")
    await _assign(world)


async def _sells_a_plan(world: World, desk: Eyes) -> None:
    page, hands = desk.page, Hands(desk.page)
    async with world.house.begin() as work:
        await contracts.add_contract(work, world.party.id, "FI-VLT-C00012345-6")
    await page.goto(f"{world.house.http}/console/tariffs/plans")
    await _skips_to_content(page)
    await hands.type(page.get_by_label("Short name"), "PLUS")
    await hands.type(page.get_by_label("Name, as drivers read it"), "Voltway Plus")
    await hands.type(page.get_by_label("Fee a month"), "0")
    await hands.type(page.get_by_label("Free kWh a month"), "50")
    await desk.approve("a plan that is typed")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Voltway Plus")).to_be_visible()
    await page.get_by_role("button", name="Subscribe", exact=True).press("Enter")
    kept = page.get_by_role("region", name="Subscribers, table")
    await expect(kept.get_by_text("50 / 50 kWh")).to_be_visible()
    await desk.approve("a plan and who has it")
    await page.goto(f"{world.house.http}/console/tariffs/plans")
    await desk.approve("the plans")


async def _skips_to_content(page: Page) -> None:
    """As the link at the top of each page does; the command box has its ring around it."""
    await page.locator("#main").focus()


async def _assign(world: World) -> None:
    async with world.house.begin() as work:
        await tariffs.assign(work, world.party.id, "MARKET")
