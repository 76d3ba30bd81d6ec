"""Ann's car is full and stays plugged in: its station says so in its version of OCPP, and she reads
it on her phone and on her page, long before the session ends."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.stories.pages import HERE, reads
from tests.stories.test_ann import has_phone, pays, running
from tests.stories.world import World
from voltway.sessions import full
from voltway_world.push import PushService
from voltway_world.stations.cars import some_car

TITLE = "Charging is complete"


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as running:
        yield running


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_a_full_car_is_told_when_it_is_full_and_not_when_it_leaves(
    world: World, service: PushService, version: str
) -> None:
    standing = {"type": "PARKING_TIME", "price": 6.0}
    await world.prices({"type": "ENERGY", "price": 0.49}, standing)
    post = await world.station(version, evses=1, power_w=22_000)
    bay = post.inside.evses[1].public_id

    # She pays, plugs in a car that is nearly full, and it fills up.
    answer = await world.browser.post(f"/e/{bay}/start", data={"way": "card"}, headers=HERE)
    visit = re.sub(r"^https?://[^/]+", "", await pays(answer.headers["location"]))
    visit = visit.partition("?")[0]
    phone = await has_phone(world, service, visit.removeprefix("/v/"))
    await reads(world, visit)
    await world.within(post.outside.plug_in(1, some_car(soc=92, target=95)))
    await world.until("session:*", lambda: running(world))
    for _ in range(20):
        world.clock.jump(timedelta(minutes=1))
        post.outside.pass_time(60)
        post.outside.forecourt.read_meter(post.outside.forecourt.bay(1))
        await world.within(post.outside.settled())
    assert "Idle, still plugged in" in await reads(world, visit)

    # A minute later her phone says so, with what it costs and what standing costs.
    world.clock.jump(timedelta(minutes=1))
    await full.look(world.house.begin)
    while TITLE not in [each["title"] for each in phone.shown]:
        await world.within(phone.came.get())
    [told] = [each["body"] for each in phone.shown if each["title"] == TITLE]
    assert re.search(r"kWh\. €\d+\.\d\d so far\. The idle fee runs since", told)
    assert "€0.10 per minute" in told
    page = await reads(world, visit)
    assert "Charging is complete. Your car is still plugged in." in page
    assert "The idle fee has run since" in page

    # She unplugs later: a receipt, and no second word of the end.
    world.clock.jump(timedelta(minutes=20))
    await world.within(post.outside.unplug(1))
    await world.bills(1)
    while "Your receipt" not in [each["title"] for each in phone.shown]:
        await world.within(phone.came.get())
    assert [each["title"] for each in phone.shown].count(TITLE) == 1
