"""What is said of a car by AC that does not tell its charge."""

from dataclasses import replace

import pytest

from tests.vehicles.test_rules_time import AC, FAST, MODEL
from voltway.vehicles.model import Point, Source, TimeToDone
from voltway.vehicles.rules_counted import COMES_LEAST, COMES_MOST, counted
from voltway.vehicles.rules_curves import AGED, ARRIVES_AC
from voltway.vehicles.rules_time import Known

CAR = Known(model=MODEL)
PER_PERCENT = MODEL.battery_wh * AGED / 100 / ARRIVES_AC
WATTS = 10_500.0


def after(minutes: int, watts: float = WATTS) -> list[Point]:
    """A reading a minute, without a charge."""
    return [Point(60.0 * n, watts * n / 60, None) for n in range(minutes + 1)]


def said(minutes: int, target: float, came_with: float | None) -> TimeToDone:
    told = counted(CAR, AC, target, after(minutes), came_with)
    assert told is not None
    return told


def test_it_is_counted_from_what_the_driver_told() -> None:
    told = said(60, 80, 30)

    left_wh = 50 * PER_PERCENT - WATTS
    assert told.source is Source.COUNTED
    assert told.energy_wh == pytest.approx(left_wh)
    assert told.seconds == pytest.approx(left_wh / WATTS * 3600)
    assert told.soonest_s < told.to_tell_s < told.seconds < told.latest_s
    assert not told.source.is_sure


def test_the_range_is_as_wide_in_the_end_as_it_was_before_for_what_is_unsure_stays_unsure() -> None:
    early, late = said(10, 80, 30), said(120, 80, 30)

    assert early.latest_s - early.soonest_s == pytest.approx(
        late.latest_s - late.soonest_s, rel=0.1
    )


def test_the_last_percents_take_longer() -> None:
    last, others = said(60, 100, 30), said(60, 97, 30)

    flat_s = 3 * PER_PERCENT * 3600 / WATTS
    assert last.seconds - others.seconds > 1.5 * flat_s


def test_where_nobody_told_it_is_a_wide_range_that_narrows() -> None:
    early, late = said(10, 80, None), said(240, 80, None)

    assert early.source is Source.ENERGY
    most_s = (min(COMES_MOST, 80) - COMES_LEAST) * PER_PERCENT * 3600 / WATTS
    assert early.latest_s - early.soonest_s == pytest.approx(0.8 * most_s, rel=0.05)
    assert late.latest_s - late.soonest_s < 0.7 * (early.latest_s - early.soonest_s)


def test_what_should_have_been_done_long_ago_is_not_said_any_more() -> None:
    assert counted(CAR, AC, 80, after(420), 60) is None
    assert counted(CAR, AC, 80, after(420), None) is None


@pytest.mark.parametrize(
    ("known", "station", "points"),
    [
        pytest.param(Known(), AC, after(30), id="the battery is unknown"),
        pytest.param(CAR, FAST, after(30), id="by DC it is told, or nothing is said"),
        pytest.param(CAR, AC, [], id="nothing was metered"),
        pytest.param(CAR, AC, after(30, watts=0), id="nothing has flowed"),
    ],
)
def test_it_is_withheld(known: Known, station: object, points: list[Point]) -> None:
    assert counted(known, station, 80, points, 30) is None  # type: ignore[arg-type]


def test_a_car_that_is_nearly_full_is_not_thought_to_have_been_slow_before() -> None:
    flat = after(240)
    slow = [
        Point(flat[-1].at_s + 60 * n, flat[-1].energy_wh + 3_000 * n / 60, None)
        for n in range(1, 9)
    ]
    before = counted(CAR, AC, 100, flat, 28)
    then = counted(CAR, AC, 100, [*flat, *slow], 28)

    assert before is not None
    assert then is not None
    assert then.seconds < before.seconds


def test_a_battery_told_by_its_size_alone_is_enough() -> None:
    told = counted(Known(battery_wh=60_000), AC, 80, after(60), 30)

    assert told is not None
    assert told == replace(said(60, 80, 30))
