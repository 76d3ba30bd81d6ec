"""What happens to a charge reaches its driver's phone, once, whatever the push service does."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from tests.alerts.phones import has_phone, plug_events
from tests.alerts.test_alerts import ANN, PATIENCE_S, alerts, mails, settings_for
from tests.payments.scene import Scene
from voltway.alerts import actions, store, wishing
from voltway.alerts.model import AlertState
from voltway.alerts.model_events import Channel, Event, Person, visit_holder
from voltway.alerts.telling import tell
from voltway.kernel.ids import AlertId
from voltway.payments import actions as payments
from voltway.payments.model import Why
from voltway.sessions.targets import SessionDoneMoved
from voltway.stations import actions as stations
from voltway.stations.reports import Heard, PortStatus, StatusChanged
from voltway_world.mail import MailCatcher
from voltway_world.push import PushService

SHOWN = {"place": "Kamppi", "energy": "12 kWh", "why": "The station had a fault.", "page": "/me"}
#: From the fact; twelve times of twelve here.
HANDED_OVER_WITHIN_S = 2.0
SESSION = f"session:{UUID(int=1)}"
PERSON = Person(holder=ANN, email=ANN, locale="en")


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as running:
        yield running


async def told(
    scene: Scene, event: Event, about: str = SESSION, *, person: Person = PERSON
) -> None:
    async with scene.begin() as work:
        await tell(work, scene.station.party.id, [person], event, about, SHOWN)


async def states(scene: Scene) -> list[tuple[Channel, AlertState]]:
    return [(each.channel, each.state) for each in await alerts(scene)]


async def test_a_guest_is_told_on_their_phone_that_it_began_and_that_it_is_complete(
    scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    plug_events(scene, settings_for(mail))
    visit = await scene.opens(email=ANN, locale="fi")
    payment = await scene.pays(visit)
    phone, _ = await has_phone(scene, service, visit_holder(payment.id))
    await scene.starts(payment.token)
    await scene.settles()
    await scene.ends(70_000, minutes=60)

    await scene.settles()

    assert [each["title"] for each in phone.shown] == [
        "Lataus on alkanut",
        "Lataus on valmis",
        "Kuittisi",
    ]
    assert phone.shown[1]["body"].endswith("20,00\N{NO-BREAK SPACE}kWh. Vapauta paikka.")
    assert phone.shown[1]["url"] == f"/v/{visit.visit_key}"
    assert phone.shown[2]["body"].startswith("9,80")
    assert {each.state for each in await alerts(scene)} == {AlertState.SENT}
    assert mail.box.to(ANN) == [], "the address was left for the receipt"


async def test_a_charge_that_a_fault_ended_says_why(
    scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    plug_events(scene, settings_for(mail))
    payment = await scene.pays(await scene.opens())
    phone, _ = await has_phone(scene, service, visit_holder(payment.id))
    await scene.starts(payment.token)
    await scene.ends(60_000, reason="GroundFault")

    await scene.settles()

    shown = dict(zip((each["title"] for each in phone.shown), phone.headers, strict=True))
    assert shown["Charging stopped early"]["urgency"] == "high"
    [why] = [each["body"] for each in phone.shown if each["title"] == "Charging stopped early"]
    assert why.endswith("The station had a fault.")


async def bay_is(scene: Scene, status: PortStatus) -> None:
    """The station tells the state of the bay."""
    told = StatusChanged(1, 1, status, scene.now)
    async with scene.begin() as work:
        heard = Heard(0, scene.station.station.id, "StatusNotification", scene.now, [told])
        await stations.record_reports(work, [heard])
    await scene.settles()


@pytest.mark.parametrize("is_told_first", [True, False])
async def test_a_charge_that_ended_without_a_reason_at_a_bay_with_a_fault_was_ended_by_it(
    scene: Scene, mail: MailCatcher, service: PushService, is_told_first: bool
) -> None:
    plug_events(scene, settings_for(mail))
    payment = await scene.pays(await scene.opens())
    phone, _ = await has_phone(scene, service, visit_holder(payment.id))
    await scene.starts(payment.token)

    if is_told_first:
        await bay_is(scene, PortStatus.FAULTED)
    await scene.ends(60_000, reason="Other")
    await scene.settles()
    if not is_told_first:
        scene.clock.jump(timedelta(seconds=5))
        await bay_is(scene, PortStatus.FAULTED)
    await bay_is(scene, PortStatus.FAULTED)
    scene.clock.jump(timedelta(minutes=2))
    await scene.settles()

    titles = [each["title"] for each in phone.shown]
    assert titles.count("Charging stopped early") == 1
    assert "Charging is complete" not in titles
    [why] = [each["body"] for each in phone.shown if each["title"] == "Charging stopped early"]
    assert why.endswith("The station had a fault.")
    assert "10.00\N{NO-BREAK SPACE}kWh" in why


@pytest.mark.parametrize(("reason", "later_s"), [("Other", 120), ("EVDisconnected", 5)])
async def test_a_bay_that_has_a_fault_later_or_after_another_end_ended_no_charge(
    scene: Scene, mail: MailCatcher, service: PushService, reason: str, later_s: int
) -> None:
    plug_events(scene, settings_for(mail))
    payment = await scene.pays(await scene.opens())
    phone, _ = await has_phone(scene, service, visit_holder(payment.id))
    await scene.starts(payment.token)
    await scene.ends(60_000, reason=reason)
    await scene.settles()

    scene.clock.jump(timedelta(seconds=later_s))
    await bay_is(scene, PortStatus.FAULTED)
    scene.clock.jump(timedelta(minutes=2))
    await scene.settles()

    titles = [each["title"] for each in phone.shown]
    assert titles.count("Charging is complete") == 1
    assert "Charging stopped early" not in titles


async def test_what_is_told_twice_is_shown_once_and_on_each_phone(
    scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    plug_events(scene, settings_for(mail))
    first, _ = await has_phone(scene, service, ANN)
    second, _ = await has_phone(scene, service, ANN)
    await told(scene, Event.COMPLETE)
    await told(scene, Event.COMPLETE)

    await scene.settles()

    assert [len(first.shown), len(second.shown)] == [1, 1]


async def test_a_push_service_that_is_down_for_a_day_loses_and_doubles_nothing(
    scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    plug_events(scene, settings_for(mail))
    phone, _ = await has_phone(scene, service, ANN)
    service.silent = True
    await told(scene, Event.HOLD_RELEASED)
    for _ in range(12):
        await scene.settles()
        scene.clock.jump(timedelta(hours=2))
    [waiting] = await alerts(scene)
    assert waiting.state is AlertState.QUEUED
    assert waiting.last_trouble is not None
    assert "status 503" in waiting.last_trouble

    service.silent = False
    scene.clock.jump(timedelta(hours=2))
    await scene.settles()
    await scene.settles()

    assert len(phone.shown) == 1
    assert await states(scene) == [(Channel.PUSH, AlertState.SENT)]


async def test_a_browser_that_is_gone_is_dropped_and_operators_see_why(
    scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    plug_events(scene, settings_for(mail))
    phone, _ = await has_phone(scene, service, ANN)
    service.revoke(phone)
    await told(scene, Event.COMPLETE)
    await scene.settles()
    dropped = [each for each in await alerts(scene) if each.channel is Channel.PUSH]
    assert [each.state for each in dropped] == [AlertState.DROPPED]
    assert "The browser is not there any more" in (dropped[0].last_trouble or "")

    await told(scene, Event.COMPLETE, f"session:{UUID(int=2)}")
    await scene.settles()

    pushes = [each for each in await alerts(scene) if each.channel is Channel.PUSH]
    assert len(pushes) == 1, "no browser is left to be told"


@pytest.mark.parametrize("event", [Event.STOPPED_EARLY, Event.COMPLETE])
@pytest.mark.parametrize("is_shown", [True, False])
async def test_who_did_not_read_the_push_gets_a_mail_with_one_click_out_of_more(
    scene: Scene, mail: MailCatcher, service: PushService, event: Event, *, is_shown: bool
) -> None:
    plug_events(scene, settings_for(mail))
    phone, _ = await has_phone(scene, service, ANN)
    await told(scene, event)
    await scene.settles()
    if is_shown:  # by a phone in a bag
        await actions.seen(scene.begin, AlertId(UUID(phone.shown[0]["id"])))
    assert mail.box.to(ANN) == []

    scene.clock.jump(timedelta(minutes=4))
    await scene.settles()

    [caught] = await mails(mail)
    assert caught["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert caught["List-Unsubscribe"].startswith("<https://charge.example/alerts/leave/")


@pytest.mark.parametrize("event", [Event.STOPPED_EARLY, Event.COMPLETE])
@pytest.mark.parametrize("reads", ["the push", "its page"])
async def test_who_read_the_push_gets_no_mail(
    scene: Scene, mail: MailCatcher, service: PushService, event: Event, reads: str
) -> None:
    plug_events(scene, settings_for(mail))
    phone, _ = await has_phone(scene, service, ANN)
    await told(scene, event)
    await scene.settles()
    if reads == "the push":
        await actions.read(scene.begin, AlertId(UUID(phone.shown[0]["id"])))
    else:
        async with scene.begin() as work:
            await actions.opened(work, "/me", ["ben@example.org"])
            await actions.opened(work, "/v/another", [ANN])
            unread = [each.read_at for each in await alerts(scene)]
            await actions.opened(work, "/me", [ANN])
        assert unread == [None, None], "each reads their own"

    scene.clock.jump(timedelta(minutes=4))
    await scene.settles()

    assert set(await states(scene)) == {
        (Channel.PUSH, AlertState.DELIVERED),
        (Channel.MAIL, AlertState.DROPPED),
    }
    assert mail.box.to(ANN) == []


async def test_quiet_hours_keep_a_push_back_until_their_end_but_not_what_costs_money(
    scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    plug_events(scene, settings_for(mail))
    phone, _ = await has_phone(scene, service, ANN)
    now = scene.now
    async with scene.begin() as work:
        begin, end = now - timedelta(hours=1), now + timedelta(hours=3)
        await wishing.set_quiet(work, ANN, "UTC", f"{begin:%H:%M}", f"{end:%H:%M}")
    await told(scene, Event.COMPLETE)
    await told(scene, Event.STOPPED_EARLY, "session:2")
    await told(scene, Event.SESSION_STARTED, "session:3")
    await scene.settles()
    assert [each["title"] for each in phone.shown] == ["Charging stopped early"]

    scene.clock.jump(timedelta(hours=3, minutes=1))
    await scene.settles()

    assert [each["title"] for each in phone.shown] == [
        "Charging stopped early",
        "Charging is complete",
    ]


async def test_what_a_person_does_not_want_is_not_told(
    scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    plug_events(scene, settings_for(mail))
    phone, _ = await has_phone(scene, service, ANN)
    async with scene.begin() as work:
        wishes = {(Event.COMPLETE, Channel.MAIL)}
        await wishing.set_quiet(work, ANN, "UTC", "", "")
        await wishing.choose(work, ANN, wishes, among=wishing.events_for(operators=False))
    await told(scene, Event.COMPLETE)
    await told(scene, Event.STOPPED_EARLY, "session:2")

    await scene.settles()

    assert phone.shown == []
    [caught] = await mails(mail)
    assert caught["Subject"].startswith("Charging is complete")


async def test_an_alert_that_is_of_no_use_any_more_is_dropped(
    scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    plug_events(scene, settings_for(mail))
    await has_phone(scene, service, ANN)
    service.silent = True
    await told(scene, Event.SESSION_STARTED)
    await scene.settles()

    service.silent = False
    scene.clock.jump(timedelta(minutes=11))
    await scene.settles()

    [late] = await alerts(scene)
    assert late.state is AlertState.DROPPED
    assert "could not be told in time" in (late.last_trouble or "")
    async with scene.begin() as work:
        await actions.try_again(work, late.id)
        assert (await store.load(work, late.id)).state is AlertState.DROPPED


async def test_from_the_fact_to_the_push_service_it_takes_less_than_two_seconds(
    scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    plug_events(scene, settings_for(mail))
    payment = await scene.pays(await scene.opens())
    phone, _ = await has_phone(scene, service, visit_holder(payment.id))
    session = await scene.starts(payment.token)
    await scene.settles()
    phone.came = asyncio.Queue()
    took: list[float] = []
    await scene.bus.start()
    await scene.jobs.start()
    try:
        for _ in range(12):
            scene.clock.jump(timedelta(minutes=16))
            moved = SessionDoneMoved(
                party=scene.station.party.id,
                at=scene.now,
                session=session,
                target_percent=80,
                said_at=scene.now,
                done_at=scene.now + timedelta(minutes=30),
            )
            began = time.perf_counter()
            async with scene.begin() as work:
                await work.announce([moved])
            async with asyncio.timeout(PATIENCE_S):
                took.append(await phone.came.get() - began)
    finally:
        await scene.jobs.stop()
        await scene.bus.stop()

    assert max(took) < HANDED_OVER_WITHIN_S, took


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (Why.OUTRUN, "Somebody else was faster at this bay. The hold of €50.00 was released."),
        (Why.GAVE_UP, "The hold of €50.00 was released."),
    ],
)
async def test_who_was_outrun_is_told_why_nothing_was_charged(
    scene: Scene, mail: MailCatcher, service: PushService, why: Why, said: str
) -> None:
    plug_events(scene, settings_for(mail))
    visit = await scene.opens()
    payment = await scene.pays(visit)
    phone, _ = await has_phone(scene, service, visit_holder(payment.id))

    await payments.release(scene.begin, scene.provider, payment.id, why)
    await scene.settles()

    [shown] = [each for each in phone.shown if each["title"] == "Nothing was charged"]
    assert shown["body"] == said
