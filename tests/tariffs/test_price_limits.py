"""Taxes, least and most prices, and reservations, in tables that a person can check."""

import pytest

from tests.tariffs.table import check


def test_each_price_has_its_own_tax() -> None:
    check("""
        tariff  energy 0.50 vat 10
        tariff  time   6.00 vat 25
        period  12:00 10kWh 60min
        net     11.00
        cost    13.00 EUR
    """)


def test_prices_that_include_tax_are_what_is_paid() -> None:
    check("""
        taxes   included
        tariff  energy 0.595 vat 19
        period  12:00 10kWh 60min
        cost    5.95 EUR
        net     5
    """)


def test_where_no_tax_applies_a_rate_changes_nothing() -> None:
    check("""
        taxes   none
        tariff  energy 0.50 vat 19
        period  12:00 10kWh 60min
        cost    5.00 EUR
        net     5
    """)


@pytest.mark.parametrize(
    ("limit", "net", "cost"),
    [
        ("min 5.00 5.95", "5.00", "5.95"),
        ("min 0.50 5.95", "1.00", "5.95"),
        ("min 1.10 1.15", "1.10", "1.19"),
        ("min 2.00", "2.00", "2.38"),
        ("max 0.50 0.60", "0.50", "0.60"),
        ("max 0.50 5.95", "0.50", "1.19"),
        ("max 9.00 1.10", "1.00", "1.10"),
        ("max 0.50", "0.50", "0.60"),
    ],
)
def test_limits_bind_before_and_after_tax_each_by_itself(limit: str, net: str, cost: str) -> None:
    check(f"""
        {limit}
        tariff  energy 0.50 vat 19
        period  12:00 2kWh 60min
        net     {net}
        cost    {cost} EUR
    """)


def test_the_least_price_is_owed_where_nothing_was_charged() -> None:
    check("""
        min     2.00
        tariff  energy 0.50 vat 19
        period  12:00 60min
        cost    2.38 EUR
    """)


def test_the_least_price_of_a_session_is_not_owed_for_a_reservation_alone() -> None:
    check("""
        min     20.00 23.80
        tariff  time 1.00 reserved
        tariff  energy 0.50
        period  12:00 60min expired
        net     1.00
    """)


def test_a_reservation_has_its_own_fee_and_its_own_step() -> None:
    check("""
        tariff  flat 2.00 reserved
        tariff  time 6.00 step 600 reserved
        tariff  flat 1.00
        tariff  time 3.00 step 60
        period  12:00 13min reserved
        period  12:13 30min
        billed  time 50min
        net     6.50
    """)


def test_a_reservation_price_is_not_a_price_of_charging() -> None:
    check("""
        tariff  time 6.00 reserved
        period  12:00 60min
        net     0
    """)


def test_what_expiry_does_not_price_is_priced_as_the_reservation_is() -> None:
    check("""
        tariff  time 2.00 reserved
        tariff  flat 1.00 reserved
        tariff  flat 4.00 expired
        tariff  flat 9.00
        period  12:00 60min expired
        net     6.00
    """)


def test_a_reservation_s_hours_are_local_too() -> None:
    check("""
        zone    Europe/Helsinki
        tariff  time 6.00 12:00-12:30 reserved
        period  12:00 60min reserved
        net     3.00
    """)


def test_a_session_of_no_length_pays_its_flat_fee_and_its_energy() -> None:
    check("""
        tariff  flat   1.00
        tariff  energy 0.50
        period  12:00 2kWh
        net     2.00
    """)
