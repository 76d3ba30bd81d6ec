"""Who has signed in and charges by phone is told as they chose, and nobody else learns of them."""

import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from tests.alerts.phones import has_phone, plug_events
from tests.alerts.test_alerts import settings_for
from tests.payments.hosted_page import pay
from tests.payments.providers import by_stripe
from tests.payments.scene import Scene
from tests.web.browsers import HERE, Browser
from tests.web.conftest import sits_down
from tests.web.test_account import ANN, bay, enters, saves
from tests.web.test_alerts import subscribes
from voltway.alerts import store_people
from voltway.alerts.concerned import who_is_at
from voltway.alerts.model_events import Channel, Event, visit_holder
from voltway.alerts.telling import wishes_of
from voltway.parties.model import Role
from voltway.payments import actions as payments
from voltway.payments.model import Payment
from voltway.web.house import House
from voltway_world.mail import MailCatcher
from voltway_world.push import PushService

__all__ = ["by_stripe"]

BEN = "ben@example.org"
#: Is held, and refused when the money is taken.
CAPTURE_REFUSED = "4000 0000 0000 0341"


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as running:
        yield running


@pytest.fixture
async def mail(tmp_path: Path, scene: Scene) -> AsyncIterator[MailCatcher]:
    async with MailCatcher(tmp_path / "mail") as catcher:
        plug_events(scene, settings_for(catcher))
        yield catcher


@pytest.fixture
def house(house: House, service: PushService) -> House:
    return dataclasses.replace(house, settings=replace(house.settings, push_hosts=service.url))


async def starts(browser: Browser, scene: Scene, **fields: str) -> Payment:
    """Somebody starts a charge from the bay's page, pays where they are sent, and it is held."""
    begun = await browser.sends(f"{bay(scene)}/start", **fields)
    assert begun.status_code == httpx.codes.SEE_OTHER, begun.text
    if not begun.headers["location"].startswith("/v/"):
        await pay(begun.headers["location"])
    async with scene.begin() as work:
        rows = await work.all("SELECT id FROM payment_view ORDER BY id DESC LIMIT 1")
    return await payments.refresh(scene.begin, scene.provider, rows[0]["id"])


async def test_who_has_signed_in_types_no_address_and_may_take_theirs_away(
    browser: Browser, scene: Scene, mail: MailCatcher
) -> None:
    there = f'autocomplete="email" maxlength="254" value="{ANN}"'
    assert there not in (await browser.opens(bay(scene))).text, "a guest's is not known"

    await enters(browser, scene)

    assert there in (await browser.opens(bay(scene))).text
    refused = await browser.sends(f"{bay(scene)}/start", way="card", email="", code="NO-SUCH")
    assert refused.status_code >= httpx.codes.BAD_REQUEST
    assert there not in refused.text


@pytest.mark.parametrize("way", ["saved", "card"])
async def test_who_has_signed_in_is_told_on_their_own_phone_as_they_chose(
    browser: Browser, scene: Scene, mail: MailCatcher, service: PushService, way: str
) -> None:
    await enters(browser, scene)
    await saves(browser)
    phone, _ = await has_phone(scene, service, ANN)
    async with scene.begin() as work:
        await wishes_of(work, ANN, "UTC")
        await store_people.choose(work, ANN, {(Event.SESSION_STARTED, Channel.PUSH): False})

    payment = await starts(browser, scene, way=way)
    await scene.starts(payment.token)
    await scene.ends(60_000, minutes=60)
    await scene.settles()

    assert [each["title"] for each in phone.shown] == ["Charging is complete", "Your receipt"]
    assert {each["url"] for each in phone.shown} == {
        f"/v/{payment.visit_key}",
        f"/v/{payment.visit_key}/receipt",
    }
    said = await browser.reads("/me/charges")
    assert "€4.90 · 10.00 kWh Market Square" in said
    assert "€4.90" in await browser.reads("/me"), "its receipt"


