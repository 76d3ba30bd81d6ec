"""What people are told is theirs to choose; what did not reach them, operators see."""

import dataclasses
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from msgspec.structs import replace

from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from tests.web.test_account import ANN, enters
from voltway.alerts import pushing, store, store_people, store_refused
from voltway.alerts.model_events import Channel, Event, Person, visit_holder
from voltway.alerts.rules import TRIES_MAX, not_sent
from voltway.alerts.telling import tell, wishes_of
from voltway.kernel.ids import AlertId
from voltway.parties.model import Role
from voltway.web.house import House
from voltway_world.push import PushService

HERE = "/me/alerts"
FORM = {"from": "22:00", "until": "07:00", "zone": "Europe/Helsinki"}


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as running:
        yield running


@pytest.fixture
def house(house: House, service: PushService) -> House:
    """The house hands alerts to the simulated push service, and to one of the real ones."""
    hosts = f"{service.url} fcm.googleapis.com"
    return dataclasses.replace(house, settings=replace(house.settings, push_hosts=hosts))


async def subscribes(scene: Scene, service: PushService) -> dict[str, str]:
    """What a browser's script sends once its owner said yes."""
    async with scene.begin() as work:
        phone = service.subscribe(await pushing.public_key(work))
    keys = phone.subscription["keys"]
    return {"endpoint": phone.endpoint, "label": "Linux", **keys}


async def complete(scene: Scene) -> None:
    async with scene.begin() as work:
        ann = Person(holder=ANN, email=ANN, locale="en")
        facts = {"place": "Kamppi", "energy": "12 kWh"}
        await tell(
            work, scene.station.party.id, [ann], Event.COMPLETE, f"session:{UUID(int=1)}", facts
        )


async def test_wishes_and_quiet_hours_are_kept_and_shown_again(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)

    answer = await browser.sends(HERE, **FORM, **{"complete.mail": "1", "soon_done.push": "1"})

    assert answer.headers["location"] == f"{HERE}?kept=1"
    page = (await browser.opens(HERE)).text
    assert re.search(r'name="complete.mail" value="1" checked', page)
    assert not re.search(r'name="complete.push" value="1" checked', page)
    assert 'value="22:00"' in page
    async with scene.begin() as work:
        wishes = await wishes_of(work, ANN, "UTC")
    assert wishes.wants(Event.COMPLETE, Channel.MAIL)
    assert not wishes.wants(Event.STOPPED_EARLY, Channel.PUSH)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"zone": "Mars/Olympus"}, "no time zone that we know"),
        ({"until": ""}, "both times or none"),
        ({"from": "25:00"}, "25:00 is no time of day"),
    ],
)
async def test_quiet_hours_that_are_none_are_refused_and_what_was_typed_stays(
    browser: Browser, scene: Scene, typed: dict[str, str], says: str
) -> None:
    await enters(browser, scene)

    answer = await browser.sends(HERE, **(FORM | typed))

    assert answer.status_code == 422
    assert says in words_of(answer.text)
    for value in (FORM | typed).values():
        assert f'value="{value}"' in answer.text


async def test_a_browser_is_added_once_and_its_owner_takes_it_away(
    browser: Browser, scene: Scene, service: PushService
) -> None:
    assert (await browser.sends(f"{HERE}/devices")).headers["location"].startswith("/me?back=")
    await enters(browser, scene)
    phone = await subscribes(scene, service)

    for _ in range(2):
        assert (await browser.sends(f"{HERE}/devices", **phone)).status_code == 201

    page = (await browser.opens(HERE)).text
    [remove] = re.findall(r'action="(/me/alerts/devices/[^"]+/remove)"', page)
    await browser.sends(remove)
    assert "Phones and browsers" not in await browser.reads(HERE)


async def test_a_browser_whose_service_refuses_our_key_is_shown_to_its_owner_until_it_is_added_anew(
    browser: Browser, owner: Browser, scene: Scene, service: PushService
) -> None:
    says = "This device no longer hears us: switch it on again."
    await enters(browser, scene)
    phone = await subscribes(scene, service)
    for seat, page in ((browser, HERE), (owner, "/console/alerts")):
        await seat.sends(f"{page}/devices", **phone)
    async with scene.begin() as work:
        for row in await work.all("SELECT id FROM alert_device"):
            await store_refused.refused(work, row["id"], "status 403", for_good=False)

    assert (await browser.sends(f"{HERE}/devices/here", **phone)).text == "again"
    assert 'class="wrong"' in (await browser.opens(HERE)).text.partition("</h2>")[2]
    assert 'data-push-renew="1"' in (await owner.opens("/console/alerts")).text
    assert says in await owner.reads("/console/alerts")
    await browser.sends(f"{HERE}/devices", **phone)

    assert (await browser.sends(f"{HERE}/devices/here", **phone)).text == "on"
    assert (await browser.opens(HERE)).text.count(says) == 1, "for the script alone"


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://fcm.googleapis.com.evil.example/x",
        "https://ann@fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "file:///etc/passwd",
        "https://[::1",
        "",
    ],
)
async def test_an_address_that_is_no_known_push_service_is_refused(
    browser: Browser, scene: Scene, service: PushService, endpoint: str
) -> None:
    await enters(browser, scene)
    phone = await subscribes(scene, service)

    answer = await browser.sends(f"{HERE}/devices", **(phone | {"endpoint": endpoint}))

    assert answer.status_code == 422
    assert "its push service is not known here" in words_of(answer.text)


