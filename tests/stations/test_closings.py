"""Planned work asks stations for their bays: what is ordered, and what is left as it was."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.network import AStation, a_party, a_station
from tests.stations import floor
from tests.stations.test_windows import planned, told
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork
from voltway.stations import actions, closings, windows
from voltway.stations.orders import Answered, ChangeAvailability, Outcome
from voltway.stations.reports import PortStatus

SCHEDULED = Outcome(Answered.SCHEDULED, "Scheduled")


@pytest.fixture
async def here(begin: BeginWork) -> AStation:
    """A station with two bays that are free, in contact."""
    async with begin() as work:
        made = await a_station(work, await a_party(work))
        await work.run("UPDATE station SET connected_at = $1, last_heard_at = $1", work.now)
        await work.run("UPDATE evse SET status = 'available', status_at = $1", work.now)
    return made


async def goes_on(
    begin: BeginWork, clock: JumpingClock, here: AStation, hours: float = 0, *, obeys: bool = True
) -> None:
    """Time passes, the round goes, and a station that has a line does what it is asked."""
    clock.jump(timedelta(hours=hours))
    await windows.move(begin)
    while obeys and await sends_one(begin, clock, here):
        pass
    await actions.end_overdue_orders(begin)
    await windows.move(begin)


async def sends_one(begin: BeginWork, clock: JumpingClock, here: AStation) -> bool:
    """The next order goes out, is accepted, and the station tells the status that came of it."""
    async with begin() as work:
        taken = await actions.take_orders(work, [here.station.id])
    for record in taken:
        order = record.order
        assert isinstance(order, ChangeAvailability)
        await floor.reply(begin, here.station, record.id)
        shows = PortStatus.AVAILABLE if order.operative else PortStatus.UNAVAILABLE
        bays = [order.evse] if order.evse else list(here.evses)
        changed = [floor.status(shows, clock.now(), bay) for bay in bays]
        await floor.tell(begin, here.station, *changed, action="StatusNotification", at=clock.now())
    return bool(taken)


async def ordered(begin: BeginWork, here: AStation) -> list[str]:
    """What was ordered for planned work, the first first: ``1 off done``."""
    async with begin() as work:
        found = await actions.orders_of(work, here.station.id)
    return [
        f"{each.order.evse} {'on' if each.order.operative else 'off'} {each.state}"
        for each in reversed(found)
        if isinstance(each.order, ChangeAvailability) and each.by == closings.BY
    ]


async def statuses(begin: BeginWork) -> list[str]:
    async with begin() as work:
        rows = await work.all("SELECT status FROM evse_view ORDER BY number")
    return [row["status"] for row in rows]


async def closed_now(begin: BeginWork) -> int:
    async with begin() as work:
        row = await work.one("SELECT count(*)::int AS n FROM bay_closing")
    assert row is not None
    return int(row["n"])


async def cancels(begin: BeginWork, id: UUID) -> None:
    async with begin() as work:
        await windows.cancel(work, id, by="Olga")


async def test_each_bay_is_closed_at_the_beginning_and_opened_at_the_end(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    await planned(begin, here, 1)
    await goes_on(begin, clock, here, 0.9)
    assert await ordered(begin, here) == []

    await goes_on(begin, clock, here, 0.2)
    await goes_on(begin, clock, here, 1)
    assert await ordered(begin, here) == ["1 off done", "2 off done"]

    await goes_on(begin, clock, here, 4)
    assert await ordered(begin, here) == ["1 off done", "2 off done", "1 on done", "2 on done"]
    assert await statuses(begin) == ["available", "available"]
    assert await closed_now(begin) == 0


async def test_a_window_of_one_bay_asks_for_that_bay_alone_also_where_it_is_ended_early(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    window = await planned(begin, here, 1, bay=2)
    await goes_on(begin, clock, here, 1)
    await cancels(begin, window.id)
    await goes_on(begin, clock, here)

    assert await ordered(begin, here) == ["2 off done", "2 on done"]


async def test_a_window_that_is_cancelled_before_it_begins_asks_for_nothing(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    window = await planned(begin, here, 1)
    await cancels(begin, window.id)
    await goes_on(begin, clock, here, 2)

    assert await ordered(begin, here) == []


async def test_a_charge_goes_on_and_the_order_waits_for_its_end(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    async with begin() as work:
        await work.run("UPDATE evse SET status = 'charging'")
    await planned(begin, here, 1, bay=1)
    await goes_on(begin, clock, here, 1, obeys=False)
    sent = await floor.send(begin, here.station)
    await floor.reply(begin, here.station, sent.id, SCHEDULED)
    await goes_on(begin, clock, here, 1)
    assert await ordered(begin, here) == ["1 off answered"]
    assert await statuses(begin) == ["charging", "charging"]

    gone = floor.status(PortStatus.UNAVAILABLE, clock.now())
    await floor.tell(begin, here.station, gone, action="StatusNotification", at=clock.now())
    assert await ordered(begin, here) == ["1 off done"]


async def test_a_station_without_a_line_is_asked_when_it_is_back(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    await planned(begin, here, 1, hours=8, bay=1)
    await goes_on(begin, clock, here, 1, obeys=False)
    await goes_on(begin, clock, here, 7, obeys=False)
    assert await ordered(begin, here) == ["1 off queued"]

    await goes_on(begin, clock, here)

    assert await ordered(begin, here) == ["1 off done"]


async def test_a_station_that_misses_the_end_is_opened_whenever_it_is_back(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    await planned(begin, here, 1, bay=1)
    await goes_on(begin, clock, here, 1)
    await goes_on(begin, clock, here, 4, obeys=False)
    await goes_on(begin, clock, here, 24 * 20, obeys=False)
    assert await ordered(begin, here) == ["1 off done", "1 on queued"]

    await goes_on(begin, clock, here)

    assert await ordered(begin, here) == ["1 off done", "1 on done"]


async def test_a_station_that_never_heard_of_the_work_is_asked_for_nothing_after_it(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    await planned(begin, here, 1, bay=1)
    await goes_on(begin, clock, here, 1, obeys=False)
    await goes_on(begin, clock, here, 5, obeys=False)
    await goes_on(begin, clock, here)

    assert await ordered(begin, here) in (["1 off expired"], ["1 off cancelled"])
    assert await closed_now(begin) == 0


async def test_a_line_that_broke_before_the_answer_is_asked_again(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    await planned(begin, here, 1, bay=1)
    await goes_on(begin, clock, here, 1, obeys=False)
    await floor.send(begin, here.station)
    await goes_on(begin, clock, here, 0.1, obeys=False)
    await goes_on(begin, clock, here, 0.2)

    assert await ordered(begin, here) == ["1 off silent", "1 off done"]


async def test_of_two_windows_over_a_bay_the_last_one_opens_it(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    await planned(begin, here, 1, hours=2)
    await planned(begin, here, 2, hours=4, bay=1)
    await goes_on(begin, clock, here, 1)
    await goes_on(begin, clock, here, 1)
    await goes_on(begin, clock, here, 1.5)
    assert await ordered(begin, here) == ["1 off done", "2 off done", "2 on done"]

    await goes_on(begin, clock, here, 3)
    assert (await ordered(begin, here))[3:] == ["1 on done"]


async def test_a_bay_that_was_closed_by_hand_before_stays_closed(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    by_hand = ChangeAvailability(operative=False, evse=1)
    await floor.place(begin, here.station, by_hand)
    await goes_on(begin, clock, here)
    await planned(begin, here, 1)
    await goes_on(begin, clock, here, 1)
    await goes_on(begin, clock, here, 5)

    assert await ordered(begin, here) == ["2 off done", "2 on done"]
    assert await statuses(begin) == ["unavailable", "available"]


async def test_what_was_ordered_by_hand_and_waits_still_counts_as_well(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    await floor.place(begin, here.station, ChangeAvailability(operative=False), expires_s=7200)
    await planned(begin, here, 1)
    await goes_on(begin, clock, here, 1)
    await goes_on(begin, clock, here, 5)

    assert await ordered(begin, here) == []
    assert await statuses(begin) == ["unavailable", "unavailable"]


async def test_who_closes_a_bay_by_hand_while_the_work_lasts_opens_it_too(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    await planned(begin, here, 1)
    await goes_on(begin, clock, here, 1)
    await floor.place(begin, here.station, ChangeAvailability(operative=False, evse=2))
    await goes_on(begin, clock, here)
    await goes_on(begin, clock, here, 5)

    assert (await ordered(begin, here))[2:] == ["1 on done"]


async def test_who_tries_a_bay_while_they_work_at_it_opens_it_and_it_stays_open(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    await planned(begin, here, 1, bay=1)
    await goes_on(begin, clock, here, 1)
    await floor.place(begin, here.station, ChangeAvailability(operative=True, evse=1))
    await goes_on(begin, clock, here)
    await goes_on(begin, clock, here, 1)

    assert await ordered(begin, here) == ["1 off done"]
    async with begin() as work:
        row = await work.one("SELECT status FROM evse WHERE number = 1")
    assert row is not None
    assert row["status"] == "available"


async def test_work_that_does_not_close_its_bays_asks_for_nothing_and_tells_nobody(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    async with begin() as work:
        await windows.plan(
            work,
            here.location.id,
            starts_at=work.now + timedelta(hours=1),
            ends_at=work.now + timedelta(hours=5),
            reason="The walls are painted",
            by="Olga",
            closes_bays=False,
        )
    await goes_on(begin, clock, here, 0.5)
    await goes_on(begin, clock, here, 1)
    assert await statuses(begin) == ["available", "available"]
    await goes_on(begin, clock, here, 5)

    assert await ordered(begin, here) == []
    assert await told(begin) == []


async def test_the_end_is_told_once_the_bays_are_back_or_their_time_is_up(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    await planned(begin, here, 1)
    await goes_on(begin, clock, here, 1)
    await goes_on(begin, clock, here, 4, obeys=False)
    assert (await told(begin))[-1] == "WorkBegan"
    await goes_on(begin, clock, here)
    assert (await told(begin))[-1] == "WorkOver"

    await planned(begin, here, 1)
    await goes_on(begin, clock, here, 1)
    await goes_on(begin, clock, here, 4, obeys=False)
    assert (await told(begin))[-1] == "WorkBegan"
    await goes_on(begin, clock, here, 0.3, obeys=False)
    assert (await told(begin))[-1] == "WorkOver"


async def test_a_station_that_is_taken_away_is_asked_for_nothing_more(
    begin: BeginWork, clock: JumpingClock, here: AStation
) -> None:
    await planned(begin, here, 1)
    await goes_on(begin, clock, here, 1)
    async with begin() as work:
        await work.run("UPDATE station SET removed_at = $1", work.now)
    await goes_on(begin, clock, here, 5)

    assert await closed_now(begin) == 0
    assert len(await ordered(begin, here)) == 2
