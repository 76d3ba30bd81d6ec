"""Each page of drivers in each of its states, as eyes see it: by axe on a phone and on a desk, in
light and dark and high contrast; and from right to left on a phone, where nothing runs over.

The world is that of the walk through all words (``tests/web/everywhere.py``).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

import pytest
from httpx import ASGITransport, AsyncClient
from playwright.async_api import Browser, ViewportSize

from tests.browser.eyes import CONTRASTS, Eyes, open_eyes
from tests.payments.scene import Scene
from tests.web.browsers import HERE
from tests.web.browsers import Browser as Plain
from tests.web.conftest import bank, built, house, scene
from tests.web.everywhere import Everywhere, Page, as_who, made
from tests.web.test_balance import provider
from voltway.web.house import House
from voltway_world.serving import Serving

__all__ = ["bank", "house", "provider", "scene"]

PHONE: Final[ViewportSize] = {"width": 360, "height": 740}
#: What the browser says of a page that is not there, which belongs to its state.
REFUSED: Final = ("the server responded with a status of 4", "GPU stall due to ReadPixels")


@asynccontextmanager
async def served(house: House, scene: Scene) -> AsyncIterator[tuple[Everywhere, str]]:
    """The world, and where a browser finds it."""
    site = built()
    site.open_to(house)
    transport = ASGITransport(site, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with AsyncClient(transport=transport, base_url=HERE) as client:
        world = await made(Plain(client), scene)
    door = Serving(site)
    try:
        yield world, await door.start()
    finally:
        await door.stop()


async def opens(eyes: Eyes, world: Everywhere, http: str, page: Page, language: str = "") -> None:
    context = eyes.page.context
    await context.clear_cookies()
    kept = as_who(page, world, language=language)
    await context.add_cookies([{**each, "url": http} for each in kept])  # type: ignore[typeddict-item]
    await eyes.page.goto(f"{http}{page.path}", wait_until="domcontentloaded")
    if page.route == "/map":
        await eyes.page.wait_for_selector("[data-ready]")


def _is_none_of(wrong: Mapping[str, Sequence[str]]) -> None:
    assert not wrong, "\n".join(f"{name}: {each}" for name, of in wrong.items() for each in of)


def _is_whole(page: Page) -> bool:
    return page.whole


async def test_each_state_from_right_to_left_stays_on_a_phone(
    browser: Browser, house: House, scene: Scene
) -> None:
    async with served(house, scene) as (world, http), open_eyes(browser, size=PHONE) as eyes:
        with eyes.expecting(*REFUSED):
            wrong: dict[str, list[str]] = {}
            for page in filter(_is_whole, world.pages):
                await opens(eyes, world, http, page, "qpr")
                turned = await eyes.page.locator("html").get_attribute("dir")
                if (wide := await eyes.too_wide()) or turned != "rtl":
                    wrong[page.name] = [f"dir={turned}", *wide]
    _is_none_of(wrong)


#: What other walks look at in this state, by the same eyes.
ELSEWHERE: Final = {
    "/": ("all", "asked"),
    "/map": ("all",),
    "/l/{location:uuid}": ("free", "marked"),
    "/l/{location:uuid}/busy": ("too few",),
    "/e/{public_id:str}": ("free", "own ways to pay", "with a terminal", "no such bay", "charging"),
    "/car": ("none",),
    "/check": ("",),
    "/offline": ("",),
    "/me": ("", "the way in"),
    "/me/alerts": ("",),
    "/me/charges": ("", "a year"),
    "/me/delete": ("",),
    "/me/home": ("",),
    "/me/home/{statement:uuid}": ("",),
    "/me/tokens": ("",),
    "/me/tokens/{token:uuid}/lost": ("",),
    "/t/{key:str}": ("next",),
    "/v/{key:str}": (
        *("charging", "no contact", "not started", "paid", "plug in", "with an invoice"),
        *(f"at a terminal: {state}" for state in ("shows", "declined")),
    ),
    "/v/{key:str}/check": ("",),
    "/v/{key:str}/documents/{number:str}": ("",),
    "/v/{key:str}/invoice": ("",),
    "/v/{key:str}/receipt": ("",),
    "/v/{key:str}/stop": ("asks",),
}


def _is_new(page: Page) -> bool:
    return page.whole and page.state not in ELSEWHERE.get(page.route, ())


@pytest.mark.parametrize("part", [0, 1, 2])
async def test_each_state_that_no_other_walk_meets_is_for_everybody(
    browser: Browser, house: House, scene: Scene, part: int
) -> None:
    async with served(house, scene) as (world, http), open_eyes(browser) as eyes:
        names = {page.name for page in world.pages}
        known = {f"{at} {state}".strip() for at, states in ELSEWHERE.items() for state in states}
        assert known <= names, "each of them is a state that there is"
        pages = list(filter(_is_new, world.pages))[part::3]
        wrong = {}
        with eyes.expecting(*REFUSED):
            for page in pages:
                await opens(eyes, world, http, page)
                wrong[page.name] = await eyes.look(CONTRASTS)
    assert wrong, "there are such pages"
    _is_none_of({name: faults for name, faults in wrong.items() if faults})


async def test_each_state_of_a_browser_that_can_be_told(
    browser: Browser, house: House, scene: Scene
) -> None:
    async with served(house, scene) as (world, http), open_eyes(browser) as eyes:
        [page] = [each for each in world.pages if each.name == "/v/{key:str} plug in"]
        await opens(eyes, world, http, page)
        for state in ("none", "can", "on", "again", "denied", "failed"):
            set_ = "state => { document.documentElement.dataset.push = state; }"
            await eyes.page.evaluate(set_, state)
            await eyes.approve(f"a phone of which push is {state}")
