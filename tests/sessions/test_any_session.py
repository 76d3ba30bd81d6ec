"""What holds for any session under any tariff, through the room's own rules: neither the order in
which its messages come nor how often its meter is read changes what is owed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as some

from tests.sessions.hearing import OPERATOR, Told, heard
from tests.sessions.plans import REF, told
from tests.tariffs.random_prices import a_tariff
from voltway.sessions.rules_owed import Leg, estimated, owed
from voltway.tariffs.model import Cost, Tariff

BEGINS = datetime(2026, 3, 28, 18, tzinfo=UTC)  # the night after it, Europe's clocks change
ZONE = ZoneInfo("Europe/Helsinki")
POWER_W = 150_000
METER_WH = 12_345_678

tariffs = some.randoms(use_true_random=False).map(a_tariff)


@some.composite
def legs(draw: some.DrawFn) -> Leg:
    """Some minutes of charging, of parking, or of a station that withholds the power. Both the
    minutes and the energy can be divided by twelve."""
    lasts_s = 60 * 12 * draw(some.integers(1, 15))
    if draw(some.integers(0, 3)):
        return Leg(lasts_s, 12 * draw(some.integers(1, POWER_W * lasts_s // 3600 // 12)))
    return Leg(lasts_s, parks=draw(some.booleans()))


plans = some.lists(legs(), min_size=1, max_size=5)


def cost(words: Sequence[Told], tariff: Tariff) -> Cost:
    """What is owed when all of this was told."""
    heard_at = BEGINS + timedelta(days=3)
    found = heard(words, heard_at, zone=ZONE.key, power_w=POWER_W)[REF]
    return owed(found.record(heard_at), tariff, OPERATOR)


@given(plans, tariffs, some.randoms(use_true_random=False))
@settings(max_examples=60)
def test_any_order_of_the_messages_of_any_session_comes_to_the_same_cost(
    plan: list[Leg], tariff: Tariff, random: Random
) -> None:
    words = told(plan, BEGINS, METER_WH)
    again = random.choices(words, k=3)

    assert cost(random.sample(words, len(words)) + again, tariff) == cost(words, tariff)


@given(plans, tariffs, some.sampled_from([2, 3, 4, 6, 12]))
@settings(max_examples=60)
def test_reading_the_meter_more_often_changes_no_cost(
    plan: list[Leg], tariff: Tariff, times: int
) -> None:
    finer = [
        Leg(leg.lasts_s // times, leg.energy_wh // times, parks=leg.parks)
        for leg in plan
        for _ in range(times)
    ]
    once, often = (cost(told(each, BEGINS, METER_WH), tariff) for each in (plan, finer))

    assert often == once


@given(plans, tariffs)
@settings(max_examples=60)
def test_a_session_that_goes_as_it_was_planned_costs_what_was_estimated(
    plan: list[Leg], tariff: Tariff
) -> None:
    before = estimated(plan, tariff, OPERATOR, begins=BEGINS, zone=ZONE)

    assert cost(told(plan, BEGINS, METER_WH), tariff) == before
