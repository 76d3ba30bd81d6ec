"""Who waits without an account is told on the phone that they added at the page of their wait, then
by text and mail if they do not read it there; and all of it is forgotten with the wait."""

import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.alerts.phones import has_phone, plug_events
from tests.alerts.test_alerts import settings_for
from tests.alerts.texts import NUMBER, by_texts, has_number
from tests.payments.scene import Scene
from tests.web import test_queue, test_watching
from tests.web.browsers import Browser, words_of
from tests.web.reserved import Kept, reserves
from tests.web.test_account import ANN, enters
from tests.web.test_alerts import complete
from tests.web.test_own_number import code_sent
from voltway.alerts import pushing, telling_waits, waits
from voltway.alerts.queueing_up import hears_turns
from voltway.alerts.reserving import hears_reservations
from voltway.alerts.waiting import hears_watches
from voltway.runtime.settings import Settings
from voltway.waiting import looking
from voltway.waiting.model import BayFree, BayTaken, PlaceClosed
from voltway.waiting.model_reservations import ReservationOver, ReservationSoonOver
from voltway.waiting.model_turns import TurnCame, TurnOver
from voltway.web.house import House
from voltway_world.mail import MailCatcher
from voltway_world.push import Phone, PushService
from voltway_world.sms import TextService


@pytest.fixture
async def mail(tmp_path: Path) -> AsyncIterator[MailCatcher]:
    async with MailCatcher(tmp_path / "mail") as catcher:
        yield catcher


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as running:
        yield running


@pytest.fixture
async def carrier(scene: Scene) -> AsyncIterator[TextService]:
    async with TextService(now=scene.now.astimezone(UTC)) as running:
        yield running


@pytest.fixture
def settings(mail: MailCatcher, service: PushService, carrier: TextService) -> Settings:
    return replace(by_texts(settings_for(mail), carrier, per_day=40), push_hosts=service.url)


@pytest.fixture
def house(house: House, settings: Settings) -> House:
    """The house has a push service and a carrier."""
    theirs = replace(
        house.settings,
        push_hosts=settings.push_hosts,
        sms_account=settings.sms_account,
        sms_per_day=settings.sms_per_day,
    )
    return dataclasses.replace(house, settings=theirs)


@pytest.fixture
async def full(scene: Scene, settings: Settings) -> Scene:
    """The place is full, and alerts hear of those who wait."""
    plug_events(scene, settings)
    bus = scene.bus
    bus.watch_many("alerts.watches", [BayFree, BayTaken, PlaceClosed], hears_watches)
    bus.watch_many("alerts.turns", [TurnCame, TurnOver], hears_turns)
    bus.watch_many("alerts.reserved", [ReservationOver, ReservationSoonOver], hears_reservations)
    await test_watching.become(scene, "charging")
    return scene


async def adds_phone(browser: Browser, scene: Scene, service: PushService, page: str) -> Phone:
    """What a browser's script sends once its owner said yes on the page of their wait."""
    async with scene.begin() as work:
        phone = service.subscribe(await pushing.public_key(work))
    keys = phone.subscription["keys"]
    answer = await browser.sends(f"{page}/alerts", endpoint=phone.endpoint, label="Linux", **keys)
    assert answer.status_code == 201, words_of(answer.text)
    return phone


async def frees_a_bay(scene: Scene) -> None:
    await test_watching.become(scene, "available", bay=2)
    await test_watching.goes_on(scene, 61)
    await scene.settles()


async def passes(scene: Scene, seconds: int) -> None:
    scene.clock.jump(timedelta(seconds=seconds))
    await scene.settles()


async def was_mailed(mail: MailCatcher, scene: Scene) -> list[str]:
    """The subjects of what was mailed; the letters that wait do not count."""
    async with scene.begin() as work:
        [row] = await work.all(
            "SELECT count(*)::int AS n FROM alert WHERE channel = 'mail' AND state = 'sent'"
        )
    return (
        [each.subject for each in await mail.box.wait_for(ANN, count=row["n"])] if row["n"] else []
    )


