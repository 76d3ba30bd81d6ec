"""Ann finds a place that is taken, watches it, is told, is outrun, queues, has her turn, pays and
charges, is told ten minutes before she is done, and reads her receipt."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

import pytest

from tests.stories.pages import mailed, reads, sends
from tests.stories.world import CARD, Post, World
from voltway.alerts import actions as alerts
from voltway.alerts import devices, pushing
from voltway.alerts.model_events import visit_holder
from voltway.payments import actions as payments
from voltway.sessions import targets
from voltway.waiting import lining_up, looking
from voltway_world.calling import a_line
from voltway_world.mail.box import Mail
from voltway_world.push import Phone, PushService

ANN: Final = "ann@example.org"
EVERY_S: Final = 300


async def told(world: World, *words: str) -> Mail:
    """The mail to Ann in which all of this stands."""
    return await mailed(world, ANN, *words)


async def stranger(world: World, post: Post, uid: str) -> None:
    await world.within(post.outside.present_token(1, uid))
    await world.within(post.outside.plug_in(1))


async def goes_on(world: World, minutes: float) -> None:
    """Time goes by, the station says that it is alive, and the rounds go."""
    world.clock.jump(timedelta(minutes=minutes))
    async with world.house.begin() as work:
        await work.run("UPDATE station SET last_heard_at = $1", work.now)
    await looking.look(world.house.begin, EVERY_S)
    await looking.look_after(world.house.begin, EVERY_S)
    await lining_up.move(world.house.begin, EVERY_S)
    await targets.look(world.house.begin)
    await alerts.wake_waiting(world.house.begin)


async def pays(hosted_url: str) -> str:
    async with a_line() as driver:
        done = await driver.post(hosted_url, data=CARD)
    return str(done.headers["location"])


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as running:
        yield running


async def has_phone(world: World, service: PushService, visit_key: str) -> Phone:
    """The browser in which her visit is open shows its alerts, for she has no account."""
    async with world.house.begin() as work:
        phone = service.subscribe(await pushing.public_key(work))
        paid = await payments.visit(work, visit_key)
        await devices.add(
            work,
            visit_holder(paid.id),
            endpoint=phone.endpoint,
            p256dh=phone.p256dh,
            auth=phone.subscription["keys"]["auth"],
            label="Ann's phone",
            hosts=service.url,
        )
    return phone


async def test_ann_waits_for_a_bay_charges_at_it_and_reads_her_receipt(
    world: World, service: PushService
) -> None:
    await world.prices({"type": "ENERGY", "price": 0.49})
    first, second = await world.card("04AAAAAA"), await world.card("04BBBBBB")
    post = await world.station("2.0.1", evses=1, power_w=150_000)
    bay, place = post.inside.evses[1].public_id, f"/l/{post.inside.location.id}"
    await stranger(world, post, first)

    # She looks for a place, and there is one that is taken.
    assert "0 of 1 free" in await reads(world, "/?q=square")
    assert "Nothing is free now" in await reads(world, place)

    # She watches it, is told, and somebody is quicker.
    watch = await sends(world, f"{place}/watch", email=ANN)
    await goes_on(world, 10)
    await world.within(post.outside.unplug(1))
    await goes_on(world, 2)
    assert watch in ((await told(world, "free")).text or "")
    await stranger(world, post, second)
    await goes_on(world, 1)
    await told(world, "taken")

    # So she queues, and the next free bay is held for her alone.
    turn = await sends(world, f"{place}/queue", email=ANN)
    assert "You are next" in await reads(world, turn)
    await world.within(post.outside.unplug(1))
    await goes_on(world, 1)
    await told(world, "turn")
    assert "Your turn: bay 1" in await reads(world, turn)
    await sends(world, f"{turn}/accept")
    assert "0 of 1 free" in await reads(world, "/?q=square")

    # She pays on the provider's page, plugs in, and charges.
    visit = await pays(await sends(world, f"/e/{bay}/start", way="card", email=ANN))
    visit = re.sub(r"^https?://[^/]+", "", visit).partition("?")[0]
    await reads(world, visit)
    await world.within(post.outside.plug_in(1))
    await world.until("session:*", lambda: running(world))
    await goes_on(world, 1)

    async def is_said() -> bool:
        return "You are charging" in await reads(world, turn)

    await world.until("line:*", is_said)

    # Her car fills up; ten minutes before it is done her phone tells her.
    phone = await has_phone(world, service, visit.removeprefix("/v/"))
    register = post.outside.forecourt.bay(1).register_wh
    for minute in range(1, 33):
        register += 1_000
        world.clock.jump(timedelta(minutes=1))
        at = world.clock.now()
        soc = 40 + minute
        await world.within(post.outside.meter(1, register, at, power_w=60_000, soc=soc))
        await goes_on(world, 0)
    while not phone.shown or "80" not in phone.shown[-1]["title"] + phone.shown[-1]["body"]:
        await world.within(phone.came.get())

    await world.within(post.outside.unplug(1))
    [*_, bill] = await world.bills(3)
    assert bill.energy_wh == 32_000
    await told(world, "15.68")
    receipt = await reads(world, visit)
    assert "€15.68" in receipt
    assert await world.books_balance()


async def running(world: World) -> list[Any]:
    return [each for each in await world.sessions() if each["ended_at"] is None]
