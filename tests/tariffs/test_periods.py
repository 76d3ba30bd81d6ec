"""What the meter and the plug said, as the periods that are priced."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as some

from voltway.tariffs.model import ChargingPeriod, MeterPoint, StateChange
from voltway.tariffs.rules_periods import periods_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def point(minute: float, energy_wh: int, power_w: int | None = None) -> MeterPoint:
    return MeterPoint(at(minute), energy_wh, power_w)


def told(*periods: ChargingPeriod) -> list[tuple[float, object, object, object]]:
    """Each period's beginning in minutes, its energy, its minutes of charging and of parking."""
    return [
        (
            (period.begins - NOON) / timedelta(minutes=1),
            period.energy_wh,
            Fraction(period.charging_s) / 60,
            Fraction(period.parking_s) / 60,
        )
        for period in periods
    ]


VEHICLE_FULL = StateChange(at(40), charging=False, by_vehicle=True)
STATION_HOLDS_BACK = StateChange(at(40), charging=False, by_vehicle=False)


def test_a_session_that_told_only_its_end_is_one_period_with_all_its_energy() -> None:
    periods = periods_of([point(60, 11_000)], begins=NOON, ends=at(60))

    assert told(*periods) == [(0, 11_000, 60, 0)]
    assert periods[0].max_power_kw == 11


def test_readings_cut_a_session_and_the_last_register_counts() -> None:
    periods = periods_of([point(10, 1000), point(20, 3000)], begins=NOON, ends=at(30))
    late = periods_of([point(10, 1000), point(20, 3000), point(31, 3500)], begins=NOON, ends=at(30))

    assert told(*periods) == [(0, 1000, 10, 0), (10, 2000, 10, 0), (20, 0, 10, 0)]
    assert told(*late) == [(0, 1000, 10, 0), (10, 2000, 10, 0), (20, 500, 10, 0)]


def test_readings_may_come_twice_and_in_any_order() -> None:
    points = [point(20, 3000), point(10, 1000), point(10, 1000), point(30, 3000)]

    assert periods_of(points, begins=NOON, ends=at(30)) == periods_of(
        sorted(set(points), key=lambda each: each.at), begins=NOON, ends=at(30)
    )


def test_a_register_that_fell_is_ignored() -> None:
    periods = periods_of(
        [point(10, 1000), point(20, 40), point(30, 1500)], begins=NOON, ends=at(30)
    )

    assert told(*periods) == [(0, 1000, 10, 0), (10, 500, 20, 0)]


def test_a_full_vehicle_parks() -> None:
    periods = periods_of(
        [point(40, 8000), point(60, 8000)], [VEHICLE_FULL], begins=NOON, ends=at(60)
    )

    assert told(*periods) == [(0, 8000, 40, 0), (40, 0, 0, 20)]


def test_a_station_that_withholds_power_does_not_make_the_driver_park() -> None:
    periods = periods_of(
        [point(40, 8000), point(60, 8000)], [STATION_HOLDS_BACK], begins=NOON, ends=at(60)
    )

    assert sum(period.parking_s for period in periods) == 0
    assert sum(period.charging_s for period in periods) == 3600


def test_a_vehicle_that_asks_again_charges_again() -> None:
    periods = periods_of(
        [point(60, 9000)],
        [VEHICLE_FULL, StateChange(at(50), charging=True)],
        begins=NOON,
        ends=at(60),
    )

    assert [period.parking_s for period in periods] == [0, 600, 0]
    assert sum(period.energy_wh for period in periods) == 9000


def test_a_vehicle_that_never_asked_parks_from_the_beginning() -> None:
    never = StateChange(NOON - timedelta(seconds=1), charging=False, by_vehicle=True)

    assert told(*periods_of([], [never], begins=NOON, ends=at(30))) == [(0, 0, 0, 30)]


def test_the_power_is_the_register_s_average() -> None:
    first, second = periods_of(
        [point(10, 1000, power_w=9999), point(20, 1000, power_w=7400)], begins=NOON, ends=at(20)
    )

    assert first.max_power_kw == 6
    assert second.max_power_kw == Fraction(74, 10)


def test_a_session_of_no_length_keeps_its_energy() -> None:
    assert told(*periods_of([point(0, 120)], begins=NOON, ends=NOON)) == [(0, 120, 0, 0)]