async def reads(browser: Browser, phone: Phone) -> None:
    """Its owner taps what it shows."""
    assert (await browser.sends(f"/alerts/read/{phone.shown[-1]['id']}")).status_code == 201


async def test_a_watch_is_told_on_its_phone_first_and_by_mail_where_it_stays_unread(
    browser: Browser, full: Scene, service: PushService, mail: MailCatcher
) -> None:
    page = await test_watching.watches(browser, full)
    assert "Tell me on this phone" in await browser.reads(page)
    phone = await adds_phone(browser, full, service, page)
    assert "A phone of yours is told first. A mail follows" in await browser.reads(page)

    await frees_a_bay(full)

    [shown] = phone.shown
    assert "is free" in shown["title"]
    assert page.endswith(shown["url"])
    assert await was_mailed(mail, full) == []
    await passes(full, 61)
    [subject] = await was_mailed(mail, full)
    assert "is free" in subject
    assert len(phone.shown) == 1


async def test_what_was_read_on_the_phone_is_not_mailed(
    browser: Browser, full: Scene, service: PushService, mail: MailCatcher
) -> None:
    page = await test_watching.watches(browser, full)
    phone = await adds_phone(browser, full, service, page)
    await frees_a_bay(full)
    await reads(browser, phone)

    await passes(full, 120)

    assert await was_mailed(mail, full) == []
    async with full.begin() as work:
        [row] = await work.all("SELECT state, last_trouble FROM alert WHERE channel = 'mail'")
    assert (row["state"], row["last_trouble"]) == ("dropped", "It was read already.")


async def test_the_page_of_a_wait_is_read_by_opening_it(
    browser: Browser, full: Scene, service: PushService, mail: MailCatcher
) -> None:
    page = await test_watching.watches(browser, full)
    await adds_phone(browser, full, service, page)
    await frees_a_bay(full)
    assert await full.count("alert WHERE read_at IS NOT NULL") == 0

    await browser.opens(page)
    await passes(full, 61)

    assert await full.count("alert WHERE read_at IS NOT NULL") == 1
    assert await was_mailed(mail, full) == []


async def test_without_a_phone_the_mail_goes_at_once(
    browser: Browser, full: Scene, mail: MailCatcher
) -> None:
    await test_watching.watches(browser, full)
    await frees_a_bay(full)

    assert len(await was_mailed(mail, full)) == 1


async def test_who_stands_in_line_is_told_their_turn_on_the_phone_and_by_mail_if_unread(
    browser: Browser, full: Scene, service: PushService, mail: MailCatcher
) -> None:
    page = await test_queue.joins(browser, full)
    phone = await adds_phone(browser, full, service, page)
    await test_watching.become(full, "available", bay=2)
    await test_queue.goes_on(full, 1)
    await full.settles()

    [shown] = phone.shown
    assert shown["title"].startswith("Your turn")
    assert await was_mailed(mail, full) == []
    await passes(full, 61)
    assert len(await was_mailed(mail, full)) == 1


@pytest.mark.parametrize("is_read", [True, False])
async def test_who_reserved_is_told_on_the_phone_and_by_mail_if_unread(
    browser: Browser, full: Scene, service: PushService, mail: MailCatcher, is_read: bool
) -> None:
    await test_watching.become(full, "available")
    kept = Kept(full)
    await kept.can()
    page = await reserves(browser, kept)
    await kept.answers()
    phone = await adds_phone(browser, full, service, page)
    await kept.becomes("faulted")
    await kept.goes_on(1)
    await full.settles()
    [shown] = phone.shown
    assert shown["title"] == "Your reservation was cancelled"
    if is_read:
        await reads(browser, phone)

    await passes(full, 61)

    assert len(await was_mailed(mail, full)) == (0 if is_read else 1)


