"""A car charges slowly where it takes less than half of what it took, for as long as that lasts."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.conftest import NOON
from voltway.kernel.ids import SessionId
from voltway.sessions.rules_slowing import Flow, Pace, looked_at

AC = {"is_dc": False, "soc_percent": None}
DC = {"is_dc": True, "soc_percent": 40}


def told_at(powers: list[int], **more: object) -> list[int]:
    """The minutes in which its driver is told, where a car takes these powers minute by minute."""
    pace = Pace(session=SessionId(UUID(int=1)), seen_at=NOON, expected_w=powers[0])
    told = []
    for minute, power in enumerate(powers):
        flow = Flow(power_w=power, **more)  # type: ignore[arg-type]
        pace, tells = looked_at(pace, flow, at(minute))
        told += [minute] if tells else []
    return told


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


@pytest.mark.parametrize(
    ("powers", "minutes"),
    [
        ([11_000] * 30, []),
        ([11_000] * 5 + [5_000] * 20, [10]),  # once, after five minutes
        ([11_000] * 5 + [6_000] * 20, []),  # more than half
        ([11_000] * 5 + [5_000] * 4 + [11_000] * 5, []),  # too short
        ([11_000] * 5 + [5_000] * 9 + [11_000] * 5 + [4_000] * 9, [10, 24]),  # and again
        ([11_000] * 5 + [5_000] * 9 + [6_000] * 5 + [4_000] * 9, [10]),  # it was never well
        ([1_400, 1_400] + [900] * 10, []),
        ([800] * 3 + [100] * 20, []),  # of so little nobody notices a half
        ([11_000] * 5 + [9_000, 7_000, 5_000, 4_000, 3_200, 2_500, 2_000, 1_600, 1_300], []),
        ([11_000] * 5 + [900] * 20, []),  # no station limits it so low: the car is nearly full
        ([3_000] * 2 + [11_000] * 5 + [5_000] * 9, [12]),  # against the most that it took
    ],
)
def test_of_alternating_current_the_same_is_expected_on(
    powers: list[int], minutes: list[int]
) -> None:
    assert told_at(powers, **AC) == minutes


def test_a_battery_that_fills_is_not_slow_and_one_that_is_cut_is() -> None:
    falls = [int(150_000 * 0.5 ** (minute / 25)) for minute in range(60)]

    assert told_at(falls, **DC) == []
    assert told_at([150_000] * 5 + [50_000] * 10, **DC) == [10]
    assert told_at([150_000] * 5 + [50_000] * 10, is_dc=True, soc_percent=81) == []


def test_a_car_that_stopped_by_itself_is_not_slow_and_is_judged_anew_when_it_charges_on() -> None:
    known = Pace(session=SessionId(UUID(int=1)), seen_at=NOON, expected_w=11_000, low_since=NOON)

    pace, tells = looked_at(known, Flow(power_w=0, charges=False, **AC), at(9))  # type: ignore[arg-type]
    assert (pace.low_since, tells) == (None, False)
    assert told_at([11_000] * 3 + [0] * 30, **AC, charges=False) == []

    pace, tells = looked_at(pace, Flow(power_w=4_000, **AC), at(10))  # type: ignore[arg-type]
    assert (pace.low_since, tells) == (at(10), False)


def test_what_a_station_says_that_it_withholds_is_told_after_a_minute() -> None:
    assert told_at([0, 0, 0, 0], **AC, charges=False, withheld=True) == [1]
