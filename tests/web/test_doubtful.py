"""A doubtful bay says that it is free, and no page counts it as free: each says that it is
doubtful."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from babel import Locale

from tests.network import AStation, a_location, a_station
from tests.payments.failing import fails
from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.everywhere import becomes, online
from tests.web.test_for_car import CAR
from tests.web.test_instead import INSTEAD
from tests.web.test_map import drawn
from voltway.runtime.settings import Settings
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.waiting import lining_up, looking
from voltway.web.driver import finding
from voltway.web.driver.asking import Asked
from voltway.web.formats import Formats

ANN = "ann@example.org"
MISSED = "Doubtful: the last 3 starts here failed"
EVERY_S = Settings().heartbeat_s


@pytest.fixture
async def doubted(scene: Scene) -> Scene:
    """Bay 1 is doubtful, and bay 2 is in use."""
    await fails(scene)
    await online(scene)
    await becomes(scene, "charging", bay=2)
    return scene


async def another(scene: Scene, name: str, status: str) -> AStation:
    """A place some 600 m away, whose one bay has said this for a while."""
    async with scene.begin() as work:
        party = scene.station.party
        place = replace(await a_location(work, party, name=name), lat=60.1687, lon=24.9417)
        await stations.change_location(work, place)
        made = await a_station(work, party, place, evses=1)
        await work.run(
            "UPDATE station SET connected_at = $1, last_heard_at = $1 WHERE id = $2",
            work.now,
            made.station.id,
        )
        await work.run(
            "UPDATE evse SET status = $1, status_at = $2 WHERE station_id = $3",
            status,
            work.now - timedelta(minutes=5),
            made.station.id,
        )
    return made


async def works_again(scene: Scene) -> None:
    """Somebody charges at the doubtful bay and leaves; it is free for more than a minute."""
    payment = await scene.pays(await scene.opens())
    await scene.starts(payment.token)
    await scene.ends(60_000, minutes=30)
    await scene.settles()
    await online(scene)
    await becomes(scene, "charging", bay=2)
    scene.clock.jump(timedelta(seconds=61))
    async with scene.begin() as work:
        await work.run("UPDATE station SET last_heard_at = $1", work.now)


async def test_the_list_has_free_places_first_then_doubtful_ones_then_those_in_use(
    browser: Browser, doubted: Scene
) -> None:
    await another(doubted, "A place in use", "charging")
    await another(doubted, "Zoo", "available")
    page = (await browser.opens("/")).text

    assert re.findall(r"<span><b>([^<]+)</b>", page) == ["Zoo", "Market Square", "A place in use"]
    said = words_of(page)
    assert "3 places, 1 bay free, 1 doubtful, as of" in said
    assert "0 of 2 free, 1 doubtful, up to 22 kW" in said
    row = page[page.index("Market Square") - 400 : page.index("Market Square")]
    assert "#st-unknown" in row
    assert 'aria-label="1 doubtful, 1 charging"' in page


class Counted:
    """A work that counts how often it asks the database for rows."""

    def __init__(self, work: Work) -> None:
        self._work, self.asked = work, 0

    def __getattr__(self, name: str) -> Any:
        if name in ("all", "one"):
            self.asked += 1
        return getattr(self._work, name)


async def test_a_list_of_more_places_asks_the_database_no_more_often(doubted: Scene) -> None:
    asked = []
    for name in ("Second", "Third", "Fourth"):
        async with doubted.begin() as work:
            counted = Counted(work)
            formats = Formats(Locale("en"), work.now)
            found = await finding.find(cast("Work", counted), Asked(), formats, EVERY_S)
        asked.append((len(found.page), counted.asked))
        await another(doubted, name, "available")

    assert [places for places, _ in asked] == [1, 2, 3]
    assert len({times for _, times in asked}) == 1, asked


async def test_pages_of_the_list_go_on_behind_a_doubtful_place(
    browser: Browser, doubted: Scene
) -> None:
    await another(doubted, "A place in use", "charging")
    here = doubted.station.location.id

    said = await browser.reads(f"/?after=1.{here}")

    assert "A place in use" in said
    assert "Market Square" not in said


@pytest.mark.parametrize("address", ["/?free=1", "/map?free=1"])
async def test_free_now_leaves_out_a_place_whose_only_free_bay_is_doubtful_and_says_why(
    browser: Browser, doubted: Scene, address: str
) -> None:
    said = await browser.reads(address)
    assert "No place fits" in said
    assert "A doubtful bay is not counted as free." in said

    await becomes(doubted, "available", bay=2)
    assert "1 place, 1 bay free, 1 doubtful" in await browser.reads(address)


async def test_what_is_near_is_counted_the_same(browser: Browser, doubted: Scene) -> None:
    near = words_of((await browser.sends("/near", lat="60.17", lon="24.94")).text)

    assert "1 place, 0 bays free, 1 doubtful, nearest first" in near
    free = words_of((await browser.sends("/near", lat="60.17", lon="24.94", free="1")).text)
    assert "No place fits" in free


async def test_a_price_at_most_counts_the_doubtful_ones_too(
    browser: Browser, doubted: Scene
) -> None:
    assert "1 place, 1 doubtful, as of" in await browser.reads("/?price=0.49")


async def test_the_map_has_a_mark_of_its_own_for_a_doubtful_place_and_says_what_it_means(
    browser: Browser, doubted: Scene
) -> None:
    assert [state for _, _, state, _ in await drawn(browser)] == [3]
    assert [state for _, _, state, _ in await drawn(browser, "?price=0.49")] == [3]
    assert await drawn(browser, "?free=1") == []
    assert "Free, but doubtful" in await browser.reads("/map")
    card = (await browser.opens(f"/map/card/{doubted.station.location.id}")).text
    assert "0 of 2 free, 1 doubtful, up to 22 kW" in words_of(card)
    assert "#st-unknown" in card

    await becomes(doubted, "available", bay=2)
    assert [state for _, _, state, _ in await drawn(browser)] == [0]


async def test_a_place_and_its_bay_say_that_what_is_free_is_doubtful(
    browser: Browser, doubted: Scene
) -> None:
    place = f"/l/{doubted.station.location.id}"
    said = await browser.reads(place)

    assert "0 of 2 free, 1 doubtful, up to 22 kW" in said
    assert said.count(MISSED) == 1
    assert "What is free now is doubtful Join the queue Tell me when a bay is free" in said
    bay = (await browser.opens(f"/e/{doubted.station.evses[1].public_id}")).text
    assert MISSED in words_of(bay)
    for page in (bay, (await browser.opens(place)).text):
        assert '<use href="#st-unknown"/>' in page
        assert '<use href="#st-available"/>' not in page, "a tick is a promise"
    assert MISSED not in await browser.reads(f"/e/{doubted.station.evses[2].public_id}")
    await becomes(doubted, "available", bay=2)
    said = await browser.reads(place)
    assert "1 of 2 free, 1 doubtful, up to 22 kW" in said
    assert "What is free now" not in said
    assert "Nothing is free now" not in said


async def test_a_doubtful_bay_is_named_to_nobody_and_names_others(
    browser: Browser, doubted: Scene
) -> None:
    free = await another(doubted, "Kamppi", "available")
    doubtful, used = (doubted.station.evses[bay].public_id for bay in (1, 2))

    own = (await browser.opens(f"/e/{doubtful}")).text
    assert f"<summary>{INSTEAD}</summary>" in own, "who stands there may try it first"
    assert "Kamppi" in words_of(own)
    beside = await browser.reads(f"/e/{used}")
    assert INSTEAD in beside
    assert "Kamppi" in beside
    assert "Bay 1, here" not in beside
    assert "Kamppi" in await browser.reads(f"/l/{doubted.station.location.id}")
    async with doubted.begin() as work:
        await work.run("UPDATE evse SET status = 'charging' WHERE id = $1", free.evse(1))
    assert INSTEAD not in await browser.reads(f"/e/{used}")


async def test_the_best_bay_for_a_car_is_one_that_is_not_doubtful(
    browser: Browser, doubted: Scene
) -> None:
    await becomes(doubted, "available", bay=2)
    async with doubted.begin() as work:
        await work.run("UPDATE evse SET power_w = 50000 WHERE number = 1")
    await browser.sends("/car", model=str(CAR.id), back="/")
    await browser.sends("/car", soc="10", target="80", back="/")

    assert "Best bay 2" in await browser.reads(f"/l/{doubted.station.location.id}")


async def test_who_waits_is_told_of_a_doubtful_bay_only_once_a_start_there_has_worked(
    browser: Browser, doubted: Scene
) -> None:
    page = f"/l/{doubted.station.location.id}/watch"
    assert "A doubtful bay counts once a start there has worked." in await browser.reads(page)
    bay = str(doubted.station.evses[1].public_id)
    for email, which in ((ANN, ""), ("ben@example.org", bay)):
        answer = await browser.sends(page, email=email, bay=which)
        assert answer.status_code == 303, words_of(answer.text)
    assert MISSED in await browser.reads(answer.headers["location"])
    doubted.clock.jump(timedelta(seconds=61))
    await online(doubted)
    await becomes(doubted, "charging", bay=2)
    doubted.clock.jump(timedelta(seconds=61))

    assert await looking.look(doubted.begin, EVERY_S) == 0
    await works_again(doubted)
    assert await looking.look(doubted.begin, EVERY_S) == 2


async def test_who_was_told_of_a_bay_that_became_doubtful_was_not_outrun(
    browser: Browser, scene: Scene
) -> None:
    await online(scene, status="charging")
    answer = await browser.sends(f"/l/{scene.station.location.id}/watch", email=ANN)
    await becomes(scene, "available", bay=1)
    scene.clock.jump(timedelta(seconds=61))
    assert await looking.look(scene.begin, EVERY_S) == 1
    await fails(scene)
    await online(scene)
    await becomes(scene, "charging", bay=2)

    await looking.look_after(scene.begin, EVERY_S)

    assert "Bay 1 was free at" in await browser.reads(answer.headers["location"])


async def test_nobody_in_line_is_called_to_a_doubtful_bay_and_who_comes_may_join_the_line(
    browser: Browser, doubted: Scene
) -> None:
    page = f"/l/{doubted.station.location.id}/queue"
    assert "A doubtful bay counts once a start there has worked." in await browser.reads(page)
    answer = await browser.sends(page, email=ANN)
    assert answer.status_code == 303, words_of(answer.text)

    await lining_up.move(doubted.begin, EVERY_S)

    turn = answer.headers["location"]
    assert "You are next" in await browser.reads(turn)
    await becomes(doubted, "available", bay=2)
    await lining_up.move(doubted.begin, EVERY_S)
    assert "Your turn: bay 2" in await browser.reads(turn)


async def test_a_doubtful_bay_is_told_in_the_language_of_the_page(
    browser: Browser, doubted: Scene
) -> None:
    said = words_of((await browser.opens("/", **{"Accept-Language": "fr"})).text)

    assert "0 sur 2 libres, 1 douteuse, jusqu'à 22 kW" in said
