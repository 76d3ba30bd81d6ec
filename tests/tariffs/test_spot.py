"""Prices that follow a market: by the quarter of an hour, frozen or dynamic, never without one."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from msgspec.structs import replace

from voltway.kernel.money import EUR
from voltway.tariffs import rules
from voltway.tariffs.documents import BadField
from voltway.tariffs.model import (
    ChargingPeriod,
    Dimension,
    PriceComponent,
    Spot,
    SpotMode,
    SpotPrice,
    Tariff,
    TariffElement,
)
from voltway.tariffs.model_spot import ToldPrice
from voltway.tariffs.ocpi import read_tariff
from voltway.tariffs.ocpi_write import OcpiVersion, TariffBeyondVersion, document, written
from voltway.tariffs.rules_display import outlook
from voltway.tariffs.rules_series import curve
from voltway.tariffs.rules_spot import NoMarketPrice, bound

UTC_ZONE = ZoneInfo("UTC")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def told(*prices: str, begins: datetime = NOON) -> list[SpotPrice]:
    """A quarter of an hour each."""
    return [
        SpotPrice(begins + nth * QUARTER, begins + (nth + 1) * QUARTER, Decimal(price))
        for nth, price in enumerate(prices)
    ]


def tariff(most: str = "0.60", **how: object) -> Tariff:
    spot = Spot(series="FI", **how)  # type: ignore[arg-type]
    component = PriceComponent(Dimension.ENERGY, Decimal(most), Decimal("25.5"), 1, spot)
    return Tariff(id="SPOT", currency=EUR, elements=(TariffElement((component,)),))


def with_more(of: Tariff, *more: TariffElement) -> Tariff:
    return Tariff(id=of.id, currency=of.currency, elements=(*of.elements, *more))


def charge(minutes: int, wh: int, begins: datetime = NOON) -> ChargingPeriod:
    ends = begins + timedelta(minutes=minutes)
    return ChargingPeriod(begins=begins, ends=ends, energy_wh=wh, charging_s=minutes * 60)


def lines(of: Tariff, *periods: ChargingPeriod) -> list[tuple[str, str]]:
    cost = rules.price(of, periods, UTC_ZONE)
    return [(f"{line.price}", f"{line.volume}") for line in cost.lines]


def test_each_quarter_has_its_own_price() -> None:
    of = bound(tariff(markup=Decimal("0.10")), lambda _: told("0.05", "0.20"))
    assert lines(of, charge(30, 6000)) == [("0.1500", "3"), ("0.3000", "3")]


def test_quarters_of_one_price_are_one_line() -> None:
    of = bound(tariff(), lambda _: told("0.05", "0.20", "0.05"))
    assert lines(of, charge(45, 9000)) == [("0.0500", "6"), ("0.2000", "3")]


def test_the_mark_up_is_a_share_and_an_amount_rounded_once() -> None:
    of = bound(tariff(percent=Decimal(5), markup=Decimal("0.12")), lambda _: told("0.0823456"))
    assert lines(of, charge(15, 1000)) == [("0.2065", "1")]


@pytest.mark.parametrize(
    ("market", "price"), [("-0.50", "0.0500"), ("0.00", "0.1000"), ("4.00", "0.60")]
)
def test_it_is_never_below_its_floor_nor_above_its_most(market: str, price: str) -> None:
    of = bound(tariff(markup=Decimal("0.10"), floor=Decimal("0.0500")), lambda _: told(market))
    assert [each[0] for each in lines(of, charge(15, 1000))] == [price]


def test_what_is_used_while_the_market_is_silent_has_no_price() -> None:
    of = bound(tariff(), lambda _: told("0.05"))
    with pytest.raises(NoMarketPrice, match="FI at 2026-03-02 12:15 UTC"):
        rules.price(of, [charge(30, 6000)], UTC_ZONE)
    with pytest.raises(NoMarketPrice):
        rules.price(tariff(), [charge(15, 1000)], UTC_ZONE)


def test_a_silence_in_which_nothing_is_used_costs_nothing() -> None:
    of = bound(tariff(), lambda _: told("0.05"))
    stands = replace(charge(60, 0, NOON + QUARTER), charging_s=0, parking_s=3600)
    assert lines(of, charge(15, 1000), stands) == [("0.0500", "1")]


def test_a_guess_takes_the_most_that_it_can_be() -> None:
    of = bound(tariff(), lambda _: told("0.05"), guess=True)
    assert lines(of, charge(30, 2000)) == [("0.0500", "1"), ("0.60", "1")]


def test_the_hour_that_autumn_repeats_has_two_prices() -> None:
    """02:15 in Helsinki's summer and in its winter are an hour apart in UTC."""
    begins = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    of = bound(tariff(), lambda _: told(*("0.10",) * 4, *("0.20",) * 4, begins=begins))
    cost = rules.price(of, [charge(120, 8000, begins)], ZoneInfo("Europe/Helsinki"))

    assert [(line.price, line.volume) for line in cost.lines] == [
        (Decimal("0.1000"), Decimal(4)),
        (Decimal("0.2000"), Decimal(4)),
    ]


