"""Bills made again from the raw frames alone come out as they were, to the cent."""

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.stories.world import Post, World
from voltway.billing import checking, recomputing
from voltway.billing.model_checks import Invariant
from voltway.billing.recomputing import Recomputed, Verdict
from voltway.kernel.units import RegisterWh
from voltway.ocpp.hearing import heard_again
from voltway.runtime.database import connect_owner
from voltway.stations.frames import NOT_KEPT, keep_frames
from voltway.stations.frames_packing import pack_frames
from voltway.stations.model import Direction, KeptFrame
from voltway.stations.reports import Ended, HeardAgain, Report

CARD = "04A1B2C3D4E5F6"


async def recomputed(world: World) -> list[Recomputed]:
    ids = [row["id"] for row in await world.sessions()]
    async with world.house.begin() as work:
        return await recomputing.recompute(work, heard_again, ids)


async def some_sessions(world: World, post: Post) -> None:
    """Three: one with readings and one without at the same time, and one told after an outage."""
    outside, card, clock = post.outside, await world.card(CARD), world.clock
    noon = clock.now()
    await world.within(outside.start(1, card, 100_000, noon))
    clock.jump(timedelta(seconds=7))
    await world.within(outside.start(2, card, 500_000, clock.now()))
    for minutes in (7, 21, 33):
        clock.jump_to(noon + timedelta(minutes=minutes))
        await world.within(outside.meter(1, 100_000 + 150 * minutes, clock.now(), power_w=9_000))
    clock.jump_to(noon + timedelta(minutes=61, milliseconds=250))
    await world.within(outside.stop(2, 507_777, clock.now()))
    await world.within(outside.stop(1, 106_431, clock.now()))

    outside.go_offline()
    before = clock.now()
    told: list[Awaitable[object]] = [
        outside.start(1, card, 106_431, before + timedelta(minutes=5)),
        outside.meter(1, 108_000, before + timedelta(minutes=20)),
        outside.stop(1, 109_123, before + timedelta(minutes=50)),
    ]
    clock.jump(timedelta(hours=3))
    outside.come_back()
    await world.within(asyncio.gather(*told))


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_each_bill_comes_out_equal_from_its_raw_frames_and_a_changed_one_does_not(
    world: World, version: str, database_url: str
) -> None:
    await world.prices(
        {"type": "ENERGY", "price": 0.49},
        {"type": "TIME", "price": 1.30, "step_size": 60},
        {"type": "FLAT", "price": 0.35},
    )
    await some_sessions(world, await world.station(version))
    assert len(await world.bills(3)) == 3

    before = await recomputed(world)
    world.clock.jump(timedelta(minutes=30))
    await pack_frames(world.house.begin)
    packed = await recomputed(world)
    owner = await connect_owner(database_url)
    await owner.execute("SET session_replication_role = replica")  # no trigger stands in the way
    await owner.execute("DELETE FROM session_reading")
    await owner.execute(
        "UPDATE cdr SET document = replace(document, '\"total_minor\":', '\"total_minor\":1'),"
        " sha256 = encode(sha256(convert_to("
        "replace(document, '\"total_minor\":', '\"total_minor\":1'), 'UTF8')), 'hex')"
    )
    forged = await recomputed(world)
    await owner.execute("TRUNCATE frame_batch, frame_pack")
    await owner.close()
    untold = await recomputed(world)

    assert [(one.verdict, one.differences) for one in before] == [(Verdict.EQUAL, ())] * 3
    assert [(one.verdict, one.differences) for one in packed] == [(Verdict.EQUAL, ())] * 3
    assert [one.verdict for one in forged] == [Verdict.DIFFERENT] * 3
    assert {one.what for each in forged for one in each.differences} == {
        "the total",
        "the document's total",
    }
    assert [one.verdict for one in untold] == [Verdict.UNTOLD] * 3


async def test_a_bill_is_not_made_again_where_frames_of_its_station_are_missing(
    world: World,
) -> None:
    await world.prices({"type": "ENERGY", "price": 0.49})
    post = await world.station("1.6")
    await some_sessions(world, post)
    await world.bills(3)
    first, *_ = sorted(await world.sessions(), key=lambda row: row["started_at"])
    meanwhile = first["started_at"] + timedelta(minutes=30)
    mark = KeptFrame(post.inside.station.id, Direction.SAID, meanwhile, NOT_KEPT)

    async with world.house.begin() as work:
        keep_frames(work, [(post.inside.party.id, mark)])

    told = [one.verdict for one in await recomputed(world)]
    assert sorted(told) == [Verdict.EQUAL, Verdict.UNTOLD, Verdict.UNTOLD]


class Drifting(list[Report]):
    """Reports that say a kilowatt-hour more each time somebody reads them."""

    def __iter__(self) -> Iterator[Report]:
        for place, report in enumerate(list(super().__iter__())):
            if isinstance(report, Ended) and report.readings:
                last = report.readings[-1]
                more = replace(last, register_wh=RegisterWh((last.register_wh or 0) + 1000))
                self[place] = replace(report, readings=(*report.readings[:-1], more))
            yield self[place]


def heard_otherwise(frames: Sequence[KeptFrame]) -> list[HeardAgain]:
    """What no station does: told twice, it tells something else."""
    return [
        replace(one, call=replace(one.call, reports=Drifting(one.call.reports)))
        for one in heard_again(frames)
    ]


async def test_the_check_recomputes_each_bill_and_finds_what_is_not_repeatable(
    world: World,
) -> None:
    await world.prices({"type": "ENERGY", "price": 0.49}, {"type": "PARKING_TIME", "price": 3})
    await some_sessions(world, await world.station("1.6"))
    await world.bills(3)

    sound = await checking.check_books(
        world.house.begin, heard_again, world.party.id, asked_by="the test", whole=True
    )
    odd = await checking.check_books(
        world.house.begin, heard_otherwise, world.party.id, asked_by="the test", whole=True
    )

    assert [(part.invariant, part.found) for part in sound.parts if part.found] == []
    counts = {part.invariant: (part.checked, part.unchecked) for part in sound.parts}
    assert counts[Invariant.RECOMPUTED] == counts[Invariant.REPEATABLE] == (3, 0)
    found = {part.invariant: len(part.found) for part in odd.parts if part.found}
    assert found == {Invariant.RECOMPUTED: 3, Invariant.REPEATABLE: 3}
