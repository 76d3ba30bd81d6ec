"""What looks wrong is said so that a person knows what to change: the whole sentence."""

from datetime import date
from decimal import Decimal

import pytest

from tests.tariffs.test_lint import element, found, of, part
from voltway.kernel.money import Currency
from voltway.tariffs.model import Dimension, PriceLimit, Reservation, TariffElement, Weekday
from voltway.tariffs.rules_lint import TOLD_MAX, Flaw, lint

ENERGY, TIME, PARKING = Dimension.ENERGY, Dimension.TIME, Dimension.PARKING_TIME
SEK, CHF = Currency("SEK"), Currency("CHF")


@pytest.mark.parametrize(
    ("kept", "says"),
    [
        ([SEK, CHF], "only in CHF and SEK"),
        ([SEK], "only in SEK"),
        ([], "only in no currency"),
    ],
)
def test_a_currency_without_books_is_told_with_those_that_have_some(
    kept: list[Currency], says: str
) -> None:
    [finding] = lint(of(element()), currencies=kept)

    assert finding.says == f"No books are kept in EUR, {says}: nobody could be billed."


def test_a_zone_that_is_none_is_told_with_its_first_letters() -> None:
    [finding] = lint(of(element()), zones=["Europe/Berlin", "Z" * 41])

    assert finding.says == f"There is no time zone '{'Z' * 40}'."


@pytest.mark.parametrize(
    ("least", "most", "cross"),
    [
        (("5", None), ("4", None), True),
        (("5", None), ("5", None), False),
        (("5", "6"), ("5", "5.9"), True),
        (("5", "6"), ("5", "6"), False),
        (("5", "6"), ("5", None), False),
        (("5", None), ("5", "5.9"), False),
    ],
)
def test_limits_that_cross_are_told(
    least: tuple[str, str | None], most: tuple[str, str | None], *, cross: bool
) -> None:
    def limit(before: str, after: str | None) -> PriceLimit:
        return PriceLimit(Decimal(before), None if after is None else Decimal(after))

    said = found(element(), min_price=limit(*least), max_price=limit(*most))

    told = (
        f"The minimum price {least[0]} is more than the maximum price {most[0]}: every session "
        "would cost the maximum."
    )
    assert said == ([(Flaw.LIMITS_CROSSED, told)] if cross else [])


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"max_kwh": Decimal(0)}, "it is to begin at 0 kWh and end before 0 kWh"),
        (
            {"min_power_kw": Decimal(11), "max_power_kw": Decimal(3)},
            "it is to begin at 11 kW and end before 3 kW",
        ),
        (
            {"min_duration_s": 60, "max_duration_s": 60},
            "it is to begin at 60 s and end before 60 s",
        ),
        (
            {"start_date": date(2026, 3, 2), "end_date": date(2026, 3, 2)},
            "its first day is 2026-03-02 and it ends before 2026-03-02",
        ),
        (
            {
                "start_date": date(2026, 3, 2),
                "end_date": date(2026, 3, 3),
                "days": frozenset([Weekday.SUNDAY]),
            },
            "none of its days of the week lies between 2026-03-02 and 2026-03-03",
        ),
        (
            {"reservation": Reservation.RESERVATION, "min_kwh": Decimal(1)},
            "a reservation uses no energy, so it never reaches its minimum",
        ),
    ],
)
def test_what_can_never_hold_is_told_with_the_reason(limits: dict[str, object], why: str) -> None:
    kind = TIME if "reservation" in limits else ENERGY

    said = found(element("0.50", kind, **limits), element())  # type: ignore[arg-type]

    assert (Flaw.NEVER_HOLDS, f"Element 1 can never hold: {why}.") in said


def test_a_second_price_and_a_step_of_nothing_are_told_with_their_element() -> None:
    twice = TariffElement((part("0.50"), part("0.40"), part("1", TIME, 0)))

    assert found(twice) == [
        (Flaw.SECOND_PRICE, "Element 1 prices energy twice: only the first price counts."),
        (
            Flaw.ZERO_STEP,
            "Element 1 has a step of 0 for charging time. Nothing is rounded up then; write 1, "
            "for partners may divide by it.",
        ),
    ]


@pytest.mark.parametrize("bound", ["min_current_a", "max_current_a"])
def test_who_asks_for_the_current_is_told_that_it_is_not_always_known(bound: str) -> None:
    said = dict(found(element("0.50", **{bound: Decimal(16)}), element()))  # type: ignore[arg-type]

    assert said[Flaw.ASKS_CURRENT] == (
        "Element 1 asks for the current, which stations do not always tell. Where it is not "
        "known, the element does not hold."
    )


@pytest.mark.parametrize("more", [0, 1, 2])
def test_of_one_kind_a_few_are_told_and_the_rest_is_counted(more: int) -> None:
    never = [element("0.50", max_kwh=Decimal(0)) for _ in range(TOLD_MAX + more)]

    said = [says for flaw, says in found(*never, element()) if flaw is Flaw.NEVER_HOLDS]

    assert len(said) == TOLD_MAX + (more > 0)
    assert (said[-1] == f"There are {more} more of this kind.") is (more > 0)


def test_gaps_are_told_by_where_they_are_in_words() -> None:
    [(flaw, says)] = found(element("0.50", min_kwh=Decimal(5)))

    assert (flaw, says) == (Flaw.GAP, "Nothing prices energy there, so it is free: up to 5 kWh.")