async def test_an_operators_work_at_their_bay_finds_who_paid_and_who_charges(
    browser: Browser, scene: Scene, mail: MailCatcher
) -> None:
    await enters(browser, scene)
    payment = await starts(browser, scene, way="card")
    async with scene.begin() as work:
        paid = await who_is_at(work, [scene.station.evse()])
    await scene.starts(payment.token)
    await scene.settles()
    async with scene.begin() as work:
        charging = await who_is_at(work, [scene.station.evse()])

    assert [each.person.holder for each in paid] == [ANN]
    assert [(each.person.holder, each.charges) for each in charging] == [(ANN, True)]


async def test_that_a_bank_said_no_reaches_the_account_once(
    browser: Browser, scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    await enters(browser, scene)
    await saves(browser, CAPTURE_REFUSED)
    phone, _ = await has_phone(scene, service, ANN)
    payment = await starts(browser, scene, way="saved")
    await scene.starts(payment.token)
    await scene.ends(60_000, minutes=60)
    await scene.settles()
    scene.clock.jump(timedelta(minutes=11))
    await scene.settles()

    assert [each["title"] for each in phone.shown].count("Your bank said no") == 1
    told = [each.subject for each in mail.box.to(ANN)]
    assert "Your bank said no" not in " ".join(told), "a letter of its own says that"


async def test_who_pays_with_the_card_that_an_account_saved_is_a_guest_still(
    browser: Browser, scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    await enters(browser, scene)
    await saves(browser)
    phone, _ = await has_phone(scene, service, ANN)
    await browser.sends("/me/leave")

    payment = await starts(browser, scene, way="card")
    await scene.starts(payment.token)
    await scene.ends(60_000, minutes=60)
    await scene.settles()

    assert payment.driver is None
    assert phone.shown == []
    assert mail.box.to(ANN) == []
    assert ANN not in (await browser.opens(f"/v/{payment.visit_key}")).text
    await enters(browser, scene)
    assert "Nothing yet" in await browser.reads("/me/charges")


async def test_who_was_sent_the_address_of_a_visit_learns_nothing_of_whose_it_is(
    browser: Browser, scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    await enters(browser, scene)
    payment = await starts(browser, scene, way="card")
    visit = f"/v/{payment.visit_key}"
    assert "How you are told" in await browser.reads(visit)
    assert (await browser.opens(f"{visit}/alerts")).headers["location"] == "/me/alerts"
    await browser.sends("/me/leave")
    await enters(browser, scene, BEN)

    for page in (visit, f"{visit}/alerts"):
        answer = await browser.opens(page)
        assert answer.status_code == httpx.codes.OK
        assert "ann" not in answer.text.lower().replace("cannot", "").replace("channel", "")
    phone = await subscribes(scene, service)
    await browser.sends(f"{visit}/alerts", **phone)

    async with scene.begin() as work:
        assert len(await store_people.devices(work, visit_holder(payment.id))) == 1
        assert await store_people.devices(work, ANN) == []
        people = [each.person.holder for each in await who_is_at(work, [scene.station.evse()])]
    assert people == [ANN, visit_holder(payment.id)], "each who asked is told"
    assert "Nothing yet" in await browser.reads("/me/charges")


async def test_a_phone_that_is_added_on_the_page_of_an_own_visit_is_of_the_account(
    browser: Browser, scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    await enters(browser, scene)
    payment = await starts(browser, scene, way="card")

    answer = await browser.sends(
        f"/v/{payment.visit_key}/alerts", **await subscribes(scene, service)
    )

    assert answer.status_code == httpx.codes.CREATED
    async with scene.begin() as work:
        assert len(await store_people.devices(work, ANN)) == 1
        assert await store_people.devices(work, visit_holder(payment.id)) == []


async def test_a_visit_of_a_deleted_account_is_a_guests(
    browser: Browser, scene: Scene, mail: MailCatcher
) -> None:
    await enters(browser, scene)
    payment = await starts(browser, scene, way="card")

    await browser.sends("/me/delete")
    await scene.starts(payment.token)
    await scene.ends(60_000, minutes=60)
    await scene.settles()

    assert mail.box.to(ANN) == []
    assert await scene.count("alert WHERE event IS NOT NULL") == 0
    assert "€4.90" in await browser.reads(f"/v/{payment.visit_key}/receipt")


async def test_where_no_texts_are_sent_nobody_is_offered_any(
    browser: Browser, scene: Scene
) -> None:
    payment = await starts(browser, scene, way="card")

    assert "Tell me by mail" in await browser.reads(f"/v/{payment.visit_key}")
    said = await browser.reads(f"/v/{payment.visit_key}/alerts")
    assert "Mail me" in said
    assert "Mobile number" not in said


async def test_a_phone_tells_apart_that_it_showed_an_alert_and_that_it_was_read(
    browser: Browser, scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    await enters(browser, scene)
    payment = await starts(browser, scene, way="card")
    phone, _ = await has_phone(scene, service, ANN)
    await scene.starts(payment.token)
    await scene.settles()
    [shown] = phone.shown

    async def is_read() -> bool:
        return await scene.count("alert WHERE read_at IS NOT NULL") == 1

    assert (await browser.sends(f"/alerts/seen/{shown['id']}")).status_code == 201
    assert not await is_read()
    assert (await browser.sends(f"/alerts/read/{shown['id']}")).status_code == 201
    assert await is_read()
    assert (await browser.sends(f"/alerts/read/{payment.id}")).status_code == 404
    await sits_down(browser, scene, Role.OWNER)
    assert f"Charging has begun Phone {ANN} Read" in await browser.reads("/console/deliveries")


async def test_the_page_of_an_alert_is_read_by_opening_it(
    browser: Browser, scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    payment = await starts(browser, scene, way="card")
    visit = f"/v/{payment.visit_key}"
    await has_phone(scene, service, visit_holder(payment.id))
    await scene.starts(payment.token)
    await scene.settles()
    assert await scene.count("alert WHERE read_at IS NOT NULL") == 0

    await browser.reads(visit)

    assert await scene.count("alert WHERE read_at IS NOT NULL") == 1


async def test_who_was_sent_the_address_of_a_visit_reads_nothing_for_its_driver(
    browser: Browser, scene: Scene, mail: MailCatcher, service: PushService
) -> None:
    await enters(browser, scene)
    payment = await starts(browser, scene, way="card")
    await has_phone(scene, service, ANN)
    await scene.starts(payment.token)
    await scene.settles()
    await browser.sends("/me/leave")

    await browser.reads(f"/v/{payment.visit_key}")
    by_another = await scene.count("alert WHERE read_at IS NOT NULL")
    await enters(browser, scene)
    await browser.reads(f"/v/{payment.visit_key}")

    assert (by_another, await scene.count("alert WHERE read_at IS NOT NULL")) == (0, 1)


async def test_a_browser_that_got_another_address_is_found_there(
    browser: Browser, scene: Scene, service: PushService
) -> None:
    await enters(browser, scene)
    before = await subscribes(scene, service)
    await browser.sends("/me/alerts/devices", **before)
    after = await subscribes(scene, service) | {"was": before["endpoint"]}

    forged = await browser.sends("/alerts/moved", **after, was_auth=after["auth"])
    moved = await browser.sends("/alerts/moved", **after, was_auth=before["auth"])
    nowhere = await browser.sends(
        "/alerts/moved", **(after | {"endpoint": f"{HERE}/x"}), was_auth=before["auth"]
    )

    assert [each.status_code for each in (forged, moved, nowhere)] == [404, 201, 422]
    async with scene.begin() as work:
        [device] = await store_people.devices(work, ANN)
    assert device.endpoint == after["endpoint"]
