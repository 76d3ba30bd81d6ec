"""What does not work is told to whom it concerns, once, with where to charge instead."""

from datetime import timedelta
from typing import Any

import pytest

from tests.alerts.phones import has_phone, plug_events
from tests.alerts.test_alerts import settings_for
from tests.alerts.test_elsewhere import another
from tests.network import a_station
from tests.payments.scene import Scene
from tests.stations import floor
from voltway.alerts import disruptions as places_told
from voltway.alerts import wishing
from voltway.alerts.model_events import Channel, Event, visit_holder
from voltway.alerts.telling import wishes_of
from voltway.disruptions import actions as disruptions
from voltway.drivers import favourites
from voltway.kernel.ids import TokenUid
from voltway.runtime.settings import Settings
from voltway.stations import actions as stations
from voltway.stations import windows
from voltway.stations.model import LinkClosed, LinkOpened
from voltway.stations.orders import Answered, Outcome, StartCharging
from voltway.stations.reports import Heard, PortStatus, StatusChanged
from voltway.waiting import actions as waiting
from voltway.waiting import lining_up, turns
from voltway_world.mail import MailCatcher
from voltway_world.push import PushService

ANN, BEN, CAY, DAN = "ann@example.org", "ben@example.org", "cay@example.org", "dan@example.org"


@pytest.fixture
async def place(scene: Scene, mail: MailCatcher) -> Scene:
    """A place with two bays that are free, Ann's favourite."""
    plug_events(scene, settings_for(mail))
    scene.bus.watch_many("disruptions.troubles", disruptions.FACTS, disruptions.hears_troubles)
    scene.bus.watch_many("alerts.disruptions", places_told.FACTS, places_told.hears_places)
    station = scene.station.station.id
    async with scene.begin() as work:
        await stations.record_links(work, [LinkOpened(station, 1, "2.0.1", "10.0.0.1", scene.now)])
        await favourites.mark(work, ANN, [scene.station.location.id], "en")
    await says(scene, PortStatus.AVAILABLE, 1, 2)
    return scene


async def says(scene: Scene, status: PortStatus, *bays: int) -> None:
    """The station tells how bays are."""
    station = scene.station.station.id
    told = [StatusChanged(bay, 1, status, scene.now) for bay in bays]
    async with scene.begin() as work:
        await stations.record_reports(
            work, [Heard(0, station, "StatusNotification", scene.now, told)]
        )


async def goes_on(scene: Scene, minutes: int) -> None:
    """Minutes pass, stations stay in contact, and the rounds go."""
    await scene.settles()
    for _ in range(minutes * 2):
        scene.clock.jump(timedelta(seconds=30))
        async with scene.begin() as work:
            await work.run("UPDATE station SET last_heard_at = $1", work.now)
        await windows.move(scene.begin)
        await disruptions.look(scene.begin)
    await scene.settles()


async def told(scene: Scene) -> list[tuple[str, str]]:
    """Who was told what, in the order of telling, each person once."""
    return [(row["holder"], row["event"]) for row in await alerts_of(scene)]


async def alerts_of(scene: Scene) -> list[dict[str, Any]]:
    async with scene.begin() as work:
        rows = await work.all(
            """
            SELECT DISTINCT ON (created_at, holder, event) holder, event, facts, state, created_at
              FROM alert_view
             WHERE event IN ('disruption', 'back_in_service', 'place_uncertain')
             ORDER BY created_at, holder, event, id
            """
        )
    return [dict(row) for row in rows]


async def watches(scene: Scene, email: str, *, bay: int | None = None) -> None:
    async with scene.begin() as work:
        await waiting.watch(
            work,
            scene.station.party.id,
            scene.station.location.id,
            email=email,
            locale="en",
            expected_s=Settings().heartbeat_s,
            evse=None if bay is None else scene.station.evse(bay),
        )


