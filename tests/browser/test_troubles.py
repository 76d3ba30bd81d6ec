"""An alarm of payments, before who looks after it: on a phone and at a desk, by keyboard alone."""

import pytest
from playwright.async_api import Browser, expect

from tests.browser.eyes import DESK, Eyes, open_eyes
from tests.browser.hands import Hands
from tests.browser.seat import becomes_the_owner
from tests.payments.crowd import a_crowd
from tests.stories.world import World
from voltway.alerts import troubles
from voltway.payments import monitoring
from voltway.payments.model_alarms import Limits


async def is_odd(world: World) -> None:
    """Banks say no to all of twenty cards."""
    begin = world.house.begin
    inside = (await world.station("2.0.1")).inside
    async with begin() as work:
        now = work.now
    await a_crowd(begin, inside.party.id, inside.evse(), 20, at=now, state="declined")
    await monitoring.look(begin, Limits())
    await troubles.look(begin, troubles.EACH_MINUTE)


@pytest.mark.parametrize("at_desk", [False, True], ids=["phone", "desk"])
async def test_who_is_told_of_an_alarm_says_that_they_look_after_it(
    world: World, browser: Browser, eyes: Eyes, *, at_desk: bool
) -> None:
    await is_odd(world)
    async with open_eyes(browser, size=DESK) as wide:
        seen = wide if at_desk else eyes
        page, hands = seen.page, Hands(seen.page)
        await becomes_the_owner(world, page)
        await page.goto(f"{world.house.http}/console/troubles")
        await seen.approve("an alarm that nobody looks after")
        await hands.press(page.get_by_role("button", name="I look after it"))
        await expect(page.get_by_text("Aino Laine").last).to_be_visible()
        await seen.approve("an alarm that somebody looks after")
        await page.goto(f"{world.house.http}/console/webhooks")
        await page.get_by_text("Add a webhook").click()
        await seen.approve("what a program may be told")
