"""OCPP 2.x: one message tells start, middle and end, and they come as they like (part 2, E)."""

import pytest

from tests.network import AStation
from tests.sessions.telling import (
    Line,
    finished,
    minute,
    reading,
    started,
    updated,
    values,
)
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork
from voltway.sessions import sweeps
from voltway.sessions.model import Doubt, SessionState
from voltway.stations.reports import Booted, PortStatus, Report, StatusChanged


async def test_a_session_whose_token_and_evse_come_later(line: Line, here: AStation) -> None:
    await line.tell(started("t", 0, 0, 10_000, evse=None, token=None))
    session = await line.one()
    assert (session.evse, session.token) == (None, None)

    answer = await line.tell(updated("t", 1, 1, evse=2, token="05b2"))
    session = await line.one()
    assert answer.token == "accepted"
    assert (session.evse, session.token, session.power_w_max) == (here.evse(2), "05b2", 22_000)
    assert await line.facts() == ["SessionStarted", "SessionStarted"]

    await line.tell(finished("t", 2, 30, 15_000))
    assert (await line.record()).doubts == ()


async def test_an_unknown_token_in_an_event_is_answered_so(line: Line) -> None:
    answer = await line.tell(started("t", 0, 0, 10_000, token="WHO"))

    assert answer.token == "unknown"
    assert answer.ref is None


async def test_an_end_alone_is_a_session_that_a_person_must_see(line: Line) -> None:
    await line.tell(finished("t", 9, 30, 15_000, evse=1))

    session = await line.one()
    record = await line.record()
    assert session.state is SessionState.ENDED
    assert record.energy_wh == 0
    assert {Doubt.START_MISSING, Doubt.NO_REGISTERS} <= set(record.held_by)


async def test_a_start_that_comes_last_makes_the_session_whole(line: Line) -> None:
    await line.tell(finished("t", 2, 30, 15_000))
    await line.tell(updated("t", 1, 10, 12_000))
    await line.tell(started("t", 0, 0, 10_000))

    record = await line.record()
    assert (record.begins, record.ends, record.energy_wh) == (minute(0), minute(30), 5_000)
    assert record.doubts == ()
    assert (await line.one()).energy_wh == 5_000
    assert await line.count("session") == 1


async def test_an_event_told_twice_changes_nothing(line: Line) -> None:
    story: list[Report] = [
        started("t", 0, 0, 10_000),
        updated("t", 1, 10, 12_000),
        finished("t", 2, 30, 15_000),
    ]
    await line.tell(*story)
    rows = await line.count("session_reading")
    before = await line.one()
    facts = await line.facts()
    for report in (*story, *reversed(story)):
        await line.tell(report)

    assert await line.one() == before
    assert await line.count("session_reading") == rows == 3
    assert await line.facts() == facts


async def test_missing_events_are_seen_and_filled_late(line: Line) -> None:
    await line.tell(started("t", 0, 0, 10_000), finished("t", 3, 30, 15_000))
    async with line.begin() as work:
        [fact] = await work.all("SELECT body FROM outbox WHERE kind = 'SessionEnded'")
    assert '"complete":false' in fact["body"]
    assert Doubt.EVENTS_MISSING in (await line.record()).doubts

    await line.tell(updated("t", 2, 20, 14_000), updated("t", 1, 10, 12_000))
    record = await line.record()
    assert record.doubts == ()
    assert [point.energy_wh for point in record.points] == [2_000, 4_000, 5_000]


async def test_a_name_used_again_after_the_end_is_a_new_session(line: Line) -> None:
    await line.tell(started("1", 0, 0, 10_000), finished("1", 1, 10, 11_000))
    await line.tell(started("1", 0, 20, 11_000), updated("1", 1, 25, 11_500))
    await line.tell(finished("1", 2, 30, 13_000))

    first, second = await line.sessions()
    assert (first.energy_wh, second.energy_wh) == (1_000, 2_000)
    assert second.doubts == {Doubt.REF_REUSED}
    assert first.doubts == frozenset()
    assert not (await line.record(second)).needs_review


