"""Own words that are edited between two tries: what is tried again says what was said before."""

from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from uuid import UUID

import pytest

from tests.alerts.phones import has_phone, plug_events
from tests.alerts.test_alerts import ANN, Postman, alerts, deliver, settings_for
from tests.alerts.test_events import SHOWN, service, told
from tests.alerts.texts import NUMBER, by_texts, has_number
from tests.payments.scene import Scene
from voltway.alerts import numbers, store_wordings, wordings
from voltway.alerts.mailer import MailServerSilent
from voltway.alerts.model import AlertState
from voltway.alerts.model_events import Channel, Event, Person
from voltway.alerts.telling import tell
from voltway.alerts.words_events import Say
from voltway.parties import actions as parties
from voltway_world.mail import MailCatcher
from voltway_world.push import PushService
from voltway_world.sms import TextService

__all__ = ["service"]


@pytest.fixture
async def carrier(scene: Scene, mail: MailCatcher) -> AsyncIterator[TextService]:
    async with TextService(now=scene.now.astimezone(UTC)) as running:
        plug_events(scene, by_texts(settings_for(mail), running))
        await has_number(scene, ANN)
        await scene.settles()
        running.texts.clear()
        yield running


async def edits(scene: Scene, event: Event, title: str) -> None:
    """A minute later somebody edits what is said of an event."""
    scene.clock.jump(timedelta(minutes=1))
    async with scene.begin() as work:
        await wordings.keep(
            work, scene.station.party.id, event, "en", title, "{place}.", by="o@voltway.test"
        )


async def test_a_text_whose_answer_was_lost_is_sent_once_though_its_words_were_edited_since(
    scene: Scene, carrier: TextService
) -> None:
    carrier.loses_answers = True
    await told(scene, Event.STOPPED_EARLY)
    await scene.settles()
    [first] = carrier.to(NUMBER)

    await edits(scene, Event.STOPPED_EARLY, "It stopped")
    carrier.loses_answers = False
    scene.clock.jump(timedelta(minutes=1))
    await scene.settles()

    assert carrier.to(NUMBER) == [first]
    sent = [each for each in await alerts(scene) if each.channel is Channel.SMS and each.event]
    assert [each.state for each in sent] == [AlertState.SENT]
    await told(scene, Event.STOPPED_EARLY, "session:2")
    await scene.settles()
    assert carrier.to(NUMBER)[1].startswith("Voltway Oy: It stopped. Kamppi.")


async def test_a_text_whose_answer_was_lost_is_sent_once_though_its_sender_has_another_name_since(
    scene: Scene, carrier: TextService
) -> None:
    carrier.loses_answers = True
    await told(scene, Event.STOPPED_EARLY)
    await scene.settles()
    [first] = carrier.to(NUMBER)

    async with scene.begin() as work:
        await work.run("UPDATE party SET name = 'Other Oy'")
        assert (await parties.party(work, scene.station.party.id)).name == "Other Oy"
    carrier.loses_answers = False
    scene.clock.jump(timedelta(minutes=1))
    await scene.settles()

    assert carrier.to(NUMBER) == [first]
    async with scene.begin() as work:
        assert await work.all("SELECT 1 AS kept FROM alert_text WHERE words IS NOT NULL") == []


async def test_a_code_that_is_good_no_more_is_not_sent_late(
    scene: Scene, carrier: TextService
) -> None:
    carrier.silent = True
    async with scene.begin() as work:
        await numbers.ask(work, scene.station.party.id, "ben@example.org", "+358407654321", "en")
    await scene.settles()
    carrier.silent = False
    scene.clock.jump(timedelta(minutes=11))

    await scene.settles()

    assert carrier.texts == []


async def test_a_mail_that_is_tried_again_says_the_same_under_its_one_id(
    scene: Scene, mail: MailCatcher
) -> None:
    await edits(scene, Event.STOPPED_EARLY, "First words")
    await told(scene, Event.STOPPED_EARLY)
    [alert] = [each for each in await alerts(scene) if each.channel is Channel.MAIL]
    lost = MailServerSilent("mx", "the answer was lost")

    postman = Postman(lost, None)
    scene.clock.jump(timedelta(hours=1))
    await deliver(scene, postman, alert)
    await edits(scene, Event.STOPPED_EARLY, "Other words")
    await deliver(scene, postman, alert)

    assert [each["Subject"].split(".")[0] for each in postman.given] == ["First words"] * 2
    assert len({each["Message-ID"] for each in postman.given}) == 1


@pytest.mark.parametrize("is_taken_away", [True, False])
async def test_a_push_says_what_held_when_it_was_queued(
    scene: Scene, mail: MailCatcher, service: PushService, is_taken_away: bool
) -> None:
    plug_events(scene, settings_for(mail))
    phone, _ = await has_phone(scene, service, ANN)
    await edits(scene, Event.COMPLETE, "First words")
    service.silent = True
    await told(scene, Event.COMPLETE)
    await scene.settles()

    if is_taken_away:
        async with scene.begin() as work:
            scene.clock.jump(timedelta(minutes=1))
        async with scene.begin() as work:
            await wordings.remove(work, scene.station.party.id, Event.COMPLETE, "en")
    else:
        await edits(scene, Event.COMPLETE, "Other words")
    service.silent = False
    scene.clock.jump(timedelta(minutes=1))
    await scene.settles()
    async with scene.begin() as work:
        ann = Person(holder=ANN, email=None, locale="en")
        about = f"session:{UUID(int=2)}"
        await tell(work, scene.station.party.id, [ann], Event.COMPLETE, about, SHOWN)
    await scene.settles()

    then = "Charging is complete" if is_taken_away else "Other words"
    assert [each["title"] for each in phone.shown] == ["First words", then]


async def test_words_edited_twice_in_a_moment_are_the_last_and_old_ones_are_forgotten_in_time(
    scene: Scene,
) -> None:
    party = scene.station.party.id
    async with scene.begin() as work:
        for title in ("One", "Two"):
            await store_wordings.keep(work, party, Event.COMPLETE, "en", Say(title, "x"), by="o")
        assert await store_wordings.of(work, party, Event.COMPLETE) == {"en": Say("Two", "x")}
    await edits(scene, Event.COMPLETE, "Three")
    async with scene.begin() as work:
        assert len(await store_wordings.versions(work, party, Event.COMPLETE)) == 2

    scene.clock.jump(store_wordings.KEPT + timedelta(minutes=1))
    await edits(scene, Event.COMPLETE, "Four")

    async with scene.begin() as work:
        known = await store_wordings.versions(work, party, Event.COMPLETE)
    assert [each.words.title for each in known] == ["Three", "Four"]
