"""What costs money reaches people by text where no phone showed it, once, whatever happens."""

from collections.abc import AsyncIterator
from datetime import UTC, timedelta

import pytest

from tests.alerts.phones import has_phone, plug_events
from tests.alerts.test_alerts import ANN, alerts, settings_for
from tests.alerts.test_events import states, told
from tests.alerts.texts import NUMBER, by_texts, has_number
from tests.payments.scene import Scene
from voltway.alerts import actions, numbers, texting, wishing
from voltway.alerts.carrier import News, TextState
from voltway.alerts.model import Alert, AlertState
from voltway.alerts.model_events import Channel, Event, Person
from voltway_world.mail import MailCatcher
from voltway_world.push import PushService
from voltway_world.sms import TextService

SMS_SENT = (Channel.SMS, AlertState.SENT)


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as running:
        yield running


@pytest.fixture
def per_day() -> int:
    """So many parts may a party send."""
    return 200


@pytest.fixture
async def carrier(scene: Scene, mail: MailCatcher, per_day: int) -> AsyncIterator[TextService]:
    """A carrier, and alerts that hear the scene and send by it; Ann has a number."""
    async with TextService(now=scene.now.astimezone(UTC)) as running:
        plug_events(scene, by_texts(settings_for(mail), running, per_day=per_day))
        await has_number(scene, ANN)
        await scene.settles()
        running.texts.clear()
        yield running


async def of_events(scene: Scene) -> list[Alert]:
    """The alerts of events: all but the code that proved the number."""
    return [each for each in await alerts(scene) if each.event is not None]


async def texts_of(scene: Scene) -> list[Alert]:
    return [each for each in await of_events(scene) if each.channel is Channel.SMS]


async def event_states(scene: Scene) -> list[tuple[Channel, AlertState]]:
    return [(each.channel, each.state) for each in await of_events(scene)]


def ref_of(carrier: TextService, alert: Alert) -> str:
    """What the carrier calls the last text of an alert."""
    return next(each.sid for each in reversed(carrier.texts) if str(alert.id) in each.callback)


async def test_a_code_goes_to_the_number_and_proves_it(scene: Scene, mail: MailCatcher) -> None:
    async with TextService() as carrier:
        plug_events(scene, by_texts(settings_for(mail), carrier))
        async with scene.begin() as work:
            code = await numbers.ask(work, scene.station.party.id, ANN, "040 123 4567", "de")
        await scene.settles()
        [said] = carrier.to(NUMBER)
        assert said.startswith(code.code)
        assert "Voltway Oy. Er gilt 10 Minuten." in said
        async with scene.begin() as work:
            assert not await numbers.confirm(work, ANN, "000000x")
            assert await numbers.number_of(work, ANN) is None
            assert await numbers.confirm(work, ANN, f" {code.code[:3]} {code.code[3:]} ")
            found = await numbers.number_of(work, ANN)
        assert found is not None
        assert found.shown == "+358 40 1234567"


async def test_a_code_is_good_for_ten_minutes_and_after_five_wrong_ones_for_nothing(
    scene: Scene,
) -> None:
    async with scene.begin() as work:
        code = await numbers.ask(work, scene.station.party.id, ANN, NUMBER, "en")
        for _ in range(numbers.WRONG_MAX):
            assert not await numbers.confirm(work, ANN, "x")
        assert not await numbers.confirm(work, ANN, code.code)
        code = await numbers.ask(work, scene.station.party.id, ANN, NUMBER, "en")
    scene.clock.jump(timedelta(minutes=11))
    async with scene.begin() as work:
        assert not await numbers.confirm(work, ANN, code.code)