async def test_a_fault_is_told_to_whose_place_it_is_once_with_where_to_charge_instead(
    place: Scene, mail: MailCatcher
) -> None:
    await another(place, "Near", 0.8)
    await says(place, PortStatus.FAULTED, 1)
    await goes_on(place, 1)
    assert await told(place) == []

    await goes_on(place, 5)
    await goes_on(place, 5)

    assert await told(place) == [(ANN, "disruption")]
    [letter] = await mail.box.wait_for(ANN)
    assert letter.subject.startswith("Not working: Market Square")
    assert "Bay 1. It reports a fault. Free now: " in (letter.text or "").replace("\n", " ")
    assert "Near (0.8\N{NO-BREAK SPACE}km; €0.49 per kWh; 90\N{NO-BREAK SPACE}% sure)" in (
        letter.text or ""
    )
    assert f"/l/{place.station.location.id}" in (letter.text or "")


async def test_the_other_bay_of_the_place_is_named_first(place: Scene) -> None:
    await another(place, "Near", 0.8)
    await says(place, PortStatus.FAULTED, 1)
    await goes_on(place, 4)

    [alert] = await alerts_of(place)
    why = alert["facts"]["why"]
    assert why.index(str(place.station.evses[2].public_id)) < why.index("Near")
    assert str(place.station.evses[1].public_id) not in why


async def test_what_flaps_is_told_to_nobody(place: Scene) -> None:
    for _ in range(8):
        await says(place, PortStatus.FAULTED, 1)
        await goes_on(place, 1)
        await says(place, PortStatus.AVAILABLE, 1)
        await goes_on(place, 1)

    assert await told(place) == []


async def test_who_was_told_is_told_that_it_works_again_and_nobody_else(place: Scene) -> None:
    await says(place, PortStatus.FAULTED, 1)
    await goes_on(place, 4)
    async with place.begin() as work:  # Ben comes later
        await favourites.mark(work, BEN, [place.station.location.id], "en")
    await says(place, PortStatus.AVAILABLE, 1)
    await goes_on(place, 4)
    assert await told(place) == [(ANN, "disruption")]

    await goes_on(place, 10)

    assert await told(place) == [(ANN, "disruption"), (ANN, "back_in_service")]
    assert (await alerts_of(place))[-1]["facts"]["bays"] == "Bay 1"


async def test_who_wants_none_of_it_or_none_of_this_place_is_told_nothing(place: Scene) -> None:
    here = place.station.location.id
    async with place.begin() as work:
        await favourites.tell(work, ANN, here, wanted=False)
        await favourites.mark(work, BEN, [here], "en")
        every = set(Event)
        await wishes_of(work, BEN, "UTC")
        await wishing.choose(work, BEN, set(), among=every, by={Channel.MAIL, Channel.PUSH})

    await says(place, PortStatus.FAULTED, 1, 2)
    await goes_on(place, 4)

    assert await told(place) == []


async def test_one_bay_of_many_is_told_to_those_alone_whom_it_is_about(place: Scene) -> None:
    async with place.begin() as work:
        await a_station(work, place.station.party, place.station.location, evses=4)
        await work.run(
            "UPDATE station SET connected_at = $1, last_heard_at = $1, disconnected_at = NULL",
            work.now,
        )
        await work.run("UPDATE evse SET status = 'charging', status_at = $1", work.now)
    await watches(place, BEN, bay=1)
    await watches(place, CAY, bay=2)
    await watches(place, DAN)

    await says(place, PortStatus.FAULTED, 1)
    await goes_on(place, 4)

    assert await told(place) == [(BEN, "disruption")]


