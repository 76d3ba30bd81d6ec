"""A push service that refuses our key: its people are told otherwise, and whose trouble it is."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.alerts.phones import has_phone, plug_events
from tests.alerts.test_alerts import ANN, alerts, settings_for
from tests.alerts.test_events import told
from tests.conftest import NOON
from tests.payments.scene import Scene
from voltway.alerts import rules_refused, store_people, troubles
from voltway.alerts.model import AlertState
from voltway.alerts.model_events import Channel, Event, Person
from voltway.parties import actions as parties
from voltway.parties.model import Role
from voltway_world.mail import MailCatcher
from voltway_world.push import Phone, PushService

BEN = "ben@example.org"
OLGA = "olga@voltway.test"
OTHER_KEY = "AAAA"
#: So much passes in minutes before a browser is asked again.
AN_HOUR = 61


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as running:
        yield running


@pytest.fixture
async def ann(scene: Scene, mail: MailCatcher, service: PushService) -> Phone:
    plug_events(scene, settings_for(mail))
    return (await has_phone(scene, service, ANN))[0]


async def says(scene: Scene, nth: int, email: str = ANN) -> None:
    """A charge of this person's is complete, and everybody is told."""
    person = Person(holder=email, email=email, locale="en")
    await told(scene, Event.COMPLETE, f"session:{UUID(int=nth)}", person=person)
    await scene.settles()


async def passes(scene: Scene, minutes: int) -> None:
    scene.clock.jump(timedelta(minutes=minutes))
    await troubles.look(scene.begin, troubles.EACH_MINUTE)
    await scene.settles()


async def hears(scene: Scene, email: str = ANN) -> list[bool]:
    """Of each browser that is kept of this person's, whether it hears us."""
    async with scene.begin() as work:
        return [each.hears for each in await store_people.kept_devices(work, email)]


async def has_owner(scene: Scene) -> None:
    async with scene.begin() as work:
        await parties.add_operator(
            work,
            scene.station.party.id,
            email=OLGA,
            name="Olga",
            role=Role.OWNER,
            password="a long enough one",
        )


def subjects(mail: MailCatcher, whom: str) -> list[str]:
    caught = reversed(mail.box.to(whom))
    return [str(each.message["Subject"]).split(". ")[0] for each in caught]


@pytest.mark.parametrize("status", [401, 403])
async def test_whose_push_service_refuses_our_key_is_mailed_at_once_and_asked_no_more_for_an_hour(
    scene: Scene, mail: MailCatcher, service: PushService, ann: Phone, status: int
) -> None:
    service.refuses, ann.subscribed_to = status, OTHER_KEY

    await says(scene, 1)
    await says(scene, 2)

    assert len(mail.box.to(ANN)) == 2
    assert len(service.refused) == 1
    assert await hears(scene) == [False]
    [pushed] = [each for each in await alerts(scene) if each.channel is Channel.PUSH]
    assert pushed.state is AlertState.DROPPED
    assert f"does not take our key for this browser: status {status}" in (pushed.last_trouble or "")


async def test_what_was_on_its_way_to_it_meanwhile_is_not_asked_for_anew(
    scene: Scene, mail: MailCatcher, service: PushService, ann: Phone
) -> None:
    ann.subscribed_to = OTHER_KEY
    for nth in (1, 2, 3):
        person = Person(holder=ANN, email=ANN, locale="en")
        await told(scene, Event.COMPLETE, f"session:{UUID(int=nth)}", person=person)

    for _ in range(3):
        await scene.settles()

    assert len(mail.box.to(ANN)) == 3
    assert {each.state for each in await alerts(scene)} == {AlertState.SENT, AlertState.DROPPED}


async def test_a_browser_that_hears_again_is_told_again(
    scene: Scene, mail: MailCatcher, service: PushService, ann: Phone
) -> None:
    ours, ann.subscribed_to = ann.subscribed_to, OTHER_KEY
    await says(scene, 1)
    ann.subscribed_to = ours

    await passes(scene, AN_HOUR)
    await says(scene, 2)

    assert len(ann.shown) == 1
    assert await hears(scene) == [True]


