"""What a driver reads before the start, and what may not be asked of them."""

from datetime import UTC, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from voltway.kernel.money import EUR
from voltway.kernel.units import PowerW
from voltway.tariffs.model import (
    Dimension,
    PriceComponent,
    PriceLimit,
    Reservation,
    Restrictions,
    Tariff,
    TariffElement,
    TaxIncluded,
)
from voltway.tariffs.rules_afir import lint_afir
from voltway.tariffs.rules_display import describe
from voltway.tariffs.rules_phrases import SPOKEN, Phrase

HELSINKI = ZoneInfo("Europe/Helsinki")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # 14:00 in Helsinki, a Monday
FAST, SLOW = PowerW(50_000), PowerW(49_999)


def priced(
    dimension: Dimension,
    price: str,
    limits: Restrictions | None = None,
    *,
    vat: str | None = "25.5",
    step: int = 1,
) -> TariffElement:
    rate = None if vat is None else Decimal(vat)
    component = PriceComponent(dimension, Decimal(price), rate, step)
    return TariffElement((component,), limits or Restrictions())


def tariff(
    *elements: TariffElement,
    taxes: TaxIncluded = TaxIncluded.NO,
    least: PriceLimit | None = None,
) -> Tariff:
    return Tariff(id="t", currency=EUR, elements=elements, tax_included=taxes, min_price=least)


def read(described: Tariff, locale: str = "en") -> list[str]:
    return [line.text for line in describe(described, NOON, HELSINKI, locale)]


def test_prices_are_read_in_the_order_of_afir_and_with_tax() -> None:
    described = tariff(
        priced(Dimension.FLAT, "2", Restrictions(reservation=Reservation.RESERVATION)),
        priced(Dimension.FLAT, "1"),
        priced(Dimension.PARKING_TIME, "6"),
        priced(Dimension.TIME, "2.4"),
        priced(Dimension.ENERGY, "0.40"),
        least=PriceLimit(Decimal(1), Decimal("1.25")),
    )

    assert read(described) == [
        "€0.502 per kWh",
        "€0.0502 per minute of charging",
        "€0.1255 per minute connected without charging",
        "€1.255 per session",
        "€2.51 per reservation",
        "at least €1.25 per session",
    ]


def test_a_price_that_includes_tax_is_read_as_it_stands() -> None:
    described = tariff(priced(Dimension.ENERGY, "0.49"), taxes=TaxIncluded.YES)

    assert read(described, "fi") == ["0,49\N{NO-BREAK SPACE}€ / kWh"]


def test_a_minute_that_does_not_end_is_told_by_the_hour_too() -> None:
    described = tariff(priced(Dimension.TIME, "1", vat=None))

    assert read(described) == ["€0.0167 (€1.00/h) per minute of charging"]


def test_what_holds_now_comes_first_and_the_rest_says_when() -> None:
    night = Restrictions(start_time=time(22), end_time=time(6))
    described = tariff(
        priced(Dimension.ENERGY, "0.20", night, vat=None),
        priced(Dimension.ENERGY, "0.50", vat=None),
    )
    now, later = describe(described, NOON, HELSINKI, "en")

    assert (now.text, now.holds_now) == ("€0.50 per kWh", True)
    assert later.text == "€0.20 per kWh, 22:00\N{EN DASH}06:00"
    assert not later.holds_now


def test_now_is_by_the_location_s_clock() -> None:
    afternoon = Restrictions(start_time=time(14), end_time=time(15))
    line = describe(tariff(priced(Dimension.ENERGY, "0.20", afternoon)), NOON, HELSINKI, "en")[0]

    assert line.holds_now


def test_a_price_that_nobody_will_pay_is_not_read() -> None:
    described = tariff(
        priced(Dimension.ENERGY, "0.20", vat=None), priced(Dimension.ENERGY, "9.99", vat=None)
    )

    assert read(described) == ["€0.20 per kWh"]


@pytest.mark.parametrize("locale", ["xx", "", "../../etc", "en-US-x-y-z", "tlh"])
def test_a_language_that_we_do_not_speak_is_english(locale: str) -> None:
    assert "per kWh" in read(tariff(priced(Dimension.ENERGY, "0.20")), locale)[0]


def test_every_language_says_everything_with_the_price_in_it() -> None:
    for words in SPOKEN.values():
        assert set(words) == set(Phrase)
        for phrase, said in words.items():
            if phrase is Phrase.MARKET_UNTOLD:
                continue  # the price stands before it
            filled = {Phrase.FROM, Phrase.UP_TO, Phrase.BEFORE, Phrase.AFTER_FREE}
            assert ("{what}" if phrase in filled else "{price}") in said


ENERGY = priced(Dimension.ENERGY, "0.49")
AFTER_CHARGING = priced(Dimension.PARKING_TIME, "6.00", step=60)


@pytest.mark.parametrize(
    ("offered", "said"),
    [
        pytest.param(tariff(ENERGY), None, id="per kWh alone"),
        pytest.param(tariff(ENERGY, AFTER_CHARGING), None, id="an occupancy fee"),
        pytest.param(
            tariff(ENERGY, priced(Dimension.TIME, "6", Restrictions(min_duration_s=3600))),
            None,
            id="a fee after an hour",
        ),
        pytest.param(tariff(ENERGY, priced(Dimension.FLAT, "0")), None, id="a fee of nothing"),
        pytest.param(tariff(priced(Dimension.FLAT, "0")), None, id="free of charge"),
        pytest.param(tariff(AFTER_CHARGING), "per kWh", id="no price of energy"),
        pytest.param(tariff(ENERGY, priced(Dimension.FLAT, "1")), "flat fee", id="a flat fee"),
        pytest.param(
            tariff(ENERGY, priced(Dimension.TIME, "1")), "first minute", id="time at once"
        ),
        pytest.param(
            tariff(ENERGY, priced(Dimension.PARKING_TIME, "6", step=900)),
            "per minute",
            id="by the quarter",
        ),
        pytest.param(tariff(ENERGY, least=PriceLimit(Decimal(1))), "minimum price", id="a minimum"),
    ],
)
def test_at_50_kw_only_energy_and_an_occupancy_fee_may_be_priced(
    offered: Tariff, said: str | None
) -> None:
    found = lint_afir(offered, FAST)

    assert lint_afir(offered, SLOW) == ()
    if said is None:
        assert found == ()
    else:
        assert len(found) == 1
        assert said in found[0]