async def test_numbers_that_begin_again_in_a_session_lose_no_reading(line: Line) -> None:
    await line.tell(started("t", 0, 0, 10_000), updated("t", 1, 5, 11_000))
    await line.tell(updated("t", 0, 10, 12_000), updated("t", 1, 15, 13_000))
    await line.tell(finished("t", 2, 30, 15_000))

    record = await line.record()
    assert [point.energy_wh for point in record.points] == [1_000, 2_000, 3_000, 5_000]
    assert Doubt.NUMBERS_RESTARTED in record.doubts


async def test_a_second_start_of_a_running_session_is_looked_at(line: Line) -> None:
    await line.tell(started("t", 0, 0, 10_000), started("t", 1, 5, 12_000))
    await line.tell(finished("t", 2, 30, 15_000))

    record = await line.record()
    assert record.energy_wh == 5_000
    assert record.held_by == (Doubt.SECOND_START,)


async def test_another_end_under_the_same_number_is_looked_at(line: Line) -> None:
    await line.tell(started("t", 0, 0, 10_000), finished("t", 1, 9, None))
    await line.tell(finished("t", 1, 30, 15_000))

    record = await line.record()
    assert record.ends == minute(9)
    assert Doubt.SECOND_END in record.held_by


async def test_an_end_told_again_a_little_later_is_the_same_end(line: Line) -> None:
    await line.tell(started("t", 0, 0, 10_000), finished("t", 1, 30, 15_000))
    await line.tell(finished("t", 1, 31, 15_000))

    assert (await line.record()).doubts == ()


async def test_an_end_told_again_at_another_time_is_looked_at(line: Line) -> None:
    await line.tell(started("t", 0, 0, 10_000), finished("t", 1, 30, 15_000))
    await line.tell(finished("t", 1, 50, 15_000))

    record = await line.record()
    assert (record.ends, record.held_by) == (minute(30), (Doubt.SECOND_END,))


async def test_a_reading_long_after_the_end_changes_no_energy(line: Line) -> None:
    await line.tell(started("t", 0, 0, 10_000), finished("t", 1, 30, 15_000))
    await line.tell(updated("t", 2, 40, 16_000), received=180)

    session = await line.one()
    assert session.energy_wh == (await line.record()).energy_wh == 5_000
    assert Doubt.LATE_READINGS in session.doubts


async def test_an_end_before_its_start_bills_no_time_and_is_looked_at(line: Line) -> None:
    await line.tell(started("t", 0, 20, 10_000), finished("t", 1, 9, 11_200))

    record = await line.record()
    assert (record.begins, record.ends) == (minute(20), minute(20))
    assert Doubt.ENDED_BEFORE_START in record.held_by


async def test_when_energy_flows_is_kept_once(line: Line) -> None:
    await line.tell(started("t", 0, 0, 10_000, charging=False))
    assert (await line.one()).state is SessionState.IDLE
    await line.tell(updated("t", 1, 5, charging=True))
    await line.tell(updated("t", 2, 20, 14_000, charging=False, by_vehicle=True))
    assert (await line.one()).state is SessionState.IDLE
    await line.tell(updated("t", 2, 20, 14_000, charging=False, by_vehicle=True))

    assert [(c.at, c.charging, c.by_vehicle) for c in (await line.record()).changes] == [
        (minute(0), False, False),
        (minute(5), True, False),
        (minute(20), False, True),
    ]


async def test_a_kept_event_of_before_does_not_move_the_state(line: Line) -> None:
    await line.tell(started("t", 0, 0, 10_000), updated("t", 2, 20, charging=True))
    await line.tell(updated("t", 1, 10, charging=False))

    assert (await line.one()).state is SessionState.CHARGING


def status(
    evse: int, at: float | None, status: PortStatus, charging: bool | None = None
) -> StatusChanged:
    return StatusChanged(
        evse,
        1,
        status,
        None if at is None else minute(at),
        charging=charging,
        by_vehicle=None if charging is None else not charging,
    )


async def test_in_1_6_the_status_tells_when_energy_flows(line: Line) -> None:
    await line.starts16(1, 0, 10_000)
    await line.tell(
        status(1, 10, PortStatus.IDLE, charging=False),
        status(2, 11, PortStatus.CHARGING, charging=True),
        status(1, -5, PortStatus.CHARGING, charging=True),
    )

    assert (await line.one()).state is SessionState.IDLE
    assert [(c.at, c.charging, c.by_vehicle) for c in (await line.record()).changes] == [
        (minute(10), False, True)
    ]


