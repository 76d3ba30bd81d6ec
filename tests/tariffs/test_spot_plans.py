"""What an import of a market's prices adds to what is known, before anything is kept."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from tests.tariffs.test_spot import NOON, QUARTER, told
from voltway.tariffs.model import SpotPrice
from voltway.tariffs.model_spot import ToldPrice
from voltway.tariffs.rules_series import Plan, PricesOverlap, planned

HOUR = 4 * QUARTER


def kept(*prices: str, begins: datetime = NOON, at: datetime = NOON) -> list[ToldPrice]:
    return [ToldPrice(each, at) for each in told(*prices, begins=begins)]


def an_hour(price: str, begins: datetime = NOON) -> SpotPrice:
    return SpotPrice(begins, begins + HOUR, Decimal(price))


def plan(
    given: list[SpotPrice],
    known: list[ToldPrice],
    until: datetime | None = None,
    *,
    correct: bool = False,
) -> Plan:
    return planned(given, known, known_until=until, correct=correct)


def test_the_same_again_is_nothing_and_what_follows_is_new() -> None:
    given = told("1", "2", "3", "4")

    assert plan(given, kept("1", "2")) == Plan(tuple(given[2:]), 2, 0, None)
    assert plan(given, []) == Plan(tuple(given), 0, 0, None)


def test_a_correction_is_new_and_counted_and_the_last_telling_is_what_is_known() -> None:
    given = told("5", "6", "7")
    known = [*kept("9", "8", at=NOON + HOUR), *kept("5", "5")]

    assert plan(given, known, correct=True) == Plan(tuple(given), 0, 2, None)
    assert plan(told("9", "8"), known) == Plan((), 2, 0, None)


def test_another_price_for_a_known_time_is_refused_with_both() -> None:
    with pytest.raises(PricesOverlap) as refused:
        plan(told("0.1000", "7"), kept("0.1000", "0.20"))

    assert refused.value.begins == NOON + QUARTER
    assert refused.value.why == (
        "0.20 a kWh is known and 7 is given. Say that it is a correction if it is one: it counts "
        "for sessions that begin after it"
    )


@pytest.mark.parametrize("correct", [False, True])
def test_a_price_of_another_length_is_refused_even_as_a_correction(*, correct: bool) -> None:
    with pytest.raises(PricesOverlap) as refused:
        plan([an_hour("1")], kept("1"), correct=correct)
    assert (refused.value.begins, refused.value.why) == (NOON, "a price for 15 minutes is known")

    with pytest.raises(PricesOverlap, match="a price for 60 minutes is known"):
        plan(told("1"), [ToldPrice(an_hour("1"), NOON)], correct=correct)


@pytest.mark.parametrize(("after", "from_"), [(1, "12:15"), (2, "12:30"), (3, "12:45")])
def test_an_hour_does_not_lie_across_a_known_quarter(after: int, from_: str) -> None:
    with pytest.raises(PricesOverlap) as refused:
        plan([an_hour("1")], kept("1", begins=NOON + after * QUARTER))

    assert refused.value.why == f"a price from {from_} UTC is known"


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_quarter_does_not_lie_within_a_known_hour(after: int) -> None:
    with pytest.raises(PricesOverlap, match="a price from 12:00 UTC is known"):
        plan(told("1", begins=NOON + after * QUARTER), [ToldPrice(an_hour("1"), NOON)])


def test_prices_that_only_touch_known_ones_are_new() -> None:
    around = [
        ToldPrice(an_hour("1", NOON - HOUR), NOON),
        ToldPrice(an_hour("1", NOON + HOUR), NOON),
    ]

    assert plan([an_hour("2")], around) == Plan((an_hour("2"),), 0, 0, None)
    assert plan(told("2", "2", "2", "2"), around).known == 0


@pytest.mark.parametrize(
    ("until", "hole"),
    [
        (None, None),
        (NOON, None),
        (NOON + HOUR, None),
        (NOON - timedelta(minutes=15), (NOON - QUARTER, NOON)),
    ],
)
def test_a_hole_before_the_first_price_is_told(
    until: datetime | None, hole: tuple[datetime, datetime] | None
) -> None:
    assert plan(told("1", "2"), [], until).hole == hole
