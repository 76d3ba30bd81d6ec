"""What sessions teach of a car."""

import pytest

from voltway.vehicles.model import Point
from voltway.vehicles.rules_curves import of_learned, of_most
from voltway.vehicles.rules_learning import NOTHING, Lesson, added, taught

PER_PERCENT = 640.0


def session(watts: float, soc: float, minutes: int, step_s: float = 30.0) -> list[Point]:
    """Readings of a session with the same power all the time; charge in whole percents."""
    points = []
    for step in range(int(minutes * 60 / step_s) + 1):
        energy_wh = watts * step * step_s / 3600
        points.append(Point(step * step_s, energy_wh, int(soc + energy_wh / PER_PERCENT)))
    return points


def lesson(
    watts: float, soc: float = 20.0, minutes: int = 20, offered_w: float = 300_000
) -> Lesson:
    learned = taught(session(watts, soc, minutes), offered_w)
    assert learned is not None
    return learned


def test_a_session_tells_the_size_of_a_battery_and_the_power_where_it_was() -> None:
    one = lesson(80_000)

    assert one.wh_per_percent == pytest.approx(PER_PERCENT, rel=0.03)
    assert one.watts[30] == pytest.approx(80_000)
    assert one.watts[10] == 0
    assert one.watts[90] == 0


def test_where_the_station_sets_the_pace_the_car_might_take_more() -> None:
    fast = added(NOTHING, lesson(80_000))
    held_back = added(fast, lesson(50_000, offered_w=50_000))

    assert held_back.watts[30] == pytest.approx(fast.watts[30])


def test_a_cold_day_changes_less_than_a_warm_one() -> None:
    usual = added(NOTHING, lesson(80_000))

    cold, warm = added(usual, lesson(60_000)), added(usual, lesson(100_000))

    assert usual.watts[30] - cold.watts[30] < warm.watts[30] - usual.watts[30]


@pytest.mark.parametrize(
    "points",
    [
        [],
        session(80_000, 20, 0),
        session(80_000, 20, 3),  # the battery did not rise by enough
        [Point(each.at_s, each.energy_wh, None) for each in session(80_000, 20, 20)],
        [Point(each.at_s, 0.0, each.soc) for each in session(80_000, 20, 20)],
    ],
    ids=["nothing", "one reading", "a short one", "charge not told", "no energy"],
)
def test_a_session_that_shows_nothing_teaches_nothing(points: list[Point]) -> None:
    assert taught(points, 300_000) is None


def test_where_a_car_never_was_it_is_as_much_above_others_as_elsewhere() -> None:
    otherwise = of_most(100_000)
    known = added(NOTHING, lesson(otherwise.watts[30] * 0.8, minutes=10))

    curve = of_learned(known, otherwise)

    assert curve.watts[30] == pytest.approx(otherwise.watts[30] * 0.8)
    assert curve.watts[90] == pytest.approx(otherwise.watts[90] * 0.8, rel=0.05)


def test_readings_that_go_back_or_stand_still_are_passed_over() -> None:
    points = session(80_000, 20, 20)
    points.insert(10, Point(points[9].at_s, points[9].energy_wh - 50, points[9].soc))

    one = taught(points, 300_000)

    assert one is not None
    assert one.wh_per_percent == pytest.approx(PER_PERCENT, rel=0.03)