async def test_who_has_a_bay_held_and_who_waits_behind_them_are_told(place: Scene) -> None:
    await says(place, PortStatus.CHARGING, 1, 2)
    for email in (BEN, CAY):
        async with place.begin() as work:
            await turns.join(
                work,
                place.station.party.id,
                place.station.location.id,
                email=email,
                locale="en",
                expected_s=Settings().heartbeat_s,
            )
        place.clock.jump(timedelta(seconds=1))
    await says(place, PortStatus.AVAILABLE, 1)
    await lining_up.move(place.begin, Settings().heartbeat_s)

    await says(place, PortStatus.FAULTED, 1)
    await goes_on(place, 4)

    assert [each for each in await told(place) if each[0] != ANN] == [
        (BEN, "disruption"),
        (CAY, "disruption"),
    ]


async def test_who_charges_or_has_paid_is_told_on_the_browser_that_has_their_visit(
    place: Scene,
) -> None:
    async with PushService() as service:
        charges = await place.pays(await place.opens())
        phone, _ = await has_phone(place, service, visit_holder(charges.id))
        await place.starts(charges.token)
        async with place.begin() as work:
            await stations.record_links(
                work, closed=[LinkClosed(place.station.station.id, 1, place.now)]
            )
        await goes_on(place, 12)

    [shown] = [each for each in phone.shown if each["title"].startswith("Not working")]
    assert "The station is not heard any more. Your charge is not cut from here" in shown["body"]
    assert f"/v/{charges.visit_key}" in shown["url"]


async def test_a_dark_street_is_told_once(place: Scene) -> None:
    other = await another(place, "", 0, here=True)
    async with place.begin() as work:
        await stations.record_links(
            work,
            closed=[
                LinkClosed(place.station.station.id, 1, place.now),
                LinkClosed(other.station.id, 1, place.now),
            ],
        )
    await goes_on(place, 12)

    assert await told(place) == [(ANN, "disruption")]
    assert (await alerts_of(place))[0]["facts"]["bays"] == "All bays"

    async with place.begin() as work:
        await stations.record_links(
            work,
            [
                LinkOpened(place.station.station.id, 2, "2.0.1", "10.0.0.1", place.now),
                LinkOpened(other.station.id, 2, "2.0.1", "10.0.0.2", place.now),
            ],
        )
    await goes_on(place, 8)
    assert await told(place) == [(ANN, "disruption"), (ANN, "back_in_service")]


async def test_more_trouble_at_a_place_is_no_more_news(place: Scene) -> None:
    await says(place, PortStatus.FAULTED, 1)
    await goes_on(place, 4)
    await says(place, PortStatus.FAULTED, 2)
    await goes_on(place, 4)

    assert await told(place) == [(ANN, "disruption")]


async def test_starts_that_come_to_nothing_one_after_another_are_told_until_one_works(
    place: Scene,
) -> None:
    for nth in range(3):
        await fails_to_start(place, f"04A10{nth}")
        await goes_on(place, 1)
        assert await told(place) == ([(ANN, "disruption")] if nth == 2 else [])
    assert "The last starts there came to nothing." in (await alerts_of(place))[0]["facts"]["why"]

    payment = await place.pays(await place.opens())
    await place.starts(payment.token)
    place.clock.jump(timedelta(minutes=1))
    await place.meters(50_200)
    await goes_on(place, 1)

    assert (await told(place))[-1] == (ANN, "back_in_service")


async def fails_to_start(scene: Scene, uid: str) -> None:
    """A start is ordered, and the station refuses."""
    station = scene.station.station
    placed = await floor.place(scene.begin, station, StartCharging(1, TokenUid(uid)))
    await floor.send(scene.begin, station)
    await floor.reply(scene.begin, station, placed, Outcome(Answered.REJECTED, "Rejected"))


async def test_bays_in_planned_work_have_no_disruption(place: Scene) -> None:
    async with place.begin() as work:
        await windows.plan(
            work,
            place.station.location.id,
            starts_at=work.now + timedelta(minutes=1),
            ends_at=work.now + timedelta(hours=1),
            reason="New cables",
            by="Olga",
        )
    await goes_on(place, 2)
    await says(place, PortStatus.FAULTED, 1, 2)
    await goes_on(place, 10)

    assert await told(place) == []
