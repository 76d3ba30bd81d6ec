"""The sentence under a line lets a person check it: what was used, at what price, how rounded."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from voltway.kernel.money import EUR
from voltway.tariffs import rules
from voltway.tariffs.exact import Exact
from voltway.tariffs.model import (
    ChargingPeriod,
    Dimension,
    PriceComponent,
    Reservation,
    Restrictions,
    Tariff,
    TariffElement,
)
from voltway.tariffs.rules_words import lasts

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
USED = {Dimension.ENERGY: "energy_wh", Dimension.TIME: "charging_s"}


def sentence(
    dimension: Dimension,
    volume: Exact,
    *,
    price: str = "0.50",
    step: int = 0,
    kind: Reservation | None = None,
) -> str:
    component = PriceComponent(dimension, Decimal(price), None, step)
    element = TariffElement((component,), Restrictions(reservation=kind))
    what = "reserved_s" if kind else USED.get(dimension, "parking_s")
    period = ChargingPeriod(
        begins=NOON, ends=NOON + timedelta(hours=9), reservation=kind, **{what: volume}
    )
    tariff = Tariff(id="said", currency=EUR, elements=(element,))
    [line] = rules.price(tariff, [period], ZoneInfo("UTC")).lines
    return line.why


@pytest.mark.parametrize(
    ("energy_wh", "said"),
    [
        (1, "0.001 kWh"),
        (120, "0.12 kWh"),
        (1000, "1 kWh"),
        (10_050, "10.05 kWh"),
        (1_000_100, "1000.1 kWh"),
        (Fraction(1, 2), "0.0005 kWh"),
        (Fraction(20_001, 2), "10.0005 kWh"),
        (Fraction(1000, 3), "0.333333333333333 kWh"),
    ],
)
def test_energy_is_said_with_all_its_digits_and_no_more(energy_wh: Exact, said: str) -> None:
    assert sentence(Dimension.ENERGY, energy_wh) == f"{said} of energy at 0.50 EUR per kWh."


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (1, "1 s"),
        (59, "59 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (3601, "1 h 1 s"),
        (3660, "1 h 1 min"),
        (90_061, "25 h 1 min 1 s"),
        (Fraction(1, 2), "0.5 s"),
        (Fraction(7201, 2), "1 h 0.5 s"),
        (Fraction(240, 1), "4 min"),
        (Fraction(600_004, 10_000), "1 min 0 s"),
        (Fraction(1, 3), "0.333 s"),
    ],
)
def test_a_duration_is_said_as_people_say_it(seconds: Exact, said: str) -> None:
    assert lasts(seconds) == said


@pytest.mark.parametrize(
    ("dimension", "kind", "said"),
    [
        (Dimension.TIME, None, "10 min of charging at 0.50 EUR per hour."),
        (Dimension.PARKING_TIME, None, "10 min connected without charging at 0.50 EUR per hour."),
        (Dimension.TIME, Reservation.RESERVATION, "10 min of reservation at 0.50 EUR per hour."),
        (Dimension.TIME, Reservation.EXPIRES, "10 min of reservation at 0.50 EUR per hour."),
        (Dimension.FLAT, None, "0.50 EUR once for the session."),
        (Dimension.FLAT, Reservation.RESERVATION, "0.50 EUR once for the reservation."),
        (
            Dimension.FLAT,
            Reservation.EXPIRES,
            "0.50 EUR once because nobody came to the reserved place.",
        ),
    ],
)
def test_what_was_paid_for_is_said(
    dimension: Dimension, kind: Reservation | None, said: str
) -> None:
    assert sentence(dimension, 600, kind=kind) == said


@pytest.mark.parametrize(
    ("dimension", "volume", "step", "said"),
    [
        (Dimension.ENERGY, 1200, 500, "1.5 kWh because it is billed in steps of 500 Wh"),
        (Dimension.TIME, 601, 90, "10 min 30 s because it is billed in steps of 1 min 30 s"),
    ],
)
def test_what_was_rounded_up_is_said_with_its_step(
    dimension: Dimension, volume: int, step: int, said: str
) -> None:
    assert sentence(dimension, volume, step=step).endswith(f", billed as {said}.")


def test_what_a_step_leaves_as_it_is_needs_no_word() -> None:
    assert sentence(Dimension.ENERGY, 1000, step=500) == "1 kWh of energy at 0.50 EUR per kWh."


def test_a_price_is_said_with_the_digits_that_it_was_given() -> None:
    assert "at 0.5 EUR per" in sentence(Dimension.ENERGY, 1000, price="0.5")
    assert "at 0.500 EUR per" in sentence(Dimension.ENERGY, 1000, price="0.500")
