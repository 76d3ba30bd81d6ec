"""What looks wrong in a tariff is said in a sentence that names the element."""

from dataclasses import replace
from datetime import date, time
from decimal import Decimal

import pytest

from bench.pricing import hundred_elements
from voltway.kernel.money import EUR, Currency
from voltway.tariffs.model import (
    Dimension,
    IdleTerms,
    PriceComponent,
    PriceLimit,
    Reservation,
    Restrictions,
    Spot,
    Tariff,
    TariffElement,
    Weekday,
)
from voltway.tariffs.rules_lint import Finding, Flaw, lint

ENERGY, TIME = Dimension.ENERGY, Dimension.TIME


def part(price: str, kind: Dimension = ENERGY, step: int = 1) -> PriceComponent:
    return PriceComponent(kind, Decimal(price), None, step)


def element(
    price: str = "0.50", kind: Dimension = ENERGY, /, step: int = 1, **limits: object
) -> TariffElement:
    return TariffElement((part(price, kind, step),), Restrictions(**limits))  # type: ignore[arg-type]


def of(*elements: TariffElement, **more: object) -> Tariff:
    return Tariff(id="T", currency=EUR, elements=elements, **more)  # type: ignore[arg-type]


def found(*elements: TariffElement, **more: object) -> list[tuple[Flaw, str]]:
    return [(each.flaw, each.says) for each in lint(of(*elements, **more))]


def only(findings: tuple[Finding, ...]) -> Finding:
    (one,) = findings
    return one


def test_a_plain_tariff_is_well() -> None:
    assert lint(of(element()), currencies=[EUR], zones=["Europe/Helsinki"]) == ()


def test_a_special_price_before_a_general_one_is_well() -> None:
    night = element("0.30", start_time=time(22), end_time=time(6))
    assert found(night, element()) == []


def test_an_element_behind_a_general_one_is_never_reached() -> None:
    night = element("0.30", start_time=time(22), end_time=time(6))
    assert found(element(), night) == [
        (Flaw.UNREACHABLE, "Element 2 never prices energy: element 1 comes always before it.")
    ]


def test_several_elements_together_can_hide_another() -> None:
    hides = [element(start_time=time(0), end_time=time(12)), element(start_time=time(12))]
    hidden = element("0.30", start_time=time(6), end_time=time(18))

    assert (
        Flaw.UNREACHABLE,
        "Element 3 never prices energy: elements 1, 2 together come always before it.",
    ) in found(*hides, hidden)


def test_an_element_is_hidden_for_one_dimension_and_reached_for_another() -> None:
    both = TariffElement((part("0.30"), part("2.00", TIME)))
    one = only(lint(of(element(), both)))

    assert (one.flaw, one.element, one.dimension) == (Flaw.UNREACHABLE, 2, ENERGY)


def test_the_time_that_nothing_prices_is_told() -> None:
    assert found(element(start_time=time(6), end_time=time(22))) == [
        (
            Flaw.GAP,
            "Nothing prices energy there, so it is free: "
            "00:00\N{EN DASH}06:00; 22:00\N{EN DASH}24:00.",
        )
    ]


@pytest.mark.parametrize(
    ("limits", "where"),
    [
        ({"max_kwh": Decimal(20)}, "from 20 kWh"),
        ({"min_power_kw": Decimal(11)}, "up to 11 kW"),
        ({"min_duration_s": 14_400}, "up to 240 min"),
        ({"days": frozenset(Weekday) - {Weekday.SUNDAY}}, "Sun"),
    ],
)
def test_what_is_free_is_told_on_every_axis(limits: dict[str, object], where: str) -> None:
    gap = found(element(**limits))  # type: ignore[arg-type]
    assert gap == [(Flaw.GAP, f"Nothing prices energy there, so it is free: {where}.")]


def test_two_prices_that_cross_are_told_with_the_one_that_counts() -> None:
    crossing = [
        element("0.30", days=frozenset({Weekday.SATURDAY, Weekday.SUNDAY})),
        element("0.40", start_time=time(20), end_time=time(23)),
        element(),
    ]
    assert found(*crossing) == [
        (
            Flaw.OVERLAP,
            "Elements 1 and 2 both price energy (Sat, Sun, 20:00\N{EN DASH}23:00): element 1 "
            "counts, for it comes first.",
        )
    ]


