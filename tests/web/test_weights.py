"""What the pages of drivers weigh: a phone on a weak signal loads them (the design, the web)."""

import gzip
import re
from typing import Final

import pytest

from tests.payments.scene import Scene
from tests.web.browsers import Browser

KB: Final = 1000
#: Compressed, as they travel. The map is beside it, for it is loaded when somebody asks for it.
SCRIPTS_MAX: Final = 60 * KB
STYLES_MAX: Final = 30 * KB
PAGE_MAX: Final = 20 * KB
MAP_MAX: Final = 400 * KB

_SCRIPTS: Final = re.compile(r'<script[^>]+src="([^"]+)"')
_STYLES: Final = re.compile(r'<link[^>]+rel="stylesheet"[^>]+href="([^"]+)"')


async def weighs(browser: Browser, page: str, what: re.Pattern[str]) -> int:
    """What all of these that a page loads weigh together."""
    found = [await browser.opens(path) for path in dict.fromkeys(what.findall(page))]
    assert found
    assert all(each.status_code == 200 for each in found)
    return sum(len(gzip.compress(each.content, 6)) for each in found)


async def visit(scene: Scene) -> str:
    opened = await scene.opens()
    payment = await scene.pays(opened)
    await scene.starts(payment.token)
    return f"/v/{opened.visit_key}"


@pytest.mark.parametrize("which", ["list", "place", "bay", "visit", "account", "car"])
async def test_a_drivers_page_is_light(browser: Browser, scene: Scene, which: str) -> None:
    path = {
        "list": "/",
        "place": f"/l/{scene.station.location.id}",
        "bay": f"/e/{scene.station.evses[1].public_id}",
        "account": "/me",
        "car": "/car",
    }.get(which) or await visit(scene)

    page = (await browser.opens(path)).text

    assert await weighs(browser, page, _SCRIPTS) <= SCRIPTS_MAX
    assert await weighs(browser, page, _STYLES) <= STYLES_MAX
    assert len(gzip.compress(page.encode(), 6)) <= PAGE_MAX


async def test_the_map_is_loaded_where_it_is_asked_for_alone(
    browser: Browser, scene: Scene
) -> None:
    plain = await weighs(browser, (await browser.opens("/")).text, _SCRIPTS)
    with_map = await weighs(browser, (await browser.opens("/map")).text, _SCRIPTS)

    assert plain <= SCRIPTS_MAX < with_map <= MAP_MAX


async def test_the_list_goes_packed_to_whoever_takes_it_so(browser: Browser, scene: Scene) -> None:
    for path in ("/", "/map"):
        packed = await browser.opens(path, **{"Accept-Encoding": "gzip"})
        plain = await browser.opens(path, **{"Accept-Encoding": "identity"})

        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
        assert packed.headers["content-type"] == plain.headers["content-type"]
        assert packed.headers["cache-control"] == "no-store"
        assert int(packed.headers["content-length"]) < len(plain.content) / 2
        assert packed.text.split("<main")[0] == plain.text.split("<main")[0]