async def test_a_number_gets_five_codes_a_day_whoever_asks(scene: Scene) -> None:
    party = scene.station.party.id
    async with scene.begin() as work:
        for count in range(numbers.CODES_A_DAY):
            await numbers.ask(work, party, f"p{count}@example.org", NUMBER, "en")
        with pytest.raises(numbers.TooManyTexts, match="try again tomorrow"):
            await numbers.ask(work, party, ANN, NUMBER, "en")
        await numbers.ask(work, party, ANN, "+358401234568", "en")
    scene.clock.jump(timedelta(days=1, minutes=1))
    async with scene.begin() as work:
        await numbers.ask(work, party, ANN, NUMBER, "en")


async def test_what_costs_money_goes_from_phone_to_text_to_mail(
    scene: Scene, mail: MailCatcher, carrier: TextService, service: PushService
) -> None:
    await has_phone(scene, service, ANN)
    await told(scene, Event.STOPPED_EARLY)
    await scene.settles()
    assert carrier.texts == []

    scene.clock.jump(timedelta(minutes=3, seconds=1))
    await scene.settles()
    [said] = carrier.to(NUMBER)
    assert said == (
        "Voltway Oy: Charging stopped early. Kamppi, after 12 kWh. The station had a fault. "
        "https://charge.example/me"
    )
    assert mail.box.to(ANN) == []

    scene.clock.jump(timedelta(minutes=5))
    await scene.settles()
    assert len(mail.box.to(ANN)) == 1
    assert len(carrier.texts) == 1


async def test_a_text_that_arrived_needs_no_mail_and_one_that_did_not_brings_it_at_once(
    scene: Scene, mail: MailCatcher, carrier: TextService
) -> None:
    await told(scene, Event.STOPPED_EARLY)
    await told(scene, Event.STOPPED_EARLY, "session:2")
    await scene.settles()
    first, second = await texts_of(scene)

    async with scene.begin() as work:
        delivered = News(ref=ref_of(carrier, first), state=TextState.DELIVERED)
        failed = News(ref=ref_of(carrier, second), state=TextState.FAILED, trouble="It is off.")
        await texting.heard(work, first.id, delivered)
        await texting.heard(work, second.id, failed)
    await scene.settles()
    assert len(mail.box.to(ANN)) == 1

    scene.clock.jump(timedelta(minutes=6))
    await scene.settles()
    assert len(mail.box.to(ANN)) == 1
    assert set(await event_states(scene)) == {
        (Channel.SMS, AlertState.DELIVERED),
        (Channel.MAIL, AlertState.DROPPED),
        (Channel.SMS, AlertState.FAILED),
        (Channel.MAIL, AlertState.SENT),
    }


async def test_a_text_whose_answer_was_lost_is_found_and_not_sent_again(
    scene: Scene, carrier: TextService
) -> None:
    carrier.loses_answers = True
    await told(scene, Event.STOPPED_EARLY)
    await told(scene, Event.STOPPED_EARLY, "session:2")
    await scene.settles()
    assert len(carrier.texts) == 2

    carrier.loses_answers = False
    scene.clock.jump(timedelta(minutes=1))
    await scene.settles()

    assert len(carrier.texts) == 2
    assert (await event_states(scene)).count(SMS_SENT) == 2


async def test_a_carrier_that_is_down_for_a_day_loses_and_doubles_nothing(
    scene: Scene, carrier: TextService
) -> None:
    carrier.silent = True
    await told(scene, Event.PAYMENT_FAILED)
    for _ in range(12):
        await scene.settles()
        scene.clock.jump(timedelta(hours=2))
    assert (Channel.SMS, AlertState.QUEUED) in await states(scene)

    carrier.silent = False
    for _ in range(2):
        scene.clock.jump(timedelta(hours=2))
        await scene.settles()

    assert len(carrier.texts) == 1


