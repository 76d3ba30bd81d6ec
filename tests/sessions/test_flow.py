"""Of what was said of one moment, the last holds: by its number, else as it came."""

from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import pytest

from tests.sessions.telling import Line, minute, start16, started, updated
from voltway.kernel.ids import SessionId
from voltway.sessions import rules_flow
from voltway.sessions.desk import Flow
from voltway.stations.reports import PortStatus, StatusChanged

SESSION = SessionId(UUID(int=1))

#: The moment, what holds the energy back (nothing: it flows), and the number it was told under.
Said: TypeAlias = tuple[int, str | None, int | None]

ORDERS = [
    pytest.param([(0, None, 1), (0, "vehicle", 2)], "vehicle", id="in order"),
    pytest.param([(0, "vehicle", 2), (0, None, 1)], "vehicle", id="out of order"),
    pytest.param([(0, "vehicle", 1), (0, None, 2)], None, id="the other way"),
    pytest.param([(0, None, 1), (0, "vehicle", 2), (0, None, 3)], None, id="back again"),
    pytest.param([(0, None, 3), (0, "vehicle", 2), (0, None, 1)], None, id="back, turned around"),
    pytest.param([(0, "vehicle", 9), (1, None, 2)], None, id="a later moment outdoes a number"),
    pytest.param([(0, None, None), (0, "vehicle", None)], "vehicle", id="as it came"),
    pytest.param([(0, "vehicle", None), (0, None, None)], None, id="as it came, the other way"),
    pytest.param(
        [(0, None, None), (0, "station", None), (0, None, None)],
        "station",
        id="told again without a number it says nothing new",
    ),
    pytest.param([(0, None, 0), (0, "vehicle", None)], None, id="a number outdoes none"),
    pytest.param([(1, None, 2), (0, "station", 3)], None, id="late news of an earlier moment"),
]


def flow(said: Said) -> Flow:
    at, held_by, seq = said
    return Flow(SESSION, minute(at), held_by is None, held_by == "vehicle", seq)


@pytest.mark.parametrize(("told", "holds"), ORDERS)
def test_what_was_said_last_holds(told: list[Said], holds: str | None) -> None:
    last = rules_flow.changes([flow(each) for each in told])[-1]

    assert (last.charging, last.by_vehicle) == (holds is None, holds == "vehicle")


def test_each_flow_is_there_once_under_its_highest_number() -> None:
    told = [flow((0, None, 1)), flow((0, None, 4)), flow((0, None, 3)), flow((0, "vehicle", 2))]

    assert rules_flow.once(told) == [flow((0, None, 4)), flow((0, "vehicle", 2))]


async def test_what_is_kept_holds_by_its_number_whatever_came_first(line: Line) -> None:
    await line.tell(started("a", 0, 0, 10_000, charging=True))
    await line.tell(updated("a", 3, 30, charging=True))
    await line.tell(updated("a", 2, 30, charging=False, by_vehicle=True))
    await line.tell(updated("a", 1, 30, charging=True))

    assert await flows(line) == [
        (minute(0), True, False),
        (minute(30), False, True),
        (minute(30), True, False),
    ]


async def test_what_has_no_number_is_kept_as_it_came(line: Line) -> None:
    await line.tell(start16(1, 0, 10_000))
    charging = StatusChanged(1, 1, PortStatus.CHARGING, minute(30), charging=True)
    await line.tell(charging)
    await line.tell(
        StatusChanged(1, 1, PortStatus.CHARGING, minute(30), charging=False, by_vehicle=True)
    )
    await line.tell(charging)

    assert await flows(line) == [(minute(30), True, False), (minute(30), False, True)]


async def flows(line: Line) -> list[tuple[datetime, bool, bool]]:
    record = await line.record()
    return [(each.at, each.charging, each.by_vehicle) for each in record.changes]