async def test_keys_that_are_none_are_refused(
    browser: Browser, scene: Scene, service: PushService
) -> None:
    await enters(browser, scene)
    phone = await subscribes(scene, service)
    known = phone | {"endpoint": "https://fcm.googleapis.com/fcm/send/abc"}
    for bad in ({"auth": "AAAA"}, {"p256dh": "B" * 87}, {"p256dh": "\N{SNOWMAN}"}):
        answer = await browser.sends(f"{HERE}/devices", **(known | bad))
        assert answer.status_code == 422
        assert "not keys of a browser" in words_of(answer.text)


async def test_a_guest_is_told_on_the_browser_that_has_their_visit(
    browser: Browser, scene: Scene, service: PushService
) -> None:
    visit = await scene.opens()
    payment = await scene.pays(visit)
    assert "Tell me on this phone" in await browser.reads(f"/v/{visit.visit_key}")
    phone = await subscribes(scene, service)

    answer = await browser.sends(f"/v/{visit.visit_key}/alerts", **phone)

    assert answer.status_code == 201
    async with scene.begin() as work:
        assert len(await store_people.devices(work, visit_holder(payment.id))) == 1
    assert (await browser.sends("/v/no-such-visit/alerts", **phone)).status_code == 404


async def test_one_click_ends_mails_without_signing_in_and_looking_changes_nothing(
    browser: Browser, scene: Scene
) -> None:
    async with scene.begin() as work:
        key = (await wishes_of(work, ANN, "UTC")).leave_key
    link = f"/alerts/leave/{key}?event=stopped_early"
    assert "It stopped early" in await browser.reads(link)
    async with scene.begin() as work:
        assert not (await wishes_of(work, ANN, "UTC")).chosen

    answer = await browser.client.post(link, data={"List-Unsubscribe": "One-Click"})

    assert answer.status_code == httpx.codes.OK
    async with scene.begin() as work:
        wishes = await wishes_of(work, ANN, "UTC")
    assert wishes.chosen == {(Event.STOPPED_EARLY, Channel.MAIL): False}
    assert (await browser.opens("/alerts/leave/forged")).status_code == 404


async def test_operators_see_what_failed_and_try_it_again(
    owner: Browser, scene: Scene, service: PushService
) -> None:
    async with scene.begin() as work:
        await wishes_of(work, ANN, "UTC")
        await store_people.choose(work, ANN, {(Event.COMPLETE, Channel.MAIL): True})
    await complete(scene)
    async with scene.begin() as work:
        [row] = await work.all("SELECT id FROM alert_view")
        alert = await store.load(work, AlertId(row["id"]))
        for _ in range(TRIES_MAX):
            alert = not_sent(alert, "The mail server did not answer", work.now, for_good=False)
        await store.save(work, alert)
    said = await owner.reads("/console/deliveries?show=failed")
    assert f"Charging is complete Mail {ANN} Failed" in said
    assert "The mail server did not answer" in said
    again = f"/console/deliveries/{row['id']}/again"
    wall = await owner.reads("/console")
    assert "A delivery failed" in wall
    assert "The mail server did not answer" in wall

    assert (await owner.sends(again)).status_code == 303
    assert "A delivery failed" not in await owner.reads("/console")

    assert "Waits 1" in await owner.reads("/console/deliveries")
    assert (await owner.sends(again)).status_code == 404


async def test_who_deletes_their_account_leaves_no_browser_and_no_wish(
    browser: Browser, scene: Scene, service: PushService
) -> None:
    await enters(browser, scene)
    await browser.sends(f"{HERE}/devices", **await subscribes(scene, service))
    await browser.sends(HERE, **FORM)

    await browser.sends("/me/delete")

    scene.clock.jump(timedelta(seconds=1))
    for table in ("alert_device", "alert_wish", "alert_person"):
        assert await scene.count(table) == 0


async def test_what_goes_to_owners_is_ticked_for_them_and_others_may_tick_it(
    browser: Browser, owner: Browser, scene: Scene
) -> None:
    here, mail = "/console/alerts", 'name="dispute_opened.mail" value="1"'
    assert f"{mail} checked" in (await owner.opens(here)).text
    await sits_down(browser, scene, Role.SUPPORT)
    page = (await browser.opens(here)).text
    assert mail in page
    assert f"{mail} checked" not in page

    await browser.sends(here, **FORM, **{"dispute_opened.mail": "1"})

    assert f"{mail} checked" in (await browser.opens(here)).text
    await browser.sends(here, **FORM)
    assert f"{mail} checked" not in (await browser.opens(here)).text


async def test_an_operator_chooses_for_themselves_alone(
    owner: Browser, scene: Scene, service: PushService
) -> None:
    here = "/console/alerts"
    assert "A station is offline" in await owner.reads(here)
    assert "Charging is complete" not in await owner.reads(here)

    assert (await owner.sends(f"{here}/devices", **await subscribes(scene, service))).is_success
    answer = await owner.sends(here, **FORM, **{"station_offline.push": "1"})

    assert answer.headers["location"] == f"{here}?kept=1"
    async with scene.begin() as work:
        wishes = await wishes_of(work, "owner@voltway.test", "UTC")
    assert wishes.wants(Event.STATION_OFFLINE, Channel.PUSH)
    assert not wishes.wants(Event.STATION_OFFLINE, Channel.MAIL)
    page = (await owner.opens(here)).text
    [remove] = re.findall(r'action="(/console/alerts/devices/[^"]+/remove)"', page)
    await owner.sends(remove)
    assert await scene.count("alert_device") == 0
    wrong = await owner.sends(here, **(FORM | {"zone": "Mars"}))
    assert (wrong.status_code, "no time zone that we know" in words_of(wrong.text)) == (422, True)


async def test_alerts_of_the_console_want_a_seat_there(browser: Browser) -> None:
    assert (await browser.opens("/console/alerts")).status_code == 303
    assert (await browser.sends("/console/alerts/devices")).status_code != 201
