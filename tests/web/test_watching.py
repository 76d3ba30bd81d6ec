"""Who waits for a bay is told once when one is free, in the order of asking, and never twice."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.alerts.phones import has_phone, plug_events
from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from voltway.alerts.waiting import hears_watches
from voltway.kernel.facts import Fact
from voltway.runtime.settings import Settings
from voltway.stations import actions as stations
from voltway.stations.rules import SILENT_TIMES
from voltway.waiting import actions as waiting
from voltway.waiting import looking
from voltway.waiting.model import BayFree, BayTaken, PlaceClosed
from voltway_world.push import PushService

ANN, BEN = "ann@example.org", "ben@example.org"


async def become(scene: Scene, status: str, *, bay: int | None = None) -> None:
    """All bays say so, or one of them."""
    async with scene.begin() as work:
        await work.run(
            "UPDATE evse SET status = $1, status_at = $2 WHERE $3::int IS NULL OR number = $3",
            status,
            work.now,
            bay,
        )


@pytest.fixture
async def full(scene: Scene) -> Scene:
    """The place is full."""
    await become(scene, "charging")
    return scene


async def watches(browser: Browser, scene: Scene, email: str = ANN, **fields: str) -> str:
    path = f"/l/{scene.station.location.id}/watch"
    answer = await browser.sends(path, email=email, **fields)
    assert answer.status_code == 303, words_of(answer.text)
    return answer.headers["location"]


async def goes_on(scene: Scene, seconds: int) -> None:
    """Time goes by, stations stay in contact, and the rounds go."""
    scene.clock.jump(timedelta(seconds=seconds))
    async with scene.begin() as work:
        await work.run("UPDATE station SET last_heard_at = $1", work.now)
    await looking.look(scene.begin, Settings().heartbeat_s)
    await looking.look_after(scene.begin, Settings().heartbeat_s)


async def mails(scene: Scene) -> list[tuple[str, str]]:
    """Who was told what, in the order of telling."""
    async with scene.begin() as work:
        kept = await work.all(
            "SELECT recipient, template FROM alert_view WHERE template IN"
            " ('free', 'outrun', 'closed') ORDER BY id"
        )
    return [(each["recipient"], each["template"]) for each in kept]


async def test_a_place_that_is_full_offers_to_tell(browser: Browser, full: Scene) -> None:
    said = await browser.reads(f"/l/{full.station.location.id}")
    assert "Nothing is free now Join the queue Tell me when a bay is free" in said

    page = await watches(browser, full)

    said = await browser.reads(page)
    assert "We tell you when a bay is free" in said
    assert f"One mail to {ANN}" in said


async def test_who_asked_first_is_told_first_and_once_when_a_bay_has_been_free_for_a_minute(
    browser: Browser, full: Scene
) -> None:
    page = await watches(browser, full)
    full.clock.jump(timedelta(seconds=1))
    await watches(browser, full, BEN)
    await become(full, "available", bay=2)
    await goes_on(full, 30)
    assert await mails(full) == []

    await goes_on(full, 31)
    await told(full)
    await goes_on(full, 31)
    await told(full)

    assert sorted(await mails(full)) == [(ANN, "free"), (BEN, "free")]
    async with full.begin() as work:
        [first, second] = await work.all("SELECT id, email FROM watch ORDER BY created_at")
        [fact] = await work.all("SELECT body FROM outbox WHERE kind = 'BayFree'")
    assert (first["email"], second["email"]) == (ANN, BEN)
    assert str(fact["body"]).index(str(first["id"])) < str(fact["body"]).index(str(second["id"]))
    assert "Bay 2 was free at" in await browser.reads(page)


async def test_who_has_a_phone_here_is_told_there_too_and_once(
    browser: Browser, full: Scene
) -> None:
    async with PushService() as service:
        phone, _ = await has_phone(full, service, ANN)
        plug_events(full, Settings())
        page = await watches(browser, full, locale="en")
        await become(full, "available", bay=2)
        await goes_on(full, 61)
        await told(full)
        await told(full)

        await full.settles()

    [shown] = phone.shown
    assert re.fullmatch(r"Bay 2 at .+ is free", shown["title"])
    assert page.endswith(shown["url"])


async def told(scene: Scene) -> None:
    """The watcher hears all facts, again and again: as after a crash."""
    async with scene.begin() as work:
        rows = await work.all("SELECT * FROM watch ORDER BY created_at")
        facts: list[Fact] = []
        for row in rows:
            known = {
                "party": row["party_id"],
                "at": work.now,
                "location": row["location_id"],
                "watches": (row["id"],),
            }
            if row["told_evse"] is not None:
                facts.append(BayFree(**known, evse=row["told_evse"]))
            if row["state"] == "outrun":
                facts.append(BayTaken(**known))
            if row["state"] == "ended":
                facts.append(PlaceClosed(**known))
        await hears_watches(work, facts)


async def test_a_bay_that_flaps_tells_nobody(browser: Browser, full: Scene) -> None:
    await watches(browser, full)
    for _ in range(6):
        await become(full, "available", bay=1)
        await goes_on(full, 40)
        await become(full, "faulted", bay=1)
        await goes_on(full, 40)

    async with full.begin() as work:
        [row] = await work.all("SELECT state FROM watch")
    assert row["state"] == "waiting"


async def test_who_waits_for_one_bay_is_not_told_of_another(browser: Browser, full: Scene) -> None:
    await watches(browser, full, bay=str(full.station.evses[1].public_id))
    await become(full, "available", bay=2)
    await goes_on(full, 61)
    async with full.begin() as work:
        [row] = await work.all("SELECT state FROM watch")
    assert row["state"] == "waiting"

    await become(full, "available", bay=1)
    await goes_on(full, 61)
    async with full.begin() as work:
        [row] = await work.all("SELECT state FROM watch")
    assert row["state"] == "told"


async def test_who_comes_too_late_is_told_that_somebody_was_faster(
    browser: Browser, full: Scene
) -> None:
    page = await watches(browser, full)
    await become(full, "available", bay=1)
    await goes_on(full, 61)
    await become(full, "charging", bay=1)

    await goes_on(full, 20)
    await told(full)

    assert sorted(await mails(full)) == [(ANN, "free"), (ANN, "outrun")]
    assert "Somebody was faster" in await browser.reads(page)
    again = await browser.sends(f"{page}/again")
    assert "We tell you when a bay is free" in await browser.reads(again.headers["location"])


async def test_who_got_the_bay_is_told_nothing_more(browser: Browser, full: Scene) -> None:
    page = await watches(browser, full)
    await become(full, "available", bay=1)
    await goes_on(full, 61)
    started = await browser.sends(f"/e/{full.station.evses[1].public_id}/start", email=ANN)
    assert started.status_code == 303, words_of(started.text)
    async with full.begin() as work:
        [row] = await work.all("SELECT token_uid FROM payment_view")
    await full.starts(row["token_uid"])
    async with full.begin() as work:
        await work.run("UPDATE payment SET session_id = (SELECT id FROM session)")
    await become(full, "charging", bay=1)

    await goes_on(full, 20)

    assert "You are charging" in await browser.reads(page)


async def test_a_watch_on_a_place_that_closes_ends_with_a_word(
    browser: Browser, full: Scene
) -> None:
    page = await watches(browser, full)
    async with full.begin() as work:
        await stations.change_location(work, replace(full.station.location, published=False))

    await goes_on(full, 5)
    await told(full)

    assert await mails(full) == [(ANN, "closed")]
    assert "This place is closed" in await browser.reads(page)


async def test_a_bay_of_a_station_that_fell_silent_is_free_for_nobody(
    browser: Browser, full: Scene
) -> None:
    page = await watches(browser, full)
    await become(full, "available")
    async with full.begin() as work:
        await work.run("UPDATE station SET last_heard_at = $1", work.now)
    full.clock.jump(timedelta(seconds=SILENT_TIMES * Settings().heartbeat_s + 1))

    await looking.look(full.begin, Settings().heartbeat_s)

    assert "We tell you when a bay is free" in await browser.reads(page)
    found = await browser.reads("/?free=1")
    assert full.station.location.name not in found, found

    await goes_on(full, 1)
    assert full.station.location.name in await browser.reads("/?free=1")
    assert "was free at" in await browser.reads(page)


async def test_where_a_bay_is_free_nobody_waits(browser: Browser, scene: Scene) -> None:
    answer = await browser.sends(f"/l/{scene.station.location.id}/watch", email=ANN)

    assert answer.status_code == 409
    assert "A bay is free here now" in words_of(answer.text)


async def test_asked_twice_it_is_one_watch_and_left_it_tells_nobody(
    browser: Browser, full: Scene
) -> None:
    page = await watches(browser, full)
    assert await watches(browser, full, "Ann@Example.org") == page
    await browser.sends(f"{page}/leave")
    assert "You do not wait any more" in await browser.reads(page)

    await become(full, "available")
    await goes_on(full, 61)
    await told(full)

    assert [each for each in await mails(full) if each[1] == "free"] == []


async def test_what_was_never_free_ends_in_silence_and_its_address_is_forgotten(
    browser: Browser, full: Scene
) -> None:
    page = await watches(browser, full)
    await goes_on(full, int(waiting.LASTS.total_seconds()) + 1)
    assert "You do not wait any more" in await browser.reads(page)

    full.clock.jump(looking.KEEP + timedelta(seconds=1))
    await looking.forget_old(full.begin)

    assert (await browser.opens(page)).status_code == 404


@pytest.mark.parametrize("email", ["", "x", "a b@c", "a@b\nBcc: c@d"])
async def test_what_is_no_address_gets_a_sentence(
    browser: Browser, full: Scene, email: str
) -> None:
    answer = await browser.sends(f"/l/{full.station.location.id}/watch", email=email)

    assert answer.status_code == 422
    assert "address" in words_of(answer.text)


async def test_an_address_watches_twenty_times_a_day(browser: Browser, full: Scene) -> None:
    for _ in range(waiting.A_DAY_MAX):
        await browser.sends(f"{await watches(browser, full)}/leave")

    answer = await browser.sends(f"/l/{full.station.location.id}/watch", email=ANN)

    assert answer.status_code == 429
    assert "many places" in words_of(answer.text)