def test_an_hourly_market_is_followed_by_the_hour() -> None:
    hours = [SpotPrice(NOON, NOON + 4 * QUARTER, Decimal("0.10"))]
    of = bound(tariff(), lambda _: hours)
    assert lines(of, charge(60, 4000)) == [("0.1000", "4")]


def test_frozen_counts_what_was_known_when_it_began() -> None:
    prices = [
        ToldPrice(told("0.10")[0], NOON - timedelta(days=1)),
        ToldPrice(told("0.30")[0], NOON + timedelta(minutes=5)),
    ]
    frozen, dynamic = (Spot(series="FI", mode=mode) for mode in SpotMode)

    assert [each.price for each in curve(frozen, prices, began=NOON)] == [Decimal("0.10")]
    assert [each.price for each in curve(dynamic, prices, began=NOON)] == [Decimal("0.30")]


def test_what_was_not_known_counts_as_it_was_first_told() -> None:
    prices = [
        ToldPrice(told("0.10")[0], NOON + timedelta(days=1)),
        ToldPrice(told("0.30")[0], NOON + timedelta(days=2)),
    ]
    for mode in SpotMode:
        asked = curve(Spot(series="FI", mode=mode), reversed(prices), began=NOON)
        assert [each.price for each in asked] == [Decimal("0.10")]


def test_a_correction_of_what_is_over_changes_no_bill() -> None:
    before = [ToldPrice(told("0.10")[0], NOON - timedelta(days=1))]
    after = [*before, ToldPrice(told("0.30")[0], NOON + timedelta(days=1))]
    for mode in SpotMode:
        spot = Spot(series="FI", mode=mode)
        assert curve(spot, before, began=NOON) == curve(spot, after, began=NOON)


def test_a_driver_sees_what_it_costs_now_and_next() -> None:
    of = bound(tariff(markup=Decimal("0.10")), lambda _: told("0.05", "0.20"))
    now = NOON + timedelta(minutes=5)
    (line,) = rules.describe(of, now, UTC_ZONE, "en-GB")

    assert line.text == "€0.1883 per kWh, now, follows the market, at most €0.753"
    assert [
        f"{price}" for _, _, price in outlook(of, now, now + timedelta(hours=12), UTC_ZONE)
    ] == [
        "0.18825",
        "0.3765",
    ]


def test_a_driver_sees_the_most_where_nothing_is_known() -> None:
    (line,) = rules.describe(tariff(), NOON, UTC_ZONE, "en-GB")
    assert line.text == "€0.753 per kWh, at most, follows the market"


def test_what_is_shown_for_a_moment_is_what_is_billed_then() -> None:
    of = bound(tariff(percent=Decimal("7.25")), lambda _: told("0.0711", "0.2004", "-0.01"))
    for begins, _, price in outlook(of, NOON, NOON + timedelta(hours=1), UTC_ZONE):
        cost = rules.price(of, [charge(15, 1000, begins)], UTC_ZONE)
        assert cost.after_taxes == price


