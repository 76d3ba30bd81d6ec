"""What somebody needs at every place: asked once, kept by their browser alone."""

import pytest

from tests.payments.scene import Scene
from tests.web.browsers import Browser
from voltway.stations import features
from voltway.stations.model_features import Features


async def test_needs_are_kept_and_asked_for_until_they_are_forgotten(
    browser: Browser, scene: Scene
) -> None:
    kept = await browser.sends(
        "/needs", q="Helsinki", step_free="1", lit="1", plug="type2", open="1"
    )
    assert kept.headers["location"] == "/?q=Helsinki&plug=type2&step_free=1&lit=1&open=1"

    nothing_fits = await browser.reads("/")
    assert "Only places with what you need: Type 2, Step-free, Lit at night." in nothing_fits
    assert "No place fits" in nothing_fits
    async with scene.begin() as work:
        told = Features(step_free=True, lit=True)
        await features.describe(work, scene.station.location.id, told, by="Olga")
    assert "Market Square" in await browser.reads("/")

    await browser.sends("/needs", forget="1")
    assert "Only places" not in await browser.reads("/")


async def test_all_places_are_a_link_away_and_a_search_says_for_itself_what_it_wants(
    browser: Browser, scene: Scene
) -> None:
    await browser.sends("/needs", roof="1")

    for address in ("/?all=1", "/?q=Helsinki"):
        said = await browser.reads(address)
        assert "Market Square" in said
        assert "Only places" not in said


@pytest.mark.parametrize(
    "cookie", ["nema", "free.open", "." * 300, "step_free%00", "ccs.type2" * 50]
)
async def test_a_cookie_that_was_tampered_with_asks_for_nothing_strange(
    browser: Browser, scene: Scene, cookie: str
) -> None:
    browser.client.cookies.set("needs", cookie)

    answer = await browser.opens("/")

    assert answer.status_code == 200
    assert "Market Square" in answer.text or "CCS" in answer.text
