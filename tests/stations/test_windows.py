"""Planned work: when it may be, what it does to bays, and what is announced of it, once."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.network import AStation, a_party, a_station
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork
from voltway.stations import rules_windows, windows
from voltway.stations.model_windows import Window, WindowState
from voltway.stations.rules_windows import ClockSkipsThat, NotATimeThere, NotAWindow

HELSINKI = "Europe/Helsinki"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
async def here(begin: BeginWork) -> AStation:
    """A station with two bays that are free."""
    async with begin() as work:
        made = await a_station(work, await a_party(work))
        await work.run("UPDATE station SET connected_at = $1, last_heard_at = $1", work.now)
        await work.run("UPDATE evse SET status = 'available', status_at = $1", work.now)
    return made


@pytest.mark.parametrize(
    ("said", "is_end", "is_at"),
    [
        ("2026-03-02T12:00", False, "2026-03-02 10:00"),
        ("2026-07-02T12:00", False, "2026-07-02 09:00"),
        ("2026-03-29T02:59", False, "2026-03-29 00:59"),
        ("2026-03-29T04:00", False, "2026-03-29 01:00"),  # an hour was skipped
        ("2026-10-25T03:30", False, "2026-10-25 00:30"),  # comes twice: the first begins it
        ("2026-10-25T03:30", True, "2026-10-25 01:30"),  # and the second ends it
        ("2026-10-25T04:30", True, "2026-10-25 02:30"),
    ],
)
def test_a_time_is_one_by_the_clock_of_the_place(said: str, is_end: bool, is_at: str) -> None:
    assert rules_windows.moment(said, HELSINKI, is_end=is_end) == at(is_at)


@pytest.mark.parametrize("is_end", [False, True])
def test_a_time_over_which_the_clock_was_put_forward_is_refused(is_end: bool) -> None:
    with pytest.raises(ClockSkipsThat):
        rules_windows.moment("2026-03-29T03:30", HELSINKI, is_end=is_end)


@pytest.mark.parametrize("said", ["", "soon", "2026-03-02T12:00Z", "0001-01-01T00:00"])
def test_what_is_no_time_of_a_place_is_refused(said: str) -> None:
    with pytest.raises(NotATimeThere):
        rules_windows.moment(said, HELSINKI, is_end=False)


@pytest.mark.parametrize(
    ("hours_to_start", "hours"),
    [(1, 0), (1, -1), (-3, 2), (24 * 367, 1), (1, 24 * 61)],
)
def test_what_cannot_be_planned_is_refused(hours_to_start: int, hours: int) -> None:
    now = at("2026-03-02 12:00")
    begins = now + timedelta(hours=hours_to_start)
    with pytest.raises(NotAWindow):
        rules_windows.check(begins, begins + timedelta(hours=hours), now)


async def planned(
    begin: BeginWork, here: AStation, hours_to_start: float, *, hours: float = 4, bay: int = 0
) -> Window:
    async with begin() as work:
        begins = work.now + timedelta(hours=hours_to_start)
        return await windows.plan(
            work,
            here.location.id,
            starts_at=begins,
            ends_at=begins + timedelta(hours=hours),
            reason="New cables",
            by="Olga",
            evse=here.evse(bay) if bay else None,
        )


async def goes_on(begin: BeginWork, clock: JumpingClock, hours: float) -> None:
    clock.jump(timedelta(hours=hours))
    await windows.move(begin)


async def told(begin: BeginWork) -> list[str]:
    """What was announced after the plans, in its order."""
    async with begin() as work:
        rows = await work.all(
            """
            SELECT kind, body FROM outbox
             WHERE kind LIKE 'Work%' AND kind <> 'WorkPlanned' ORDER BY id
            """
        )
    hours = [json.loads(row["body"]).get("within_h") for row in rows]
    return [
        f"{row['kind']} {within}" if within else row["kind"]
        for row, within in zip(rows, hours, strict=True)
    ]


async def statuses(begin: BeginWork) -> list[str]:
    async with begin() as work:
        rows = await work.all("SELECT status FROM port_view ORDER BY number")
    return [row["status"] for row in rows]


async def test_notices_are_given_48_and_2_hours_before_and_each_once(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    await planned(begin, here, 60)
    await goes_on(begin, clock, 11)
    assert await told(begin) == []

    await goes_on(begin, clock, 1)
    await goes_on(begin, clock, 10)
    assert await told(begin) == ["WorkAhead 48"]

    await goes_on(begin, clock, 36)
    await goes_on(begin, clock, 1)
    assert await told(begin) == ["WorkAhead 48", "WorkAhead 2"]


async def test_of_notices_that_were_missed_only_the_last_is_given(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    await planned(begin, here, 60)
    await goes_on(begin, clock, 59)
    await goes_on(begin, clock, 0)

    assert await told(begin) == ["WorkAhead 2"]


async def test_what_is_planned_for_tomorrow_is_told_at_once(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    await planned(begin, here, 20)
    await goes_on(begin, clock, 0)

    assert await told(begin) == ["WorkAhead 48"]


async def test_bays_are_out_of_service_from_begin_to_end_and_no_longer(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    await planned(begin, here, 1, bay=2)
    await goes_on(begin, clock, 0.9)
    assert await statuses(begin) == ["available", "available"]

    await goes_on(begin, clock, 0.2)
    assert await statuses(begin) == ["available", "unavailable"]

    await goes_on(begin, clock, 4)
    await goes_on(begin, clock, 1)
    assert await statuses(begin) == ["available", "available"]
    assert await told(begin) == ["WorkAhead 2", "WorkBegan", "WorkOver"]


async def test_a_fault_and_a_charge_are_seen_through_a_window(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    async with begin() as work:
        await work.run("UPDATE evse SET status = 'faulted' WHERE number = 1")
        await work.run("UPDATE evse SET status = 'charging' WHERE number = 2")
    await planned(begin, here, 1)
    await goes_on(begin, clock, 1)

    assert await statuses(begin) == ["faulted", "charging"]


async def test_a_bay_that_comes_to_a_place_in_a_window_is_in_it(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    await planned(begin, here, 1)
    await goes_on(begin, clock, 1)
    async with begin() as work:
        await a_station(work, here.party, here.location, evses=1)
        await work.run("UPDATE evse SET status = 'available'")

    await goes_on(begin, clock, 0)

    assert await statuses(begin) == ["unavailable"] * 3


async def test_of_two_windows_over_a_bay_the_longer_keeps_it(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    await planned(begin, here, 1, hours=2, bay=1)
    await planned(begin, here, 1, hours=4)
    await goes_on(begin, clock, 1)

    await goes_on(begin, clock, 2)

    assert await statuses(begin) == ["unavailable", "unavailable"]


async def test_who_moves_a_window_moves_its_notices(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    window = await planned(begin, here, 40)
    await goes_on(begin, clock, 0)
    await moved(begin, window.id, hours=72)

    await goes_on(begin, clock, 10)
    assert await told(begin) == ["WorkAhead 48", "WorkMoved"]
    await goes_on(begin, clock, 60)
    assert await told(begin) == ["WorkAhead 48", "WorkMoved", "WorkAhead 48"]


async def test_who_is_told_of_new_times_needs_no_notice_of_these_for_now(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    window = await planned(begin, here, 20)
    await goes_on(begin, clock, 0)
    await moved(begin, window.id, hours=2)

    await goes_on(begin, clock, 0)
    assert await told(begin) == ["WorkAhead 48", "WorkMoved"]
    await goes_on(begin, clock, 20)
    assert await told(begin) == ["WorkAhead 48", "WorkMoved", "WorkAhead 2"]


async def moved(begin: BeginWork, id: UUID, *, hours: float) -> None:
    async with begin() as work:
        before = await windows.window(work, id)
        by = timedelta(hours=hours)
        await windows.change(
            work,
            id,
            starts_at=before.starts_at + by,
            ends_at=before.ends_at + by,
            reason="Later",
            by="Olga",
        )


async def test_work_that_is_done_early_ends_now_and_what_was_not_begun_is_cancelled(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    begun = await planned(begin, here, 1, bay=1)
    ahead = await planned(begin, here, 2, bay=2)
    await goes_on(begin, clock, 1)
    for _ in range(2):  # said twice is as said once
        async with begin() as work:
            ended = await windows.cancel(work, begun.id, by="Olga")
            gone = await windows.cancel(work, ahead.id, by="Olga")

    assert (ended.state, ended.ends_at) == (WindowState.OVER, clock.now())
    assert gone.state is WindowState.CANCELLED
    assert await statuses(begin) == ["available", "available"]
    await goes_on(begin, clock, 2)
    assert sorted(set(await told(begin))) == [
        "WorkAhead 2",
        "WorkBegan",
        "WorkCancelled",
        "WorkOver",
    ]


async def test_what_nobody_looked_at_from_begin_to_end_is_over_in_silence(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    window = await planned(begin, here, 1)
    await goes_on(begin, clock, 10)

    assert await told(begin) == []
    async with begin() as work:
        assert (await windows.window(work, window.id)).state is WindowState.OVER


async def test_work_is_planned_once_for_the_same_bays_and_for_bays_of_the_place_alone(
    begin: BeginWork, here: AStation
) -> None:
    await planned(begin, here, 1, bay=1)
    await planned(begin, here, 5, bay=1)  # after it
    with pytest.raises(windows.PlannedTwice):
        await planned(begin, here, 2, bay=1)
    async with begin() as work:
        other = await a_station(work, here.party)
        with pytest.raises(windows.NotOfThisPlace):
            await windows.plan(
                work,
                here.location.id,
                starts_at=work.now + timedelta(hours=1),
                ends_at=work.now + timedelta(hours=2),
                reason="New cables",
                by="Olga",
                evse=other.evse(),
            )


async def test_what_has_begun_begins_when_it_began(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    window = await planned(begin, here, 1)
    await goes_on(begin, clock, 1)

    with pytest.raises(windows.WorkHasBegun):
        await moved(begin, window.id, hours=1)