@settings(deadline=None, max_examples=40)
@given(
    some.lists(some.decimals(min_value=-2, max_value=5, places=5), min_size=4, max_size=8),
    some.decimals(min_value=-100, max_value=200, places=2),
    some.decimals(min_value=-1, max_value=1, places=4),
    some.integers(1, 60),
    some.integers(0, 20_000),
)
def test_whatever_the_market_does_a_bill_is_within_its_bounds_and_splits(
    prices: list[Decimal], percent: Decimal, markup: Decimal, minutes: int, wh: int
) -> None:
    floor, most = Decimal("0.02"), Decimal("0.60")
    of = bound(
        tariff(percent=percent, markup=markup, floor=floor),
        lambda _: told(*(str(price) for price in prices)),
    )
    whole = rules.price(of, [charge(2 * minutes, 2 * wh)], UTC_ZONE) if minutes <= 30 else None
    half = timedelta(minutes=minutes)
    parts = [charge(minutes, wh)]
    if whole is not None:
        parts.append(charge(minutes, wh, NOON + half))
    cost = rules.price(of, parts, UTC_ZONE)
    used = Decimal(sum(int(each.energy_wh) for each in parts)) / 1000

    assert used * floor <= cost.before_taxes <= used * most
    assert whole is None or whole.after_taxes == cost.after_taxes


@pytest.mark.parametrize("version", [OcpiVersion.V221, OcpiVersion.V230])
def test_it_is_written_beside_ocpi_with_its_curve_and_read_again(version: OcpiVersion) -> None:
    of = bound(tariff(mode=SpotMode.DYNAMIC), lambda _: told("0.05", "-0.20"))
    text = written(document(of, version))

    assert read_tariff(text) == of
    assert '"price": 0.60' in text
    with pytest.raises(TariffBeyondVersion, match="follows a market"):
        document(of, version, plain=True)


@pytest.mark.parametrize(
    ("spot", "kind", "named"),
    [
        ('{"series": ""}', "ENERGY", "voltway_spot.series"),
        ('{"series": "FI", "floor": -1}', "ENERGY", "voltway_spot.floor"),
        ('{"series": "FI", "floor": 1}', "ENERGY", "voltway_spot.floor"),
        ('{"series": "FI", "percent": -101}', "ENERGY", "voltway_spot.percent"),
        ('{"series": "FI", "mode": "sometimes"}', "ENERGY", "voltway_spot.mode"),
        ('{"series": "FI", "markupp": 1}', "ENERGY", "markupp"),
        ('{"series": "FI"}', "TIME", "only ENERGY"),
    ],
)
def test_a_slip_in_it_is_refused_with_its_place(spot: str, kind: str, named: str) -> None:
    text = (
        '{"id": "a", "currency": "EUR", "elements": [{"price_components": [{"type": "%s", '
        '"price": 0.6, "step_size": 1, "voltway_spot": %s}]}]}'
    )
    with pytest.raises(BadField, match=named):
        read_tariff(text % (kind, spot))


def test_what_follows_a_market_is_priced_anew_each_time_though_another_price_does_not() -> None:
    with_fee = with_more(
        tariff(), TariffElement((PriceComponent(Dimension.PARKING_TIME, Decimal(6)),))
    )
    of = bound(with_fee, lambda _: told("0.05", "0.20"))

    assert lines(of, charge(15, 1000)) == [("0.0500", "1")]
    assert lines(of, charge(15, 1000, NOON + QUARTER)) == [("0.2000", "1")]


def test_a_guess_holds_until_the_market_tells_and_after_it_has() -> None:
    of = bound(tariff(), lambda _: told("0.05", begins=NOON + QUARTER), guess=True)

    assert lines(of, charge(45, 9000)) == [("0.60", "6"), ("0.0500", "3")]


def test_a_line_says_which_market_its_price_follows() -> None:
    of = bound(tariff(), lambda _: told("0.05"))

    [line] = rules.price(of, [charge(15, 1000)], UTC_ZONE).lines

    assert line.why == "1 kWh of energy at 0.0500 EUR per kWh by the market FI."
