"""Why each price was taken and each element before it passed over, by every kind of limit."""

from datetime import date, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.tariffs.test_idle import fee
from tests.tariffs.test_lint import element, of
from tests.tariffs.test_spot import NOON, tariff, told
from voltway.tariffs.model import (
    ChargingPeriod,
    Dimension,
    PriceComponent,
    Reservation,
    Restrictions,
    TariffElement,
    Weekday,
)
from voltway.tariffs.rules_spot import bound
from voltway.tariffs.rules_trace import Step, traced

UTC_ZONE = ZoneInfo("UTC")
DASH = "\N{EN DASH}"
MINUTE = timedelta(minutes=1)


def charge(minutes: int, wh: int, after: int = 0, **power: Any) -> ChargingPeriod:
    begins = NOON + after * MINUTE
    ends = begins + minutes * MINUTE
    return ChargingPeriod(begins=begins, ends=ends, energy_wh=wh, charging_s=minutes * 60, **power)


def energy(limits: dict[str, Any], *periods: ChargingPeriod) -> list[Step]:
    """The steps of energy where these limits go before a price that always holds."""
    _, steps = traced(of(element("0.30", **limits), element("0.50")), periods, UTC_ZONE)
    return [step for step in steps if step.dimension is Dimension.ENERGY]


@pytest.mark.parametrize(
    ("limits", "power", "holds", "stands"),
    [
        ({"start_time": time(11)}, {}, f"11:00{DASH}24:00", "it is Mon 2026-03-02 12:00"),
        ({"days": frozenset([Weekday.MONDAY])}, {}, "Mon", "it is Mon 2026-03-02 12:00"),
        ({"start_date": date(2026, 3, 2)}, {}, "from 2026-03-02", "it is Mon 2026-03-02 12:00"),
        ({"max_kwh": Decimal(40)}, {}, "up to 40 kWh", "0 kWh have been used"),
        (
            {"min_kwh": Decimal(0), "max_kwh": Decimal(40)},
            {},
            "up to 40 kWh",
            "0 kWh have been used",
        ),
        ({"max_duration_s": 7200}, {}, "up to 120 min", "0 s have passed"),
        ({"min_power_kw": Decimal(5)}, {}, "from 5 kW", "it is at 6 kW"),
        ({"max_power_kw": Decimal("6.5")}, {}, "up to 6.5 kW", "it is at 6 kW"),
        ({"min_power_kw": Decimal(7)}, {"min_power_kw": 7}, "from 7 kW", "it is at 7 kW"),
        (
            {"max_current_a": Decimal(16)},
            {"min_current_a": 10},
            "up to 16 A",
            "it is at 6 kW",
        ),
        (
            {"max_kwh": Decimal(40), "max_duration_s": 7200},
            {},
            "up to 40 kWh, up to 120 min",
            "0 kWh have been used, 0 s have passed",
        ),
    ],
)
def test_what_held_is_said_with_where_the_session_stood(
    limits: dict[str, Any], power: dict[str, int], holds: str, stands: str
) -> None:
    [step] = energy(limits, charge(60, 6000, **power))

    assert (step.element, step.passed_over) == (1, ())
    assert step.why == f"Element 1 holds {holds}: {stands}."


@pytest.mark.parametrize(
    ("limits", "power", "why"),
    [
        ({"min_kwh": Decimal(40)}, {}, "it asks for at least 40 kWh, and it is at 0 kWh"),
        (
            {"min_kwh": Decimal(1), "max_kwh": Decimal(2)},
            {},
            "it asks for at least 1 kWh and less than 2 kWh, and it is at 0 kWh",
        ),
        ({"min_power_kw": Decimal(7)}, {}, "it asks for at least 7 kW, and it is at 6 kW"),
        ({"max_power_kw": Decimal(6)}, {}, "it asks for less than 6 kW, and it is at 6 kW"),
        ({"min_current_a": Decimal(7)}, {}, "it asks for at least 7 A, and it is not known"),
        (
            {"min_current_a": Decimal(7)},
            {"min_current_a": 6},
            "it asks for at least 7 A, and it is at 6 A",
        ),
        ({"min_duration_s": 7200}, {}, "it begins after 2 h, and 0 s have passed"),
        (
            {"end_date": date(2026, 3, 2)},
            {},
            "it holds before 2026-03-02, and it is Mon 2026-03-02 12:00",
        ),
        (
            {"days": frozenset([Weekday.SUNDAY])},
            {},
            "it holds Sun, and it is Mon 2026-03-02 12:00",
        ),
    ],
)
def test_what_did_not_hold_is_said_with_what_it_asks_for(
    limits: dict[str, Any], power: dict[str, int], why: str
) -> None:
    first = energy(limits, charge(60, 6000, **power))[0]

    assert first.element == 2
    assert first.why == "Element 2 always holds."
    assert first.passed_over == (f"Element 1 does not hold: {why}.",)


def test_a_price_that_ends_says_after_how_long() -> None:
    first, second = energy({"max_duration_s": 1800}, charge(60, 6000))

    assert (first.begins, first.ends, first.used) == (NOON, NOON + 30 * MINUTE, 3000)
    assert (second.begins, second.ends, second.used) == (first.ends, NOON + 60 * MINUTE, 3000)
    assert second.passed_over == (
        "Element 1 does not hold: it ends after 30 min, and 30 min have passed.",
    )


