"""A bay that is reserved: the pages of its driver go along by themselves, and its operator's desk
takes it back."""

from playwright.async_api import Browser, expect

from tests.browser import guest
from tests.browser.eyes import DESK, Eyes, open_eyes
from tests.browser.forecourt import Forecourt, a_forecourt
from tests.browser.hands import Hands
from tests.browser.seat import becomes_the_owner
from tests.stories.world import World
from voltway.stations import abilities


async def a_place_to_reserve(world: World) -> Forecourt:
    """Its station was asked whether it can be reserved, and has said so."""
    place = await a_forecourt(world, bays=2)
    place.outside.options.can_reserve = True
    await abilities.ask(world.house.begin)

    async def is_told() -> bool:
        async with world.house.begin() as work:
            rows = await work.all("SELECT state FROM order_view WHERE kind = 'ReadVariables'")
        return all(each["state"] == "done" for each in rows)

    await world.until("order:*", is_told)
    return place


async def test_a_bay_is_reserved_seen_by_others_and_taken_back(
    world: World, eyes: Eyes, browser: Browser
) -> None:
    place, page, hands = await a_place_to_reserve(world), eyes.page, Hands(eyes.page)
    await page.goto(f"{world.house.http}/e/{place.public_id()}")
    await hands.press(page.get_by_role("link", name="Reserve this bay"))
    await expect(page.get_by_role("heading", name="Reserve bay 1")).to_be_visible()
    await eyes.approve("the form to reserve a bay")
    await hands.type(page.get_by_label("E-mail"), guest.ANN)
    await hands.press(page.get_by_role("button", name="Reserve"))

    await expect(page.get_by_role("heading", name="Bay 1 is reserved for you")).to_be_visible()
    await expect(page.get_by_text("left", exact=False).first).to_be_visible()
    await eyes.approve("a reservation")
    async with open_eyes(browser, scripts=False) as others:
        await guest.opens_bay(others.page, place)
        await expect(others.page.get_by_text("Somebody has reserved this bay")).to_be_visible()
    await page.get_by_role("link", name="To bay 1").click()
    await expect(page.get_by_role("heading", name="Reserved for you until")).to_be_visible()
    await eyes.approve("a bay that is reserved for who looks")
    await page.get_by_role("link", name="Your reservation").click()

    async with open_eyes(browser) as desk:
        await taken_back(world, desk)
    await expect(page.get_by_role("heading", name="Your reservation was cancelled")).to_be_visible()
    await expect(page.get_by_text("The cable is being repaired")).to_be_visible()
    await eyes.approve("a reservation that was cancelled")


async def taken_back(world: World, desk: Eyes) -> None:
    """By the owner, at the console, with a reason."""
    page = desk.page
    await page.set_viewport_size(DESK)
    await becomes_the_owner(world, page)
    await page.goto(f"{world.house.http}/console/reservations")
    await expect(page.get_by_role("cell", name=guest.ANN)).to_be_visible()
    await desk.approve("the reservations at the console")
    await page.get_by_label("Why, for the driver to read").fill("The cable is being repaired")
    await page.get_by_role("button", name="Cancel it").click()
    await expect(page.get_by_text("taken back")).to_be_visible()
