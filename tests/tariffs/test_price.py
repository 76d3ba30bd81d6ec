"""What charging costs, in tables that a person of the trade can check."""

from tests.tariffs.table import check


def test_the_flat_fee_is_paid_once_a_session() -> None:
    check("""
        tariff  flat   0.50
        tariff  energy 0.50
        period  12:00  4.0kWh 20min
        period  12:20  4.0kWh 20min
        cost    4.50 EUR
    """)


def test_a_second_flat_fee_that_becomes_active_later_is_not_added() -> None:
    check("""
        tariff  flat   1.00 00:00-13:00
        tariff  flat   2.00
        period  12:30  60min
        cost    1.00 EUR
    """)


def test_a_flat_fee_that_begins_at_13_is_paid_by_who_is_still_there() -> None:
    check("""
        tariff  flat   2.00 13:00-00:00
        period  12:30  60min
        cost    2.00 EUR
    """)


def test_the_night_price_begins_at_22_and_ends_past_midnight() -> None:
    check("""
        tariff  energy 0.29 22:00-06:00
        tariff  energy 0.49
        period  21:30  10.0kWh 30min
        period  22:00   5.0kWh 30min
        period  23:00  10.0kWh 60min
        cost    9.25 EUR
    """)


def test_the_night_price_holds_at_5_59_and_no_longer_at_6() -> None:
    check("""
        tariff  energy 0.29 22:00-06:00
        tariff  energy 0.49
        period  05:59  1kWh 1min
        period  06:00  1kWh 1min
        net     0.78
    """)


def test_a_date_is_the_first_day_and_the_end_date_is_no_longer_in() -> None:
    check("""
        zone    Europe/Helsinki
        tariff  time 60.00 since 2026-03-02 before 2026-03-03
        period  00:00 24min
        net     24.00
    """)
    check("""
        zone    Europe/Helsinki
        day     2026-03-01
        tariff  time 60.00 since 2026-03-02 before 2026-03-03
        period  23:50 1470min
        net     1440.00
    """)


def test_the_first_minute_of_a_window_is_in_it_and_the_last_is_not() -> None:
    check("""
        tariff  energy 1.00 12:00-13:00
        period  11:59  1kWh 1min
        period  12:00  1kWh 1min
        period  12:59  1kWh 1min
        period  13:00  1kWh 1min
        net     2.00
    """)


def test_a_period_that_crosses_an_hour_is_split_there() -> None:
    check("""
        tariff  energy 0.20 00:00-12:00
        tariff  energy 0.40
        period  11:00  9kWh 180min
        net     3.00
    """)


def test_a_window_until_midnight_ends_with_the_day() -> None:
    check("""
        tariff  energy 0.20 20:00-00:00
        tariff  energy 0.40
        period  23:00  2kWh 120min
        net     0.60
    """)


def test_a_window_from_midnight_to_midnight_is_the_whole_day() -> None:
    check("""
        tariff  energy 0.20 00:00-00:00
        tariff  energy 0.40
        period  12:00  2kWh 60min
        net     0.40
    """)


def test_a_window_that_ends_when_it_begins_is_the_whole_day() -> None:
    check("""
        tariff  energy 0.29 22:00-22:00
        tariff  energy 0.49
        period  21:00  10kWh 60min
        period  22:00  10kWh 60min
        cost    5.80 EUR
    """)


def test_the_clock_is_the_location_s_own() -> None:
    check("""
        zone    Europe/Helsinki
        tariff  time 6.00 12:00-13:00
        period  11:30 60min
        net     3.00
    """)


def test_a_day_of_the_week_is_local_and_ends_at_local_midnight() -> None:
    check("""
        zone    America/New_York
        day     2026-03-06
        tariff  time 1.00 mon-fri
        tariff  time 3.00 sat,sun
        period  23:00 120min
        net     4.00
    """)


def test_the_first_element_that_holds_goes_before_a_later_one() -> None:
    check("""
        tariff  energy 0.10
        tariff  energy 0.90
        period  12:00 1kWh 10min
        net     0.10
    """)


def test_an_element_that_comes_too_late_does_not_hide_those_after_it() -> None:
    check("""
        tariff  energy 0.10
        tariff  energy 0.90
        tariff  time   6.00
        period  12:00 1kWh 10min
        net     1.10
    """)


def test_prices_of_several_elements_are_active_together() -> None:
    check("""
        tariff  energy 0.50
        tariff  time   6.00
        tariff  flat   1.00
        period  12:00 2kWh 30min
        net     5.00
    """)


def test_a_dimension_that_nothing_prices_is_free() -> None:
    check("""
        tariff  parking 9.00
        period  12:00 20kWh 60min
        net     0
    """)


def test_the_first_kilowatt_hours_are_cheaper() -> None:
    check("""
        tariff  energy 0.10 below 5kWh
        tariff  energy 0.50
        period  12:00 4kWh 10min
        period  12:10 4kWh 10min
        net     2.00
    """)


def test_the_kilowatt_hour_that_reaches_the_threshold_is_split_at_it() -> None:
    check("""
        tariff  time 60.00 from 5kWh
        period  12:00 10kWh 60min
        net     30.00
    """)


def test_parking_is_free_for_the_first_quarter_after_an_hour_of_charging() -> None:
    check("""
        tariff  parking 0.00 below 75min
        tariff  parking 6.00
        period  12:00 10kWh 60min
        period  13:00 30min parking
        net     1.50
    """)


