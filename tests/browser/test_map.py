"""The map of places in a real browser: drawn, used by keyboard, and nothing lost without it."""

import base64
from typing import Final

from playwright.async_api import Browser, Page, expect

from tests.browser.eyes import CONTRASTS, Eyes, open_eyes
from tests.browser.forecourt import a_forecourt
from tests.payments.failing import has_failed
from tests.stories.world import World

#: What a browser without a graphics card says when a picture of a canvas is taken.
WITHOUT_A_CARD: Final = "GPU stall due to ReadPixels"

#: The token ``canvas`` in the dark.
DARK_CANVAS: Final = "rgb(13, 17, 16)"

#: How many pixels of a picture have each of these colours, within what smoothing makes of them.
_COUNT: Final = """
async ([png, colours]) => {
  const bytes = Uint8Array.from(atob(png), each => each.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const pixels = canvas.getImageData(0, 0, image.width, image.height).data;
  const probe = document.createElement("i");
  document.body.append(probe);
  const counts = colours.map(token => {
    probe.style.color = `var(--${token})`;
    const wanted = getComputedStyle(probe).color.match(/[0-9]+/g).map(Number);
    let count = 0;
    for (let at = 0; at < pixels.length; at += 4)
      if (wanted.every((value, nth) => Math.abs(value - pixels[at + nth]) < 6)) count++;
    return count;
  });
  probe.remove();
  return [image.width * image.height, ...counts];
}
"""


_NO_WEBGL: Final = """
const real = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
  return kind.startsWith("webgl") ? null : real.call(this, kind, ...more);
};
"""


async def _pixels(page: Page, *colours: str) -> list[int]:
    """How many pixels the map has, and how many of each of these tokens."""
    png = base64.b64encode(await page.locator("[data-canvas]").screenshot()).decode()
    counted: list[int] = await page.evaluate(_COUNT, [png, list(colours)])
    return counted


async def test_a_map_shows_the_places_of_the_list_and_is_used_by_keyboard_alone(
    world: World, eyes: Eyes
) -> None:
    place = await a_forecourt(world)
    with eyes.expecting(WITHOUT_A_CARD):
        await eyes.page.goto(f"{world.house.http}/?power=50000")
        await eyes.page.get_by_role("link", name="Map", exact=True).click()
        await expect(eyes.page.locator("[data-ready]")).to_have_attribute("data-ready", "1")
        assert eyes.page.url.startswith(f"{world.house.http}/map?power=50000#")
        await _is_drawn(eyes.page)
        await eyes.approve("the map of places")
        await _dark_is_drawn_anew(eyes.page)

        await eyes.page.locator("[data-canvas] canvas").focus()
        await eyes.page.keyboard.press("Enter")
        found = eyes.page.locator("[data-card]").get_by_role("link", name=place.name)
        await expect(found).to_be_focused()
        await eyes.approve("a place's card on the map", contrasts=CONTRASTS)
        await found.focus()
        await eyes.page.keyboard.press("Enter")
        await expect(eyes.page.get_by_role("heading", name=place.name)).to_be_visible()


async def _is_drawn(page: Page) -> None:
    whole, land, free = await _pixels(page, "land", "available")
    assert whole > 50_000
    assert land > whole / 2, "the ground is drawn"
    assert free > 50, "a place with a free bay is drawn"


async def _dark_is_drawn_anew(page: Page) -> None:
    await page.emulate_media(color_scheme="dark")
    await expect(page.locator("[data-map]")).to_have_attribute("data-drawn", DARK_CANVAS)
    await _is_drawn(page)


async def test_a_place_whose_free_bays_are_doubtful_has_a_mark_of_its_own(
    world: World, eyes: Eyes
) -> None:
    place = await a_forecourt(world)
    for bay in (1, 2):
        await has_failed(world.house.begin, place.inside, bay)
    with eyes.expecting(WITHOUT_A_CARD):
        await eyes.page.goto(f"{world.house.http}/map")
        await expect(eyes.page.locator("[data-ready]")).to_have_attribute("data-ready", "1")
        _, free, doubtful = await _pixels(eyes.page, "available", "unknown")
        assert free == 0
        assert doubtful > 5, "thin dashes and a question mark"
        await eyes.approve("the map of a doubtful place", contrasts=CONTRASTS)
    await eyes.page.goto(f"{world.house.http}/l/{place.inside.location.id}")
    await expect(eyes.page.get_by_text("What is free now is doubtful")).to_be_visible()
    await eyes.approve("a place whose free bays are doubtful", contrasts=CONTRASTS)
    await eyes.page.goto(f"{world.house.http}/e/{place.public_id()}")
    await expect(eyes.page.get_by_text("Doubtful: the last 3 starts here failed")).to_be_visible()
    await eyes.approve("a doubtful bay", contrasts=CONTRASTS)


async def test_without_script_and_without_a_canvas_the_list_is_there_and_says_so(
    world: World, browser: Browser
) -> None:
    place = await a_forecourt(world)
    async with open_eyes(browser, scripts=False) as plain:
        await plain.page.goto(f"{world.house.http}/map")
        await expect(plain.page.get_by_text("The map needs a script")).to_be_visible()
        await expect(plain.page.get_by_role("link", name=place.name)).to_be_visible()
    async with open_eyes(browser) as blind:
        await blind.page.add_init_script(_NO_WEBGL)
        with blind.expecting("webgl", "WebGL"):
            await blind.page.goto(f"{world.house.http}/map")
            await expect(blind.page.get_by_text("The map cannot be drawn here")).to_be_visible()
        await expect(blind.page.get_by_role("link", name=place.name)).to_be_visible()
