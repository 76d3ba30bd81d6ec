"""Where to charge instead: on the page of a bay, and of a place, where one cannot charge now."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest

from tests.network import AStation, a_location, a_station
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.reserved import Kept, reserves
from voltway.stations import actions as stations
from voltway.stations import features, windows
from voltway.stations.model_features import Features

INSTEAD = "Where to charge instead"


@pytest.fixture
async def near(scene: Scene) -> AStation:
    """A place with one bay, some 600 m away."""
    async with scene.begin() as work:
        party = scene.station.party
        place = replace(await a_location(work, party, name="Kamppi"), lat=60.1687, lon=24.9417)
        await stations.change_location(work, place)
        made = await a_station(work, party, place, evses=1)
    for station in (made, scene.station):
        await becomes(scene, "available", station)
    return made


async def becomes(scene: Scene, status: str, station: AStation, *bays: int) -> None:
    """The station said so of these bays, or of all, five minutes ago; it is online."""
    numbers = list(bays or station.evses)
    async with scene.begin() as work:
        await work.run(
            "UPDATE station SET connected_at = $1, last_heard_at = $1 WHERE id = $2",
            scene.now,
            station.station.id,
        )
        await work.run(
            "UPDATE evse SET status = $1, status_at = $2 WHERE id = ANY($3::uuid[])",
            status,
            scene.now - timedelta(minutes=5),
            [station.evse(number) for number in numbers],
        )


def bay(scene: Scene, number: int = 1) -> str:
    return f"/e/{scene.station.evses[number].public_id}"


async def test_a_broken_bay_names_the_one_beside_it_and_the_next_place(
    browser: Browser, scene: Scene, near: AStation
) -> None:
    free = await browser.reads(bay(scene))
    await becomes(scene, "faulted", scene.station, 1)
    said = await browser.reads(bay(scene))

    assert INSTEAD not in free
    assert INSTEAD in said
    beside, other = said.index("Bay 2, here"), said.index("Kamppi")
    assert beside < other
    assert "0.6 km away €0.49 per kWh" in said
    assert "sure" in said
    page = (await browser.opens(bay(scene))).text
    assert f'href="/l/{near.location.id}"' in page
    assert f'href="{quote(bay(scene, 2))}"' in page


async def test_at_a_bay_in_use_it_is_folded_away(
    browser: Browser, scene: Scene, near: AStation
) -> None:
    await becomes(scene, "charging", scene.station, 1)
    page = (await browser.opens(bay(scene))).text

    assert f"<summary>{INSTEAD}</summary>" in page


async def test_what_is_taken_broken_or_too_slow_is_not_named(
    browser: Browser, scene: Scene, near: AStation
) -> None:
    await becomes(scene, "faulted", scene.station)
    named = await browser.reads(bay(scene))
    async with scene.begin() as work:
        place = replace(
            await a_location(work, scene.station.party, name="Slow only"), lat=60.168, lon=24.95
        )
        await stations.change_location(work, place)
        slow = await a_station(work, scene.station.party, place, evses=1, power_w=7_400)
    await becomes(scene, "available", slow)
    without_fit = await browser.reads(bay(scene))
    await becomes(scene, "charging", near)
    none = await browser.reads(bay(scene))

    assert "Kamppi" in named
    assert "Slow only" not in without_fit
    assert INSTEAD not in none


async def test_a_place_that_is_closed_at_this_hour_is_not_named(
    browser: Browser, scene: Scene, near: AStation
) -> None:
    await becomes(scene, "faulted", scene.station)
    named: dict[str, bool] = {}
    for hours in ("", "Mon-Fri 08:00-20:00", "Mon-Fri 20:00-24:00"):  # it is 14:00 there
        async with scene.begin() as work:
            told = Features(hours_words=hours)
            await features.describe(work, near.location.id, told, by="Aino")
        named[hours] = "Kamppi" in await browser.reads(bay(scene))

    assert list(named.values()) == [True, True, False]


async def test_while_planned_work_runs_nobody_waits_for_who_still_charges(
    browser: Browser, scene: Scene, near: AStation
) -> None:
    await becomes(scene, "charging", scene.station, 1)
    async with scene.begin() as work:
        await windows.plan(
            work,
            scene.station.location.id,
            starts_at=scene.now,
            ends_at=scene.now + timedelta(hours=2),
            reason="New cables",
            by="Aino",
        )
    await windows.move(scene.begin)
    page = (await browser.opens(bay(scene))).text

    assert f'<h2 id="instead">{INSTEAD}</h2>' in page
    assert "Kamppi" in page


async def test_whom_the_bay_is_kept_for_is_sent_nowhere_else(
    browser: Browser, scene: Scene, near: AStation
) -> None:
    kept = Kept(scene)
    await kept.can()
    await reserves(browser, kept)
    await kept.answers()
    await kept.becomes("reserved")
    own = await browser.reads(bay(scene))
    browser.client.cookies.clear()
    others = await browser.reads(bay(scene))

    assert INSTEAD not in own
    assert INSTEAD in others


async def test_a_place_where_nothing_is_free_names_another_and_not_its_own_bays(
    browser: Browser, scene: Scene, near: AStation
) -> None:
    page = f"/l/{scene.station.location.id}"
    free = await browser.reads(page)
    await becomes(scene, "charging", scene.station)
    said = await browser.reads(page)

    assert INSTEAD not in free
    assert "Nothing is free now" in said
    assert said.index(INSTEAD) < said.index("Kamppi")
    assert "Bay 2, here" not in said


async def test_a_driver_reads_it_in_their_language(
    browser: Browser, scene: Scene, near: AStation
) -> None:
    await becomes(scene, "faulted", scene.station, 1)
    german = await browser.client.get(bay(scene), headers={"Accept-Language": "de"})

    assert INSTEAD not in german.text
    assert "km entfernt" in german.text