async def test_the_phone_of_a_wait_hears_nothing_else_of_the_account_with_its_address(
    browser: Browser, full: Scene, service: PushService
) -> None:
    own, _ = await has_phone(full, service, ANN)
    page = await test_watching.watches(browser, full)
    stranger = await adds_phone(browser, full, service, page)

    await complete(full)
    await full.settles()

    assert [len(each.shown) for each in (own, stranger)] == [1, 0]
    await frees_a_bay(full)
    assert [len(each.shown) for each in (own, stranger)] == [2, 1]


async def test_a_phone_that_shows_the_accounts_alerts_is_not_told_twice(
    browser: Browser, full: Scene, service: PushService
) -> None:
    phone, _ = await has_phone(full, service, ANN)
    page = await test_watching.watches(browser, full)
    keys = phone.subscription["keys"]
    answer = await browser.sends(f"{page}/alerts", endpoint=phone.endpoint, label="", **keys)
    assert answer.status_code == 201

    await frees_a_bay(full)

    assert len(phone.shown) == 1


async def test_what_is_over_or_forged_takes_no_phone(
    browser: Browser, full: Scene, service: PushService
) -> None:
    page = await test_watching.watches(browser, full)
    bad = {"endpoint": "http://169.254.169.254/x", "p256dh": "", "auth": "", "label": ""}
    assert (await browser.sends(f"{page}/alerts", **bad)).status_code == 422
    for path in ("/w/forged", "/t/forged", "/r/forged"):
        assert (await browser.sends(f"{path}/alerts", **bad)).status_code == 404
        assert (await browser.opens(f"{path}/texts")).status_code == 404
    await browser.sends(f"{page}/leave")

    assert (await browser.sends(f"{page}/alerts", **bad)).status_code == 409
    assert "Tell me on this phone" not in await browser.reads(page)
    assert "You do not wait any more" in await browser.reads(f"{page}/texts")


async def proves(browser: Browser, scene: Scene, page: str) -> None:
    assert (await browser.sends(f"{page}/texts", number=NUMBER)).status_code == 303
    assert "A text with six digits is on its way" in await browser.reads(f"{page}/texts")
    await scene.settles()
    answer = await browser.sends(f"{page}/texts/code", code=await code_sent(scene))
    assert answer.headers["location"] == page


async def test_a_number_that_was_proved_gets_one_text_beside_the_mail(
    browser: Browser, full: Scene, carrier: TextService, mail: MailCatcher
) -> None:
    page = await test_watching.watches(browser, full)
    assert "By text too" in await browser.reads(page)
    wrong = await browser.sends(f"{page}/texts/code", code="123")
    assert (wrong.status_code, "This is not the code" in words_of(wrong.text)) == (403, True)
    await proves(browser, full, page)
    assert "A text goes to +358 40 1234567" in await browser.reads(page)
    [code] = carrier.to(NUMBER)

    await frees_a_bay(full)
    await passes(full, 300)

    [_, text] = carrier.to(NUMBER)
    assert code != text
    assert "is free" in text
    assert page in text
    assert len(await was_mailed(mail, full)) == 1


async def test_a_text_waits_for_the_phone_and_a_number_taken_away_gets_none(
    browser: Browser, full: Scene, carrier: TextService, service: PushService
) -> None:
    page = await test_watching.watches(browser, full)
    await proves(browser, full, page)
    phone = await adds_phone(browser, full, service, page)
    await frees_a_bay(full)
    assert len(carrier.to(NUMBER)) == 1, "the code alone"
    await passes(full, 61)
    assert len(carrier.to(NUMBER)) == 2

    await test_watching.become(full, "charging")
    again = await browser.sends(f"{page}/again")
    page = again.headers["location"]
    assert "A text goes to" in await browser.reads(page), "and so does what was left here"
    await browser.sends(f"{page}/texts/remove")
    assert "A text goes to" not in await browser.reads(page)
    await frees_a_bay(full)
    await passes(full, 61)
    assert len(phone.shown) == 2
    assert len(carrier.to(NUMBER)) == 2


