"""What a Buchungsstapel says at its edges: lengths, bounds, years that begin in another month."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tests.ledger.test_exporting import BERLIN, DRIVER, SKR04, batch, placed, read_back, short
from voltway.ledger import exporting, exporting_csv, exporting_datev
from voltway.ledger.exporting_datev import AmountTooLarge, Batch, Bookkeeper, Mapped
from voltway.ledger.model import Placed

BOOKKEEPER = Bookkeeper(1001, 1, 4)


def head(made: Batch, bookkeeper: Bookkeeper = BOOKKEEPER) -> list[str]:
    [content] = exporting_datev.written(bookkeeper, made, [], {})
    return read_back(content)[0]


def rows(*entries: Placed, made: Batch | None = None, document: str = "") -> list[dict[str, str]]:
    documents = {each.id: document for each in entries}
    [content] = exporting_datev.written(BOOKKEEPER, made or batch(), entries, documents)
    return read_back(content)[1]


@pytest.mark.parametrize(
    ("begins_in", "begins"), [(1, "20260101"), (10, "20261001"), (11, "20251101")]
)
def test_the_year_of_a_month_is_the_one_that_began_last(begins_in: int, begins: str) -> None:
    assert head(batch(), replace(BOOKKEEPER, year_begins=begins_in))[12] == begins


def test_the_head_says_who_made_it_when_and_whether_the_month_is_closed() -> None:
    made = replace(
        batch(),
        by="Stadtwerke Musterhausen am See",
        made_at=datetime(2026, 11, 26, 8, 30, 5, 998_000, tzinfo=BERLIN),
    )

    told = head(made)

    assert (told[5], told[8]) == ("20261126083005998", "Stadtwerke Musterhausen a")
    assert told[20] == "0"
    assert head(batch(final=True))[20] == "1"


def test_each_revenue_under_one_tax_is_a_gross_row_and_the_last_has_the_cent_that_is_left() -> None:
    sale = placed(
        (DRIVER, "revenue:energy", 803),
        (DRIVER, "revenue:parking", 103),
        (DRIVER, "tax:vat:19", 172),
    )

    assert [short(row) for row in rows(sale)] == [
        ("9,56", "1200", "4000", "3"),
        ("1,22", "1200", "4000", "3"),
    ]


def test_a_posting_from_one_revenue_to_another_has_one_key() -> None:
    moved = placed(("revenue:energy", "revenue:rounding", 1))
    mapping = {**SKR04, "revenue": Mapped("4000", "40")}

    [row] = rows(moved, made=batch(mapping))

    assert short(row) == ("0,01", "4000", "4000", "40")


def test_an_amount_of_more_than_ten_digits_is_refused() -> None:
    [row] = rows(placed((DRIVER, "revenue:energy", 10**12 - 1)))

    assert row["Umsatz (ohne Soll/Haben-Kz)"] == "9999999999,99"
    with pytest.raises(AmountTooLarge, match=r"10000000000\.00"):
        rows(placed((DRIVER, "revenue:energy", 10**12)))


def test_a_row_names_the_document_by_the_signs_that_datev_takes_and_as_many() -> None:
    sale = placed((DRIVER, "revenue:energy", 1), number=10**13)

    [row] = rows(sale, document="VLT-R2026-000118")
    [odd] = rows(sale, document="Größe; X 7/8+9$&%*" + "0" * 40)

    assert row["Belegfeld 1"] == "VLT-R2026-000118"
    assert odd["Belegfeld 1"] == ("GreX7/8+9$&%*" + "0" * 40)[:36]
    assert row["Belegfeld 2"] == "100000000000"


def test_the_rows_of_a_closed_month_are_final() -> None:
    [row] = rows(placed((DRIVER, "revenue:energy", 1)), made=batch(final=True))

    assert row["Festschreibung"] == "1"
    assert row["Buchungs GUID"] == "00000000-0000-0000-0000-000000000001"


@pytest.mark.parametrize(
    ("number", "of", "name"),
    [
        (1, 1, "EXTF_Buchungsstapel_2026-10.csv"),
        (1, 2, "EXTF_Buchungsstapel_2026-10_1.csv"),
        (2, 2, "EXTF_Buchungsstapel_2026-10_2.csv"),
    ],
)
def test_a_file_is_numbered_where_there_are_several(number: int, of: int, name: str) -> None:
    assert exporting.datev_name(date(2026, 10, 1), number, of) == name


def test_a_line_of_csv_is_a_posting_and_no_text_is_run_as_a_formula() -> None:
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    sale = placed((DRIVER, "revenue:energy", 980), (DRIVER, "tax:vat:19", 5), at=at, memo="@SUM")
    plain = placed(("bank", DRIVER, 1), at=at, memo="X", number=2)

    told = exporting_csv.lines([sale, plain], {sale.id: (3, b"\x0a")}).splitlines()

    first, second, third = (line.split(",") for line in told)
    assert first[:8] == [
        *("1", "3", "0a", "00000000-0000-0000-0000-000000000001", "1"),
        *("2026-03-02T12:00:00.000000Z", "2026-03-02T12:00:00.000000Z", "'@SUM"),
    ]
    assert first[9:] == ["1", DRIVER, "revenue:energy", "9.80", "EUR"]
    assert second[9:] == ["2", DRIVER, "tax:vat:19", "0.05", "EUR"]
    assert (third[1], third[2], third[7]) == ("", "", "X")
