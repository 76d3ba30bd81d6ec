"""Who is told that mails to an address come back: its owner, and the operators that wrote to it."""

from tests.network import a_party
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.conftest import sits_down
from tests.web.test_account import ANN, enters
from voltway.alerts import bounces, store
from voltway.alerts.model import Template
from voltway.alerts.queueing import a_mail
from voltway.parties.model import Role


async def comes_back(scene: Scene) -> None:
    async with scene.begin() as work:
        alert = a_mail(work, scene.station.party.id, Template.CODE, ANN, "en", "code:1")
        await store.add(work, [alert])
        await bounces.came_back(work, scene.station.party.id, ANN, "550 5.1.1 no such user")


async def test_a_driver_is_told_and_takes_mails_again(browser: Browser, scene: Scene) -> None:
    await enters(browser, scene)
    await comes_back(scene)
    for page in ("/me", "/me/alerts"):
        assert "Mails to you came back" in await browser.reads(page)

    await browser.sends("/me/alerts/mails")

    assert "Mails to you came back" not in await browser.reads("/me")


async def test_who_types_a_code_from_a_mail_proved_that_mails_arrive(
    browser: Browser, scene: Scene
) -> None:
    await comes_back(scene)

    await enters(browser, scene)

    assert "Mails to you came back" not in await browser.reads("/me")


async def test_operators_see_addresses_that_they_wrote_to_and_let_mails_go_again(
    owner: Browser, browser: Browser, scene: Scene
) -> None:
    await comes_back(scene)
    async with scene.begin() as work:
        other = await a_party(work, name="Another Oy")
        await bounces.came_back(work, other.id, "stranger@example.org", "550")
    said = await owner.reads("/console/deliveries")
    assert f"{ANN}" in said
    assert "550 5.1.1 no such user" in said
    assert "stranger@example.org" not in said

    await owner.sends("/console/deliveries/mails", address="stranger@example.org")
    await owner.sends("/console/deliveries/mails", address=ANN)

    assert "Addresses whose mails come back" not in await owner.reads("/console/deliveries")
    assert await scene.count("alert_bounce") == 1
    await sits_down(browser, scene, Role.VIEWER)
    answer = await browser.sends("/console/deliveries/mails", address=ANN)
    assert answer.status_code == 403