async def test_a_number_that_takes_no_texts_is_marked_and_mails_go_at_once(
    scene: Scene, mail: MailCatcher, carrier: TextService
) -> None:
    carrier.gone[NUMBER] = 21610
    await told(scene, Event.STOPPED_EARLY)
    await scene.settles()
    assert len(mail.box.to(ANN)) == 1
    async with scene.begin() as work:
        number = await numbers.number_of(work, ANN)
    assert number is not None
    assert number.gone_at is not None
    assert "its owner answered STOP" in (number.last_trouble or "")

    await told(scene, Event.STOPPED_EARLY, "session:2")
    await scene.settles()
    assert len(mail.box.to(ANN)) == 2
    assert carrier.asked == 1


@pytest.mark.parametrize("per_day", [2])
async def test_a_party_sends_so_many_parts_a_day_and_then_mails_go(
    scene: Scene, mail: MailCatcher, carrier: TextService
) -> None:
    await told(scene, Event.STOPPED_EARLY)
    await told(scene, Event.STOPPED_EARLY, "session:2")
    await told(scene, Event.STOPPED_EARLY, "session:3")
    await scene.settles()

    assert len(carrier.texts) == 2
    [refused] = [each for each in await of_events(scene) if each.state is AlertState.FAILED]
    assert refused.last_trouble is not None
    assert refused.last_trouble.startswith("The texts of today are used up: 2 parts a day")
    assert len(mail.box.to(ANN)) == 1

    scene.clock.jump(timedelta(days=1))
    async with scene.begin() as work:
        await actions.try_again(work, refused.id)
    await told(scene, Event.STOPPED_EARLY, "session:4")
    await scene.settles()
    assert len(carrier.texts) == 3, "what was refused yesterday is of no use any more"


async def test_a_dead_text_that_is_tried_again_is_sent_again_and_old_news_of_it_is_nothing(
    scene: Scene, carrier: TextService
) -> None:
    await told(scene, Event.STOPPED_EARLY)
    await scene.settles()
    [text] = await texts_of(scene)
    off = News(ref=ref_of(carrier, text), state=TextState.FAILED, trouble="It is off.")
    async with scene.begin() as work:
        await texting.heard(work, text.id, off)
        await actions.try_again(work, text.id)
    await scene.settles()
    assert len(carrier.texts) == 2

    async with scene.begin() as work:
        await texting.heard(work, text.id, off)

    assert SMS_SENT in await event_states(scene)


async def test_who_wants_texts_of_an_event_gets_them_and_who_wants_none_does_not(
    scene: Scene, carrier: TextService
) -> None:
    async with scene.begin() as work:
        await wishing.set_quiet(work, ANN, "UTC", "", "")
        wanted = {(Event.COMPLETE, Channel.SMS)}
        await wishing.choose(work, ANN, wanted, among=wishing.events_for(operators=False))
    await told(scene, Event.COMPLETE)
    await told(scene, Event.STOPPED_EARLY, "session:2")

    await scene.settles()

    assert [each.partition(".")[0] for each in carrier.to(NUMBER)] == [
        "Voltway Oy: Charging is complete"
    ]


async def test_who_keeps_the_form_as_it_stands_is_still_told_what_costs_money(
    scene: Scene, carrier: TextService
) -> None:
    events = wishing.events_for(operators=False)
    async with scene.begin() as work:
        await wishing.set_quiet(work, ANN, "UTC", "", "")
        shown = {(each, Channel.PUSH) for each in events}
        await wishing.choose(work, ANN, shown, among=events)
    await told(scene, Event.STOPPED_EARLY)

    await scene.settles()

    assert len(carrier.texts) == 1


async def test_without_a_carrier_a_text_fails_and_says_which_setting_is_missing(
    scene: Scene, mail: MailCatcher
) -> None:
    plug_events(scene, settings_for(mail))
    await has_number(scene, ANN)
    other = Person(holder=ANN, email=None, locale="en")
    await told(scene, Event.STOPPED_EARLY, person=other)

    await scene.settles()

    [failed] = [each for each in await of_events(scene) if each.state is AlertState.FAILED]
    assert "VOLTWAY_SMS_ACCOUNT" in (failed.last_trouble or "")
