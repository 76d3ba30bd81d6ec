"""Work is planned at a station where Ann charges: nobody cuts her, nobody comes after her, and the
station opens its bays again, also when it had no line as the work ended."""

from datetime import timedelta
from typing import Any

import pytest

from tests.stories.world import Post, World
from voltway.stations import windows
from voltway_world.stations import CannotDo


async def passes(world: World, post: Post, minutes: float) -> None:
    """Time goes by here and at the station, and the house looks what is due."""
    world.clock.jump(timedelta(minutes=minutes))
    post.outside.pass_time(minutes * 60)
    await world.within(post.outside.settled())
    await windows.move(world.house.begin)


async def shows(world: World, post: Post, *statuses: str) -> None:
    """What the station says of its bays, in the end."""

    async def is_said() -> bool:
        async with world.house.begin() as work:
            rows = await work.all(
                "SELECT status FROM evse WHERE station_id = $1 ORDER BY number",
                post.inside.station.id,
            )
        return tuple(row["status"] for row in rows) == statuses

    await world.until("station:*", is_said)


async def plans(world: World, post: Post, minutes: int) -> Any:
    async with world.house.begin() as work:
        return await windows.plan(
            work,
            post.inside.location.id,
            starts_at=work.now + timedelta(minutes=1),
            ends_at=work.now + timedelta(minutes=1 + minutes),
            reason="New cables",
            by="Olga",
        )


async def words(world: World) -> list[str]:
    """How the station answered what it was asked for planned work, bay by bay."""
    async with world.house.begin() as work:
        rows = await work.all(
            """
            SELECT evse, body ->> 'operative' AS operative, word FROM order_view
             WHERE kind = 'ChangeAvailability' ORDER BY number
            """
        )
    return [
        f"{row['evse']} {'on' if row['operative'] == 'true' else 'off'} {row['word']}"
        for row in rows
    ]


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_nobody_is_cut_by_planned_work_and_nobody_starts_while_it_lasts(
    world: World, version: str
) -> None:
    await world.prices({"type": "ENERGY", "price": 0.50})
    card = await world.card("04AAAAAA")
    post = await world.station(version)
    await world.within(post.outside.settled())
    await plans(world, post, 60)
    await world.within(post.outside.present_token(1, card))
    await world.within(post.outside.plug_in(1))
    await world.until("session:*", world.sessions)

    await passes(world, post, 2)
    taken = "charging" if version == "1.6" else "preparing"  # 2.x says that it is occupied
    await shows(world, post, taken, "unavailable")
    assert await words(world) == ["1 off Scheduled", "2 off Accepted"]
    with pytest.raises(CannotDo):
        await post.outside.present_token(2, card)

    await passes(world, post, 10)
    await world.within(post.outside.unplug(1))
    await shows(world, post, "unavailable", "unavailable")
    [session] = await world.sessions()
    assert session["ended_at"] - session["started_at"] >= timedelta(minutes=12)

    await passes(world, post, 60)
    await shows(world, post, "available", "available")


async def test_a_station_without_a_line_at_the_end_opens_when_it_is_back(world: World) -> None:
    post = await world.station("1.6")
    await world.within(post.outside.settled())
    await plans(world, post, 60)
    await passes(world, post, 2)
    await shows(world, post, "unavailable", "unavailable")

    post.outside.go_offline()
    await world.until("station:*", lambda: is_gone(world))
    world.clock.jump(timedelta(hours=5))
    await windows.move(world.house.begin)
    post.outside.come_back()

    await shows(world, post, "available", "available")


async def is_gone(world: World) -> bool:
    async with world.house.begin() as work:
        [row] = await work.all("SELECT connected FROM station_view")
    return not row["connected"]
