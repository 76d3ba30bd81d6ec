"""What the map of places is told: the places of the list, and from where it may read."""

import re
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

import msgspec
import pytest
from httpx import ASGITransport, AsyncClient

from tests.network import a_location, a_station
from tests.payments.scene import Scene
from tests.web.browsers import HERE, Browser, words_of
from tests.web.conftest import built
from voltway.runtime import settings
from voltway.web.house import House
from voltway.web.security import policy


class Told(msgspec.Struct):
    at: datetime
    places: list[tuple[float, float, int, UUID]]


async def drawn(browser: Browser, query: str = "") -> list[tuple[float, float, int, UUID]]:
    answer = await browser.opens(f"/map/places{query}")
    assert answer.status_code == HTTPStatus.OK, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return msgspec.json.decode(answer.content, type=Told).places


async def test_a_place_is_free_taken_or_out_of_service_as_its_bays_are(
    browser: Browser, scene: Scene
) -> None:
    place = scene.station.location
    [[lat, lon, free, id]] = await drawn(browser)
    assert (lat, lon, str(id)) == (round(place.lat, 4), round(place.lon, 4), str(place.id))
    assert free == 0

    states = []
    for status in ("charging", "preparing", "faulted", "unavailable"):
        async with scene.begin() as work:
            await work.run("UPDATE evse SET status = $1", status)
        [[_, _, state, _]] = await drawn(browser)
        states.append(state)
    assert states == [1, 1, 2, 2]

    async with scene.begin() as work:
        await work.run("UPDATE evse SET status = 'available'")
        await work.run("UPDATE station SET connected_at = NULL")
    [[_, _, lost, _]] = await drawn(browser)
    assert lost == 2


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ("?q=helsinki", True),
        ("?q=Helsnki", True),
        ("?q=qqqq", False),
        ("?power=50000", False),
        ("?free=1", True),
        ("?price=0.49", True),
        ("?price=0.48", False),
        ("?mine=1", False),
        ("?step_free=1", False),
        ("?low=1", False),
        ("?power=x&after=0.x", True),
    ],
)
async def test_map_and_list_have_the_same_places_by_the_same_address(
    browser: Browser, scene: Scene, query: str, *, is_there: bool
) -> None:
    assert len(await drawn(browser, query)) == is_there
    assert ("Market Square" in await browser.reads(f"/{query}")) is is_there


async def test_the_page_of_the_map_has_the_list_and_keeps_the_filters(
    browser: Browser, scene: Scene
) -> None:
    page = (await browser.opens("/map?q=helsinki&power=11000")).text

    assert "Market Square" in words_of(page)
    assert 'data-map="/map/places?q=helsinki&amp;power=11000"' in page
    assert re.search(r'<a href="/\?q=helsinki&amp;power=11000">List</a>', page)
    assert '<form class="search" method="get" action="/map"' in page
    assert "map.js" not in (await browser.opens("/")).text


async def test_a_place_of_the_map_opens_as_it_stands_in_the_list(
    browser: Browser, scene: Scene
) -> None:
    said = words_of((await browser.opens(f"/map/card/{scene.station.location.id}")).text)

    assert "Market Square" in said
    assert "2 of 2 free" in said
    gone = await browser.opens("/map/card/00000000-0000-0000-0000-000000000000")
    assert gone.status_code == HTTPStatus.NOT_FOUND


async def test_many_places_come_packed(browser: Browser, scene: Scene) -> None:
    async with scene.begin() as work:
        where = await a_location(work, scene.station.party, name="Second")
        await a_station(work, scene.station.party, where)

    packed = await browser.opens("/map/places", **{"Accept-Encoding": "gzip"})
    plain = await browser.opens("/map/places", **{"Accept-Encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json()["places"] == plain.json()["places"]


def test_a_map_of_elsewhere_opens_the_policy_for_its_origins_and_for_nothing_else() -> None:
    ours = policy(("https://pay.example",))
    theirs = policy(("https://pay.example",), ("https://maps.example", "https://tiles.example"))

    changed = set(theirs.split("; ")) - set(ours.split("; "))
    assert changed == {
        "img-src 'self' data: https://maps.example https://tiles.example",
        "connect-src 'self' https://maps.example https://tiles.example",
    }


async def test_only_the_page_of_the_map_may_read_from_the_address_of_its_style(
    scene: Scene, house: House
) -> None:
    style = "https://maps.example/styles/quiet.json?key=1 https://tiles.example"
    site = built()
    site.open_to(replace(house, settings=msgspec.structs.replace(house.settings, map_style=style)))
    transport = ASGITransport(site)  # type: ignore[arg-type]
    async with AsyncClient(transport=transport, base_url=HERE) as client:
        page = await client.get("/map")
        other = await client.get("/")

    assert 'data-style="https://maps.example/styles/quiet.json?key=1"' in page.text
    assert "Natural Earth" not in page.text
    opened = page.headers["content-security-policy"]
    assert "connect-src 'self' https://maps.example https://tiles.example;" in opened
    assert "https://maps.example" not in other.headers["content-security-policy"]


@pytest.mark.parametrize(
    "style", ["maps.example", "https://a;script-src *", "https://a, https://b"]
)
def test_a_style_that_is_no_address_is_refused(style: str) -> None:
    with pytest.raises(settings.SettingWrong, match="VOLTWAY_MAP_STYLE"):
        settings.load({"VOLTWAY_MAP_STYLE": style})
