"""What a gateway remembers between batches: never more than what was committed, and never stale."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.network import AStation
from tests.sessions.telling import (
    Line,
    minute,
    reading,
    start16,
    started,
    stop16,
    updated,
    values,
)
from voltway.kernel.ids import (
    EvseId,
    LocationId,
    PartyId,
    SessionId,
    StationId,
    TransactionRef,
)
from voltway.kernel.units import PowerW
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.runtime.work import Overtaken
from voltway.sessions import actions, rules, rules_flow
from voltway.sessions.desk import Desk, Flow, Names, Place, Port
from voltway.sessions.model import Session
from voltway.sessions.shelf import KNOWN_FOR, Shelf
from voltway.stations.reports import Heard, Metered

PLACE = Place(
    station=StationId(UUID(int=1)),
    party=PartyId(UUID(int=2)),
    location=LocationId(UUID(int=3)),
    zone="Europe/Helsinki",
)


@pytest.fixture
def remembering(database: Database, here: AStation, clock: JumpingClock) -> Line:
    clock.jump_to(minute(120))
    return Line(dataclasses.replace(database, is_lazy=True).begin, here.station.id, Shelf())


async def tell(line: Line, report: Metered, *, undone: bool = False) -> None:
    """Tell it to a house that remembers, and leave to the test what it is to remember."""
    async with line.begin() as work:
        call = Heard(0, line.station, "MeterValues", work.now, [report])
        await actions.record(work, [call], line.shelf)
        assert 1 / (not undone)


async def test_what_was_undone_was_never_known(remembering: Line) -> None:
    line = remembering
    assert line.shelf is not None
    ref = await line.starts16(1, 0, 50_000)
    await line.tell(values(ref, 1, reading(10, 51_000)))

    with pytest.raises(ZeroDivisionError):
        await tell(line, values(ref, 1, reading(11, 59_000)), undone=True)
    line.shelf.lose()

    await line.tell(values(ref, 1, reading(12, 52_000)))
    assert (await line.one()).energy_wh == 2_000, "the reading of the undone work is not there"


async def test_what_somebody_else_wrote_is_noticed_and_read_anew(remembering: Line) -> None:
    line = remembering
    assert line.shelf is not None
    ref = await line.starts16(1, 0, 50_000)
    await line.tell(values(ref, 1, reading(10, 51_000)))
    elsewhere = Line(line.begin, line.station)
    await elsewhere.tell(values(ref, 1, reading(20, 53_000)))

    news = values(ref, 1, reading(30, 54_000))
    with pytest.raises(Overtaken):
        await tell(line, news)
    line.shelf.lose()
    await tell(line, news)

    assert (await line.one()).energy_wh == 4_000
    # The start's, and three: what was refused left nothing behind.
    assert await line.count("session_reading") == 4


async def test_a_start_told_again_a_day_later_finds_its_session_though_it_is_not_remembered(
    remembering: Line, clock: JumpingClock
) -> None:
    line = remembering
    ref = await line.starts16(1, 0, 50_000)
    await line.tell(stop16(ref, 30, 55_000))
    clock.jump(timedelta(days=1))
    await line.tell(start16(2, 1_440, 70_000))

    assert await line.starts16(1, 0, 50_000) == ref
    assert len(await line.sessions()) == 2


async def test_where_a_station_stands_is_asked_again_after_a_while(
    remembering: Line, clock: JumpingClock
) -> None:
    line = remembering
    assert line.shelf is not None
    await line.starts16(1, 0, 50_000)
    assert line.shelf.take(line.station, clock.now()) is not None

    clock.jump(KNOWN_FOR + timedelta(seconds=1))

    assert line.shelf.take(line.station, clock.now()) is None


async def test_a_station_of_which_something_changed_is_asked_anew(remembering: Line) -> None:
    line = remembering
    assert line.shelf is not None
    await line.starts16(1, 0, 50_000)

    line.shelf.forget(line.station)

    assert line.shelf.take(line.station, minute(120)) is None


# -- the plain reading, told to the quick rule and to the full ones


@dataclass(frozen=True, slots=True)
class Step:
    """One more reading: so many seconds later, so many watt-hours more."""

    seconds: int
    wh: int
    power_w: int | None
    charging: bool | None


steps = st.lists(
    st.builds(
        Step,
        st.integers(-30, 600),
        st.integers(-50, 3_000),
        st.none() | st.integers(0, 22_000),
        st.sampled_from([None, True, True, True, False]),
    ),
    max_size=12,
)


def told_16(story: Sequence[Step]) -> list[Metered]:
    at, wh, told = 0.0, 50_000, []
    for step in story:
        at, wh = at + step.seconds / 60, wh + step.wh
        told.append(values("1", 1, reading(at, wh, power_w=step.power_w)))
    return told


def told_2x(story: Sequence[Step]) -> list[Metered]:
    at, wh, told = 0.0, 50_000, []
    for seq, step in enumerate(story, start=1):
        at, wh = at + step.seconds / 60, wh + step.wh
        told.append(updated("a", seq, at, wh, charging=step.charging))
    return told


def desk_16() -> Desk:
    desk = Desk(PLACE, minute(0), ports={1: Port(EvseId(UUID(int=4)), PowerW(22_000))})
    names = Names(iter([SessionId(UUID(int=9))]), count(1))
    rules.hear(desk, start16(1, 0, 50_000), minute(120), "accepted", names)
    desk.clear()
    return desk


def desk_2x() -> Desk:
    desk = Desk(PLACE, minute(0), ports={1: Port(EvseId(UUID(int=4)), PowerW(22_000))})
    names = Names(iter([SessionId(UUID(int=9))]), count(1))
    rules.hear(desk, started("a", 0, 0, 50_000, charging=True), minute(120), "accepted", names)
    desk.clear()
    return desk


def quickly(desk: Desk, told: Sequence[Metered]) -> tuple[Session, list[Flow]]:
    flows: list[Flow] = []
    for nth, report in enumerate(told):
        rules.metered(desk, report, minute(120 + nth), None, Names(iter([]), iter([])))
        flows += desk.flows
        desk.clear()
    return next(iter(desk.sessions.values())), flows


def fully(desk: Desk, told: Sequence[Metered]) -> tuple[Session, list[Flow]]:
    flows: list[Flow] = []
    for nth, report in enumerate(told):
        session = desk.by_ref(report.ref or TransactionRef(""))
        assert session is not None
        rules.take(desk, session, report, minute(120 + nth), None)
        flows += desk.flows
        desk.clear()
    return next(iter(desk.sessions.values())), flows


def in_force(flows: Sequence[Flow]) -> list[tuple[object, bool, bool]]:
    """What the flows say, without those that say again what held already."""
    changes: list[tuple[object, bool, bool]] = []
    for flow in rules_flow.changes(flows):
        if not changes or changes[-1][1:] != (flow.charging, flow.by_vehicle):
            changes.append((flow.at, flow.charging, flow.by_vehicle))
    return changes


def as_kept(session: Session) -> Session:
    return replace(session, revision=0, flow=None)


@given(steps)
@settings(max_examples=300, deadline=None)
def test_a_plain_reading_of_16_does_what_the_full_rules_do(story: list[Step]) -> None:
    quick, _ = quickly(desk_16(), told_16(story))
    full, _ = fully(desk_16(), told_16(story))

    assert as_kept(quick) == as_kept(full)


@given(steps)
@settings(max_examples=300, deadline=None)
def test_a_plain_event_of_2x_does_what_the_full_rules_do(story: list[Step]) -> None:
    quick, told = quickly(desk_2x(), told_2x(story))
    full, all_told = fully(desk_2x(), told_2x(story))

    assert as_kept(quick) == as_kept(full)
    opening = [Flow(quick.id, minute(0), True, False)]
    assert in_force([*opening, *told]) == in_force([*opening, *all_told])
