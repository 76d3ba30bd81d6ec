"""A guest is told of one charge by mail or text, and what they left for that is forgotten."""

import dataclasses
import re
from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.alerts.phones import has_phone, plug_events
from tests.alerts.test_alerts import settings_for
from tests.alerts.texts import by_texts
from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from tests.web.test_account import ANN, enters
from voltway.alerts import actions
from voltway.alerts.model_events import visit_holder
from voltway.parties.model import Role
from voltway.payments.model import Payment, Visit
from voltway.web.house import House
from voltway_world.mail import MailCatcher
from voltway_world.push import PushService
from voltway_world.sms import TextService

GUEST = "tourist@example.org"
NUMBER = "+358401234567"


@pytest.fixture
async def mail(tmp_path: Path) -> AsyncIterator[MailCatcher]:
    async with MailCatcher(tmp_path / "mail") as catcher:
        yield catcher


@pytest.fixture
async def carrier(scene: Scene, mail: MailCatcher) -> AsyncIterator[TextService]:
    """A carrier; alerts hear the scene, and go by it and the mail server."""
    async with TextService(now=scene.now.astimezone(UTC)) as running:
        plug_events(scene, by_texts(settings_for(mail), running))
        yield running


@pytest.fixture
def house(house: House, carrier: TextService) -> House:
    settings = replace(house.settings, sms_account=carrier.account, sms_secret=carrier.secret)
    return dataclasses.replace(house, settings=settings)


async def a_visit(scene: Scene, *, email: str | None = None) -> tuple[Visit, Payment, str]:
    """A guest has paid with a card; where they say how they are told."""
    visit = await scene.opens(email=email)
    return visit, await scene.pays(visit), f"/v/{visit.visit_key}/alerts"


async def charges(scene: Scene, payment: Payment) -> None:
    await scene.starts(payment.token)
    await scene.ends(60_000, minutes=60)
    await scene.settles()


async def test_a_guest_leaves_an_address_and_is_mailed_of_this_charge(
    browser: Browser, scene: Scene, mail: MailCatcher
) -> None:
    visit, payment, here = await a_visit(scene)
    assert "Tell me by mail or text" in await browser.reads(f"/v/{visit.visit_key}")
    assert "for this charge alone" in await browser.reads(here)

    assert (await browser.sends(f"{here}/mail", email=GUEST)).headers["location"] == here
    await charges(scene, payment)

    [caught] = await mail.box.wait_for(GUEST)
    assert caught.subject.startswith("Charging is complete")
    assert f"/v/{visit.visit_key}" in (caught.text or "")
    leave = str(caught.message["List-Unsubscribe"]).strip("<>").partition("charge.example")[2]
    await browser.sends(leave)
    assert "The page of your charge shows everything" in words_of((await browser.sends(leave)).text)


async def test_the_address_of_the_receipt_is_used_for_alerts_where_the_guest_says_so(
    browser: Browser, scene: Scene, mail: MailCatcher
) -> None:
    _, payment, here = await a_visit(scene, email=GUEST)
    page = (await browser.opens(here)).text
    assert "t…@example.org" in page
    assert GUEST not in page

    await browser.sends(f"{here}/mail", receipt="1")
    await charges(scene, payment)

    caught = await mail.box.wait_for(GUEST)
    assert caught[0].subject.startswith("Charging is complete")


async def test_who_is_asked_no_more_is_mailed_no_more(
    browser: Browser, scene: Scene, mail: MailCatcher
) -> None:
    _, payment, here = await a_visit(scene)
    await browser.sends(f"{here}/mail", email=GUEST)
    await browser.sends(f"{here}/mail", remove="1")

    await charges(scene, payment)

    assert mail.box.to(GUEST) == []


async def test_a_number_is_proved_by_a_code_and_gets_texts_of_this_charge(
    browser: Browser, scene: Scene, carrier: TextService
) -> None:
    visit, payment, here = await a_visit(scene)
    await browser.sends(f"{here}/number", number="+358 40 1234567")
    await scene.settles()
    [text] = carrier.to(NUMBER)
    code = re.search(r"\d{6}", text)
    assert code is not None
    wrong = await browser.sends(f"{here}/number/code", code="0")
    assert (wrong.status_code, "This is not the code" in words_of(wrong.text)) == (403, True)

    await browser.sends(f"{here}/number/code", code=code.group())
    assert "Told at …567" in await browser.reads(f"/v/{visit.visit_key}")
    await charges(scene, payment)

    assert ["Charging is complete" in each for each in carrier.to(NUMBER)] == [False, True]
    await browser.sends(f"{here}/number/remove")
    assert "…567" not in await browser.reads(here)


@pytest.mark.parametrize(
    ("form", "typed", "says"),
    [
        ("mail", {"email": "nobody"}, "does not look like an e-mail address"),
        ("mail", {"receipt": "1"}, "does not look like an e-mail address"),
        ("number", {"number": "call me"}, "This is no phone number"),
    ],
)
async def test_what_is_none_is_refused_and_stays_as_it_was_typed(
    browser: Browser, scene: Scene, form: str, typed: dict[str, str], says: str
) -> None:
    _, _, here = await a_visit(scene)

    answer = await browser.sends(f"{here}/{form}", **typed)

    assert answer.status_code == 422
    assert says in words_of(answer.text)
    for name, value in typed.items():
        assert name == "receipt" or f'value="{value}"' in answer.text
    assert (await browser.sends(f"/v/no-such-visit/alerts/{form}", **typed)).status_code == 404


