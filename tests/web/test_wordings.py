"""Wordings at the console: looked at, mailed to who wrote them, kept, and given back."""

import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.alerts.phones import has_phone, plug_sending
from tests.alerts.test_alerts import settings_for
from tests.alerts.texts import NUMBER, by_texts, has_number
from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from voltway.alerts import trying, wordings
from voltway.alerts.model_events import Event
from voltway.parties.model import Role
from voltway.web.house import House
from voltway_world.mail import MailCatcher
from voltway_world.push import PushService
from voltway_world.sms import TextService

LIST = "/console/wordings"
HERE = f"{LIST}/complete/de"
TYPED = {"title": "Fertig: {place}", "body": "{energy}. Danke!"}
OFFLINE = {"title": "{station} is away", "body": "{place}"}


@pytest.fixture
async def mail(tmp_path: Path) -> AsyncIterator[MailCatcher]:
    async with MailCatcher(tmp_path / "mail") as catcher:
        yield catcher


@pytest.fixture
def house(house: House, mail: MailCatcher) -> House:
    settings = replace(
        house.settings, smtp_host=mail.smtp_host, smtp_port=mail.smtp_port, smtp_tls="none"
    )
    return dataclasses.replace(house, settings=settings)


async def kept(scene: Scene) -> dict[str, str]:
    async with scene.begin() as work:
        own = await wordings.own(work, scene.station.party.id, Event.COMPLETE)
    return {language: words.title for language, words in own.items()}


async def test_words_are_looked_at_before_they_are_kept(owner: Browser, scene: Scene) -> None:
    assert "the house's words" in await owner.reads(HERE)

    looked = await owner.sends(HERE, **TYPED, do="look")

    said = words_of(looked.text)
    assert "How it looks" in said
    assert "Fertig: Kamppi Garage" in said
    assert "21.50 kWh. Danke!" in said
    assert "As a text, in 1 part" in said
    assert await kept(scene) == {}
    answer = await owner.sends(HERE, **TYPED, do="keep")
    assert "People are told in these words" in await owner.reads(answer.headers["location"])
    assert await kept(scene) == {"de": "Fertig: {place}"}
    assert "Deutsch, your own" in await owner.reads(LIST)
    await owner.sends(HERE, do="house")
    assert await kept(scene) == {}


async def test_a_test_goes_to_who_wrote_it_alone(
    owner: Browser, scene: Scene, mail: MailCatcher
) -> None:
    answer = await owner.sends(HERE, **TYPED, do="mail")

    assert "It is on its way to your own address." in words_of(answer.text)
    [caught] = await mail.box.wait_for("owner@voltway.test", count=1)
    assert caught.subject.startswith("Fertig: Kamppi Garage")
    assert await kept(scene) == {}
    mail.refuses["owner@voltway.test"] = "550 5.7.1 refused by policy"
    refused = await owner.sends(HERE, **TYPED, do="mail")
    assert (refused.status_code, "5.7.1" in refused.text) == (422, True)


async def test_it_is_shown_on_the_phones_of_who_wrote_it_and_texted_to_them(
    owner: Browser, scene: Scene, house: House, mail: MailCatcher
) -> None:
    me = "owner@voltway.test"
    for do, said in (("phone", "no phone or browser here"), ("text", "no mobile number here")):
        answer = await owner.sends(HERE, **TYPED, do=do)
        assert (answer.status_code, said in words_of(answer.text)) == (422, True)
    async with PushService() as service, TextService(now=scene.now.astimezone(UTC)) as carrier:
        plug_sending(scene, by_texts(settings_for(mail), carrier))
        phone, _ = await has_phone(scene, service, me)
        await has_number(scene, me)
        await scene.settles()
        for do in ("phone", "text"):
            answer = await owner.sends(HERE, **TYPED, do=do)
            assert "It is on its way to you." in words_of(answer.text)
        await scene.settles()

        [shown] = phone.shown
        assert (shown["title"], shown["lang"]) == ("Fertig: Kamppi Garage", "de")
        assert "Voltway Oy: Fertig: Kamppi Garage. 21.50 kWh. Danke!" in carrier.to(NUMBER)[-1]
    assert "Charging is complete Text +" in await owner.reads("/console/deliveries")
    assert await kept(scene) == {}


async def test_words_of_what_must_last_are_tried_at_once_and_ten_times_a_day(
    owner: Browser, scene: Scene, mail: MailCatcher
) -> None:
    here = f"{LIST}/station_offline/en"
    async with PushService() as service:
        plug_sending(scene, settings_for(mail))
        phone, _ = await has_phone(scene, service, "owner@voltway.test")
        for _ in range(trying.TRIES_A_DAY):
            assert (await owner.sends(here, **OFFLINE, do="phone")).is_success
        await scene.settles()
        assert {each["title"] for each in phone.shown} == {"KAMPPI-1 is away"}

        refused = await owner.sends(here, **OFFLINE, do="phone")

    assert refused.status_code == 429
    assert "You tried this 10 times in a day." in words_of(refused.text)


async def test_an_unknown_name_is_refused_and_what_was_typed_stays(
    owner: Browser, scene: Scene
) -> None:
    for do in ("look", "mail", "keep"):
        answer = await owner.sends(HERE, title="Fertig", body="{price} bezahlt", do=do)
        assert answer.status_code == 422
        assert (
            "There is no {price} here. What can be named is: {cost}, {energy}, {fee}, {place}."
            in words_of(answer.text)
        )
        assert "{price} bezahlt" in answer.text
    assert await kept(scene) == {}


async def test_there_is_no_such_event_or_language(owner: Browser) -> None:
    for path in ("complete/sv", "eaten/en", "bill_rests/de"):
        assert (await owner.opens(f"{LIST}/{path}")).status_code == 404
        assert (await owner.sends(f"{LIST}/{path}", **TYPED)).status_code == 404


async def test_who_may_not_reads_and_changes_nothing(browser: Browser, scene: Scene) -> None:
    await sits_down(browser, scene, Role.VIEWER)
    assert "Keep it" not in await browser.reads(HERE)
    assert (await browser.sends(HERE, **TYPED, do="keep")).status_code == 403


async def test_an_event_whose_words_name_nothing_says_so(owner: Browser) -> None:
    assert "It names nothing:" in await owner.reads(f"{LIST}/dispute_opened/en")
    assert "It may name {" in await owner.reads(f"{LIST}/dispute_due/en")
