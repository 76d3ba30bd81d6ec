"""What holds for every tariff and every session."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as some
from msgspec.structs import replace

from voltway.kernel.money import EUR
from voltway.tariffs import rules
from voltway.tariffs.exact import PLACES
from voltway.tariffs.model import (
    ChargingPeriod,
    Cost,
    CostLine,
    Dimension,
    LimitLine,
    PriceComponent,
    PriceLimit,
    Reservation,
    Restrictions,
    Tariff,
    TariffElement,
    TaxIncluded,
    Weekday,
)

NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)  # the night after it, Europe's clocks change
HELSINKI = ZoneInfo("Europe/Helsinki")
CLOSE = Decimal(1).scaleb(-PLACES + 2)

cents = some.decimals(min_value=0, max_value=10, places=3)
times = some.none() | some.builds(time, some.integers(0, 23), some.sampled_from([0, 15, 40]))

restrictions = some.builds(
    Restrictions,
    start_time=times,
    end_time=times,
    days=some.frozensets(some.sampled_from(Weekday), max_size=6),
    min_kwh=some.none() | some.decimals(min_value=0, max_value=20, places=1),
    max_kwh=some.none() | some.decimals(min_value=0, max_value=40, places=1),
    min_duration_s=some.none() | some.integers(0, 7200),
    max_duration_s=some.none() | some.integers(0, 50_000),
    max_power_kw=some.none() | some.decimals(min_value=1, max_value=60, places=1),
    reservation=some.sampled_from([None, None, None, *Reservation]),
)
components = some.builds(
    PriceComponent,
    dimension=some.sampled_from(Dimension),
    price=cents,
    vat=some.sampled_from([None, Decimal(0), Decimal("5.2"), Decimal(19), Decimal("25.5")]),
    step_size=some.sampled_from([0, 1, 60, 900]),
)
limits = some.none() | some.builds(PriceLimit, cents)
tariffs = some.builds(
    Tariff,
    id=some.just("any"),
    currency=some.just(EUR),
    elements=some.lists(
        some.builds(
            TariffElement,
            some.lists(components, min_size=1, max_size=3).map(tuple),
            some.just(Restrictions()) | restrictions,
        ),
        min_size=1,
        max_size=5,
    ).map(tuple),
    tax_included=some.sampled_from(TaxIncluded),
    min_price=limits,
    max_price=limits,
)


@some.composite
def sessions(draw: some.DrawFn) -> list[ChargingPeriod]:
    """Some periods, one after the other; a reservation may go before them."""
    lengths = draw(some.lists(some.integers(1, 30_000), min_size=1, max_size=5))
    begins = NOON
    periods = []
    for nth, lasted_s in enumerate(lengths):
        ends = begins + timedelta(seconds=lasted_s)
        reserves = nth == 0 and draw(some.booleans())
        if reserves:
            period = ChargingPeriod(
                begins=begins,
                ends=ends,
                reserved_s=lasted_s,
                reservation=Reservation.RESERVATION,
            )
        else:
            period = ChargingPeriod(
                begins=begins, ends=ends, energy_wh=draw(some.integers(0, 30_000))
            )
            if draw(some.booleans()):
                period = replace(period, parking_s=lasted_s)
            else:
                period = replace(period, charging_s=lasted_s)
        periods.append(period)
        begins = ends
    return periods


def split(period: ChargingPeriod, shares: list[Fraction]) -> list[ChargingPeriod]:
    """The same period in several, its energy and its power spread evenly over them."""
    lasted_us = (period.ends - period.begins) // timedelta(microseconds=1)
    at = sorted({0, lasted_us, *(int(share * lasted_us) for share in shares)})
    power = Fraction(period.energy_wh) * 3_600_000 / lasted_us
    return [
        replace(
            period,
            begins=period.begins + timedelta(microseconds=start),
            ends=period.begins + timedelta(microseconds=end),
            energy_wh=period.energy_wh * Fraction(end - start, lasted_us),
            charging_s=period.charging_s * Fraction(end - start, lasted_us),
            parking_s=period.parking_s * Fraction(end - start, lasted_us),
            reserved_s=period.reserved_s * Fraction(end - start, lasted_us),
            min_power_kw=power,
            max_power_kw=power,
        )
        for start, end in pairwise(at)
    ]


def totals(cost: Cost) -> tuple[Decimal, Decimal]:
    return cost.before_taxes, cost.after_taxes


@settings(deadline=None)
@given(
    tariffs,
    sessions(),
    some.lists(some.fractions(min_value=0, max_value=1), min_size=1, max_size=4),
)
def test_splitting_a_session_into_periods_does_not_change_its_price(
    tariff: Tariff, periods: list[ChargingPeriod], shares: list[Fraction]
) -> None:
    whole = rules.price(tariff, periods, HELSINKI)
    parts = rules.price(
        tariff, [part for period in periods for part in split(period, shares)], HELSINKI
    )

    assert totals(parts) == totals(whole)
    assert [line.billed for line in parts.lines] == [line.billed for line in whole.lines]


@settings(deadline=None)
@given(tariffs, sessions(), some.randoms())
def test_the_order_in_which_periods_come_does_not_matter(
    tariff: Tariff, periods: list[ChargingPeriod], random: Random
) -> None:
    shuffled = random.sample(periods, k=len(periods))

    assert rules.price(tariff, shuffled, HELSINKI) == rules.price(tariff, periods, HELSINKI)


@settings(deadline=None)
@given(tariffs, sessions())
def test_a_cost_is_never_negative_and_its_parts_sum_to_it(
    tariff: Tariff, periods: list[ChargingPeriod]
) -> None:
    cost = rules.price(tariff, periods, HELSINKI)

    assert cost.before_taxes >= 0
    assert cost.after_taxes >= 0
    assert all(line.before_taxes >= 0 and line.tax >= 0 for line in cost.lines)
    parts: list[CostLine | LimitLine] = [*cost.lines, *cost.limits]
    assert abs(sum(part.after_taxes for part in parts) - cost.after_taxes) < CLOSE
    assert abs(sum(tax.before_taxes for tax in cost.taxes) - cost.before_taxes) < CLOSE
    assert abs(sum(tax.tax for tax in cost.taxes) - cost.tax) < CLOSE


@settings(deadline=None)
@given(tariffs, sessions())
def test_no_more_is_billed_than_was_used_and_one_step(
    tariff: Tariff, periods: list[ChargingPeriod]
) -> None:
    cost = rules.price(tariff, periods, HELSINKI)
    charged = [period for period in periods if period.reservation is None]
    used = {
        Dimension.ENERGY: sum(period.energy_wh for period in charged),
        Dimension.TIME: sum(period.charging_s for period in charged),
        Dimension.PARKING_TIME: sum(period.parking_s for period in charged),
        Dimension.FLAT: 1 if charged else 0,
    }
    for dimension, most in used.items():
        lines = [
            line for line in cost.lines if line.dimension is dimension and line.reservation is None
        ]
        assert sum(line.used for line in lines) <= most
        assert sum(line.billed - line.used for line in lines) < 901


@settings(deadline=None)
@given(tariffs, sessions())
def test_within_its_limits_a_cost_stays(tariff: Tariff, periods: list[ChargingPeriod]) -> None:
    cost = rules.price(tariff, periods, HELSINKI)

    if tariff.max_price:
        assert cost.before_taxes <= tariff.max_price.before_taxes
    elif tariff.min_price and any(period.reservation is None for period in periods):
        assert cost.before_taxes >= tariff.min_price.before_taxes
