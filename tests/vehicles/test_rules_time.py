"""Time to done: what it stands on, and when it is withheld."""

from dataclasses import replace
from uuid import UUID

import pytest

from voltway.vehicles.model import POINTS, EvModel, Learned, Point, Source
from voltway.vehicles.rules_curves import AGED, ARRIVES_DC, ON_THE_ROAD
from voltway.vehicles.rules_time import Known, Station, time_to_done

MODEL = EvModel(
    id=UUID(int=1),
    brand="Volt",
    name="One",
    year=2026,
    battery_wh=60_000,
    wh_per_km=170,
    ac_w=11_000,
    dc_w=100_000,
    curve=((0, 100_000), (50, 100_000), (100, 20_000)),
    measured=True,
)
FAST, SLOW, AC = Station(True, 300_000), Station(True, 50_000), Station(False, 11_000)
MINUTE_S = 60.0


def readings(watts: float, minutes: int, soc: float, per_percent: float) -> list[Point]:
    """A reading a minute of a car that takes the same all the time."""
    return [
        Point(
            minute * MINUTE_S,
            watts * minute / 60,
            int(soc + watts * minute / 60 / per_percent),
        )
        for minute in range(minutes + 1)
    ]


def test_where_the_station_sets_the_pace_it_is_energy_by_power() -> None:
    said = time_to_done(Known(model=MODEL), SLOW, 10, 50)

    assert said is not None
    energy_wh = 40 * MODEL.battery_wh * AGED / 100 / ARRIVES_DC
    assert said.energy_wh == pytest.approx(energy_wh)
    assert said.seconds == pytest.approx(energy_wh / 50_000 * 3600)
    assert said.free == 0


def test_a_battery_takes_longer_for_its_last_percents() -> None:
    first = time_to_done(Known(model=MODEL), FAST, 10, 30)
    last = time_to_done(Known(model=MODEL), FAST, 80, 100)

    assert first is not None
    assert last is not None
    assert last.seconds > 2 * first.seconds
    assert last.free == 1


def test_without_the_size_of_the_battery_the_figure_is_withheld() -> None:
    assert time_to_done(Known(), FAST, 20, 80) is None
    assert time_to_done(Known(), AC, 20, 80) is None
    assert time_to_done(Known(), FAST, 20, 80, readings(100_000, 2, 20, 600)) is None


def test_the_size_of_a_battery_is_seen_once_it_has_risen_enough() -> None:
    points = readings(100_000, 6, 20, 600)

    said = time_to_done(Known(), SLOW, points[-1].soc, 80, points)

    assert said is not None
    assert said.source is Source.TAPER
    assert said.energy_wh == pytest.approx((80 - (points[-1].soc or 0)) * 600, rel=0.12)


def test_without_what_is_in_the_battery_the_figure_is_withheld() -> None:
    assert time_to_done(Known(model=MODEL), FAST, None, 80) is None


def test_what_is_reached_takes_no_time() -> None:
    said = time_to_done(Known(model=MODEL), FAST, 85, 80)

    assert said is not None
    assert (said.seconds, said.latest_s, said.energy_wh) == (0, 0, 0)


def test_the_car_is_believed_before_everything_else() -> None:
    said = time_to_done(Known(model=MODEL), FAST, 20, 80, car_says_s=1234)
    alone = time_to_done(Known(), FAST, None, 80, car_says_s=1234)

    assert said is not None
    assert alone is not None
    assert (said.source, said.seconds) == (Source.CAR, 1234)
    assert said.energy_wh > 0
    assert (alone.source, alone.seconds, alone.energy_wh) == (Source.CAR, 1234, 0)


def test_its_own_sessions_are_believed_before_those_of_its_model_and_those_before_its_curve() -> (
    None
):
    slow = Learned(700.0, (50_000.0,) * POINTS, 3)
    quick = Learned(700.0, (90_000.0,) * POINTS, 3)
    all_three = Known(model=MODEL, vehicle=slow, of_its_model=quick)

    own = time_to_done(all_three, FAST, 20, 60)
    its = time_to_done(replace(all_three, vehicle=None), FAST, 20, 60)
    published = time_to_done(Known(model=MODEL), FAST, 20, 60)

    assert own is not None
    assert its is not None
    assert published is not None
    assert [own.source, its.source, published.source] == [
        Source.VEHICLE,
        Source.LEARNED_MODEL,
        Source.MODEL,
    ]
    assert own.seconds == pytest.approx(40 * 700 / 50_000 * 3600)
    halfway_w = (90_000 * 100_000 * ON_THE_ROAD / ARRIVES_DC) ** 0.5
    flat = time_to_done(replace(all_three, vehicle=None), FAST, 20, 50)
    assert flat is not None
    assert flat.seconds == pytest.approx(30 * 700 / halfway_w * 3600)


def test_a_cold_battery_makes_it_longer_and_then_it_comes_back() -> None:
    cold = readings(50_000, 5, 20, 600)
    soc = cold[-1].soc
    warm = time_to_done(Known(model=MODEL), FAST, soc, 80)
    said = time_to_done(Known(model=MODEL), FAST, soc, 80, cold)

    assert said is not None
    assert warm is not None
    assert warm.seconds * 1.15 < said.seconds < warm.seconds * 2


def test_the_range_is_around_the_estimate_and_narrower_once_it_charges() -> None:
    before = time_to_done(Known(model=MODEL), FAST, 26, 80)
    points = readings(93_000 / ARRIVES_DC, 5, 20, 600)
    after = time_to_done(Known(model=MODEL), FAST, 26, 80, points)

    assert before is not None
    assert after is not None
    assert before.soonest_s < before.seconds < before.latest_s
    assert after.latest_s - after.soonest_s < before.latest_s - before.soonest_s


def test_ac_takes_what_it_takes_now() -> None:
    points = readings(7_400, 30, 40, 650)

    told = time_to_done(Known(model=MODEL), AC, 45, 80, points)
    before = time_to_done(Known(model=MODEL), AC, 45, 80)

    assert told is not None
    assert before is not None
    assert told.source is Source.POWER
    assert told.seconds == pytest.approx(told.energy_wh / 7_400 * 3600)
    assert before.seconds == pytest.approx(before.energy_wh / 11_000 * 3600)


def test_a_car_that_takes_nothing_for_a_while_breaks_nothing() -> None:
    points = [Point(minute * MINUTE_S, 0.0, 50) for minute in range(10)]

    for station in (FAST, AC):
        said = time_to_done(Known(model=MODEL), station, 50, 80, points)
        assert said is not None
        assert 0 < said.seconds < 24 * 3600
