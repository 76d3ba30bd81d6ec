"""When a car is full, from what its station told of the flow."""

from datetime import timedelta

import pytest

from tests.sessions.telling import minute
from voltway.sessions.rules_full import is_full, is_short, stopped_itself, went_on
from voltway.tariffs.model import StateChange

NOW = minute(60)


def flow(seconds_ago: float, word: str) -> StateChange:
    """``Charging``, ``SuspendedEV`` or ``SuspendedEVSE``, as stations say it."""
    at = NOW - timedelta(seconds=seconds_ago)
    return StateChange(at, word == "Charging", word == "SuspendedEV")


CHARGED = flow(3_000, "Charging")


@pytest.mark.parametrize(
    ("changes", "energy_wh", "full"),
    [
        pytest.param([CHARGED, flow(60, "SuspendedEV")], 9_000, True, id="stopped for a minute"),
        pytest.param([CHARGED, flow(59, "SuspendedEV")], 9_000, False, id="not yet a minute"),
        pytest.param(
            [CHARGED, flow(900, "SuspendedEVSE")], 9_000, False, id="the station withholds"
        ),
        pytest.param(
            [CHARGED, flow(900, "SuspendedEVSE"), flow(59, "SuspendedEV")],
            9_000,
            False,
            id="the station withheld, and the minute counts from the car's own word",
        ),
        pytest.param(
            [CHARGED, flow(70, "SuspendedEV"), flow(20, "SuspendedEV")],
            9_000,
            True,
            id="told again: since it was told first",
        ),
        pytest.param(
            [CHARGED, flow(900, "SuspendedEV"), flow(30, "Charging"), flow(20, "SuspendedEV")],
            9_000,
            False,
            id="it charged on meanwhile",
        ),
        pytest.param([flow(900, "SuspendedEV")], 0, False, id="it waits for its own timer"),
        pytest.param([flow(900, "SuspendedEV")], 99, False, id="a trickle is no charge"),
        pytest.param([CHARGED], 9_000, False, id="it charges"),
        pytest.param([], 9_000, False, id="nothing was told"),
    ],
)
def test_a_car_is_full(changes: list[StateChange], energy_wh: int, full: bool) -> None:
    assert is_full(changes, energy_wh, NOW) is full


@pytest.mark.parametrize(("energy_wh", "went"), [(20_000, False), (20_999, False), (21_000, True)])
def test_a_car_that_takes_much_more_was_not_full(energy_wh: int, went: bool) -> None:
    assert went_on(20_000, energy_wh) is went


@pytest.mark.parametrize(
    ("told", "since_wh", "target", "short"),
    [
        pytest.param(40, 0, 80, True, id="half full is a pause"),
        pytest.param(77, 0, 80, True, id="still short"),
        pytest.param(78, 0, 80, False, id="cars stop a little below their target"),
        pytest.param(90, 0, 100, True, id="its driver chose more"),
        pytest.param(98, 0, 100, False, id="full"),
        pytest.param(48, 0, 50, False, id="its driver chose less"),
        pytest.param(40, 999, 80, True, id="told lately"),
        pytest.param(40, 1_000, 80, False, id="told long ago, which says nothing of now"),
    ],
)
def test_a_car_that_told_a_charge_below_its_target_has_paused(
    told: int, since_wh: float, target: int, short: bool
) -> None:
    assert is_short(told, since_wh, target) is short


@pytest.mark.parametrize(
    ("words", "itself"),
    [
        pytest.param(["Charging", "SuspendedEV"], True, id="it stopped"),
        pytest.param(["Charging", "SuspendedEV", "SuspendedEVSE"], True, id="then was stopped"),
        pytest.param(["Charging", "SuspendedEVSE", "SuspendedEV"], False, id="was stopped first"),
        pytest.param(["SuspendedEV", "Charging"], False, id="it charges"),
        pytest.param([], False, id="nothing was told"),
    ],
)
def test_who_ended_the_last_flow(words: list[str], itself: bool) -> None:
    changes = [flow(900 - place, word) for place, word in enumerate(words)]
    assert stopped_itself(changes) is itself
