"""A price may ask for power and for current together: both must hold."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from voltway.kernel.money import EUR
from voltway.tariffs import rules
from voltway.tariffs.model import (
    ChargingPeriod,
    Dimension,
    PriceComponent,
    Restrictions,
    Tariff,
    TariffElement,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HELSINKI = ZoneInfo("Europe/Helsinki")
LIMITS = {
    "least": Restrictions(min_power_kw=Decimal(50), min_current_a=Decimal(80)),
    "most": Restrictions(max_power_kw=Decimal(50), max_current_a=Decimal(80)),
    "least power, most current": Restrictions(min_power_kw=Decimal(50), max_current_a=Decimal(80)),
}


@pytest.mark.parametrize(
    ("which", "kw", "amperes", "holds"),
    [
        ("least", 60, 100, True),
        ("least", 50, 80, True),
        ("least", 60, 79, False),
        ("least", 49, 100, False),
        ("least", 60, None, False),
        ("most", 49, 79, True),
        ("most", 50, 79, False),
        ("most", 49, 80, False),
        ("most", 49, None, False),
        ("least power, most current", 50, 79, True),
        ("least power, most current", 50, 80, False),
        ("least power, most current", 49, 79, False),
    ],
)
def test_power_and_current_must_both_hold(
    which: str, kw: int, amperes: int | None, holds: bool
) -> None:
    component = PriceComponent(Dimension.ENERGY, Decimal("0.50"))
    tariff = Tariff(id="both", currency=EUR, elements=(TariffElement((component,), LIMITS[which]),))
    period = ChargingPeriod(
        begins=NOON,
        ends=NOON + timedelta(hours=1),
        energy_wh=10_000,
        charging_s=3600,
        min_power_kw=kw,
        max_power_kw=kw,
        min_current_a=amperes,
        max_current_a=amperes,
    )

    cost = rules.price(tariff, [period], HELSINKI)

    assert cost.before_taxes == (5 if holds else 0)


@pytest.mark.parametrize("told", ["min_power_kw", "max_power_kw"])
@pytest.mark.parametrize(("kw", "holds"), [(50, True), (49, False), (60, False)])
def test_where_one_bound_of_the_power_is_told_it_stands_for_both(
    told: str, kw: int, holds: bool
) -> None:
    component = PriceComponent(Dimension.ENERGY, Decimal("0.50"))
    limits = Restrictions(min_power_kw=Decimal(50), max_power_kw=Decimal(60))
    tariff = Tariff(id="band", currency=EUR, elements=(TariffElement((component,), limits),))
    period = ChargingPeriod(
        begins=NOON,
        ends=NOON + timedelta(hours=1),
        energy_wh=10_000,
        min_power_kw=kw if told == "min_power_kw" else None,
        max_power_kw=kw if told == "max_power_kw" else None,
    )

    assert rules.price(tariff, [period], HELSINKI).before_taxes == (5 if holds else 0)


@pytest.mark.parametrize(
    ("limits", "minutes", "wh", "holds"),
    [
        (Restrictions(min_power_kw=Decimal(11)), 30, 5_500, True),
        (Restrictions(min_power_kw=Decimal(11)), 30, 5_499, False),
        (Restrictions(max_power_kw=Decimal(11)), 30, 5_500, False),
        (Restrictions(max_power_kw=Decimal(11)), 30, 5_499, True),
        (Restrictions(min_power_kw=Decimal("10.999")), 60, 11_000, True),
        (Restrictions(max_power_kw=Decimal("11.001")), 60, 11_000, True),
        (Restrictions(min_power_kw=Decimal(1)), 0, 5_500, False),
        (Restrictions(max_power_kw=Decimal(1)), 0, 5_500, False),
    ],
)
def test_a_power_that_nobody_told_is_what_energy_and_time_say(
    limits: Restrictions, minutes: int, wh: int, holds: bool
) -> None:
    component = PriceComponent(Dimension.ENERGY, Decimal(1000))
    tariff = Tariff(id="told", currency=EUR, elements=(TariffElement((component,), limits),))
    period = ChargingPeriod(begins=NOON, ends=NOON + timedelta(minutes=minutes), energy_wh=wh)

    assert rules.price(tariff, [period], HELSINKI).before_taxes == (wh if holds else 0)