def test_a_price_that_begins_says_how_much_was_used_before_it() -> None:
    first, second = energy({"min_kwh": Decimal("1.5")}, charge(30, 1000), charge(30, 1000, 30))

    assert (first.element, first.used, second.used) == (2, 1500, 500)
    assert second.begins == NOON + 45 * MINUTE
    assert second.why == "Element 1 holds from 1.5 kWh: 1.5 kWh have been used."


def test_a_pause_between_two_parts_of_one_price_makes_them_two_steps() -> None:
    steps = energy({"max_kwh": Decimal(90)}, charge(10, 500), charge(10, 700, 30))

    assert [(step.begins, step.used) for step in steps] == [(NOON, 500), (NOON + 30 * MINUTE, 700)]


def test_elements_that_price_something_else_are_not_told() -> None:
    fee = PriceComponent(Dimension.FLAT, Decimal(1))
    late = TariffElement((fee,), Restrictions(min_kwh=Decimal(5)))
    _, steps = traced(of(late, element("0.50")), [charge(60, 4000)], UTC_ZONE)

    [step] = [step for step in steps if step.dimension is Dimension.ENERGY]
    assert (step.element, step.passed_over) == (2, ())


def test_a_flat_fee_is_owed_at_one_moment() -> None:
    fee = TariffElement((PriceComponent(Dimension.FLAT, Decimal(1)),))
    _, steps = traced(of(element("0.50"), fee), [charge(60, 6000)], UTC_ZONE)

    [step] = [step for step in steps if step.dimension is Dimension.FLAT]
    assert (step.begins, step.ends, step.used, step.element) == (NOON, NOON, 1, 2)


def test_steps_come_in_the_order_of_their_time_and_of_the_bill() -> None:
    _, steps = traced(of(element("0.50")), [charge(30, 500), charge(30, 500, 60)], UTC_ZONE)

    assert [(step.begins, step.dimension) for step in steps] == sorted(
        ((step.begins, step.dimension) for step in steps),
        key=lambda each: (each[0], list(Dimension).index(each[1])),
    )


def test_a_reservation_counts_its_own_time() -> None:
    held = Restrictions(reservation=Reservation.RESERVATION, min_duration_s=600)
    price = TariffElement((PriceComponent(Dimension.TIME, Decimal(6)),), held)
    before = ChargingPeriod(
        begins=NOON - 30 * MINUTE,
        ends=NOON,
        reserved_s=1800,
        reservation=Reservation.RESERVATION,
    )
    _, steps = traced(of(price, element("0.50")), [before, charge(60, 6000)], UTC_ZONE)

    free, paid = [step for step in steps if step.reservation is Reservation.RESERVATION]
    assert (free.element, free.price, free.used) == (None, None, 600)
    assert free.why == "No element prices it, so it is free."
    assert free.passed_over == (
        "Element 1 does not hold: it begins after 10 min, and 0 s have passed.",
    )
    assert (paid.element, paid.used) == (1, 1200)
    assert (paid.price, paid.volume) == (Decimal(6), Decimal("0.333333333333333"))
    [charged] = [step for step in steps if step.dimension is Dimension.ENERGY]
    assert (charged.element, charged.begins, charged.used) == (2, NOON, 6000)


def test_a_price_of_a_market_says_which_and_changes_with_it() -> None:
    of_market = bound(tariff(), lambda _: told("0.05", "0.20"))
    _, steps = traced(of_market, [charge(30, 6000)], UTC_ZONE)

    found = [step for step in steps if step.dimension is Dimension.ENERGY]
    assert [(step.price, step.used) for step in found] == [
        (Decimal("0.0500"), 3000),
        (Decimal("0.2000"), 3000),
    ]
    assert found[0].why == "Element 1 always holds. Its price follows the market FI."


def test_a_third_is_told_to_a_thousandth() -> None:
    period = ChargingPeriod(
        begins=NOON, ends=NOON + 3 * MINUTE, energy_wh=Fraction(1000, 3), charging_s=180
    )
    first = energy({"min_power_kw": Decimal(40)}, period)[0]

    assert first.passed_over == (
        "Element 1 does not hold: it asks for at least 40 kW, and it is at 6.667 kW.",
    )


def test_a_second_stop_has_its_grace_anew() -> None:
    def stands(after: int) -> ChargingPeriod:
        begins = NOON + after * MINUTE
        return ChargingPeriod(begins=begins, ends=begins + 30 * MINUTE, parking_s=1800)

    periods = [stands(0), charge(30, 1000, 30), stands(60)]
    _, steps = traced(fee(), periods, UTC_ZONE)

    parked = [step for step in steps if step.dimension is Dimension.PARKING_TIME]
    assert [(step.element, step.begins) for step in parked] == [
        (None, NOON),
        (2, NOON + 20 * MINUTE),
        (None, NOON + 60 * MINUTE),
        (2, NOON + 80 * MINUTE),
    ]
    assert parked[2].why == "No element prices it, so it is free."
    assert parked[3].why.endswith("the vehicle has stood for 20 min.")
