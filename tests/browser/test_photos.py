"""An operator brings a photo, and a driver sees it, without the page moving under their thumb."""

from typing import Final

from playwright.async_api import Browser, expect

from tests.browser.eyes import DESK, Eyes, open_eyes
from tests.browser.forecourt import a_forecourt
from tests.browser.seat import becomes_the_owner
from tests.stories.world import World
from tests.web.test_photos import ALT, photo

#: Words that are drawn again in their own font move a little (0.02 seen); a photo without its room
#: would move two fifths.
MOVED_MAX: Final = 0.05

#: What moved by itself since the page was opened (Layout Instability API).
_MOVED: Final = """() => new Promise(done => {
  let moved = 0;
  new PerformanceObserver(list => { for (const each of list.getEntries()) moved += each.value; })
    .observe({type: 'layout-shift', buffered: true});
  setTimeout(() => done(moved), 300);
})"""


async def test_a_photo_comes_from_the_console_to_the_driver_and_nothing_moves(
    world: World, eyes: Eyes, browser: Browser
) -> None:
    forecourt = await a_forecourt(world, bays=2)
    place = forecourt.inside.location.id
    async with open_eyes(browser, size=DESK) as desk:
        await becomes_the_owner(world, desk.page)
        await desk.page.goto(f"{world.house.http}/console/places/{place}")
        for nth, shade in enumerate((90, 220)):
            file = {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": photo(shade=shade)}
            await desk.page.get_by_label("A photo: JPEG").set_input_files(file)  # type: ignore[arg-type]
            await desk.page.get_by_label("What is on it").fill(f"{ALT} {nth}")
            await desk.page.get_by_role("button", name="Add the photo").click()
            await expect(desk.page.get_by_alt_text(f"{ALT} {nth}")).to_be_visible()
        await desk.approve("a place with photos at the console")

    await eyes.page.goto(f"{world.house.http}/l/{place}")
    shown = eyes.page.get_by_alt_text(f"{ALT} 0")
    await expect(shown).to_be_visible()
    await expect(shown).to_have_js_property("complete", value=True)
    assert await eyes.page.evaluate(_MOVED) < MOVED_MAX
    await eyes.approve("a place with photos")

    await eyes.page.goto(f"{world.house.http}/")
    await expect(eyes.page.locator(".locs img")).to_have_js_property("complete", value=True)
    assert await eyes.page.evaluate(_MOVED) < MOVED_MAX
    await eyes.approve("a list of places with a photo")
