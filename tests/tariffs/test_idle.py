"""The idle fee: free at first, capped at last, and the same however a session is split."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.tariffs.table import check
from tests.tariffs.test_properties import sessions, split
from voltway.kernel.money import EUR
from voltway.tariffs import rules
from voltway.tariffs.documents import BadField
from voltway.tariffs.model import (
    ChargingPeriod,
    Dimension,
    IdleTerms,
    MeterPoint,
    PriceComponent,
    StateChange,
    Tariff,
    TariffElement,
)
from voltway.tariffs.ocpi import read_tariff
from voltway.tariffs.ocpi_write import OcpiVersion, TariffBeyondVersion, document, written
from voltway.tariffs.rules_idle import IdleAhead, idle_ahead

UTC_ZONE = ZoneInfo("UTC")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def fee(grace_s: int = 1200, cap: str | None = "12.00", vat: str | None = None) -> Tariff:
    """Energy at 0.49, and 0.10 a minute after the grace time."""
    tax = None if vat is None else Decimal(vat)
    return Tariff(
        id="IDLE",
        currency=EUR,
        elements=(
            TariffElement((PriceComponent(Dimension.ENERGY, Decimal("0.49"), tax),)),
            TariffElement(
                (PriceComponent(Dimension.PARKING_TIME, Decimal("6.00"), tax, 60),),
                idle=IdleTerms(grace_s, None if cap is None else Decimal(cap)),
            ),
        ),
    )


def test_the_first_twenty_minutes_are_free() -> None:
    check("""
        tariff  energy  0.50
        tariff  parking 6.00 grace 20min
        period  12:00   10kWh 60min
        period  13:00   20min parking
        cost    5.00 EUR
    """)
    check("""
        tariff  energy  0.50
        tariff  parking 6.00 grace 20min
        period  12:00   10kWh 60min
        period  13:00   50min parking
        billed  parking 30min
        cost    8.00 EUR
    """)


def test_it_costs_no_more_than_its_cap() -> None:
    check("""
        tariff  parking 6.00 grace 20min cap 12.00
        period  12:00   60min
        period  13:00   600min parking
        billed  parking 120min
        cost    12.00 EUR
    """)


def test_a_step_is_not_a_way_around_the_cap() -> None:
    check("""
        tariff  parking 6.00 cap 1.00 step 3600
        period  12:00   5min parking
        cost    1.00 EUR
    """)


def test_of_two_idle_fees_each_has_its_own_grace() -> None:
    check("""
        tariff  parking 12.00 grace 60min
        tariff  parking 6.00 grace 20min
        period  12:00   90min parking
        cost    10.00 EUR
    """)


def test_each_stop_has_its_grace() -> None:
    check("""
        tariff  parking 6.00 grace 20min
        period  12:00   25min parking
        period  12:25   10min
        period  12:35   25min parking
        billed  parking 10min
        cost    1.00 EUR
    """)


def test_a_stop_that_is_told_in_parts_is_one_stop() -> None:
    check("""
        tariff  parking 6.00 grace 20min
        period  12:00   15min parking
        period  12:15   15min parking
        period  12:30   15min parking
        billed  parking 25min
    """)


def test_by_night_it_may_be_free() -> None:
    check("""
        zone    Europe/Helsinki
        tariff  parking 6.00 08:00-22:00 grace 20min
        period  21:30   180min parking
        billed  parking 10min
    """)


def test_what_the_station_withholds_is_not_idle() -> None:
    charged = [StateChange(NOON + timedelta(minutes=30), charging=False, by_vehicle=False)]
    periods = rules.periods_of(
        [MeterPoint(NOON + timedelta(hours=5), 5000)],
        charged,
        begins=NOON,
        ends=NOON + timedelta(hours=5),
    )

    assert str(rules.price(fee(), periods, UTC_ZONE).payable) == "2.45 EUR"


def stands(minutes: int, tariff: Tariff) -> IdleAhead | None:
    """An hour of charging, and then a stop of so long until now."""
    full = NOON + timedelta(hours=1)
    stop = [StateChange(full, charging=False, by_vehicle=True)]
    periods = rules.periods_of(
        [MeterPoint(full, 10_000)], stop, begins=NOON, ends=full + timedelta(minutes=minutes)
    )
    return idle_ahead(tariff, periods, UTC_ZONE)


def test_a_driver_who_stands_is_told_from_when_on_it_costs() -> None:
    for minutes in (0, 1, 19, 20, 45):
        ahead = stands(minutes, fee(vat="25.5"))
        assert ahead is not None
        assert ahead.begins == NOON + timedelta(hours=1, minutes=20)
        assert (ahead.per_minute, ahead.most) == (Decimal("0.1255"), Decimal("15.06"))


def test_a_driver_who_stands_for_nothing_is_told_of_no_fee() -> None:
    free = replace(fee(), elements=fee().elements[:1])
    assert stands(5, free) is None


def test_the_line_says_what_was_free_and_why_it_ends() -> None:
    ends = NOON + timedelta(hours=8)
    stops = [StateChange(NOON + timedelta(hours=1), charging=False, by_vehicle=True)]
    periods = rules.periods_of([MeterPoint(ends, 10_000)], stops, begins=NOON, ends=ends)
    (_, idle) = rules.price(fee(), periods, UTC_ZONE).lines

    assert (idle.used, idle.billed) == (6 * 3600 + 2400, 7200)
    assert idle.why == (
        "6 h 40 min connected without charging at 6.00 EUR per hour, the first 20 min of each "
        "stop free, billed as 2 h because it costs at most 12.00 EUR."
    )


@settings(deadline=None, max_examples=40)
@given(
    sessions(),
    some.integers(0, 5000),
    some.none() | some.decimals(min_value=0, max_value=20, places=2),
    some.lists(some.fractions(min_value=0, max_value=1), min_size=1, max_size=4),
)
def test_splitting_a_stop_changes_no_idle_fee(
    periods: list[ChargingPeriod], grace_s: int, cap: Decimal | None, shares: list[Fraction]
) -> None:
    tariff = fee(grace_s, None if cap is None else str(cap), "25.5")
    parts = [part for period in periods for part in split(period, shares)]
    whole = rules.price(tariff, periods, UTC_ZONE)

    assert rules.price(tariff, parts, UTC_ZONE).after_taxes == whole.after_taxes
    assert all(line.before_taxes <= cap for line in whole.lines if line.idle and cap is not None)


@settings(deadline=None, max_examples=30)
@given(sessions(), some.integers(0, 5000))
def test_it_is_never_more_than_a_partner_reads_who_does_not_know_it(
    periods: list[ChargingPeriod], grace_s: int
) -> None:
    tariff = fee(grace_s)
    plain = replace(tariff, elements=tuple(replace(each, idle=None) for each in tariff.elements))

    ours, theirs = (rules.price(each, periods, UTC_ZONE) for each in (tariff, plain))
    assert ours.before_taxes <= theirs.before_taxes


def test_a_driver_reads_the_free_minutes_and_the_cap_before_the_start() -> None:
    lines = rules.describe(fee(vat="25.5"), NOON, UTC_ZONE, "en-GB")

    assert lines[0].text == "€0.615 per kWh"
    (idle,) = [line for line in lines if line.dimension is Dimension.PARKING_TIME]
    assert idle.holds_now
    assert idle.condition == "after 20 free minutes, at most €15.06"
    assert idle.text.startswith("€0.1255 per minute connected without charging, after 20 free")


@pytest.mark.parametrize("version", [OcpiVersion.V221, OcpiVersion.V230])
def test_it_is_written_beside_ocpi_and_read_again(version: OcpiVersion) -> None:
    text = written(document(fee(), version))

    assert '"voltway_idle": {"grace": 1200, "cap": 12.00}' in text
    assert read_tariff(text) == fee()
    with pytest.raises(TariffBeyondVersion, match="idle fee"):
        document(fee(), version, plain=True)


@pytest.mark.parametrize(
    ("idle", "kind", "named"),
    [
        ('{"grace": -1}', "PARKING_TIME", "voltway_idle.grace"),
        ('{"grace": 1.5}', "PARKING_TIME", "voltway_idle.grace"),
        ('{"cap": -1}', "PARKING_TIME", "voltway_idle.cap"),
        ('{"gracce": 20}', "PARKING_TIME", "gracce"),
        ('{"grace": 20}', "TIME", "PARKING_TIME alone"),
    ],
)
def test_a_slip_in_it_is_refused_with_its_place(idle: str, kind: str, named: str) -> None:
    text = (
        '{"id": "a", "currency": "EUR", "elements": [{"price_components": [{"type": "%s", '
        '"price": 6, "step_size": 60}], "voltway_idle": %s}]}'
    )
    with pytest.raises(BadField, match=named):
        read_tariff(text % (kind, idle))


def test_a_reading_of_no_time_in_a_stop_does_not_begin_its_grace_anew() -> None:
    check("""
        tariff  parking 6.00 grace 20min
        period  13:00   30min parking
        period  13:30
        period  13:30   30min parking
        billed  parking 40min
    """)


def test_a_grace_goes_on_from_period_to_period_and_ends_within_one() -> None:
    check("""
        tariff  parking 6.00 grace 20min
        period  13:00   10min parking
        period  13:10   10min parking
        period  13:20   10min parking
        billed  parking 10min
    """)
