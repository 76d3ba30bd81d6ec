"""Ann's car charges by AC and does not tell its charge: by the percent that she typed at the bay
she reads when it is done, and is told some minutes before."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.stories.pages import reads, sends
from tests.stories.test_ann import goes_on, has_phone, pays, running
from tests.stories.world import World
from voltway.vehicles.catalogue import found
from voltway_world.push import PushService
from voltway_world.stations.cars import some_car

CAR = next(each for each in found("hyundai ioniq 5") if each.measured)
TITLE = "Your car is soon done"


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as running:
        yield running


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_the_typed_percent_tells_in_time_by_ac(
    world: World, service: PushService, version: str
) -> None:
    await world.prices({"type": "ENERGY", "price": 0.49})
    post = await world.station(version, evses=1, power_w=11_000)
    bay = f"/e/{post.inside.evses[1].public_id}"

    # She chooses her car, types how full it comes, pays and plugs in.
    await sends(world, "/car", model=str(CAR.id), back=bay)
    assert await sends(world, "/car", soc="66", target="80", back=bay) == bay
    assert f"{CAR.title}, 66 to 80 %" in await reads(world, bay)
    visit = re.sub(
        r"^https?://[^/]+", "", await pays(await sends(world, f"{bay}/start", way="card"))
    )
    visit = visit.partition("?")[0]
    phone = await has_phone(world, service, visit.removeprefix("/v/"))
    await reads(world, visit)
    await world.within(post.outside.plug_in(1, some_car(soc=66)))
    await world.until("session:*", lambda: running(world))

    # Her station meters energy, and never says how full the car is.
    register = post.outside.forecourt.bay(1).register_wh
    charges_for = int(CAR.battery_wh * 0.14 * 0.95 / 0.89 / 11_000 * 60)
    for minute in range(1, charges_for):
        register += 11_000 // 60
        world.clock.jump(timedelta(minutes=1))
        await world.within(post.outside.meter(1, register, world.clock.now(), power_w=11_000))
        await goes_on(world, 0)
        if minute == 5:
            page = await reads(world, visit)
            assert "to about 80 %" in page
            assert "We count from the 66 % with which you came." in page
    while TITLE not in [each["title"] for each in phone.shown]:
        await world.within(phone.came.get())

    [body] = [each["body"] for each in phone.shown if each["title"] == TITLE]
    assert re.search(r"80.% at about \d\d:\d\d", body)
