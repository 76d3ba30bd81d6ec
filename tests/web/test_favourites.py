"""Places that somebody with an account marked are with them on every browser, and go with them."""

import json
from datetime import timedelta

from httpx import ASGITransport, AsyncClient

from tests.network import a_location
from tests.payments.scene import Scene
from tests.web.browsers import HERE, Browser
from tests.web.test_account import ANN, enters
from voltway.drivers import favourites, store_favourites


def page_of(scene: Scene) -> str:
    return f"/l/{scene.station.location.id}"


async def kept(scene: Scene, email: str = ANN) -> list[tuple[object, bool]]:
    async with scene.begin() as work:
        return [(each.location, each.tells) for each in await favourites.of_person(work, email)]


async def test_who_signs_in_takes_the_places_of_their_browser_along_and_leaves_none_behind(
    browser: Browser, scene: Scene
) -> None:
    async with scene.begin() as work:
        old = await a_location(work, scene.station.party, name="Old")
        await favourites.mark(work, ANN, [old.id], "en")
    scene.clock.jump(timedelta(seconds=1))
    await browser.sends(f"{page_of(scene)}/mark", mark="yes")
    assert await kept(scene) == [(old.id, True)]

    await enters(browser, scene)

    assert await kept(scene) == [(old.id, True), (scene.station.location.id, True)]
    assert "places" not in browser.client.cookies
    assert "Kept with your account" in await browser.reads(page_of(scene))
    assert "1 place," in await browser.reads("/?mine=1")  # the old one has no bays to show
    await browser.sends("/me/leave")
    assert "Keep it among my places" in await browser.reads(page_of(scene))


async def test_a_place_is_on_all_browsers_of_who_marked_it(browser: Browser, scene: Scene) -> None:
    await enters(browser, scene)
    await browser.sends(f"{page_of(scene)}/mark", mark="yes")
    transport = browser.client._transport
    assert isinstance(transport, ASGITransport)
    async with AsyncClient(transport=transport, base_url=HERE) as client:
        other = Browser(client)
        await enters(other, scene)

        assert "One of my places" in await other.reads(page_of(scene))
        await other.sends(f"{page_of(scene)}/mark", mark="no")

    assert "Keep it among my places" in await browser.reads(page_of(scene))
    assert await kept(scene) == []


async def test_who_wants_to_hear_nothing_of_a_place_says_so_there(
    browser: Browser, scene: Scene
) -> None:
    await browser.sends(f"{page_of(scene)}/mark", mark="yes")
    assert "Sign in to be told of faults" in await browser.reads(page_of(scene))
    await enters(browser, scene)
    assert "You are told of faults and planned work" in await browser.reads(page_of(scene))

    await browser.sends(f"{page_of(scene)}/mark/tell", tell="no")

    assert "Tell me of faults and planned work here" in await browser.reads(page_of(scene))
    async with scene.begin() as work:
        assert await favourites.who_wants_to_know(work, scene.station.location.id) == []
    await browser.sends(f"{page_of(scene)}/mark/tell", tell="yes")
    assert await kept(scene) == [(scene.station.location.id, True)]


async def test_who_marks_more_than_is_kept_loses_the_oldest(scene: Scene) -> None:
    async with scene.begin() as work:
        places = [
            (await a_location(work, scene.station.party, name=f"Place {nth}")).id
            for nth in range(5)
        ]
        await favourites.mark(work, ANN, places, "en")
        await store_favourites.keep_newest(work, ANN, 3)

        assert [each.location for each in await favourites.of_person(work, ANN)] == places[2:]


async def test_favourites_are_in_what_a_person_takes_away_and_gone_when_they_leave_for_good(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    await browser.sends(f"{page_of(scene)}/mark", mark="yes")

    [place] = json.loads((await browser.opens("/me/export")).text)["places"]

    assert place["name"] == scene.station.location.name
    assert place["told_of_disruptions"] is True
    assert (await browser.sends("/me/delete")).status_code == 303
    assert await scene.count(f"favourite WHERE email = '{ANN}'") == 0
