"""A tourist without an account pays in six taps; a wheelchair user finds a bay by keyboard."""

import time
from typing import Final

from playwright.async_api import expect

from tests.browser import guest
from tests.browser.eyes import Eyes
from tests.browser.forecourt import a_car, a_forecourt
from tests.browser.hands import Hands
from tests.stories.world import World
from voltway.stations import features
from voltway.stations.model_features import Features

TAPS_MAX: Final = 6
SECONDS_MAX: Final = 60

#: Counts what fingers do, on our pages and on the provider's.
_COUNTS: Final = 'addEventListener("click", e => e.isTrusted && e.detail && tapped(), true)'


async def test_a_tourist_without_an_account_pays_within_six_taps(world: World, eyes: Eyes) -> None:
    place = await a_forecourt(world)
    page, taps = eyes.page, []
    await page.context.expose_binding("tapped", lambda _: taps.append(1))
    await page.context.add_init_script(_COUNTS)
    began = time.monotonic()

    await guest.opens_bay(page, place)
    await page.get_by_role("button", name="Start charging").click()
    for label, typed in (
        ("Card number", guest.ACCEPTED),
        ("Expiry date", "12/40"),
        ("Security code", "123"),
    ):
        await page.get_by_label(label).click()
        await page.keyboard.type(typed)
    await page.get_by_role("button", name="Hold 50.00 EUR").click()
    await expect(page.get_by_role("heading", name="Plug in now")).to_be_visible()

    assert 3 <= len(taps) <= TAPS_MAX, "button, three fields of the card, button"
    assert time.monotonic() - began < SECONDS_MAX
    await place.plug_in(car=a_car())
    await guest.is_charging(page)
    assert len(taps) <= TAPS_MAX


async def test_a_wheelchair_user_finds_a_place_that_fits_by_keyboard(
    world: World, eyes: Eyes
) -> None:
    narrow, wide = await a_forecourt(world), await a_forecourt(world)
    async with world.house.begin() as work:
        told = Features(step_free=True, bay_width_cm=380, screen_height_cm=110, lit=True)
        await features.describe(work, wide.inside.location.id, told, by="Olga")
        await work.run(
            "UPDATE location SET name = 'Wide Street' WHERE id = $1", wide.inside.location.id
        )
    page, hands = eyes.page, Hands(eyes.page)
    await page.goto(world.house.http)
    await expect(page.get_by_role("link", name=narrow.name)).to_be_visible()

    await hands.press(page.locator("summary", has_text="More filters"))
    for need in ("Step-free", "Wide bay", "Low screen"):
        await hands.go_to(page.get_by_label(need))
        await page.keyboard.press("Space")
    await page.keyboard.press("Enter")  # in a form it is its button

    await expect(page.get_by_role("link", name="Wide Street")).to_be_visible()
    await expect(page.get_by_role("link", name=narrow.name)).to_have_count(0)
    await eyes.approve("the places that fit a wheelchair")
    await hands.press(page.get_by_role("link", name="Wide Street"))
    await expect(page.get_by_text("3.80 m").first).to_be_visible()
    await expect(page.get_by_text("Screen at 110 cm").first).to_be_visible()
    await hands.press(page.get_by_role("link", name="Bay 1"))
    await expect(page.get_by_role("button", name="Start charging")).to_be_visible()
