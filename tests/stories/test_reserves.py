"""Ann reserves a bay, drives there, charges at it and reads her receipt; Ben finds it kept for
her, and his own reservation is lost with a word."""

import re
from datetime import timedelta
from typing import Any, Final

import pytest

from tests.stories.pages import mailed, reads, sends
from tests.stories.world import CARD, Post, World
from voltway.stations import abilities
from voltway.waiting import keeping
from voltway_world.calling import a_line
from voltway_world.mail.box import Mail
from voltway_world.stations import CannotDo

ANN: Final = "ann@example.org"


async def comes(world: World, touched: str, path: str, words: str) -> str:
    """The page, once these words stand on it."""

    async def said() -> str:
        text = await reads(world, path)
        return text if words in text else ""

    return str(await world.until(touched, said))


async def told(world: World, *words: str) -> Mail:
    """The mail to Ann in which all of this stands."""
    return await mailed(world, ANN, *words)


async def goes_on(world: World, post: Post, minutes: float) -> None:
    """Time goes by here and at the station, which says that it is alive."""
    world.clock.jump(timedelta(minutes=minutes))
    async with world.house.begin() as work:
        await work.run("UPDATE station SET last_heard_at = $1", work.now)
    post.outside.pass_time(minutes * 60)
    await world.within(post.outside.settled())
    await keeping.move(world.house.begin)


async def learns(world: World) -> None:
    """The house asks its station whether it can be reserved, and is told."""
    await abilities.ask(world.house.begin)

    async def is_told() -> bool:
        async with world.house.begin() as work:
            rows = await work.all("SELECT state FROM order_view WHERE kind = 'ReadVariables'")
        return all(each["state"] == "done" for each in rows)

    await world.until("order:*", is_told)


async def pays(hosted_url: str) -> str:
    async with a_line() as driver:
        done = await driver.post(hosted_url, data=CARD)
    visit = str(done.headers["location"])
    return re.sub(r"^https?://[^/]+", "", visit).partition("?")[0]


async def running(world: World) -> list[Any]:
    return [each for each in await world.sessions() if each["ended_at"] is None]


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_bay_is_reserved_reached_charged_at_and_billed(world: World, version: str) -> None:
    await world.prices({"type": "ENERGY", "price": 0.50})
    await world.card("04BBBBBB")
    post = await world.station(version, evses=2, power_w=150_000, can_reserve=True)
    await world.within(post.outside.settled())
    await learns(world)
    bay = post.inside.evses[1].public_id

    # She reserves, and the station keeps the bay.
    assert "Reserve this bay" in await reads(world, f"/e/{bay}")
    page = await sends(world, f"/e/{bay}/reserve", email=ANN, minutes="15")
    await comes(world, "reservation:*", page, "Bay 1 is reserved for you")
    await world.within(post.outside.settled())
    assert "1 of 2 free" in await reads(world, f"/l/{post.inside.location.id}")

    # Ben's card is refused by the station itself.
    with pytest.raises(CannotDo, match="reserved for somebody else"):
        await post.outside.present_token(1, "04BBBBBB")

    # The station loses its power on her way, and all that it knew; it keeps the bay again.
    world.clock.jump(timedelta(minutes=1))
    post.outside.options.forgets_reservations = True
    post.outside.power_cycle()

    async def has_booted() -> bool:
        async with world.house.begin() as work:
            [row] = await work.all("SELECT booted_at, connected FROM station_view")
        return bool(row["connected"]) and row["booted_at"] == world.clock.now()

    await world.until("station:*", has_booted)
    await goes_on(world, post, 0)

    async def is_kept() -> bool:
        return post.outside.forecourt.bay(1).reservation is not None

    await world.until("order:*", is_kept)

    # Ten minutes later she is warned, arrives, pays and plugs in.
    await goes_on(world, post, 9)
    await told(world, "ends at")
    visit = await pays(await sends(world, f"/e/{bay}/start", way="card", email=ANN))
    await reads(world, visit)
    await world.within(post.outside.plug_in(1))
    await world.until("session:*", lambda: running(world))
    assert post.outside.forecourt.bay(1).reservation is None
    session = post.outside.forecourt.bay(1).session
    assert session is not None
    assert session.reservation is not None, "the start was that of the reservation"
    await keeping.move(world.house.begin)
    assert "You are charging" in await reads(world, page)

    world.clock.jump(timedelta(minutes=10))
    register = post.outside.forecourt.bay(1).register_wh + 20_000
    await world.within(post.outside.meter(1, register, world.clock.now(), power_w=120_000))
    await world.within(post.outside.unplug(1))
    [bill] = await world.bills(1)
    assert bill.energy_wh == 20_000
    assert "€10.00" in await reads(world, visit)
    assert await world.books_balance()


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_reservation_that_the_station_loses_is_told_and_one_unused_frees_the_bay(
    world: World, version: str
) -> None:
    await world.prices({"type": "ENERGY", "price": 0.50})
    post = await world.station(version, evses=2, can_reserve=True)
    await world.within(post.outside.settled())
    await learns(world)
    bay = post.inside.evses[1].public_id
    page = await sends(world, f"/e/{bay}/reserve", email=ANN, minutes="15")
    await comes(world, "reservation:*", page, "Bay 1 is reserved for you")

    await world.within(post.outside.fault(1))
    await comes(world, "reservation:*", page, "Your reservation was cancelled")
    await told(world, "was cancelled")
    await world.within(post.outside.repair(1))

    page = await sends(world, f"/e/{bay}/reserve", email=ANN, minutes="5")
    await comes(world, "reservation:*", page, "Bay 1 is reserved for you")
    await world.within(post.outside.settled())
    await goes_on(world, post, 6)
    await comes(world, "reservation:*", page, "Your time was over")
    assert post.outside.forecourt.bay(1).reservation is None
    assert "2 of 2 free" in await reads(world, f"/l/{post.inside.location.id}")


async def test_a_station_that_does_not_know_the_order_offers_no_reservation(world: World) -> None:
    await world.prices({"type": "ENERGY", "price": 0.50})
    post = await world.station("1.6", evses=2)
    await world.within(post.outside.settled())
    await learns(world)

    said = await reads(world, f"/e/{post.inside.evses[1].public_id}")

    assert "Reserve this bay" not in said
