"""Alarms of money at the console: seen, taken by a person, and told to programs that want them."""

from datetime import timedelta
from typing import Final

from tests.payments.crowd import a_crowd
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.conftest import sits_down
from voltway.alerts import troubles
from voltway.parties.model import Role
from voltway.payments import monitoring
from voltway.payments.model_alarms import Limits

HERE: Final = "/console/troubles"
ODD: Final = "Payments are not as usual"


async def is_odd(scene: Scene) -> str:
    """Banks say no to many; where one says that one looks after it."""
    party, evse = scene.station.party.id, scene.station.evse()
    await a_crowd(scene.begin, party, evse, 20, at=scene.now, state="declined")
    await looks(scene)
    async with scene.begin() as work:
        [row] = await work.all("SELECT id FROM alert_trouble_view")
    return f"{HERE}/{row['id']}/take"


async def looks(scene: Scene) -> None:
    await monitoring.look(scene.begin, Limits())
    await troubles.look(scene.begin, troubles.EACH_MINUTE)


async def test_an_alarm_is_seen_on_the_wall_and_taken_once(owner: Browser, scene: Scene) -> None:
    assert "all money is explained" in await owner.reads(HERE)
    take = await is_odd(scene)
    assert f"{ODD} 100 % of 20 cards were declined" in await owner.reads(HERE)
    wall = await owner.reads("/console")
    assert ODD in wall
    assert "Nobody looks after it yet." in wall

    assert (await owner.sends(take)).headers["location"] == HERE
    assert (await owner.sends(take)).status_code == 303

    said = await owner.reads(HERE)
    assert "I look after it" not in said
    assert "The owner looks after it since" in said
    assert "Nobody looks after it yet." not in await owner.reads("/console")
    assert "looks after an alarm" in await owner.reads("/console/people")


async def test_what_is_over_says_when_and_cannot_be_taken(owner: Browser, scene: Scene) -> None:
    take = await is_odd(scene)
    for _ in range(2):
        scene.clock.jump(timedelta(minutes=16))
        await looks(scene)

    said = await owner.reads(HERE)
    assert "all money is explained" in said
    assert "Over of the last 30 days" in said
    assert (await owner.sends(take)).status_code == 404


async def test_who_may_not_move_money_sees_it_and_who_sees_no_money_does_not(
    scene: Scene, browser: Browser
) -> None:
    take = await is_odd(scene)
    await sits_down(browser, scene, Role.OPERATOR)
    assert "Nobody looks after it yet." in await browser.reads(HERE)
    assert (await browser.sends(take)).status_code == 403
    await sits_down(browser, scene, Role.VIEWER)
    assert (await browser.opens(HERE)).status_code == 403
    assert ODD not in await browser.reads("/console")


async def test_programs_are_offered_what_operators_are_told(owner: Browser, scene: Scene) -> None:
    said = await owner.reads("/console/webhooks")
    assert "And as operators are told it, when" in said
    assert "A payment provider is down" in said
    form = {"name": "Pager", "url": "https://ops.example/x", "alert.provider_down": "1"}
    assert (await owner.sends("/console/webhooks", **form)).status_code == 201
    async with scene.begin() as work:
        [row] = await work.all("SELECT events FROM alert_hook_view")
    assert row["events"] == ["alert.provider_down"]


async def test_they_are_chosen_worded_and_told_to_chats_as_other_events(owner: Browser) -> None:
    for page in ("/console/alerts", "/console/wordings", "/console/chats"):
        assert "A payment provider is down" in await owner.reads(page)
    at = "/console/wordings/provider_down/en"
    typed = {"title": "{name} is away", "body": "{why}", "do": "look"}
    assert "{name}" in await owner.reads(at)
    looked = await owner.sends(at, **typed)
    assert looked.status_code == 200
    assert "is away" in looked.text
    wrong = await owner.sends(at, **(typed | {"body": "{secret}"}))
    assert wrong.status_code == 422
