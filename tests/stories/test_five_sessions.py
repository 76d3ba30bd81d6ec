"""Five situations that charging systems get wrong, in both versions, with bills to the cent."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

import pytest

from tests.stories.world import World
from voltway.sessions import actions

both_versions = pytest.mark.parametrize("version", ["1.6", "2.0.1"])


@both_versions
async def test_two_cards_at_two_connectors_of_one_station_are_two_sessions_and_two_bills(
    world: World, version: str
) -> None:
    await world.prices({"type": "ENERGY", "price": 0.50}, {"type": "FLAT", "price": 1.00})
    post = await world.station(version)
    ann, bob = await world.card("04A1B2C3D4E5F6"), await world.card("04B1B2C3D4E5F6")
    noon = world.clock.now()

    await world.within(post.outside.start(1, ann, 100_000, noon))
    world.clock.jump(timedelta(seconds=5))
    await world.within(post.outside.start(2, bob, 500_000, noon + timedelta(seconds=5)))
    world.clock.jump_to(noon + timedelta(minutes=30))
    await world.within(post.outside.meter(1, 104_000, world.clock.now()))
    await world.within(post.outside.meter(2, 507_000, world.clock.now()))
    world.clock.jump_to(noon + timedelta(minutes=60))
    await world.within(post.outside.stop(2, 510_000, world.clock.now()))
    await world.within(post.outside.stop(1, 106_000, world.clock.now()))

    anns, bobs = await world.bills(2)
    assert (anns.evse, anns.token, anns.energy_wh, anns.total) == (1, ann, 6_000, "4.00 EUR")
    assert (bobs.evse, bobs.token, bobs.energy_wh, bobs.total) == (2, bob, 10_000, "6.00 EUR")
    assert bobs.begins - anns.begins == timedelta(seconds=5)
    assert anns.doubts == bobs.doubts == ()
    assert await world.books_balance()


@both_versions
async def test_a_hundred_sessions_kept_through_an_outage_are_billed_each_at_the_price_of_its_time(
    world: World, version: str
) -> None:
    day = {"price_components": [{"type": "ENERGY", "price": 0.50, "vat": 25.5, "step_size": 1}]}
    night = {
        "price_components": [{"type": "ENERGY", "price": 0.25, "vat": 25.5, "step_size": 1}],
        "restrictions": {"start_time": "22:00", "end_time": "06:00"},
    }
    await world.prices(elements=[night, day])
    posts = [await world.station(version, evses=1) for _ in range(20)]
    card = await world.card("04A1B2C3D4E5F6")
    before = world.clock.now()
    for post in posts:
        post.outside.go_offline()
    told: list[Awaitable[object]] = []
    for index, post in enumerate(posts):
        register_wh = 1_000_000 * (index + 1)
        for nth in range(5):
            # In Helsinki, two hours ahead: from 15:00 on, every three hours; the last two at night.
            begins = before + timedelta(hours=1 + 3 * nth, minutes=index)
            told.append(post.outside.start(1, card, register_wh, begins))
            register_wh += 1_000 * (nth + 1) + 10 * index
            told.append(post.outside.stop(1, register_wh, begins + timedelta(minutes=30)))

    world.clock.jump(timedelta(hours=20))
    for post in posts:
        post.outside.come_back()
    await world.within(asyncio.gather(*told))

    bills = await world.bills(100)
    for index, post in enumerate(posts):
        mine = [bill for bill in bills if bill.identity == post.inside.station.identity]
        for nth, bill in enumerate(mine):
            energy_wh = 1_000 * (nth + 1) + 10 * index
            cents = energy_wh * (25 if nth >= 3 else 50)
            assert bill.energy_wh == energy_wh
            assert bill.begins == before + timedelta(hours=1 + 3 * nth, minutes=index)
            assert bill.ends == bill.begins + timedelta(minutes=30)
            assert bill.total == f"{(cents + 500) // 1000 / 100:.2f} EUR"
            assert bill.doubts == ()
    assert await world.books_balance()


@both_versions
async def test_registers_at_start_and_end_are_enough_for_a_bill(world: World, version: str) -> None:
    await world.prices({"type": "ENERGY", "price": 0.49})
    post = await world.station(version)
    card = await world.card("04A1B2C3D4E5F6")
    noon = world.clock.now()

    await world.within(post.outside.start(1, card, 20_000, noon))
    await world.within(post.outside.start(2, card, 70_000, noon))
    world.clock.jump(timedelta(minutes=20))
    await world.within(post.outside.meter(2, 73_000, world.clock.now()))
    world.clock.jump(timedelta(minutes=40))
    await world.within(post.outside.stop(1, 28_000, world.clock.now()))
    await world.within(post.outside.stop(2, 79_000, world.clock.now()))

    silent, stopped = await world.bills(2)
    assert (silent.energy_wh, silent.total) == (8_000, "3.92 EUR")
    assert (stopped.energy_wh, stopped.total) == (9_000, "4.41 EUR")
    assert silent.doubts == stopped.doubts == ()


@both_versions
async def test_fifty_stations_at_ten_readings_a_second_lose_none_and_end_whole(
    world: World, version: str
) -> None:
    await world.prices({"type": "ENERGY", "price": 0.40})
    posts = [await world.station(version, evses=1) for _ in range(50)]
    card = await world.card("04A1B2C3D4E5F6")
    noon = world.clock.now()
    readings = 20
    told: list[Awaitable[object]] = []
    for index, post in enumerate(posts):
        station, register_wh = post.outside, 100_000 * (index + 1)
        told.append(station.start(1, card, register_wh, noon - timedelta(minutes=4)))
        for nth in range(1, readings + 1):
            moment = noon - timedelta(minutes=4) + timedelta(seconds=10 * nth)
            told.append(station.meter(1, register_wh + 30 * nth, moment))
        told.append(station.stop(1, register_wh + 700, noon - timedelta(seconds=1)))
        told.append(station.start(1, card, register_wh + 700, noon))

    await world.within(asyncio.gather(*told))

    sessions = await world.sessions()
    ended = [row for row in sessions if not row["running"]]
    assert len(ended) == len([row for row in sessions if row["running"]]) == 50
    bills = await world.bills(50)
    assert {(bill.energy_wh, bill.total, bill.doubts) for bill in bills} == {(700, "0.28 EUR", ())}
    async with world.house.begin() as work:
        for row in ended:
            kept = await actions.readings_of(work, row["id"])
            registers = {reading.register_wh for reading in kept}
            assert len(registers) == readings + 2  # with begin and end