@pytest.mark.parametrize(
    ("sign", "after"),
    [
        pytest.param([status(1, None, PortStatus.AVAILABLE)], 16, id="available"),
        pytest.param([Booted("V", "M"), status(1, None, PortStatus.AVAILABLE)], 16, id="both"),
        pytest.param([Booted("V", "M")], 361, id="a boot"),
        pytest.param([], 7 * 24 * 60 + 1, id="silence"),
    ],
)
async def test_a_forgotten_session_ends_where_its_readings_end_after_a_while(
    line: Line, clock: JumpingClock, begin: BeginWork, sign: list[Report], after: int
) -> None:
    ref = await line.starts16(1, 60, 10_000)
    await line.tell(values(ref, 1, reading(90, 12_000)))
    await line.tell(*sign)
    async with begin() as work:
        await work.run("UPDATE station SET connected_at = $1", work.now)
    clock.jump_to(minute(120 + after - 2))
    await sweeps.end_forgotten(begin)
    assert (await line.one()).is_running

    clock.jump_to(minute(120 + after))
    await sweeps.end_forgotten(begin)
    session = await line.one()
    assert (session.state, session.ended_at) == (SessionState.ENDING, minute(90))
    assert await line.facts() == ["SessionStarted"]

    clock.jump_to(minute(120 + after + 16))
    assert await sweeps.end_forgotten(begin) == 1
    assert await sweeps.end_forgotten(begin) == 0
    record = await line.record()
    assert (record.energy_wh, record.reason) == (2_000, "forgotten")
    assert Doubt.END_MISSING in record.held_by
    assert await line.facts() == ["SessionStarted", "SessionEnded"]


@pytest.mark.parametrize("how", ["readings", "status"])
async def test_a_session_thought_forgotten_goes_on_when_it_is_told_of(
    line: Line, clock: JumpingClock, begin: BeginWork, how: str
) -> None:
    ref = await line.starts16(1, 60, 10_000)
    await line.tell(status(1, None, PortStatus.AVAILABLE))
    clock.jump_to(minute(136))
    await sweeps.end_forgotten(begin)
    assert not (await line.one()).is_running

    if how == "readings":
        await line.tell(values(ref, 1, reading(136, 15_000)))
    else:
        await line.tell(status(1, 136, PortStatus.CHARGING, charging=True))
    assert (await line.one()).is_running
    assert await line.facts() == ["SessionStarted", "SessionResumed"]
    clock.jump_to(minute(180))
    await line.tell(finished(ref, 0, 180, 20_000))
    await sweeps.end_forgotten(begin)
    assert (await line.facts())[2:] == ["SessionEnded"]


async def test_a_true_end_after_the_one_that_was_told_is_shown_to_a_person(
    line: Line, clock: JumpingClock, begin: BeginWork
) -> None:
    ref = await line.starts16(1, 60, 10_000)
    await line.tell(status(1, None, PortStatus.AVAILABLE))
    for when in (136, 152):
        clock.jump_to(minute(when))
        await sweeps.end_forgotten(begin)

    await line.tell(finished(ref, 0, 100, 20_000))

    assert (await line.one()).energy_wh == 10_000
    assert Doubt.END_AFTER_BILL in (await line.record()).held_by
    assert (await line.facts())[-1] == "SessionCorrected"


async def test_partitions_are_made_ahead_and_when_a_clock_jumps(
    line: Line, clock: JumpingClock, begin: BeginWork
) -> None:
    await sweeps.make_days(begin)
    ref = await line.starts16(1, 60, 10_000)
    clock.jump_to(minute(60 * 24 * 40))
    await line.tell(values(ref, 1, reading(60 * 24 * 40, 11_000)))

    async with begin() as work:
        parts = await work.all(
            "SELECT inhrelid::regclass::text AS relname FROM pg_inherits"
            " WHERE inhparent = 'session_reading'::regclass ORDER BY 1"
        )
    assert [row["relname"] for row in parts] == [
        "session_reading_20260302",
        "session_reading_20260303",
        "session_reading_20260304",
        "session_reading_20260411",
    ]
