"""Which element priced what, when and why: told by the calculator that made the amount."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given, settings

from tests.tariffs.test_idle import fee
from tests.tariffs.test_lint import element, of
from tests.tariffs.test_properties import HELSINKI, sessions, tariffs
from voltway.tariffs import rules
from voltway.tariffs.model import ChargingPeriod, Dimension, Tariff
from voltway.tariffs.rules_trace import traced

UTC_ZONE = ZoneInfo("UTC")
EVENING = datetime(2026, 3, 2, 21, 30, tzinfo=UTC)


def charge(minutes: int, wh: int, begins: datetime = EVENING) -> ChargingPeriod:
    ends = begins + timedelta(minutes=minutes)
    return ChargingPeriod(begins=begins, ends=ends, energy_wh=wh, charging_s=minutes * 60)


def test_it_says_when_another_price_began_and_what_held() -> None:
    night = of(element("0.30", start_time=time(22), end_time=time(6)), element("0.50"))
    _, steps = traced(night, [charge(60, 10_000)], UTC_ZONE)

    day, late = [step for step in steps if step.dimension is Dimension.ENERGY]
    assert (day.element, late.element) == (2, 1)
    assert (day.ends, late.begins) == (EVENING + timedelta(minutes=30),) * 2
    assert day.why == "Element 2 always holds."
    assert day.passed_over == (
        "Element 1 does not hold: it holds 22:00\N{EN DASH}06:00, and it is Mon 2026-03-02 21:30.",
    )
    assert late.why == "Element 1 holds 22:00\N{EN DASH}06:00: it is Mon 2026-03-02 22:00."


def test_it_says_what_is_free_because_nothing_prices_it() -> None:
    _, steps = traced(of(element("0.50")), [charge(60, 10_000)], UTC_ZONE)
    time_step = steps[1]

    assert (time_step.dimension, time_step.element) == (Dimension.TIME, None)
    assert time_step.why == "No element prices it, so it is free."


def test_readings_of_one_price_are_one_step() -> None:
    minutes = [charge(1, 100, EVENING + timedelta(minutes=nth)) for nth in range(30)]
    _, steps = traced(of(element("0.50", max_kwh=Decimal(2)), element("0.60")), minutes, UTC_ZONE)
    energy = [step for step in steps if step.dimension is Dimension.ENERGY]

    assert [(step.element, step.volume) for step in energy] == [(1, Decimal(2)), (2, Decimal(1))]
    assert energy[1].passed_over == (
        "Element 1 does not hold: it asks for less than 2 kWh, and it is at 2 kWh.",
    )


def test_it_says_that_a_stop_is_free_at_first() -> None:
    begins = EVENING
    stands = ChargingPeriod(begins=begins, ends=begins + timedelta(minutes=30), parking_s=1800)
    _, (free, paid) = traced(fee(), [stands], UTC_ZONE)

    assert (free.element, paid.element) == (None, 2)
    assert free.passed_over == ("Element 2 does not hold: the first 20 min of each stop are free.",)
    assert paid.why == (
        "Element 2 holds after 20 min of standing: the vehicle has stood for 20 min."
    )


@settings(deadline=None, max_examples=30)
@given(tariffs, sessions())
def test_telling_it_changes_no_amount_and_tells_all_that_was_used(
    tariff: Tariff, periods: list[ChargingPeriod]
) -> None:
    plain = rules.price(tariff, periods, HELSINKI)
    cost, steps = traced(tariff, periods, HELSINKI)

    assert cost == plain
    used = sum(step.used for step in steps if step.dimension is Dimension.ENERGY)
    assert used == sum(period.energy_wh for period in periods)
    for line in cost.lines:
        same = [
            step
            for step in steps
            if (step.element, step.dimension, step.reservation)
            == (line.element + 1, line.dimension, line.reservation)
        ]
        assert sum(step.used for step in same) == line.used
        assert all(step.why for step in same)
