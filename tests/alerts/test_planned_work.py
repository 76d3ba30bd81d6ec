"""Planned work is told to whom it concerns 48 and 2 hours before, and what becomes of it after."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.alerts.phones import has_phone, plug_events
from tests.alerts.test_alerts import settings_for
from tests.alerts.test_elsewhere import another
from tests.payments.scene import Scene
from voltway.alerts import planned_work
from voltway.alerts.model_events import visit_holder
from voltway.drivers import favourites
from voltway.runtime.settings import Settings
from voltway.stations import windows
from voltway.stations.model_windows import Window
from voltway.waiting import actions as waiting
from voltway_world.mail import MailCatcher
from voltway_world.push import PushService

ANN, BEN = "ann@example.org", "ben@example.org"


@pytest.fixture
async def place(scene: Scene, mail: MailCatcher) -> Scene:
    """A place with two bays, Ann's favourite. It is Monday, 14:00 there."""
    plug_events(scene, settings_for(mail))
    scene.bus.watch_many("alerts.windows", planned_work.FACTS, planned_work.hears_windows)
    async with scene.begin() as work:
        await work.run("UPDATE station SET connected_at = $1, last_heard_at = $1", work.now)
        await work.run("UPDATE evse SET status = 'available', status_at = $1", work.now)
        await favourites.mark(work, ANN, [scene.station.location.id], "en")
    return scene


async def plans(scene: Scene, hours_to_start: float, *, hours: float = 4, bay: int = 0) -> UUID:
    async with scene.begin() as work:
        begins = work.now + timedelta(hours=hours_to_start)
        made = await windows.plan(
            work,
            scene.station.location.id,
            starts_at=begins,
            ends_at=begins + timedelta(hours=hours),
            reason="New cables",
            by="Olga",
            evse=scene.station.evse(bay) if bay else None,
        )
    return made.id


async def goes_on(scene: Scene, hours: float = 0) -> None:
    scene.clock.jump(timedelta(hours=hours))
    async with scene.begin() as work:
        await work.run("UPDATE station SET last_heard_at = $1", work.now)
    await windows.move(scene.begin)
    await scene.settles()


async def moves(scene: Scene, id: UUID, hours: float) -> Window:
    async with scene.begin() as work:
        before = await windows.window(work, id)
        by = timedelta(hours=hours)
        return await windows.change(
            work,
            id,
            starts_at=before.starts_at + by,
            ends_at=before.ends_at + by,
            reason=before.reason,
            by="Olga",
        )


async def told(scene: Scene) -> list[tuple[str, str]]:
    return [(row["holder"], row["event"]) for row in await rows(scene)]


async def rows(scene: Scene) -> list[dict[str, Any]]:
    """What was told, each person once at a time."""
    async with scene.begin() as work:
        found = await work.all(
            """
            SELECT DISTINCT ON (created_at, holder) holder, event, facts, state, last_trouble
              FROM alert_view
             WHERE event IN ('work_planned', 'work_changed', 'back_in_service')
             ORDER BY created_at, holder, id
            """
        )
    return [dict(row) for row in found]


async def test_who_likes_a_place_is_told_48_and_2_hours_before_and_when_it_is_over(
    place: Scene, mail: MailCatcher
) -> None:
    await another(place, "Near", 0.8)
    await plans(place, 50)
    await goes_on(place, 2)
    await goes_on(place, 44)
    assert await told(place) == [(ANN, "work_planned")]
    async with place.begin() as work:
        await work.run("UPDATE evse SET status_at = $1", work.now)
    await goes_on(place, 2)
    await goes_on(place, 2)
    assert await told(place) == [(ANN, "work_planned")] * 2

    await goes_on(place, 4)

    assert await told(place) == [(ANN, "work_planned")] * 2 + [(ANN, "back_in_service")]
    third, second, first = await mail.box.wait_for(ANN, count=3)
    assert first.subject.startswith("Planned work: Market Square")
    assert "All bays, from Wed, 4 Mar 16:00 until Wed, 4 Mar 20:00. New cables." in (
        first.text or ""
    ).replace("Wed 4", "Wed, 4")
    assert "Free now" not in (first.text or ""), "two days before nobody knows"
    assert "Free now: Near (0.8" in (second.text or "").replace("\n", " ")
    assert third.subject.startswith("Back in service: Market Square")


async def test_who_was_told_is_told_of_other_times_and_that_it_is_cancelled(place: Scene) -> None:
    id = await plans(place, 20)
    await goes_on(place)
    place.clock.jump(timedelta(minutes=1))
    await moves(place, id, 1)
    async with place.begin() as work:  # Ben was told nothing, and has nothing to be told
        await favourites.mark(work, BEN, [place.station.location.id], "en")
    await goes_on(place)
    async with place.begin() as work:
        await windows.cancel(work, id, by="Olga")
    await goes_on(place, 1)

    assert await told(place) == [
        (ANN, "work_planned"),
        (ANN, "work_changed"),
        (ANN, "work_changed"),
    ]
    _, moved, cancelled = await rows(place)
    assert "It is now from" in moved["facts"]["why"]
    assert "It is cancelled" in cancelled["facts"]["why"]


async def test_of_what_nobody_was_told_nobody_is_told_changes(place: Scene) -> None:
    id = await plans(place, 100)
    await goes_on(place)
    await moves(place, id, 1)
    async with place.begin() as work:
        await windows.cancel(work, id, by="Olga")
    await goes_on(place, 1)

    assert await told(place) == []


async def test_one_bay_of_two_in_work_concerns_who_watches_that_bay_and_will_still(
    place: Scene,
) -> None:
    async with place.begin() as work:
        await work.run("UPDATE evse SET status = 'charging'")
        await favourites.tell(work, ANN, place.station.location.id, wanted=False)
    for email, bay in ((ANN, 1), (BEN, 2)):
        async with place.begin() as work:
            await waiting.watch(
                work,
                place.station.party.id,
                place.station.location.id,
                email=email,
                locale="en",
                expected_s=Settings().heartbeat_s,
                evse=place.station.evse(bay),
            )
    await plans(place, 20, bay=1)
    await goes_on(place)  # nobody watches for so long
    assert await told(place) == []
    await plans(place, 1, bay=1, hours=2)
    await goes_on(place)

    assert await told(place) == [(ANN, "work_planned")]


async def test_who_charges_when_it_begins_is_told_that_nobody_cuts_them(place: Scene) -> None:
    async with PushService() as service:
        charges = await place.pays(await place.opens())
        phone, _ = await has_phone(place, service, visit_holder(charges.id))
        await place.starts(charges.token)
        await plans(place, 1)
        await goes_on(place)
        await goes_on(place, 1)
        await goes_on(place, 1)

    shown = [each for each in phone.shown if each["title"].startswith("Planned work")]
    assert len(shown) == 2
    assert "It has begun. Your charge is not cut from here" in shown[1]["body"]
    async with place.begin() as work:
        [row] = await work.all("SELECT running FROM session_view")
    assert row["running"]


async def test_a_notice_that_comes_too_late_is_not_told(place: Scene, mail: MailCatcher) -> None:
    await plans(place, 1)
    await windows.move(place.begin)
    await place.bus.catch_up()
    place.clock.jump(timedelta(hours=2))
    await windows.move(place.begin)

    await place.settles()

    [notice] = [each for each in await rows(place) if each["event"] == "work_planned"]
    assert (notice["state"], notice["last_trouble"]) == (
        "dropped",
        "It was over before it was told.",
    )
    assert not mail.box.mails
