"""Days of readings packed, against a real PostgreSQL: no bill changes, and no reading is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.network import AStation
from tests.sessions.telling import Line, minute, reading, stop16, values
from voltway.kernel.ids import PartyId
from voltway.kernel.units import PowerW, RegisterWh
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database_trouble import WorkCollided
from voltway.runtime.work import BeginWork, Work
from voltway.sessions import actions, sweeps, sweeps_packing
from voltway.sessions.actions import KeptReading
from voltway.sessions.model import SessionRecord
from voltway.sessions.shelf import Shelf
from voltway.stations.reports import Context, Heard, Reading
from voltway.tariffs.model import Cost

DAY = 60 * 24  # in minutes


async def whole(
    begin: BeginWork, line: Line
) -> list[tuple[SessionRecord, Cost, list[KeptReading]]]:
    """Each session as billing, pages and charts have it, the oldest first."""
    found = []
    for session in await line.sessions():
        async with begin() as work:
            record, cost = await actions.cost_so_far(work, session.id)
            found.append((record, cost, await actions.readings_of(work, session.id)))
    return found


async def pack(begin: BeginWork) -> None:
    while await sweeps_packing.pack_readings(begin, after_h=24):
        pass


async def parts(begin: BeginWork) -> list[str]:
    async with begin() as work:
        rows = await work.all("SELECT part FROM parts_of('session_reading') AS part")
    return [row["part"].removeprefix("session_reading_") for row in rows]


times = st.lists(st.integers(1, 2 * DAY), min_size=0, max_size=12)


@st.composite
def told_between(draw: st.DrawFn) -> list[Reading]:
    """Readings of a session of two days: some rise, some dip, some repeat, some say little."""
    return [
        Reading(
            minute(at),
            draw(st.none() | st.integers(0, 40).map(lambda kwh: RegisterWh(10_000 + 1000 * kwh))),
            draw(st.none() | st.integers(0, 22_000).map(PowerW)),
            soc_percent=draw(st.none() | st.integers(0, 100)),
            context=draw(st.sampled_from([Context.PERIODIC, Context.CLOCK, Context.TRIGGER])),
            rest=draw(st.none() | st.just('["Temperature","31","Celsius"]')),
        )
        for at in draw(times)
    ]


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(between=told_between(), late=told_between(), at_once=st.integers(1, 5))
async def test_packing_changes_no_bill_and_loses_no_reading(
    line: Line,
    begin: BeginWork,
    clock: JumpingClock,
    between: list[Reading],
    late: list[Reading],
    at_once: int,
) -> None:
    async with begin() as work:
        for table in ("session_reading", "reading_pack", "reading_day", "session_state", "session"):
            await work.run(f"DELETE FROM {table}")
    clock.jump_to(minute(0))
    ref = await line.starts16(1, 0, 10_000)
    for one in sorted(between, key=lambda each: each.at or minute(0)):
        assert one.at is not None
        clock.jump_to(max(clock.now(), one.at))
        await line.tell(values(ref, 1, one))
    clock.jump_to(minute(2 * DAY + 1))
    await line.tell(stop16(ref, 2 * DAY + 1, 50_000))
    before = await whole(begin, line)
    assert len(before[0][2]) >= 2

    clock.jump_to(minute(2 * DAY + 1 + DAY * at_once))
    await pack(begin)

    assert await whole(begin, line) == before
    for one in late:
        await line.tell(values(ref, 1, one))
    merged = await whole(begin, line)
    assert {row[1:] for row in before[0][2]} <= {row[1:] for row in merged[0][2]}
    assert {(row.at, row.register_wh, row.rest) for row in merged[0][2]} >= {
        (one.at, one.register_wh, one.rest) for one in late
    }
    clock.jump(timedelta(days=3))
    await pack(begin)
    assert await whole(begin, line) == merged
    assert await parts(begin) == []


async def test_a_day_is_dropped_when_all_of_it_is_packed_and_others_stay(
    line: Line, begin: BeginWork, clock: JumpingClock
) -> None:
    await sweeps.make_days(begin)
    ref = await line.starts16(1, 60, 10_000)
    clock.jump_to(minute(DAY + 60))
    await line.tell(values(ref, 1, reading(DAY + 60, 11_000)))
    clock.jump_to(minute(DAY * 1.4))
    assert await parts(begin) == ["20260302", "20260303", "20260304"]

    await pack(begin)
    assert await parts(begin) == ["20260302", "20260303", "20260304"]  # not over for long enough
    clock.jump_to(minute(DAY * 1.6))
    before = await whole(begin, line)
    await pack(begin)
    assert await parts(begin) == ["20260303", "20260304"]
    assert await whole(begin, line) == before  # it still runs

    await line.tell(stop16(ref, DAY * 1.6, 20_000))
    assert (await line.one()).energy_wh == 10_000


async def test_readings_outside_of_sessions_are_packed_by_evse_and_day(
    line: Line, begin: BeginWork, here: AStation, clock: JumpingClock
) -> None:
    for day in range(2):
        clock.jump_to(minute(DAY * day))
        for n in range(5):
            at = DAY * day + n
            await line.tell(values(None, 1, reading(at, 500 + n)))
            await line.tell(values(None, 0, reading(at, 900 + n)))
    clock.jump_to(minute(DAY * 4))

    await pack(begin)

    async with begin() as work:
        rows = await work.all(
            "SELECT of_id, of_kind, day, count FROM reading_pack ORDER BY of_kind, day"
        )
    found = [(row["of_id"], row["of_kind"], row["day"].day, row["count"]) for row in rows]
    assert found == [
        (here.evse(), 1, 2, 5),
        (here.evse(), 1, 3, 5),
        (here.station.id, 2, 2, 5),
        (here.station.id, 2, 3, 5),
    ]
    assert await parts(begin) == []


async def told_three_sessions(line: Line, clock: JumpingClock) -> None:
    for nth in range(3):
        start = 100 * nth
        clock.jump_to(minute(start))
        ref = await line.starts16(1, start, 10_000)
        for n in range(1, 9):
            await line.tell(values(ref, 1, reading(start + n, 10_000 + 100 * n)))
        await line.tell(stop16(ref, start + 9, 11_000))


async def test_a_packer_that_dies_at_any_step_loses_nothing(
    line: Line, begin: BeginWork, clock: JumpingClock
) -> None:
    await told_three_sessions(line, clock)
    before = await whole(begin, line)
    clock.jump_to(minute(DAY * 3))
    lives = 0

    @asynccontextmanager
    async def begin_and_die(party: PartyId | None = None) -> AsyncIterator[Work]:
        nonlocal lives
        async with begin(party) as work:
            yield work
            lives -= 1
            if lives < 0:
                raise ConnectionResetError

    for steps in (0, 1, 1, 2, 1, 2, 1):
        lives = steps
        with pytest.raises(ConnectionResetError):
            await sweeps_packing.pack_readings(begin_and_die, after_h=24)
        assert await whole(begin, line) == before
    await pack(begin)

    assert await whole(begin, line) == before
    assert await parts(begin) == []


async def test_packers_at_once_pack_each_day_once(
    line: Line, begin: BeginWork, clock: JumpingClock
) -> None:
    await told_three_sessions(line, clock)
    before = await whole(begin, line)
    clock.jump_to(minute(DAY * 3))

    for _ in range(3):
        await asyncio.gather(*(sweeps_packing.pack_readings(begin, after_h=24) for _ in range(4)))

    assert await whole(begin, line) == before
    assert await line.count("reading_pack") == 3
    assert await parts(begin) == []


async def test_what_is_heard_into_a_day_that_is_packed_already_is_packed_too(
    line: Line, begin: BeginWork, clock: JumpingClock
) -> None:
    await told_three_sessions(line, clock)
    clock.jump_to(minute(DAY * 3))
    async with begin() as holds_the_day:  # a reader keeps the partition from being dropped
        await holds_the_day.all("SELECT FROM session_reading LIMIT 1")
        await pack(begin)
        assert await parts(begin) == ["20260302"]
    # A gateway whose clock is three days late.
    await line.tell(values(None, 1, reading(500, 700)), received=500)
    before = await whole(begin, line)

    await pack(begin)
    await pack(begin)

    assert await parts(begin) == []
    assert await whole(begin, line) == before
    async with begin() as work:
        rows = await work.all("SELECT of_kind, count FROM reading_pack ORDER BY of_kind")
    assert [tuple(row.values()) for row in rows] == [(0, 10), (0, 10), (0, 10), (1, 1)]


async def test_a_round_of_packing_goes_on_where_the_last_one_ended(
    line: Line, begin: BeginWork, clock: JumpingClock
) -> None:
    await told_three_sessions(line, clock)
    clock.jump_to(minute(DAY * 3))

    assert await sweeps_packing.pack_readings(begin, after_h=24, seconds=0) == 30
    assert await parts(begin) == ["20260302"]
    for _ in range(6):
        await sweeps_packing.pack_readings(begin, after_h=24, seconds=0)
    assert await parts(begin) == []


async def test_a_session_keeps_its_readings_though_our_clock_is_set_back(
    line: Line, begin: BeginWork, clock: JumpingClock
) -> None:
    ref = await line.starts16(1, 100, 10_000)
    await line.tell(values(ref, 1, reading(104, 10_500)), received=121)
    await line.tell(values(ref, 1, reading(108, 11_000)), received=110)
    await line.tell(stop16(ref, 112, 11_400), received=111)
    told = {10_000, 10_500, 11_000, 11_400}

    [(_, _, readings)] = await whole(begin, line)
    assert {one.register_wh for one in readings} == told

    clock.jump_to(minute(DAY * 3))
    await pack(begin)

    [(_, _, readings)] = await whole(begin, line)
    assert {one.register_wh for one in readings} == told


async def test_a_long_reader_delays_the_making_of_a_day_and_nothing_else(
    line: Line, begin: BeginWork, clock: JumpingClock
) -> None:
    await sweeps.make_days(begin)
    ref = await line.starts16(1, 0, 10_000)
    clock.jump_to(minute(DAY))
    async with begin() as a_dump:
        await a_dump.all("SELECT FROM session_reading LIMIT 1")
        with pytest.raises(WorkCollided):
            await sweeps.make_days(begin)
        await line.tell(values(ref, 1, reading(DAY, 11_000)))

    await sweeps.make_days(begin)

    assert await parts(begin) == ["20260302", "20260303", "20260304", "20260305"]
    assert await line.count("session_reading") == 2


async def test_a_gateway_whose_clock_is_days_late_makes_the_day_again_that_was_dropped(
    line: Line, begin: BeginWork, clock: JumpingClock
) -> None:
    shelf = Shelf()

    async def tell(at: float) -> None:
        report = values(None, 1, reading(at, 500))
        heard = Heard(0, line.station, "MeterValues", minute(at), [report])
        async with begin() as work:
            await actions.record(work, [heard], shelf)

    await tell(1)
    shelf.put_back({line.station})
    clock.jump_to(minute(3 * DAY))
    await pack(begin)
    assert await parts(begin) == []

    with pytest.raises(WorkCollided):
        await tell(2)
    shelf.lose()
    await tell(2)

    assert await parts(begin) == ["20260302"]
