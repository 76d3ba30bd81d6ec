"""Whatever is divided, by whatever terms, the parts make the whole."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltway.billing.model_hosts import Agreement, Part, Terms
from voltway.billing.rules_shares import (
    corrected,
    divide,
    holding,
    of_month,
    percents,
    promised,
)
from voltway.kernel.ids import LocationId, PartyId
from voltway.kernel.money import EUR, Currency, minor_digits

#: Currencies of no, two and three decimals.
CURRENCIES = [Currency("JPY"), EUR, Currency("KWD")]

fees = st.decimals(0, 50, places=4)


@st.composite
def splits(draw: st.DrawFn) -> list[Terms]:
    """Up to five who have a part, of all that there is at most."""
    left, made = Decimal(100), []
    for _ in range(draw(st.integers(0, 5))):
        percent = draw(st.decimals(0, left, places=3))
        left -= percent
        terms = Terms(
            percent=percent,
            per_session=draw(fees),
            per_kwh=draw(st.decimals(0, 2, places=6)),
        )
        made.append(terms)
    return made


@settings(max_examples=150)
@given(
    net=st.integers(-(10**9), 10**9),
    energy_wh=st.integers(0, 10**6),
    terms=splits(),
    currency=st.sampled_from(CURRENCIES),
)
def test_the_sum_of_the_parts_is_the_whole(
    net: int, energy_wh: int, terms: list[Terms], currency: Currency
) -> None:
    division = divide(net, energy_wh, terms, currency)

    given_away = sum(part.amount_minor for part in division.parts)
    assert given_away + division.kept_minor == net == division.whole_minor
    for each, part in zip(terms, division.parts, strict=True):
        exact = Decimal(net) * each.percent / 100
        assert abs(part.percent_minor - exact) < 1, "no share is a unit off"
        scale = Decimal(10) ** minor_digits(currency)
        assert abs(part.energy_minor - each.per_kwh * energy_wh / 1000 * scale) <= Decimal("0.5")


@settings(max_examples=80)
@given(net=st.integers(0, 10**9), terms=splits())
def test_a_credit_is_divided_as_the_charge_was(net: int, terms: list[Terms]) -> None:
    assert percents(-net, terms) == [-share for share in percents(net, terms)]


@settings(max_examples=80)
@given(
    revenues=st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=6),
    terms=splits(),
)
def test_corrections_leave_each_with_the_share_of_what_is_left(
    revenues: list[int], terms: list[Terms]
) -> None:
    given_in_all = percents(revenues[0], terms)
    for before, after in pairwise(revenues):
        more = corrected(before, after, terms)
        given_in_all = [one + other for one, other in zip(given_in_all, more, strict=True)]

    assert given_in_all == percents(revenues[-1], terms)


@pytest.mark.parametrize(
    ("net", "percent", "shares"),
    [
        pytest.param(100, ["33.3", "33.3"], [33, 33], id="the operator has the largest remainder"),
        pytest.param(101, ["50"], [51], id="of equal remainders the host has the unit"),
        pytest.param(1, ["30", "30"], [0, 0], id="one unit goes to the largest part"),
        pytest.param(1, ["60"], [1], id="or to the host, where theirs is"),
        pytest.param(999, ["100"], [999], id="all of it"),
        pytest.param(0, ["10"], [0], id="nothing of nothing"),
        pytest.param(-101, ["50"], [-51], id="a credit, turned around"),
    ],
)
def test_shares_by_the_largest_remainder(net: int, percent: list[str], shares: list[int]) -> None:
    assert percents(net, [Terms(percent=Decimal(each)) for each in percent]) == shares


def test_fees_come_out_of_what_the_operator_keeps() -> None:
    terms = Terms(percent=Decimal(10), per_session=Decimal("0.50"), per_kwh=Decimal("0.02"))

    division = divide(1000, 20_000, [terms], EUR)

    assert division.parts == (Part(percent_minor=100, session_minor=50, energy_minor=40),)
    assert division.kept_minor == 810


def test_fees_are_owed_though_the_session_earned_less() -> None:
    division = divide(10, 1_000, [Terms(per_session=Decimal(1))], EUR)

    assert (division.parts[0].amount_minor, division.kept_minor) == (100, -90)


def agreed(
    version: int,
    begins: str,
    ends: str | None = None,
    *,
    host: int = 1,
    percent: str = "10",
    place: int = 1,
) -> Agreement:
    return Agreement(
        id=UUID(int=host * 100 + version),
        party=PartyId(UUID(int=1)),
        host=UUID(int=host),
        location=LocationId(UUID(int=place)),
        version=version,
        valid_from=date.fromisoformat(begins),
        valid_until=date.fromisoformat(ends) if ends else None,
        terms=Terms(percent=Decimal(percent)),
        currency=EUR,
        vat_rate=None,
        made_at=datetime(2026, 1, 1, tzinfo=UTC),
        made_by="Aino",
    )


@pytest.mark.parametrize(
    ("day", "version"),
    [
        pytest.param("2025-12-31", None, id="before the first day"),
        pytest.param("2026-01-01", 1, id="on its first day"),
        pytest.param("2026-05-31", 1, id="before a newer one begins"),
        pytest.param("2026-06-01", 2, id="from the first day of a newer one"),
        pytest.param("2026-06-30", 2, id="on the last day of the newer one"),
        pytest.param(
            "2026-07-01", 1, id="the earlier one again, where the newer one was for a time"
        ),
    ],
)
def test_on_each_day_the_newest_version_that_holds_counts(day: str, version: int | None) -> None:
    versions = [agreed(2, "2026-06-01", "2026-06-30"), agreed(1, "2026-01-01")]

    found = holding(versions, date.fromisoformat(day))

    assert [each.version for each in found] == ([version] if version else [])


@pytest.mark.parametrize(
    ("new", "percent"),
    [
        pytest.param(agreed(1, "2026-03-01", host=2, percent="60"), 110, id="two at one time"),
        pytest.param(
            agreed(1, "2026-01-01", "2026-01-31", host=2, percent="60"), 60, id="before the other"
        ),
        pytest.param(agreed(2, "2026-01-01", percent="90"), 90, id="in the place of its own"),
    ],
)
def test_what_is_given_away_is_added_up_day_by_day(new: Agreement, percent: int) -> None:
    assert promised([agreed(1, "2026-02-01", percent="50")], new) == percent


def test_the_monthly_fee_is_that_of_the_last_day_on_which_anything_held() -> None:
    versions = [agreed(1, "2026-01-01"), agreed(2, "2026-06-10", "2026-06-20")]
    month = (date(2026, 6, 1), date(2026, 6, 30))

    assert [each.version for each in of_month(versions, *month).values()] == [1]
    assert [each.version for each in of_month(versions[1:], *month).values()] == [2]
    assert not of_month(versions[1:], date(2026, 7, 1), date(2026, 7, 31))


def test_the_day_after_a_version_ends_counts_though_none_begins_on_it() -> None:
    """On the first of March the version of 60 % holds again, for one day."""
    others = [
        agreed(1, "2026-01-01", host=2, percent="60"),
        agreed(2, "2026-02-01", "2026-02-28", host=2, percent="20"),
        agreed(3, "2026-03-02", host=2, percent="20"),
    ]

    assert promised(others, agreed(1, "2026-02-10", percent="30")) == 90


@pytest.mark.parametrize("day", ["2026-06-01", "2026-06-02", "2026-06-29", "2026-06-30"])
def test_a_version_of_one_day_has_the_fee_of_its_month(day: str) -> None:
    only = agreed(1, day, day)

    assert list(of_month([only], date(2026, 6, 1), date(2026, 6, 30)).values()) == [only]
