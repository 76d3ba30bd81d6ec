"""Taxes, least and most prices, and reservations, in tables that a person can check."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tests.tariffs.table import check
from voltway.kernel.money import EUR
from voltway.tariffs import rules
from voltway.tariffs.model import (
    ChargingPeriod,
    Dimension,
    PriceComponent,
    PriceLimit,
    Tariff,
    TariffElement,
    TaxIncluded,
    TaxLine,
)


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


@pytest.mark.parametrize(
    ("included", "rate", "payable", "tax"),
    [
        (TaxIncluded.NO, Decimal(19), "5.95 EUR", Decimal("0.95")),
        (TaxIncluded.NOT_APPLICABLE, None, "5.00 EUR", Decimal(0)),
    ],
)
def test_a_least_price_of_who_used_nothing_is_taxed_as_the_first_price(
    included: TaxIncluded, rate: Decimal | None, payable: str, tax: Decimal
) -> None:
    energy = PriceComponent(Dimension.ENERGY, Decimal("0.40"), Decimal(19))
    tariff = Tariff(
        id="least",
        currency=EUR,
        elements=(TariffElement((energy,)),),
        tax_included=included,
        min_price=PriceLimit(Decimal(5)),
    )
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)

    cost = rules.price(tariff, [ChargingPeriod(begins=noon, ends=noon)], ZoneInfo("UTC"))

    assert (str(cost.payable), cost.lines) == (payable, ())
    assert cost.taxes == (TaxLine(rate, Decimal(5), tax),)
    [limit] = cost.limits
    assert limit.why == f"A session costs at least {5 + tax:f} EUR including tax."


def test_a_limit_before_tax_is_taxed_as_the_whole_session_is() -> None:
    parts = (
        PriceComponent(Dimension.ENERGY, Decimal("0.50"), Decimal(20)),
        PriceComponent(Dimension.FLAT, Decimal(15), Decimal(0)),
    )
    tariff = Tariff(
        id="most",
        currency=EUR,
        elements=(TariffElement(parts),),
        max_price=PriceLimit(Decimal(8)),
    )
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    period = ChargingPeriod(begins=noon, ends=noon, energy_wh=10_000)

    cost = rules.price(tariff, [period], ZoneInfo("UTC"))

    assert (cost.before_taxes, cost.after_taxes) == (Decimal(8), Decimal("8.4"))
    assert cost.taxes == (
        TaxLine(Decimal(20), Decimal(2), Decimal("0.4")),
        TaxLine(Decimal(0), Decimal(6), Decimal(0)),
    )
    [limit] = cost.limits
    assert (limit.before_taxes, limit.after_taxes) == (Decimal(-12), Decimal("-12.6"))
    assert limit.why == "A session costs at most 8.4 EUR including tax."


@pytest.mark.parametrize(
    ("least", "used_wh", "taxes"),
    [
        (None, 0, ()),
        (None, 1000, ((Decimal(20), 0, 0), (Decimal(0), 0, 0), (None, 0, 0))),
        ("6", 0, ((Decimal(20), 6, Decimal("1.2")),)),
        ("6", 1000, ((Decimal(20), 6, Decimal("1.2")), (Decimal(0), 0, 0), (None, 0, 0))),
    ],
)
def test_what_is_owed_by_who_pays_no_price_is_taxed_at_the_highest_rate(
    least: str | None, used_wh: int, taxes: tuple[tuple[Decimal | None, Decimal, Decimal], ...]
) -> None:
    rates = (
        (Dimension.PARKING_TIME, None),
        (Dimension.ENERGY, Decimal(20)),
        (Dimension.TIME, Decimal(0)),
    )
    free = tuple(PriceComponent(kind, Decimal(0), rate) for kind, rate in reversed(rates))
    energy = TariffElement((free[1],))
    tariff = Tariff(
        id="free",
        currency=EUR,
        elements=(energy, TariffElement((free[0], free[2]))),
        min_price=None if least is None else PriceLimit(Decimal(least)),
    )
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    used = used_wh // 1000
    period = ChargingPeriod(
        begins=noon, ends=noon, energy_wh=used_wh, charging_s=used, parking_s=used
    )

    cost = rules.price(tariff, [period], ZoneInfo("UTC"))

    assert [(tax.rate, tax.before_taxes, tax.tax) for tax in cost.taxes] == list(taxes)