async def test_a_browser_of_another_key_is_forgotten_once_its_service_takes_ours_and_is_no_alarm(
    scene: Scene, mail: MailCatcher, service: PushService, ann: Phone
) -> None:
    await has_owner(scene)
    ben, _ = await has_phone(scene, service, BEN)
    ann.subscribed_to = OTHER_KEY
    await says(scene, 1)
    await passes(scene, 1)
    await says(scene, 2, BEN)

    await passes(scene, AN_HOUR)
    await says(scene, 3)
    await passes(scene, AN_HOUR)
    await says(scene, 4)

    assert len(ben.shown) == 1
    assert len(service.refused) == 2, "the third time nobody asks any more"
    assert await hears(scene) == [False], "its owner sees it"
    assert subjects(mail, OLGA) == []


async def test_a_service_that_refuses_us_for_all_is_one_alarm_and_its_browsers_are_kept(
    scene: Scene, mail: MailCatcher, service: PushService, ann: Phone
) -> None:
    await has_owner(scene)
    ben, _ = await has_phone(scene, service, BEN)
    await says(scene, 1)
    ours = ann.subscribed_to
    ann.subscribed_to = ben.subscribed_to = OTHER_KEY

    scene.clock.jump(timedelta(minutes=10))
    for nth in range(2, 6):
        await says(scene, nth, ANN if nth % 2 else BEN)
    await passes(scene, 14)
    assert subjects(mail, OLGA) == []
    await passes(scene, 2)
    for nth in range(6, 9):
        await passes(scene, AN_HOUR)
        await says(scene, nth, ANN if nth % 2 else BEN)

    host = service.url.partition("//")[2]
    assert subjects(mail, OLGA) == [f"Push service refuses our key: {host}"]
    [caught] = mail.box.to(OLGA)
    text = caught.message.get_body(("plain",))
    assert text is not None
    assert "for 2 browsers" in text.get_content()
    assert AlertState.FAILED not in {each.state for each in await alerts(scene)}

    ann.subscribed_to = ben.subscribed_to = ours
    await passes(scene, AN_HOUR)
    await says(scene, 11)
    await says(scene, 12, BEN)
    await passes(scene, 1)

    assert (len(ann.shown), len(ben.shown)) == (2, 1)
    assert subjects(mail, OLGA)[1:] == [f"Push service takes our key: {host}"]


async def test_a_phone_that_is_added_anew_hears_again(
    scene: Scene, mail: MailCatcher, service: PushService, ann: Phone
) -> None:
    ours, ann.subscribed_to = ann.subscribed_to, OTHER_KEY
    await says(scene, 1)
    ann.subscribed_to = ours

    async with scene.begin() as work:
        [device] = await store_people.kept_devices(work, ANN)
        await store_people.add_device(work, device)
    await says(scene, 2)

    assert len(ann.shown) == 1


LATER = NOON + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("refused_at", "took_at", "others_at", "is_so"),
    [
        pytest.param(None, LATER, None, False, id="it is the first time"),
        pytest.param(NOON, None, None, False, id="its service never took anything"),
        pytest.param(LATER, NOON, None, False, id="nor since it was refused"),
        pytest.param(NOON, LATER, None, True, id="it took our key from another"),
        pytest.param(NOON, LATER, NOON, True, id="that was refused before"),
        pytest.param(NOON, LATER, LATER + timedelta(minutes=1), False, id="and refuses all now"),
    ],
)
def test_a_browser_is_forgotten_where_its_service_takes_our_key_from_others(
    refused_at: datetime | None, took_at: datetime | None, others_at: datetime | None, is_so: bool
) -> None:
    assert rules_refused.is_for_good(refused_at, took_at, others_at) is is_so


@pytest.mark.parametrize(
    ("browsers", "minutes", "is_so"),
    [
        pytest.param(1, 60, False, id="one browser is its own trouble"),
        pytest.param(2, 14, False, id="another may be taken in a moment"),
        pytest.param(2, 15, True, id="it takes nothing of ours"),
    ],
)
def test_a_service_refuses_us_where_it_refuses_two_and_takes_nothing_for_long(
    browsers: int, minutes: int, is_so: bool
) -> None:
    later = NOON + timedelta(minutes=minutes)
    assert rules_refused.is_ours(browsers, NOON, later) is is_so
