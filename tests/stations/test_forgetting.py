"""What stations told beside their sessions goes in time, and a flood of it fills nothing."""

from datetime import timedelta

from tests.conftest import NOON
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork, Work
from voltway.stations import actions, forgetting
from voltway.stations.model import FrameForReview, Station

DAY = timedelta(days=1)


async def count(begin: BeginWork, table: str) -> int:
    async with begin() as work:
        row = await work.one(f"SELECT count(*) AS n FROM {table}")
    assert row is not None
    return int(row["n"])


async def tell(work: Work, station: Station, n: int) -> None:
    """Something of each kind that a station can make us keep."""
    values = (station.id, station.party, work.now, n)
    await work.run(
        "INSERT INTO station_event (station_id, party_id, at, kind, body)"
        " SELECT $1, $2, $3, 'vendor', '{}' FROM generate_series(1, $4)",
        *values,
    )
    await work.run(
        "INSERT INTO station_variable (station_id, party_id, name, told_at)"
        " SELECT $1, $2, 'V' || n, $3 FROM generate_series(1, $4) AS n",
        *values,
    )
    await work.run(
        "INSERT INTO deviation (station_id, party_id, kind, path, count, first_at, last_at, sample)"
        " SELECT $1, $2, 'odd', 'P' || n, 1, $3, $3, '' FROM generate_series(1, $4) AS n",
        *values,
    )


async def test_old_events_are_forgotten_and_new_ones_stay(
    begin: BeginWork, station: Station, clock: JumpingClock
) -> None:
    async with begin() as work:
        await tell(work, station, 3)
    clock.jump(20 * DAY)
    async with begin() as work:
        await work.run(
            "INSERT INTO station_event (station_id, party_id, at, kind, body)"
            " VALUES ($1, $2, $3, 'vendor', '{}')",
            station.id,
            station.party,
            work.now,
        )
    clock.jump(15 * DAY)

    assert await actions.forget_old_events(begin, days=0) == 0
    assert await actions.forget_old_events(begin, days=30) == 3 + 3
    assert await count(begin, "station_event") == 1
    assert await count(begin, "deviation") == 0
    assert await count(begin, "station_variable") == 3, "a variable is what the station is"


async def test_variables_go_with_their_station(
    begin: BeginWork, station: Station, clock: JumpingClock
) -> None:
    async with begin() as work:
        await tell(work, station, 2)
        await actions.remove_station(work, station.id)
    clock.jump(31 * DAY)

    await actions.forget_old_events(begin, days=30)

    assert await count(begin, "station_variable") == 0


async def test_a_frame_waits_until_a_person_has_looked_and_goes_later(
    begin: BeginWork, station: Station, clock: JumpingClock
) -> None:
    async with begin() as work:
        frame = FrameForReview(station=station.id, at=NOON, action="X", frame=b"[]", why="?")
        await actions.keep_for_review(work, [frame])
    clock.jump(1000 * DAY)
    assert await actions.forget_old_events(begin, days=30) == 0
    async with begin() as work:
        [row] = await work.all("SELECT id FROM frame_review_view")
        await actions.mark_reviewed(work, row["id"])
    assert await actions.forget_old_events(begin, days=30) == 0
    clock.jump(31 * DAY)

    assert await actions.forget_old_events(begin, days=30) == 1


async def test_a_station_that_floods_us_keeps_its_newest(
    begin: BeginWork, station: Station
) -> None:
    async with begin() as work:
        await tell(work, station, 10_050)

    assert await actions.forget_old_events(begin, days=30) == 50 + 50 + 9_050

    for table, most, _ in forgetting.CROWDS[:3]:
        assert await count(begin, table) == most
    async with begin() as work:
        row = await work.one("SELECT min(id) AS oldest, max(id) AS newest FROM station_event")
    assert row is not None
    assert row["newest"] - row["oldest"] == 9_999
