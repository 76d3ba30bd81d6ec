"""Who was told that bays are out is told what became of it, by the same ways, once."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.alerts.phones import has_phone
from tests.alerts.test_disruptions import (
    ANN,
    BEN,
    CAY,
    alerts_of,
    fails_to_start,
    goes_on,
    place,
    says,
    told,
    watches,
)
from tests.payments.scene import Scene
from voltway.alerts import planned_work
from voltway.alerts.model_events import wait_holder
from voltway.disruptions import actions as disruptions
from voltway.drivers import favourites
from voltway.runtime.settings import Settings
from voltway.stations import actions as stations
from voltway.stations import windows
from voltway.stations.model import LinkClosed, LinkOpened
from voltway.stations.reports import PortStatus
from voltway.waiting import actions as waiting
from voltway.waiting import looking, turns
from voltway_world.mail import MailCatcher
from voltway_world.push import Phone, PushService

__all__ = ["place"]

UNSURE = "place_uncertain"


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as running:
        yield running


async def closes(scene: Scene) -> None:
    """The place is not open to the public any more."""
    async with scene.begin() as work:
        await work.run("UPDATE location SET published = false")


async def line(scene: Scene, *, is_open: bool) -> None:
    station = scene.station.station.id
    async with scene.begin() as work:
        if is_open:
            await stations.record_links(
                work, [LinkOpened(station, 2, "2.0.1", "10.0.0.1", scene.now)]
            )
        else:
            await stations.record_links(work, closed=[LinkClosed(station, 1, scene.now)])


async def watch_of(scene: Scene, email: str) -> str:
    """The holder of what this person left at the page of their watch."""
    async with scene.begin() as work:
        found = await waiting.open_watches(work, scene.station.location.id)
    return wait_holder("watch", next(each.id for each in found if each.email == email))


async def test_a_bay_where_nobody_charged_for_a_day_is_told_to_be_uncertain_and_not_to_work(
    place: Scene, mail: MailCatcher
) -> None:
    for nth in range(3):
        await fails_to_start(place, f"04A10{nth}")
    await goes_on(place, 1)
    assert await told(place) == [(ANN, "disruption")]

    place.clock.jump(timedelta(hours=23))
    await goes_on(place, 1)
    assert await told(place) == [(ANN, "disruption")]
    place.clock.jump(timedelta(hours=1))
    await goes_on(place, 1)
    await goes_on(place, 10)

    assert await told(place) == [(ANN, "disruption"), (ANN, UNSURE)]
    letter = mail.box.to(ANN)[0]
    assert letter.subject.startswith("Not sure any more: Market Square")
    said = " ".join((letter.text or "").split())
    assert "Bay 1. We told you that it does not work. Nobody has charged there for a day" in said


async def test_who_was_told_of_a_place_that_closes_is_told_that_it_is_not_open_any_more(
    place: Scene, mail: MailCatcher
) -> None:
    await says(place, PortStatus.FAULTED, 1)
    await goes_on(place, 4)
    async with place.begin() as work:
        await favourites.mark(work, BEN, [place.station.location.id], "en")

    await closes(place)
    await goes_on(place, 2)

    assert await told(place) == [(ANN, "disruption"), (ANN, UNSURE)]
    letter = mail.box.to(ANN)[0]
    assert "It is not open to the public any more." in " ".join((letter.text or "").split())
    assert f"/l/{place.station.location.id}" not in (letter.text or "")


async def test_who_waits_at_a_place_that_closes_is_told_that_by_their_wait_alone(
    place: Scene,
) -> None:
    await says(place, PortStatus.CHARGING, 1, 2)
    await watches(place, BEN)
    async with place.begin() as work:
        await turns.join(
            work,
            place.station.party.id,
            place.station.location.id,
            email=CAY,
            locale="en",
            expected_s=Settings().heartbeat_s,
        )
    await says(place, PortStatus.FAULTED, 1, 2)
    await goes_on(place, 4)
    assert {who for who, _ in await told(place)} == {ANN, BEN, CAY}

    await closes(place)
    await looking.look(place.begin, Settings().heartbeat_s)
    await goes_on(place, 2)

    assert [each for each in await told(place) if each[1] == UNSURE] == [(ANN, UNSURE)]


async def has_left(scene: Scene, service: PushService, email: str) -> Phone:
    """Who watches has added a phone at the page of their watch."""
    await watches(scene, email)
    phone, _ = await has_phone(scene, service, await watch_of(scene, email))
    return phone


def titles(phone: Phone) -> list[str]:
    return [each["title"].partition(":")[0] for each in phone.shown]


async def test_the_phone_of_a_watch_that_was_told_of_it_is_told_that_it_works_again(
    place: Scene, service: PushService
) -> None:
    await says(place, PortStatus.CHARGING, 1, 2)
    phone = await has_left(place, service, BEN)
    await says(place, PortStatus.FAULTED, 1, 2)
    await goes_on(place, 4)
    other = await has_left(place, service, CAY)  # she comes later
    assert titles(phone) == ["Not working"]

    await says(place, PortStatus.CHARGING, 1, 2)
    await goes_on(place, 10)
    await goes_on(place, 10)

    assert titles(phone) == ["Not working", "Back in service"]
    assert titles(other) == []
    assert [each for each in await told(place) if each[0] == BEN] == [
        (BEN, "disruption"),
        (BEN, "back_in_service"),
    ]


async def test_the_phone_of_a_turn_that_was_told_of_planned_work_is_told_that_it_is_over(
    place: Scene, service: PushService
) -> None:
    place.bus.watch_many("alerts.windows", planned_work.FACTS, planned_work.hears_windows)
    await says(place, PortStatus.CHARGING, 1, 2)
    async with place.begin() as work:
        turn = await turns.join(
            work,
            place.station.party.id,
            place.station.location.id,
            email=BEN,
            locale="en",
            expected_s=Settings().heartbeat_s,
        )
        await windows.plan(
            work,
            place.station.location.id,
            starts_at=work.now + timedelta(hours=1),
            ends_at=work.now + timedelta(hours=1, minutes=20),
            reason="New cables",
            by="Olga",
        )
    phone, _ = await has_phone(place, service, wait_holder("turn", turn.id))

    await goes_on(place, 5)
    assert titles(phone) == ["Planned work"]
    await goes_on(place, 80)

    assert titles(phone) == ["Planned work", "Back in service"]


async def test_a_bay_that_something_else_keeps_out_is_told_back_when_that_is_over_to_who_knew(
    place: Scene,
) -> None:
    await line(place, is_open=False)
    await goes_on(place, 12)
    assert await told(place) == [(ANN, "disruption")]
    await says(place, PortStatus.FAULTED, 1)
    await goes_on(place, 4)
    await line(place, is_open=True)
    await goes_on(place, 8)
    [_, first] = await alerts_of(place)
    assert (first["event"], first["facts"]["bays"]) == ("back_in_service", "Bay 2")

    await says(place, PortStatus.AVAILABLE, 1)
    await goes_on(place, 8)

    [*_, last] = await alerts_of(place)
    assert len(await told(place)) == 3
    assert (last["holder"], last["event"], last["facts"]["bays"]) == (
        ANN,
        "back_in_service",
        "Bay 1",
    )


async def test_what_is_well_again_in_planned_work_is_told_when_the_work_is_over(
    place: Scene,
) -> None:
    place.bus.watch_many("alerts.windows", planned_work.FACTS, planned_work.hears_windows)
    await says(place, PortStatus.FAULTED, 1, 2)
    await goes_on(place, 4)
    async with place.begin() as work:
        await windows.plan(
            work,
            place.station.location.id,
            starts_at=work.now + timedelta(minutes=1),
            ends_at=work.now + timedelta(minutes=30),
            reason="New cables",
            by="Olga",
        )
    await goes_on(place, 3)
    await says(place, PortStatus.AVAILABLE, 1, 2)
    await goes_on(place, 10)
    assert [event for _, event in await told(place)] == ["disruption"]
    async with place.begin() as work:
        assert await disruptions.open_at(work, place.station.location.id) == []

    await goes_on(place, 30)

    assert await told(place) == [(ANN, "disruption"), (ANN, "back_in_service")]