points = some.lists(
    some.builds(point, some.integers(-5, 70), some.integers(0, 50_000)), max_size=12
)
states = some.lists(
    some.builds(
        StateChange,
        some.integers(-5, 70).map(at),
        charging=some.booleans(),
        by_vehicle=some.booleans(),
    ),
    max_size=6,
)


@given(points, states)
def test_every_second_is_charging_or_parking_and_no_energy_is_lost(
    meter: list[MeterPoint], changes: list[StateChange]
) -> None:
    periods = periods_of(meter, changes, begins=NOON, ends=at(60))
    within = [each.energy_wh for each in meter if each.at >= NOON]

    assert sum(each.charging_s + each.parking_s for each in periods) == 3600
    assert sum(each.energy_wh for each in periods) <= max(within, default=0)
    assert all(a.ends == b.begins for a, b in pairwise(periods))
    assert (periods[0].begins, periods[-1].ends) == (NOON, at(60))
    if within == sorted(within) and [e.at for e in meter] == sorted(e.at for e in meter):
        assert sum(each.energy_wh for each in periods) == max(within, default=0)


def test_parts_of_a_second_are_counted_exactly() -> None:
    ends = NOON + timedelta(seconds=90, microseconds=250_000)
    [period] = periods_of([MeterPoint(ends, 1_000)], begins=NOON, ends=ends)

    assert (period.charging_s, period.parking_s) == (Fraction(361, 4), 0)


def test_between_two_readings_energy_is_spread_evenly_over_their_time() -> None:
    points = [point(30, 3000), point(50, 6000), point(80, 7000)]
    full = [VEHICLE_FULL, StateChange(at(45), charging=True), VEHICLE_FULL]

    assert told(*periods_of(points, full, begins=NOON, ends=at(80))) == [
        (0, 3000, 30, 0),
        (30, 1500, 10, 0),
        (40, 750, 0, 5),
        (45, 750, 5, 0),
        (50, 1000, 30, 0),
    ]


def test_after_the_last_reading_nothing_more_was_used() -> None:
    periods = periods_of([point(10, 900)], [VEHICLE_FULL], begins=NOON, ends=at(60))

    assert told(*periods) == [(0, 900, 10, 0), (10, 0, 30, 0), (40, 0, 0, 20)]


def test_of_two_readings_of_one_moment_the_greater_counts() -> None:
    points = [point(10, 900, 5000), point(10, 1000, 7000), point(20, 1000)]

    first, second = periods_of(points, begins=NOON, ends=at(20))

    assert (first.energy_wh, first.max_power_kw, second.energy_wh) == (1000, 6, 0)


def test_a_microsecond_more_counts() -> None:
    end = NOON + timedelta(seconds=1, microseconds=500_001)

    [period] = periods_of([MeterPoint(end, 3)], begins=NOON, ends=end)

    assert period.charging_s == Fraction(1_500_001, 1_000_000)
    assert period.min_power_kw == Fraction(3 * 3_600_000, 1_500_001)


def test_a_session_of_no_time_has_the_energy_that_was_told_last() -> None:
    nothing = periods_of([], begins=NOON, ends=NOON)
    late = periods_of([point(0, 100), point(5, 300)], begins=NOON, ends=NOON)

    assert [(each.begins, each.ends, each.energy_wh) for each in nothing] == [(NOON, NOON, 0)]
    assert [(each.begins, each.ends, each.energy_wh) for each in late] == [(NOON, NOON, 300)]


def test_energy_is_spread_up_to_the_greater_of_two_readings_of_one_moment() -> None:
    stops = [VEHICLE_FULL]
    twice = periods_of([point(80, 500), point(80, 1000)], stops, begins=NOON, ends=at(80))
    after_the_end = periods_of([point(81, 500), point(90, 1000)], stops, begins=NOON, ends=at(80))

    assert told(*twice) == told(*after_the_end) == [(0, 500, 40, 0), (40, 500, 0, 40)]


def test_what_was_read_at_the_beginning_counts_from_nothing() -> None:
    points = [point(0, 100), point(0, 300), point(80, 700)]

    assert told(*periods_of(points, [VEHICLE_FULL], begins=NOON, ends=at(80))) == [
        (0, 500, 40, 0),
        (40, 200, 0, 40),
    ]