async def test_the_accounts_own_number_is_one_tap_for_who_has_signed_in_alone(
    browser: Browser, full: Scene, carrier: TextService
) -> None:
    await has_number(full, ANN)
    page = await test_watching.watches(browser, full)
    assert "Text me at" not in await browser.reads(f"{page}/texts")
    await browser.sends(f"{page}/texts/own")
    assert "A text goes to" not in await browser.reads(page)
    await enters(browser, full)
    assert "Text me at +358 40 1234567" in await browser.reads(f"{page}/texts")

    await browser.sends(f"{page}/texts/own")
    await frees_a_bay(full)

    texts = [each for each in carrier.to(NUMBER) if "is free" in each]
    assert len(texts) == 1


async def test_who_has_an_account_chooses_texts_for_what_they_watch(
    browser: Browser, full: Scene, carrier: TextService
) -> None:
    await has_number(full, ANN)
    await enters(browser, full)
    zone = {"from": "", "until": "", "zone": "UTC"}
    await browser.sends("/me/alerts", **zone, **{"bay_free.sms": "1", "bay_free.push": "1"})
    assert 'name="bay_free.sms" value="1" checked' in (await browser.opens("/me/alerts")).text
    await test_watching.watches(browser, full)

    await frees_a_bay(full)
    await passes(full, 300)

    assert len([each for each in carrier.to(NUMBER) if "is free" in each]) == 1


@pytest.mark.parametrize("is_read", [True, False])
async def test_a_turn_is_texted_too_unless_it_was_read_on_the_phone(
    browser: Browser,
    full: Scene,
    carrier: TextService,
    service: PushService,
    is_read: bool,
) -> None:
    page = await test_queue.joins(browser, full)
    await proves(browser, full, page)
    phone = await adds_phone(browser, full, service, page)
    await test_watching.become(full, "available", bay=2)
    await test_queue.goes_on(full, 1)
    await full.settles()
    if is_read:
        await reads(browser, phone)

    await passes(full, 61)

    turns = [each for each in carrier.to(NUMBER) if "Your turn" in each]
    assert len(turns) == (0 if is_read else 1)


async def test_a_number_that_is_none_is_refused_and_codes_are_few_in_the_whole_house(
    browser: Browser, full: Scene, settings: Settings
) -> None:
    page = await test_watching.watches(browser, full)
    bad = await browser.sends(f"{page}/texts", number="call me")
    assert (bad.status_code, 'value="call me"' in bad.text) == (422, True)
    allowed = settings.sms_per_day // waits.CODES_OF_TEXTS
    answers = []
    for nth in range(allowed + 1):  # each from a watch of its own, and to another number
        other = await test_watching.watches(browser, full, f"{nth}@example.org")
        typed = f"+35840123{4567 + nth}"
        answers.append((await browser.sends(f"{other}/texts", number=typed)).status_code)

    assert answers == [303] * allowed + [429]
    said = await browser.sends(f"{page}/texts", number=NUMBER)
    assert "Many have asked for a code today" in words_of(said.text)
    full.clock.jump(timedelta(days=1, seconds=1))
    other = await test_watching.watches(browser, full, "next-day@example.org")
    assert (await browser.sends(f"{other}/texts", number=NUMBER)).status_code == 303


async def test_a_number_gets_so_many_texts_a_day_from_waits_and_then_the_mail_alone(
    browser: Browser, full: Scene, carrier: TextService, mail: MailCatcher
) -> None:
    page = await test_watching.watches(browser, full)
    await proves(browser, full, page)
    for told in range(1, telling_waits.TEXTS_A_DAY + 1):
        await frees_a_bay(full)
        # The code counts too: it was sent.
        assert len(carrier.to(NUMBER)) == min(1 + told, telling_waits.TEXTS_A_DAY)
        await test_watching.become(full, "charging")
        page = (await browser.sends(f"{page}/again")).headers["location"]

    assert len(await was_mailed(mail, full)) == telling_waits.TEXTS_A_DAY


