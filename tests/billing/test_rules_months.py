"""Months of a time zone, when their statements may be written, and how those round."""

from datetime import UTC, date, datetime, timedelta

import pytest

from voltway.billing.documents import Tax
from voltway.billing.documents_invoice import GROSS_LEADING, NET_LEADING
from voltway.billing.rules_statements import (
    Month,
    MonthNotOver,
    NotAMonth,
    month,
    month_of,
    must_be_over,
    rounding,
    taxes,
)
from voltway.kernel.money import EUR

HELSINKI = "Europe/Helsinki"
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("first", "before", "after", "last"),
    [
        ("2026-01-01", "2025-12-01", "2026-02-01", "2026-01-31"),
        ("2026-11-01", "2026-10-01", "2026-12-01", "2026-11-30"),
        ("2026-12-01", "2026-11-01", "2027-01-01", "2026-12-31"),
        ("2028-02-01", "2028-01-01", "2028-03-01", "2028-02-29"),
    ],
)
def test_a_month_stands_between_two_others(first: str, before: str, after: str, last: str) -> None:
    found = Month(date.fromisoformat(first), HELSINKI)

    assert found.before == Month(date.fromisoformat(before), HELSINKI)
    assert found.next == Month(date.fromisoformat(after), HELSINKI)
    assert found.last == date.fromisoformat(last)
    assert str(found) == first[:7]


def test_a_month_begins_and_ends_at_midnight_in_its_zone() -> None:
    march = month("2026-03", HELSINKI)

    assert march.begins == datetime(2026, 2, 28, 22, tzinfo=UTC)
    assert march.ends == datetime(2026, 3, 31, 21, tzinfo=UTC)
    assert march.begins.tzinfo is UTC
    assert month_of(march.begins, HELSINKI) == month_of(march.ends - INSTANT, HELSINKI) == march
    assert month_of(march.ends, HELSINKI) == month("2026-04", HELSINKI)


@pytest.mark.parametrize("text", ["2026-13", "2026", "", "March of the year 2026, if you please"])
def test_what_is_no_month_is_named_so_far(text: str) -> None:
    with pytest.raises(NotAMonth) as refused:
        month(text, HELSINKI)

    assert refused.value.text == text[:20]


def test_a_statement_is_written_from_the_moment_its_month_is_over() -> None:
    march = month("2026-03", HELSINKI)

    must_be_over(march, march.ends)
    said = r"^2026-03 is not over yet in Europe/Helsinki\. .* from 2026-04-01"
    with pytest.raises(MonthNotOver, match=said):
        must_be_over(march, march.ends - INSTANT)


def test_a_company_reads_net_first_and_a_person_gross() -> None:
    assert rounding(is_business=True) == NET_LEADING
    assert rounding(is_business=False) == GROSS_LEADING


@pytest.mark.parametrize("mode", [GROSS_LEADING, NET_LEADING])
def test_the_rates_of_a_statement_stand_from_the_highest_to_none(mode: str) -> None:
    parts = [
        Tax(rate=rate, gross_minor=gross, net_minor=net, tax_minor=gross - net)
        for rate, gross, net in ((None, 3, 3), ("0", 110, 110), ("25.5", 1255, 1000))
    ]
    more = [parts[2], Tax(rate=None, gross_minor=4, net_minor=4, tax_minor=0)]

    found = taxes([parts, more], mode, EUR)

    assert [(each.rate, each.gross_minor, each.net_minor, each.tax_minor) for each in found] == [
        ("25.5", 2510, 2000, 510),
        ("0", 110, 110, 0),
        (None, 7, 7, 0),
    ]