def test_a_price_from_ten_kilowatt_hours_on_holds_from_there() -> None:
    check("""
        tariff  energy 0.30 from 10kWh
        tariff  energy 0.50
        period  12:00 15kWh 60min
        net     6.50
    """)


def test_a_duration_is_counted_from_the_start_of_the_session() -> None:
    check("""
        tariff  energy 0.00 below 30min
        tariff  energy 0.40 from 30min
        period  12:00 6kWh 60min
        net     1.20
    """)


def test_a_price_from_half_an_hour_on_holds_from_there() -> None:
    check("""
        tariff  energy 0.40 from 30min
        tariff  energy 0.20
        period  12:00 6kWh 60min
        net     1.80
    """)


def test_three_prices_by_the_energy_follow_each_other() -> None:
    check("""
        tariff  energy 9.00 below 0.001kWh
        tariff  energy 0.30 below 5kWh
        tariff  energy 0.40 below 8kWh
        tariff  energy 0.50
        period  12:00 4kWh 20min
        period  12:20 6kWh 20min
        period  12:40 2kWh 20min
        net     4.7087
    """)


def test_a_threshold_that_was_just_reached_holds_up_to_the_next_turn_of_the_clock() -> None:
    check("""
        tariff  energy 0.30 below 10kWh
        tariff  energy 0.40 00:00-13:30
        tariff  energy 0.50
        period  12:00 10kWh 60min
        period  13:00 10kWh 60min
        net     7.50
    """)


def test_a_grace_that_is_just_over_is_so_up_to_the_next_turn_of_the_clock() -> None:
    check("""
        tariff  parking  6.00 grace 20min 00:00-13:30
        tariff  parking 12.00
        period  13:00 20min parking
        period  13:20 20min parking
        net     7.00
    """)


def test_power_switches_a_price_on_and_off() -> None:
    check("""
        tariff  energy 0.90 from 50kW
        tariff  energy 0.30
        period  12:00 10kWh 10min 60kW
        period  12:10 10kWh 15min 40kW
        period  12:25 10kWh 12min 50kW
        net     21.00
    """)


def test_the_power_that_a_price_ends_at_is_no_longer_in_it() -> None:
    check("""
        tariff  energy 0.20 below 16kW
        tariff  energy 0.50
        period  12:00 1kWh 10min 15.9kW
        period  12:10 1kWh 10min 16kW
        net     0.70
    """)


def test_where_no_power_is_told_energy_and_time_say_it() -> None:
    check("""
        tariff  energy 0.20 below 16kW
        tariff  energy 0.50
        period  12:00 10kWh 60min
        period  13:00 20kWh 60min
        net     12.00
    """)


def test_a_current_that_nobody_told_holds_no_restriction() -> None:
    check("""
        tariff  energy 0.20 below 32A
        tariff  energy 0.50
        period  12:00 1kWh 60min
        period  13:00 1kWh 60min 16A
        net     0.70
    """)


def test_all_restrictions_of_an_element_must_hold() -> None:
    check("""
        tariff  energy 0.10 12:00-13:00 mon-fri below 5kWh
        tariff  energy 0.50
        period  11:00 2kWh 60min
        period  12:00 4kWh 60min
        net     1.80
    """)


def test_half_a_cent_is_rounded_up_and_only_once() -> None:
    check("""
        tariff  energy 0.005
        period  12:00  0.5kWh 5min
        period  12:05  0.5kWh 5min
        cost    0.01 EUR
    """)


def test_a_cost_that_does_not_end_is_not_rounded_twice() -> None:
    check("""
        tariff  time 0.00999999999999999
        period  12:00 30min
        cost    0.00 EUR
    """)


def test_three_times_a_third_is_one() -> None:
    check("""
        tariff  time 1.00 00:00-12:20
        tariff  time 1.00 12:20-12:40
        tariff  time 1.00
        period  12:00 60min
        net     1.00
    """)


def test_a_yen_has_no_cents() -> None:
    check("""
        tariff  energy 30.5
        period  12:00 1kWh 10min
        cost    31 JPY
    """)


def test_energy_is_stepped_once_on_the_session_s_total() -> None:
    check("""
        tariff  energy 0.20 step 500
        period  12:00 0.3kWh 10min
        period  12:10 0.3kWh 10min
        billed  energy 1kWh
        net     0.20
    """)


def test_a_step_is_added_at_the_last_price() -> None:
    check("""
        tariff  energy 0.20 00:00-17:00 step 500
        tariff  energy 1.00 step 500
        period  16:00 4.3kWh 60min
        period  17:00 1.1kWh 60min
        net     2.06
    """)


def test_charging_is_stepped_where_nothing_follows_it() -> None:
    check("""
        tariff  time 6.00 step 600
        period  12:00 21min
        billed  time 30min
        net     3.00
    """)


def test_charging_is_not_stepped_where_parking_is_billed() -> None:
    check("""
        tariff  time    6.00 step 600
        tariff  parking 6.00 step 600
        period  12:00 21min
        period  12:21 5min parking
        period  12:26 10min
        billed  time    31min
        billed  parking 10min
        net     4.10
    """)


def test_charging_is_stepped_where_parking_is_free() -> None:
    check("""
        tariff  time 6.00 step 600
        period  12:00 21min
        period  12:21 5min parking
        billed  time 30min
    """)


def test_a_step_of_nothing_changes_nothing() -> None:
    check("""
        tariff  energy 1.00 step 0
        period  12:00 0.1115kWh 10min
        net     0.1115
    """)