async def kept_of_waits(scene: Scene) -> dict[str, int]:
    tables = ("alert_device", "alert_number", "alert_number_code")
    return {each: await scene.count(each) for each in tables}


async def test_all_of_it_is_forgotten_a_day_after_the_watch_is_over(
    browser: Browser, full: Scene, service: PushService, carrier: TextService
) -> None:
    page = await test_watching.watches(browser, full)
    await adds_phone(browser, full, service, page)
    await proves(browser, full, page)
    await frees_a_bay(full)
    await passes(full, 61)
    await waits.forget_over(full.begin)
    assert all((await kept_of_waits(full)).values())

    for hours in (1, 25):
        await test_watching.goes_on(full, hours * 3600)
        await looking.forget_old(full.begin)
    await test_watching.become(full, "charging")
    other = await test_queue.joins(browser, full, "ben@example.org")  # "turn" is before "watch"
    await adds_phone(browser, full, service, other)
    assert await waits.forget_over(full.begin, at_once=1) == 1
    assert await kept_of_waits(full) == {
        "alert_device": 1,
        "alert_number": 0,
        "alert_number_code": 0,
    }
    async with full.begin() as work:
        await work.run("DELETE FROM waiting_turn")
    assert await waits.forget_over(full.begin) == 1

    assert not any((await kept_of_waits(full)).values())
    async with full.begin() as work:
        rows = await work.all("SELECT DISTINCT recipient FROM alert WHERE channel = 'sms'")
    assert [row["recipient"] for row in rows] == ["-"]
    assert len(carrier.to(NUMBER)) == 2


async def test_a_number_that_nobody_proved_is_forgotten_with_its_wait(
    browser: Browser, full: Scene, carrier: TextService
) -> None:
    page = await test_watching.watches(browser, full)
    await browser.sends(f"{page}/texts", number=NUMBER)
    await full.settles()
    await browser.sends(f"{page}/leave")
    async with full.begin() as work:
        await work.run("DELETE FROM alert_number_code")  # each is kept for a day
    for hours in (1, 25):
        await test_watching.goes_on(full, hours * 3600)
        await looking.forget_old(full.begin)

    assert await waits.forget_over(full.begin) == 1

    assert await full.count(f"alert WHERE recipient = '{NUMBER}'") == 0
    assert await waits.forget_over(full.begin) == 0
    assert len(carrier.to(NUMBER)) == 1


async def test_an_account_that_is_deleted_takes_what_was_left_for_its_waits_along(
    browser: Browser, full: Scene, service: PushService
) -> None:
    page = await test_watching.watches(browser, full)
    await adds_phone(browser, full, service, page)
    await proves(browser, full, page)
    await full.settles()
    await enters(browser, full)

    await browser.sends("/me/delete")

    assert not any((await kept_of_waits(full)).values())
    assert await full.count(f"alert WHERE recipient = '{NUMBER}'") == 0


async def test_who_waits_turns_the_alerts_of_their_browser_off(
    browser: Browser, full: Scene, service: PushService
) -> None:
    page = await test_watching.watches(browser, full)
    phone = await adds_phone(browser, full, service, page)
    here = f"{page}/alerts/here"
    assert "Turn off here" in await browser.reads(page)

    assert (await browser.sends(here, endpoint=phone.endpoint)).text == "on"
    assert (await browser.sends(here, endpoint="https://fcm.googleapis.com/other")).text == "off"
    assert (await browser.sends(here, endpoint=phone.endpoint, remove="1")).text == "off"

    assert "A phone of yours is told first" not in await browser.reads(page)
    assert await full.count("alert_device") == 0
