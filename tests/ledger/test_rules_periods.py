"""Months by the calendar of a zone, and how an entry is dated that belongs to a closed one."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.ledger.table import PARTY, entry
from voltway.kernel.money import EUR, Money
from voltway.ledger.model import Account, Entry, Period, Posting
from voltway.ledger.rules_periods import after, begins, dated, month_of

HELSINKI = ZoneInfo("Europe/Helsinki")
MARCH = Period(
    party=PARTY,
    month=date(2026, 3, 1),
    begins=datetime(2026, 2, 28, 22, tzinfo=UTC),
    ends=datetime(2026, 3, 31, 21, tzinfo=UTC),
    closed_at=datetime(2026, 4, 3, tzinfo=UTC),
    closed_by="Olga",
    entries=2,
    number=3,
    head=None,
)
NOW = datetime(2026, 4, 5, 9, 30, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
NOTED = "sale Supplied in a month that is closed."


def sale(at: datetime, supplied: datetime | None = None) -> Entry:
    made = entry("sale", Posting(Account("bank"), Account("revenue:energy"), Money(1, EUR)))
    return replace(made, at=at, supplied_at=supplied)


@pytest.mark.parametrize(
    ("month", "next_one"),
    [
        ("2026-01", "2026-02"),
        ("2026-11", "2026-12"),
        ("2026-12", "2027-01"),
        ("2028-02", "2028-03"),
    ],
)
def test_after_a_month_comes_the_next_one(month: str, next_one: str) -> None:
    assert after(date.fromisoformat(f"{month}-01")) == date.fromisoformat(f"{next_one}-01")


def test_a_month_begins_at_its_midnight_in_its_zone() -> None:
    assert begins(date(2026, 4, 1), HELSINKI) == MARCH.ends
    assert month_of(MARCH.ends, HELSINKI) == date(2026, 4, 1)
    assert month_of(MARCH.ends - INSTANT, HELSINKI) == date(2026, 3, 1)


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(sale(MARCH.ends), id="posted at the first moment of April"),
        pytest.param(sale(NOW, MARCH.ends), id="supplied at the first moment of April"),
        pytest.param(sale(MARCH.begins, NOW), id="supplied in April, whenever it was posted"),
    ],
)
def test_what_was_supplied_after_the_closed_month_stays_as_it_is(made: Entry) -> None:
    assert dated(made, MARCH, NOW) is made


def test_where_no_month_is_closed_an_entry_stays_as_it_is() -> None:
    made = sale(MARCH.begins)

    assert dated(made, None, NOW) is made


@pytest.mark.parametrize(
    ("made", "at", "supplied", "month"),
    [
        pytest.param(
            sale(MARCH.ends - INSTANT),
            NOW,
            "2026-03-31T20:59:59.999999Z",
            "2026-03",
            id="the last moment of the closed month",
        ),
        pytest.param(
            sale(MARCH.begins),
            NOW,
            "2026-02-28T22:00:00.000000Z",
            "2026-03",
            id="its first moment",
        ),
        pytest.param(
            sale(MARCH.begins - INSTANT),
            NOW,
            "2026-02-28T21:59:59.999999Z",
            "until 2026-03",
            id="before it",
        ),
        pytest.param(
            sale(MARCH.ends, MARCH.begins),
            MARCH.ends,
            "2026-02-28T22:00:00.000000Z",
            "2026-03",
            id="posted at the first moment of the next",
        ),
    ],
)
def test_what_belongs_to_a_closed_month_is_dated_in_an_open_one_and_says_so(
    made: Entry, at: datetime, supplied: str, month: str
) -> None:
    found = dated(made, MARCH, NOW)

    assert (found.at, found.memo, found.postings) == (at, NOTED, made.postings)
    assert found.evidence == {"session": "7", "supplied_at": supplied, "closed_month": month}
