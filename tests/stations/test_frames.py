"""Raw frames, as they come and packed, against a real PostgreSQL."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import msgspec
import pytest

from tests.conftest import NOON
from tests.stations.floor import a_station
from voltway.kernel.ids import PartyId
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork, Work
from voltway.stations import actions
from voltway.stations.frames import SHARES, bucket
from voltway.stations.model import Direction, KeptFrame, Station

LATER = timedelta(minutes=10)


def heard(station: Station, n: int, text: str = "call") -> tuple[PartyId, KeptFrame]:
    at = NOON + timedelta(seconds=n)
    frame = KeptFrame(station.id, Direction.HEARD, at, f"{text} {n}".encode())
    return station.party, frame


def said(station: Station, n: int) -> tuple[PartyId, KeptFrame]:
    at = NOON + timedelta(seconds=n)
    frame = KeptFrame(station.id, Direction.SAID, at, f"answer {n}".encode())
    return station.party, frame


async def kept(begin: BeginWork, table: str) -> int:
    async with begin() as work:
        row = await work.one(f"SELECT count(*) AS n FROM {table}")
    assert row is not None
    return int(row["n"])


async def test_the_last_frames_of_a_station_come_newest_first(
    begin: BeginWork, station: Station
) -> None:
    async with begin() as work:
        other = await a_station(work, "CS2")
        for n in range(50):
            told = [heard(station, n), said(station, n), heard(other, n, "other")]
            actions.keep_frames(work, told)
        frames = await actions.last_frames(work, station.id, 5)

    assert [frame.text for frame in frames] == [
        b"answer 49",
        b"call 49",
        b"answer 48",
        b"call 48",
        b"answer 47",
    ]
    async with begin(PartyId(other.party)) as work:
        assert await actions.last_frames(work, station.id) == []
        assert len(await actions.last_frames(work, other.id)) == 50


async def test_nobody_tries_to_make_the_names_of_a_batch_smaller(begin: BeginWork) -> None:
    async with begin() as work:
        rows = await work.all(
            """
            SELECT attstorage::text AS storage
              FROM pg_attribute JOIN pg_inherits ON attrelid = inhrelid
             WHERE inhparent = 'frame_batch'::regclass AND attname = 'stations'
            """
        )
    assert len(rows) == 5
    assert {row["storage"] for row in rows} == {"e"}


async def test_packing_changes_nothing_that_is_read_and_empties_the_ring(
    begin: BeginWork, station: Station, clock: JumpingClock
) -> None:
    async with begin() as work:
        stations = [station, *[await a_station(work, f"CS{n}") for n in range(2, 8)]]
    for minute in range(100):
        clock.jump_to(NOON + timedelta(minutes=minute))
        async with begin() as work:
            told = [heard(each, 60 * minute) for each in stations]
            actions.keep_frames(work, told + [said(each, 60 * minute) for each in stations])

    async def read() -> list[list[KeptFrame]]:
        async with begin() as work:
            return [await actions.last_frames(work, each.id, 1000) for each in stations]

    before = await read()
    assert [len(each) for each in before] == [200] * 7
    assert await actions.pack_frames(begin) == 95 * 7  # a batch is of one party

    assert await read() == before
    assert await kept(begin, "frame_batch") == 5 * 7  # of the slot that is not over
    clock.jump(LATER)
    await actions.pack_frames(begin)
    assert await read() == before
    async with begin() as work:
        for n in range(4):
            row = await work.one(f"SELECT pg_relation_size('frame_batch_{n}') AS bytes")
            assert row is not None
            assert row["bytes"] == 0


async def test_only_the_last_frames_are_read_however_many_are_packed(
    begin: BeginWork, station: Station, clock: JumpingClock
) -> None:
    for n in range(3000):
        async with begin() as work:
            actions.keep_frames(work, [heard(station, n)])
    clock.jump(LATER)
    await actions.pack_frames(begin)
    async with begin() as work:
        actions.keep_frames(work, [heard(station, 3000)])
        frames = await actions.last_frames(work, station.id, 3)

    assert [frame.text for frame in frames] == [b"call 3000", b"call 2999", b"call 2998"]


async def test_a_packer_that_dies_has_moved_whole_batches_or_none(
    begin: BeginWork, station: Station, clock: JumpingClock
) -> None:
    for n in range(20):
        async with begin() as work:
            actions.keep_frames(work, [heard(station, n)])
    clock.jump(LATER)
    async with begin() as work:
        before = await actions.last_frames(work, station.id)

    @asynccontextmanager
    async def begin_and_die(party: PartyId | None = None) -> AsyncIterator[Work]:
        async with begin(party) as work:
            yield work
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await actions.pack_frames(begin_and_die)
    assert await kept(begin, "frame_batch") == 20
    async with begin() as work:
        assert await actions.last_frames(work, station.id) == before

    assert await actions.pack_frames(begin) == 20

    async with begin() as work:
        assert await actions.last_frames(work, station.id) == before
    assert await kept(begin, "frame_batch") == 0


async def test_packers_at_once_pack_each_batch_once(
    begin: BeginWork, station: Station, clock: JumpingClock
) -> None:
    for n in range(200):
        async with begin() as work:
            actions.keep_frames(work, [heard(station, n)])
    clock.jump(LATER)

    moved = await asyncio.gather(*(actions.pack_frames(begin) for _ in range(4)))

    assert sum(moved) == 200
    async with begin() as work:
        frames = await actions.last_frames(work, station.id, 1000)
    assert [frame.text for frame in frames] == [b"call %d" % n for n in reversed(range(200))]


async def test_frames_of_before_are_read_and_packed(begin: BeginWork, station: Station) -> None:
    blob = zlib.compress(msgspec.msgpack.encode([[0, False, 1772452800000, b"old"]]), 1)
    async with begin() as work:
        await work.run(
            "INSERT INTO frame_batch (party_id, at, slot, stations, frames)"
            " VALUES ($1, $2, -1, $3, $4)",
            station.party,
            NOON - timedelta(days=1),
            [station.id],
            blob,
        )
        (frame,) = await actions.last_frames(work, station.id)
        assert (frame.text, frame.at) == (b"old", NOON)

    assert await actions.pack_frames(begin) == 1

    async with begin() as work:
        assert await actions.last_frames(work, station.id) == [frame]
    assert await kept(begin, "frame_batch") == 0


async def test_old_frames_are_forgotten_by_whole_days(
    begin: BeginWork, station: Station, clock: JumpingClock
) -> None:
    for day in range(3):
        clock.jump_to(NOON + timedelta(days=day))
        async with begin() as work:
            actions.keep_frames(work, [heard(station, day)])
    clock.jump(LATER)
    await actions.pack_frames(begin)
    clock.jump_to(NOON + timedelta(days=31, hours=1))

    assert await actions.forget_old_frames(begin, days=0) == 0
    assert await actions.forget_old_frames(begin, days=30) == 1

    async with begin() as work:
        frames = await actions.last_frames(work, station.id)
    assert [frame.text for frame in frames] == [b"call 2", b"call 1"]


async def test_a_round_of_packing_is_bounded_in_bytes(
    begin: BeginWork, station: Station, clock: JumpingClock
) -> None:
    long = "x" * (9 << 20)
    for n in range(5):
        async with begin() as work:
            actions.keep_frames(work, [heard(station, n, long)])
    clock.jump(LATER)

    assert await actions.pack_frames(begin, seconds=0) == 3  # 27 of 32 MiB
    assert await actions.pack_frames(begin) == 2


@pytest.mark.parametrize("shares", SHARES)
def test_buckets_of_different_cuts_are_never_mixed_up(station: Station, shares: int) -> None:
    assert shares <= bucket(station.id, shares) < 2 * shares
