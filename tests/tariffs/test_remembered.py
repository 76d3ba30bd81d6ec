"""What is remembered of a tariff changes no price of it."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest

from tests.tariffs.random_prices import a_tariff
from voltway.kernel.money import EUR
from voltway.tariffs import rules, rules_select, rules_terms
from voltway.tariffs.model import (
    ChargingPeriod,
    Dimension,
    MeterPoint,
    PriceComponent,
    Restrictions,
    StateChange,
    Tariff,
    TariffElement,
)

ZONES = ("Europe/Helsinki", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")


def some_session(random: Random) -> tuple[ChargingPeriod, ...]:
    """A few readings at any time of the year, and a stop somewhere among them."""
    begins = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=random.randrange(365 * 86_400))
    at, energy_wh, points = begins, 0, []
    for _ in range(random.randint(1, 6)):
        at += timedelta(seconds=random.choice((1, 60, 900, 12_345)))
        energy_wh += random.randrange(9_000)
        points.append(MeterPoint(at, energy_wh))
    stops = begins + timedelta(seconds=random.randrange(6_000))
    stop = StateChange(stops, charging=False, by_vehicle=True)
    return rules.periods_of(points, [stop], begins=begins, ends=at)


def _tariff(name: str, *elements: TariffElement) -> Tariff:
    return Tariff(id=name, currency=EUR, elements=elements)


@pytest.mark.parametrize("seed", range(60))
def test_a_tariff_that_priced_many_sessions_prices_each_as_if_it_were_the_first(seed: int) -> None:
    random = Random(seed)
    tariff = a_tariff(random)

    for _ in range(12):
        periods, zone = some_session(random), ZoneInfo(random.choice(ZONES))

        known = rules.price(tariff, periods, zone)

        assert repr(known) == repr(rules.price(replace(tariff), periods, zone))


def test_what_is_remembered_of_one_tariff_has_a_bound() -> None:
    """A year of sessions under a price that asks for the date, so that each day is another."""
    energy = PriceComponent(Dimension.ENERGY, Decimal("0.40"))
    summer = Restrictions(start_date=date(2026, 6, 1), end_date=date(2026, 9, 1))
    cheap = replace(energy, price=Decimal("0.30"))
    tariff = _tariff("year", TariffElement((cheap,), summer), TariffElement((energy,)))
    terms = rules_terms.terms_for(tariff, None)

    prices = Counter[str]()
    for day in range(365):
        noon = datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)
        period = ChargingPeriod(begins=noon, ends=noon, energy_wh=1000)
        prices[str(rules.price(tariff, [period], ZoneInfo("UTC")).payable)] += 1
        assert terms.chosen is not None
        assert 0 < len(terms.chosen) <= rules_select.CHOSEN_MAX

    assert prices == {"0.30 EUR": 92, "0.40 EUR": 273}
    assert rules_terms.terms_for(tariff, None) is terms


def test_each_time_of_the_week_that_was_asked_for_is_remembered() -> None:
    energy = PriceComponent(Dimension.ENERGY, Decimal("0.40"))
    night = TariffElement((energy,), Restrictions(start_time=time(22)))
    tariff = _tariff("night", night, TariffElement((energy,)))

    for hour in (12, 13, 23, 36):
        at = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=hour)
        rules.price(tariff, [ChargingPeriod(begins=at, ends=at, energy_wh=1)], ZoneInfo("UTC"))

    chosen = rules_terms.terms_for(tariff, None).chosen
    assert chosen is not None
    assert len(chosen) == 3, "by day and by night on Monday, and on Tuesday"


def test_several_tariffs_are_remembered_and_of_so_many_at_most_is_anything() -> None:
    element = TariffElement((PriceComponent(Dimension.ENERGY, Decimal("0.40")),))

    def are_remembered(after: int) -> bool:
        first = _tariff("first", element)
        terms = rules_terms.terms_for(first, None)
        for nth in range(after):
            rules_terms.terms_for(_tariff(f"{nth}", element), None)
        return rules_terms.terms_for(first, None) is terms

    assert not are_remembered(rules_terms.KNOWN_MAX)
    # All are forgotten at once, which happens once among so many: not twice in a row.
    assert are_remembered(1) or are_remembered(1)
