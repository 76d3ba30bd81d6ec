"""Who has no phone that shows alerts is told by text or mail; who has lost it, at once."""

from collections.abc import AsyncIterator
from datetime import UTC, timedelta

import pytest

from tests.alerts.phones import has_phone, plug_events
from tests.alerts.test_alerts import ANN, mails, settings_for
from tests.alerts.test_events import told
from tests.alerts.texts import NUMBER, by_texts, has_number
from tests.payments.scene import Scene
from voltway.alerts import devices, wishing
from voltway.alerts.model_events import Channel, Event
from voltway.alerts.telling import wishes_of
from voltway_world.mail import MailCatcher
from voltway_world.push import Phone, PushService
from voltway_world.sms import TextService


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as running:
        yield running


@pytest.fixture
async def carrier(scene: Scene, mail: MailCatcher) -> AsyncIterator[TextService]:
    async with TextService(now=scene.now.astimezone(UTC)) as running:
        plug_events(scene, by_texts(settings_for(mail), running))
        yield running


async def running(scene: Scene) -> str:
    """A charge goes on; what it is called."""
    payment = await scene.pays(await scene.opens())
    return f"session:{await scene.starts(payment.token)}"


@pytest.mark.parametrize("event", [Event.SOON_DONE, Event.COMPLETE])
async def test_who_has_no_phone_gets_a_mail_at_once(
    scene: Scene, mail: MailCatcher, event: Event
) -> None:
    charge = await running(scene)
    plug_events(scene, settings_for(mail))
    await told(scene, event, charge)

    await scene.settles()

    assert len(await mails(mail)) == 1


@pytest.mark.parametrize("event", [Event.SOON_DONE, Event.COMPLETE])
async def test_who_has_a_number_and_no_phone_gets_a_text_and_a_mail_where_it_does_not_arrive(
    scene: Scene, mail: MailCatcher, carrier: TextService, event: Event
) -> None:
    await has_number(scene, ANN)
    await scene.settles()
    carrier.texts.clear()
    await told(scene, event, await running(scene))
    await scene.settles()
    assert len(carrier.to(NUMBER)) == 1
    assert mail.box.to(ANN) == []

    scene.clock.jump(timedelta(minutes=5, seconds=1))
    await scene.settles()

    assert len(mail.box.to(ANN)) == 1


async def test_where_the_last_phone_is_gone_the_text_goes_at_once(
    scene: Scene, mail: MailCatcher, service: PushService, carrier: TextService
) -> None:
    await has_number(scene, ANN)
    phones = [(await has_phone(scene, service, ANN))[0] for _ in range(2)]
    await scene.settles()
    carrier.texts.clear()
    for phone in phones:
        service.revoke(phone)

    await told(scene, Event.COMPLETE)
    await scene.settles()

    assert len(carrier.to(NUMBER)) == 1
    assert mail.box.to(ANN) == []


async def test_where_one_phone_of_two_is_gone_the_other_is_waited_for(
    scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    plug_events(scene, settings_for(mail))
    lost, _ = await has_phone(scene, service, ANN)
    kept, _ = await has_phone(scene, service, ANN)
    service.revoke(lost)

    await told(scene, Event.COMPLETE)
    await scene.settles()

    assert len(kept.shown) == 1
    assert mail.box.to(ANN) == []
    scene.clock.jump(timedelta(minutes=3, seconds=1))
    await scene.settles()
    assert len(mail.box.to(ANN)) == 1


async def test_a_mail_for_who_may_not_read_waits_for_the_end_of_quiet_hours_with_the_push(
    scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    plug_events(scene, settings_for(mail))
    phone, _ = await has_phone(scene, service, ANN)
    begin, end = scene.now - timedelta(hours=1), scene.now + timedelta(hours=3)
    async with scene.begin() as work:
        await wishing.set_quiet(work, ANN, "UTC", f"{begin:%H:%M}", f"{end:%H:%M}")
    await told(scene, Event.COMPLETE)

    scene.clock.jump(timedelta(hours=1))
    await scene.settles()
    assert (phone.shown, mail.box.to(ANN)) == ([], [])
    scene.clock.jump(timedelta(hours=2))
    await scene.settles()
    assert (len(phone.shown), mail.box.to(ANN)) == (1, [])
    scene.clock.jump(timedelta(minutes=4))
    await scene.settles()
    assert len(mail.box.to(ANN)) == 1


async def test_who_refused_mails_of_an_event_gets_none_also_without_a_phone(
    scene: Scene, mail: MailCatcher
) -> None:
    plug_events(scene, settings_for(mail))
    async with scene.begin() as work:
        leave_key = (await wishes_of(work, ANN, "UTC")).leave_key
        await wishing.leave(work, leave_key, Event.COMPLETE)

    await told(scene, Event.COMPLETE)
    await told(scene, Event.STOPPED_EARLY)
    await scene.settles()

    [caught] = await mails(mail)
    assert "stopped early" in caught["Subject"]


async def moves(scene: Scene, service: PushService, was: Phone, secret: str) -> tuple[Phone, bool]:
    """The push service gives a phone another address, and its worker says so."""
    now = service.subscribe(was.subscribed_to)
    keys = now.subscription["keys"]
    to = devices.Subscription(now.endpoint, keys["p256dh"], keys["auth"])
    async with scene.begin() as work:
        known = await devices.move(work, was.endpoint, secret, to, service.url)
    service.revoke(was)
    return now, known


async def test_a_phone_that_got_another_address_is_told_there_also_what_was_on_its_way(
    scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    plug_events(scene, settings_for(mail))
    phone, _ = await has_phone(scene, service, ANN)
    await told(scene, Event.COMPLETE)

    now, known = await moves(scene, service, phone, phone.subscription["keys"]["auth"])
    await scene.settles()

    assert known
    assert (len(phone.shown), len(now.shown)) == (0, 1)


async def test_who_has_not_the_secret_of_a_phone_moves_it_nowhere(
    scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    plug_events(scene, settings_for(mail))
    phone, _ = await has_phone(scene, service, ANN)

    thief, known = await moves(scene, service, phone, "AAAAAAAAAAAAAAAAAAAAAA")
    service.revoked.clear()
    await told(scene, Event.COMPLETE)
    await scene.settles()

    assert not known
    assert (len(phone.shown), len(thief.shown)) == (1, 0)


async def test_a_text_of_what_a_person_wants_by_text_goes_beside_the_push(
    scene: Scene, mail: MailCatcher, service: PushService, carrier: TextService
) -> None:
    await has_number(scene, ANN)
    phone, _ = await has_phone(scene, service, ANN)
    await scene.settles()
    carrier.texts.clear()
    wanted = {(Event.COMPLETE, Channel.PUSH), (Event.COMPLETE, Channel.SMS)}
    async with scene.begin() as work:
        await wishing.set_quiet(work, ANN, "UTC", "", "")
        await wishing.choose(work, ANN, wanted, among=[Event.COMPLETE])

    await told(scene, Event.COMPLETE)
    await scene.settles()

    assert (len(phone.shown), len(carrier.to(NUMBER))) == (1, 1)
