"""Charts in a real browser: in the colours of the theme, moved by readings, told without script."""

from datetime import timedelta
from typing import Final

from playwright.async_api import Browser, Page, expect

from tests.browser import guest
from tests.browser.eyes import THEMES, Eyes, open_eyes
from tests.browser.forecourt import a_car, a_forecourt
from tests.stories.world import World

#: Whether so many dots of the chart have the colour of a token, by the browser's own word.
_HAS_DOTS: Final = """
([token, least]) => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = `var(--${token})`;
  const wanted = getComputedStyle(probe).color.match(/\\d+/g).slice(0, 3).map(Number);
  probe.remove();
  const canvas = document.querySelector(".chart canvas");
  const copy = new OffscreenCanvas(canvas.width, canvas.height)
    .getContext("2d", {willReadFrequently: true});
  copy.drawImage(canvas, 0, 0);
  const dots = copy.getImageData(0, 0, canvas.width, canvas.height).data;
  let found = 0;
  for (let at = 0; at < dots.length; at += 4)
    if (dots[at + 3] && wanted.every((part, nth) => dots[at + nth] === part)) found += 1;
  return found > least;
}
"""


async def _charges(world: World, page: Page) -> str:
    """A guest's car charges for some minutes; the address of the visit."""
    place = await a_forecourt(world)
    await guest.opens_bay(page, place)
    await guest.starts(page)
    await guest.pays(page)
    await expect(page.get_by_role("heading", name="Plug in now")).to_be_visible()
    await place.plug_in(car=a_car())
    await guest.is_charging(page)
    await place.charge(4)
    chart = page.get_by_role("img", name="Power since")
    await expect(chart.locator("canvas")).to_be_visible()
    before = await chart.get_attribute("data-chart")
    await chart.locator("canvas").evaluate("canvas => { canvas.stayed = true; }")
    await place.charge(3)
    await expect(chart).not_to_have_attribute("data-chart", before or "")
    return page.url


async def test_power_is_drawn_in_the_theme_s_blue_and_stays_when_a_reading_comes(
    world: World, eyes: Eyes, browser: Browser
) -> None:
    page = eyes.page
    visit = await _charges(world, page)
    canvas = page.get_by_role("img", name="Power since").locator("canvas")

    assert await canvas.evaluate("canvas => canvas.stayed"), "drawn on, not drawn anew"
    for theme in THEMES:
        await page.emulate_media(color_scheme=theme)
        await page.wait_for_function(_HAS_DOTS, arg=["charging", 50])
        await page.wait_for_function(_HAS_DOTS, arg=["charging-tint", 500])
    table = page.get_by_role("region", name="Readings")
    await page.get_by_text("The readings as a table").click()
    await expect(table).to_be_visible()
    world.clock.jump(timedelta(seconds=1))
    await page.reload()
    await page.get_by_text("The readings as a table").click()
    told = await table.get_by_role("row").all_inner_texts()
    assert len({each.split()[0] for each in told}) == len(told) > 6, "each reading once"
    assert all(len(each.split()) == 3 for each in told), "what it is now is no reading"
    await eyes.approve("a chart and its table")

    async with open_eyes(browser, scripts=False) as reader:
        await reader.page.goto(visit)
        sentence = reader.page.get_by_role("img", name="Power since").locator("noscript")
        await expect(sentence).to_be_visible()
        await reader.page.get_by_text("The readings as a table").click()
        await expect(reader.page.get_by_role("region", name="Readings")).to_be_visible()
