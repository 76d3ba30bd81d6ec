"""Drivers with an account get their code, and are told when their bank said no."""

import re
from email.message import EmailMessage

import pytest

from tests.alerts.test_alerts import ANN, alerts, mails, plug, settings_for
from tests.payments.scene import Scene
from voltway.alerts import account
from voltway.alerts.model import AlertState
from voltway.alerts.words_account import WORDS
from voltway.drivers import contracts, entry
from voltway.kernel.ids import new_id
from voltway.payments import store_methods
from voltway.payments.model_methods import Method, MethodId, MethodRefused
from voltway.payments.provider import Card, SavedMethod
from voltway_world.mail import MailCatcher
from voltway_world.mail.box import content_of


def plain(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return content_of(part).decode()


async def asks(scene: Scene, locale: str) -> str:
    async with scene.begin() as work:
        code = await entry.ask_code(work, ANN, source="127.0.0.1")
        await account.tell_code(work, code, scene.station.party.id, locale)
    return code.code


@pytest.mark.parametrize("locale", sorted(WORDS))
async def test_a_code_comes_in_the_language_of_who_asked(
    scene: Scene, mail: MailCatcher, locale: str
) -> None:
    plug(scene, settings_for(mail))
    code = await asks(scene, locale)

    await scene.settles()

    [letter] = await mails(mail)
    assert f"{code[:4]} {code[4:]}" in letter["Subject"]
    assert letter["Content-Language"] == locale
    assert "15" in plain(letter)


async def test_a_code_that_was_used_meanwhile_is_not_mailed_any_more(
    scene: Scene, mail: MailCatcher
) -> None:
    plug(scene, settings_for(mail))
    code = await asks(scene, "en")
    async with scene.begin() as work:
        assert await entry.enter(work, ANN, code) is not None

    await scene.settles()

    [told] = await alerts(scene)
    assert told.state is AlertState.FAILED
    assert re.search("used up or too old", told.last_trouble or "")


async def test_a_driver_whose_bank_said_no_is_told_once_with_the_way_out(
    scene: Scene, mail: MailCatcher
) -> None:
    plug(scene, settings_for(mail))
    party = scene.station.party.id
    scene.bus.watch_many("alerts.methods", [MethodRefused], account.hears_method_refused)
    async with scene.begin() as work:
        ann = await contracts.add_driver(work, party, "Ann", ANN)
        method = Method(
            id=MethodId(new_id(work.now)),
            party=party,
            holder=ann.id,
            provider="stripe",
            saved=SavedMethod("cus_1", "pm_1"),
            card=Card("Visa", "4242"),
            is_default=True,
            saved_at=work.now,
        )
        await store_methods.add_method(work, method)
        await store_methods.refused(work, method.id, "Insufficient funds.")
        fact = MethodRefused(
            party=party, at=work.now, method=method.id, holder=ann.id, why="Insufficient funds."
        )
        await work.announce([fact])

    await scene.settles()
    async with scene.begin() as work:
        await account.hears_method_refused(work, [fact])
    await scene.settles()

    [letter] = await mails(mail)
    text = plain(letter)
    assert "Visa" in letter["Subject"]
    assert "4242" in letter["Subject"]
    assert "Insufficient funds." in text
    assert "https://charge.example/me" in text