def test_a_step_of_nothing_is_told() -> None:
    zero = only(lint(of(element(step=0))))
    assert (zero.flaw, zero.element) == (Flaw.ZERO_STEP, 1)


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"min_kwh": Decimal(10), "max_kwh": Decimal(10)}, "at 10 kWh and end before 10 kWh"),
        ({"max_duration_s": 0}, "at 0 s and end before 0 s"),
        ({"start_date": date(2026, 5, 1), "end_date": date(2026, 5, 1)}, "2026-05-01"),
        (
            {
                "start_date": date(2026, 3, 2),
                "end_date": date(2026, 3, 4),
                "days": frozenset({Weekday.SUNDAY}),
            },
            "none of its days",
        ),
    ],
)
def test_what_can_never_hold_is_told(limits: dict[str, object], why: str) -> None:
    never = lint(of(element(**limits), element()))[0]  # type: ignore[arg-type]
    assert (never.flaw, never.element) == (Flaw.NEVER_HOLDS, 1)
    assert why in never.says


def test_a_reservation_uses_no_energy() -> None:
    held = element("1", TIME, reservation=Reservation.RESERVATION, min_kwh=Decimal(1))
    assert lint(of(held, element()))[0].flaw is Flaw.NEVER_HOLDS


def test_a_minimum_above_the_maximum_is_told() -> None:
    crossed = of(element(), min_price=PriceLimit(Decimal(5)), max_price=PriceLimit(Decimal(2)))
    assert only(lint(crossed)).flaw is Flaw.LIMITS_CROSSED


def test_a_currency_without_books_and_an_unknown_zone_are_told() -> None:
    said = lint(of(element()), currencies=[Currency("SEK")], zones=["Europe/Atlantis"])
    assert [each.flaw for each in said] == [Flaw.NO_LEDGER, Flaw.UNKNOWN_ZONE]


def test_a_price_by_the_current_is_told_where_nobody_knows_it() -> None:
    said = found(element(min_current_a=Decimal(16)), element("0.4", max_current_a=Decimal(16)))
    gap = "Nothing prices energy there, so it is free: where the current is not known."
    assert (Flaw.GAP, gap) in said
    assert sum(flaw is Flaw.ASKS_CURRENT for flaw, _ in said) == 2


def test_an_element_that_is_over_is_told() -> None:
    over = of(element("0.3", end_date=date(2026, 1, 1)), element())
    assert [each.flaw for each in lint(over, today=date(2026, 3, 2))] == [Flaw.OVER]


def test_a_second_price_of_a_dimension_in_one_element_is_told() -> None:
    twice = TariffElement((part("0.30"), part("0.40")))
    assert only(lint(of(twice))).flaw is Flaw.SECOND_PRICE


def test_a_hundred_elements_are_looked_over_and_few_findings_are_told() -> None:
    said = lint(hundred_elements())
    assert len(said) < 30


def test_restrictions_cut_finer_than_anybody_waits_for_are_told_as_that() -> None:
    nights = [
        element(f"0.{nth:03}", start_time=time(22), end_time=time(6), min_kwh=Decimal(nth))
        for nth in range(9, 1, -1)
    ]
    assert lint(of(*nights), pairs=20)[-1].flaw is Flaw.TOO_FINE
    assert Flaw.TOO_FINE not in [flaw for flaw, _ in found(*nights)]


def fee(price: str, grace_s: int = 1200) -> TariffElement:
    return TariffElement((part(price, Dimension.PARKING_TIME),), idle=IdleTerms(grace_s))


def test_a_price_for_the_grace_of_a_stop_is_reached() -> None:
    assert found(element(), fee("6.00"), element("1.00", Dimension.PARKING_TIME)) == []
    assert found(element(), fee("6.00"), fee("1.00", 600)) == []


def test_a_later_idle_fee_behind_an_earlier_one_is_never_reached() -> None:
    never = only(lint(of(element(), fee("6.00", 600), fee("9.00"))))
    assert (never.flaw, never.element) == (Flaw.UNREACHABLE, 3)


def test_the_grace_of_a_stop_is_no_gap_but_a_free_night_is_told() -> None:
    day = replace(fee("6.00"), restrictions=Restrictions(start_time=time(8)))
    assert found(element(), fee("6.00")) == []
    assert found(element(), day) == [
        (
            Flaw.GAP,
            "Nothing prices parking time there, so it is free: 00:00\N{EN DASH}08:00, after "
            "20 min of a stop.",
        )
    ]


def test_a_market_of_which_nothing_is_known_is_told() -> None:
    follows = replace(part("0.60"), spot=Spot(series="FI"))
    silent = of(TariffElement((follows,)))

    assert lint(silent, markets=["FI"]) == lint(silent) == ()
    assert only(lint(silent, markets=["SE"])).flaw is Flaw.SILENT_MARKET