async def test_nothing_is_left_at_a_visit_that_nobody_paid_for(
    browser: Browser, scene: Scene, carrier: TextService
) -> None:
    here = f"/v/{(await scene.opens()).visit_key}/alerts"

    for path, typed in (("mail", {"email": GUEST}), ("number", {"number": NUMBER})):
        answer = await browser.sends(f"{here}/{path}", **typed)
        assert answer.status_code == 409
        assert "before its payment is confirmed" in words_of(answer.text)
    await scene.settles()
    assert carrier.texts == [], "each costs money"


async def test_nothing_is_left_at_a_visit_that_is_over(browser: Browser, scene: Scene) -> None:
    _, payment, here = await a_visit(scene)
    await charges(scene, payment)

    for path, typed in (
        ("mail", {"email": GUEST}),
        ("number", {"number": NUMBER}),
        ("number/code", {"code": "123456"}),
    ):
        answer = await browser.sends(f"{here}/{path}", **typed)
        assert answer.status_code == 409
        assert "This visit is over" in words_of(answer.text)


async def test_what_a_guest_left_is_forgotten_two_days_after_with_where_it_was_sent(
    browser: Browser, scene: Scene, carrier: TextService, mail: MailCatcher
) -> None:
    _, payment, here = await a_visit(scene)
    await browser.sends(f"{here}/mail", email=GUEST)
    await browser.sends(f"{here}/number", number=NUMBER)
    await scene.settles()
    code = re.search(r"\d{6}", carrier.to(NUMBER)[0])
    await browser.sends(f"{here}/number/code", code=code.group() if code else "")
    await actions.forget_guests(scene.begin)
    assert await scene.count("alert_guest_mail") == 1, "it goes on"
    await charges(scene, payment)
    scene.clock.jump(timedelta(minutes=10))
    await scene.settles()
    assert len(await mail.box.wait_for(GUEST)) == 1, "for the text was not said to have arrived"
    assert await kept_of(scene, GUEST, NUMBER) > 0

    scene.clock.jump(timedelta(days=1))
    assert await actions.forget_guests(scene.begin) == 0
    scene.clock.jump(timedelta(days=1, hours=1))
    assert await actions.forget_guests(scene.begin) == 1

    assert await kept_of(scene, GUEST, NUMBER) == 0
    assert await actions.forget_guests(scene.begin) == 0
    holder = visit_holder(payment.id)
    assert await scene.count(f"alert WHERE holder = '{holder}' AND recipient = '-'") >= 2
    await sits_down(browser, scene, Role.OWNER)
    said = await browser.reads("/console/deliveries")
    assert "Charging is complete Mail A guest Handed over" in said


async def test_a_number_that_a_guest_took_away_or_never_proved_is_forgotten_too(
    browser: Browser, scene: Scene, carrier: TextService
) -> None:
    _, payment, here = await a_visit(scene)
    await browser.sends(f"{here}/number", number=NUMBER)
    await scene.settles()
    async with scene.begin() as work:
        await work.run("DELETE FROM alert_number_code")  # each is kept for a day
    await charges(scene, payment)
    scene.clock.jump(timedelta(days=2, hours=1))
    await scene.settles()

    assert await kept_of(scene, NUMBER) > 0
    assert await actions.forget_guests(scene.begin) == 1

    assert await scene.count(f"alert WHERE recipient = '{NUMBER}'") == 0
    assert await actions.forget_guests(scene.begin) == 0
    assert len(carrier.to(NUMBER)) == 1


async def kept_of(scene: Scene, *names: str) -> int:
    """In how many rows of alerts one of these stands."""
    found = 0
    async with scene.begin() as work:
        tables = await work.all(
            "SELECT tablename AS name FROM pg_tables WHERE tablename LIKE 'alert%'"
        )
        for table in tables:
            for name in names:
                row = await work.one(
                    f"SELECT count(*) AS n FROM {table['name']} t"
                    " WHERE position($1 in t::text) > 0",
                    name,
                )
                assert row is not None
                found += row["n"]
    return found


async def test_an_address_of_a_deleted_account_is_left_at_no_visit_either(
    browser: Browser, scene: Scene
) -> None:
    _, _, here = await a_visit(scene)
    await browser.sends(f"{here}/mail", email="Ann@Example.org")
    await enters(browser, scene, ANN)

    await browser.sends("/me/delete")

    assert await scene.count("alert_guest_mail") == 0


async def test_a_browser_is_told_whether_it_shows_the_alerts_of_a_visit_and_turns_them_off(
    browser: Browser, scene: Scene
) -> None:
    _, payment, here = await a_visit(scene)
    elsewhere = f"/v/{(await scene.opens(bay=2)).visit_key}/alerts"
    async with PushService() as service:
        phone, _ = await has_phone(scene, service, visit_holder(payment.id))
        await has_phone(scene, service, visit_holder(payment.id))

    async def asks(path: str, **more: str) -> str:
        answer = await browser.sends(f"{path}/here", endpoint=phone.endpoint, **more)
        assert answer.status_code == 200, answer.text
        return answer.text

    assert await asks(here) == "on"
    assert await asks(elsewhere, remove="1") == "off", "it is of another visit"
    assert await asks("/me/alerts/devices", remove="1") == "off", "nobody has signed in"
    assert await asks(here) == "on"
    assert await asks(here, remove="1") == "off"
    assert await asks(here) == "off"
    assert await scene.count("alert_device") == 1, "the other phone stays"
    assert (await browser.sends("/v/none/alerts/here")).status_code == 404


async def test_who_has_signed_in_turns_their_own_browser_off(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    async with PushService() as service:
        phone, _ = await has_phone(scene, service, ANN)

    path = "/me/alerts/devices/here"
    assert (await browser.sends(path, endpoint=phone.endpoint)).text == "on"
    assert (await browser.sends(path, endpoint=phone.endpoint, remove="1")).text == "off"
    assert await scene.count("alert_device") == 0
