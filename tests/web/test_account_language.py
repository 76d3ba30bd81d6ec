"""The language that a driver chose is kept in their account: each device speaks it after the
sign-in, and so does what is sent to them."""

import json
from datetime import timedelta

import pytest

from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.test_account import ANN, enters
from tests.web.test_queue import become, joins
from voltway.alerts import store_people
from voltway.alerts.model_events import Channel, Event, Person
from voltway.alerts.queueing_up import hears_turns
from voltway.alerts.speaking import speaking
from voltway.alerts.telling import wishes_of
from voltway.alerts.watchers import hears_hold_released
from voltway.drivers import languages
from voltway.drivers.model_languages import Spoken
from voltway.payments.model import HoldReleased
from voltway.waiting.model_turns import TurnOver


async def on_a_new_device(browser: Browser, **cookies: str) -> None:
    browser.client.cookies.clear()
    for name, value in cookies.items():
        browser.client.cookies.set(name, value, domain="voltway.test")


async def chooses(browser: Browser, **chosen: str) -> None:
    assert (await browser.sends("/appearance", back="/me", **chosen)).status_code == 303


async def speaks(browser: Browser, path: str = "/") -> str:
    """The language that a page is in."""
    page = (await browser.opens(path, **{"Accept-Language": "fr"})).text
    return page.split('<html lang="')[1].split('"')[0]


async def test_a_choice_on_a_page_is_heard_by_every_device_that_has_signed_in(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    seat = browser.client.cookies["voltway_driver"]
    assert await speaks(browser) == "fr"

    await chooses(browser, language="de")
    await on_a_new_device(browser)
    before = await speaks(browser)
    await enters(browser, scene)
    there = await speaks(browser)
    await chooses(browser, language="fi")
    await on_a_new_device(browser, voltway_driver=seat, language="de")

    assert (before, there) == ("fr", "de")
    assert await speaks(browser) == "fi", "the first device, from its next page on"
    assert await speaks(browser, f"/l/{scene.station.location.id}") == "fi"
    await browser.sends("/me/leave")
    assert await speaks(browser) == "de", "who has left speaks as this browser does"


async def test_who_signs_in_takes_the_language_of_the_browser_along_unless_the_account_has_one(
    browser: Browser, scene: Scene
) -> None:
    await on_a_new_device(browser, language="nl")
    await enters(browser, scene)
    await on_a_new_device(browser, language="es")

    await enters(browser, scene)

    assert await speaks(browser) == "nl"
    assert await speaks(browser, "/no/such/page") == "nl"


@pytest.mark.parametrize("wrong", ["qps", "xx", "de'; DROP", ""])
async def test_no_language_of_nobody_is_kept(browser: Browser, scene: Scene, wrong: str) -> None:
    await enters(browser, scene)

    await chooses(browser, language=wrong, papers=wrong)

    assert await scene.count("person_language") == 0
    assert await speaks(browser) == "fr"


async def test_what_is_sent_speaks_the_language_of_the_account_whatever_it_was_asked_in(
    browser: Browser, scene: Scene
) -> None:
    await become(scene, "charging")
    page = await joins(browser, scene)  # Ann, in English and without having signed in
    paid = await scene.pays(await scene.opens(email=ANN))
    async with scene.begin() as work:
        await languages.choose(work, ANN, Spoken("fi"))
        wishes = await wishes_of(work, ANN, "UTC")
        await store_people.choose(work, wishes.holder, {(Event.QUEUE_OVER, Channel.MAIL): True})
    await browser.sends(f"{page}/leave")
    scene.clock.jump(timedelta(seconds=180))
    await scene.sweeps()
    async with scene.begin() as work:
        [turn] = await work.all("SELECT id FROM waiting_turn")
        place = scene.station.location.id
        over = TurnOver(party=paid.party, at=work.now, turn=turn["id"], location=place, why="time")
        await hears_turns(work, [over])
        gone = HoldReleased(party=paid.party, at=work.now, payment=paid.id, why="nothing_started")
        await hears_hold_released(work, [gone])
        told = await work.all("SELECT template, event, locale, facts FROM alert ORDER BY id")

    assert {each["locale"] for each in told} == {"fi"}
    assert {each["template"] for each in told} == {"event", "not_charged"}
    [event] = [each for each in told if each["template"] == "event"]
    assert "paikka" in str(event["facts"]).lower()


async def test_who_speaks_a_language_already_keeps_the_figures_of_their_country(
    scene: Scene,
) -> None:
    asked = [("ann@example.org", "de-AT"), ("ANN@example.org", "en"), ("ben@example.org", "fr")]
    people = [Person(holder=email.lower(), email=email, locale=tag) for email, tag in asked]
    guest = Person(holder="visit:1", email=None, locale="es")
    async with scene.begin() as work:
        await languages.choose(work, ANN, Spoken("de"))
        told = await speaking(work, [*people, guest])

    assert [each.locale for each in told] == ["de-AT", "de", "fr", "es"]


async def test_it_stands_in_the_file_of_the_person_and_goes_with_the_account(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    await chooses(browser, language="de", papers="fr")

    kept = json.loads((await browser.opens("/me/export")).content)
    await browser.sends("/me/delete")

    assert kept["languages"] == {"pages": "de", "documents_and_alerts": "fr"}
    assert await scene.count("person_language") == 0
