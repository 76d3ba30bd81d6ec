"""What is given out reads back as what the books say: DATEV's Buchungsstapel, and CSV."""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.table import PARTY, Books
from voltway.kernel.ids import EntryId, OnceKey
from voltway.kernel.money import EUR, Currency, Money
from voltway.ledger import actions, exporting, exporting_datev, rules_chain
from voltway.ledger.exporting import BadBookkeeper, BadMapping
from voltway.ledger.exporting_datev import (
    COLUMNS,
    Batch,
    Bookkeeper,
    Mapped,
    NoBookkeeper,
    NotMapped,
)
from voltway.ledger.model import Account, Entry, Placed, Posting

BERLIN = ZoneInfo("Europe/Berlin")
DRIVER = "driver:019cae6b-6600-77c1-823f-ad3bf19e701f:receivable"
SKR04 = exporting.CHARTS["SKR04"]


def placed(
    *postings: tuple[str, str, int],
    at: datetime = datetime(2026, 10, 31, 22, 59, tzinfo=UTC),
    memo: str = "Sold 20 kWh",
    evidence: Mapping[str, str] | None = None,
    number: int = 1,
) -> Placed:
    return Placed(
        EntryId(UUID(int=number)),
        number,
        at,
        Entry(
            party=PARTY,
            once=OnceKey(f"{number}"),
            at=at,
            memo=memo,
            evidence=evidence or {"session": "7"},
            postings=tuple(
                Posting(Account(debit), Account(credit), Money(minor, EUR))
                for debit, credit, minor in postings
            ),
        ),
    )


def batch(mapping: Mapping[str, Mapped] = SKR04, *, final: bool = False) -> Batch:
    return Batch(
        month=date(2026, 10, 1),
        last_day=date(2026, 10, 31),
        zone=BERLIN,
        currency=EUR,
        made_at=datetime(2026, 11, 26, 8, 30, 5, 123456, tzinfo=BERLIN),
        final=final,
        mapping=mapping,
    )


def read_back(content: bytes) -> tuple[list[str], list[dict[str, str]]]:
    """The header's fields, and the rows by the names of their columns."""
    text = content.decode("cp1252")
    assert text.endswith("\r\n")
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    assert tuple(lines[1]) == COLUMNS
    assert all(len(line) == len(COLUMNS) for line in lines[2:])
    return lines[0], [dict(zip(COLUMNS, line, strict=True)) for line in lines[2:]]


def exported(*entries: Placed, mapping: Mapping[str, Mapped] = SKR04) -> list[dict[str, str]]:
    [content] = exporting_datev.written(Bookkeeper(1001, 1, 4), batch(mapping), entries, {})
    return read_back(content)[1]


def short(row: dict[str, str]) -> tuple[str, str, str, str]:
    return (
        row["Umsatz (ohne Soll/Haben-Kz)"],
        row["Konto"],
        row["Gegenkonto (ohne BU-Schlüssel)"],
        row["BU-Schlüssel"],
    )


def test_the_header_says_whose_books_they_are_and_of_which_month() -> None:
    [content] = exporting_datev.written(Bookkeeper(29098, 55003, 4, 7), batch(final=True), [], {})

    head, rows = read_back(content)

    assert len(COLUMNS) == 125
    assert rows == []
    assert head == [
        *("EXTF", "700", "21", "Buchungsstapel", "13", "20261126083005123", "", "VW", "Voltway"),
        *("", "29098", "55003", "20260701", "4", "20261001", "20261031", "Voltway 2026-10", ""),
        *("1", "0", "1", "EUR", "", "", "", "", "04", "", "", "", ""),
    ]


def test_a_sale_of_one_rate_is_a_gross_row_with_its_tax_key() -> None:
    sale = placed((DRIVER, "revenue:energy", 800), (DRIVER, "tax:vat:19", 152))

    [row] = exported(sale)

    assert short(row) == ("9,52", "1200", "4000", "3")
    assert row["Soll/Haben-Kennzeichen"] == "S"
    assert row["WKZ Umsatz"] == "EUR"
    assert row["Belegdatum"] == "3110", "one minute before midnight in Berlin"
    assert row["Buchungstext"] == "Sold 20 kWh"
    assert row["Belegfeld 2"] == "1"
    assert row["Festschreibung"] == "0"


def test_several_rates_and_a_tax_that_datev_would_not_reckon_stay_apart() -> None:
    two_rates = placed(
        (DRIVER, "revenue:energy", 800),
        (DRIVER, "revenue:parking", 100),
        (DRIVER, "tax:vat:19", 152),
        (DRIVER, "tax:vat:7", 7),
    )
    odd = placed((DRIVER, "revenue:energy", 800), (DRIVER, "tax:vat:19", 150), number=2)

    rows = exported(two_rates, odd)

    assert [short(row) for row in rows] == [
        ("8,00", "1200", "4000", ""),
        ("1,00", "1200", "4000", ""),
        ("1,52", "1200", "3806", ""),
        ("0,07", "1200", "3801", ""),
        ("8,00", "1200", "4000", ""),
        ("1,50", "1200", "3806", ""),
    ]


def test_a_late_supply_names_its_day_and_the_month_of_its_tax() -> None:
    late = placed(
        (DRIVER, "revenue:energy", 100),
        evidence={"supplied_at": "2026-08-31T22:30:00.000000Z", "closed_month": "2026-08"},
    )

    [row] = exported(late)

    assert row["Leistungsdatum"] == row["Datum Zuord. Steuerperiode"] == "01092026"


def test_what_is_not_mapped_is_named_all_at_once() -> None:
    with pytest.raises(NotMapped) as refused:
        exported(placed((DRIVER, "revenue:energy", 1), ("bank", "tax:vat:19", 1)), mapping={})

    assert refused.value.accounts == f"bank, {DRIVER}, revenue:energy, tax:vat:19"


def test_the_longest_path_that_fits_holds() -> None:
    mapping = {**SKR04, "revenue:energy": Mapped("4123", "40")}

    rows = exported(
        placed((DRIVER, "revenue:energy", 1), (DRIVER, "revenue:time", 2)), mapping=mapping
    )

    assert [short(row) for row in rows] == [
        ("0,01", "1200", "4123", "40"),
        ("0,02", "1200", "4000", ""),
    ]


def test_hostile_words_stay_within_their_field() -> None:
    memo = 'Sold at "Łódź";\r\n=1+1;' + "x" * 100

    [row] = exported(placed((DRIVER, "revenue:energy", 1), memo=memo))

    assert row["Buchungstext"] == ('Sold at "?ód?";  =1+1;' + "x" * 100)[:60]


def test_a_long_month_is_several_files() -> None:
    many = [placed((DRIVER, "revenue:energy", 1), number=n) for n in range(1, 13)]

    files = exporting_datev.written(Bookkeeper(1001, 1, 4), batch(), many, {}, rows_max=10)

    assert exporting_datev.ROWS_MAX == 99_999, "DATEV's own bound"
    assert [len(read_back(content)[1]) for content in files] == [10, 2]


CREDITS = ["revenue:energy", "revenue:time", "tax:vat:19", "tax:vat:7", "bank", "host:7:payable"]
sales = st.lists(
    st.tuples(
        st.sampled_from([DRIVER, "provider:simulated:due"]), st.sampled_from(CREDITS)
    ).flatmap(lambda pair: st.tuples(st.just(pair[0]), st.just(pair[1]), st.integers(1, 10**9))),
    min_size=1,
    max_size=5,
)


@settings(max_examples=50)
@given(st.lists(sales, max_size=6))
def test_the_sums_of_the_file_are_those_of_the_books(
    months: list[list[tuple[str, str, int]]],
) -> None:
    """To the cent, whatever stays apart and whatever is put together; and so is the tax that DATEV
    reckons from gross rows."""
    entries = [placed(*postings, number=n) for n, postings in enumerate(months, start=1)]

    rows = exported(*entries)

    booked = sum(p.amount.minor for each in entries for p in each.entry.postings)
    assert sum(cents(row) for row in rows) == booked
    tax = sum(
        p.amount.minor
        for each in entries
        for p in each.entry.postings
        if p.credit in ("tax:vat:19", "tax:vat:7")
    )
    reckoned = 0
    for row in rows:
        rate = {"3": 19, "2": 7}.get(row["BU-Schlüssel"])
        if rate is not None:
            reckoned += (2 * cents(row) * rate + 100 + rate) // (2 * (100 + rate))
        elif row["Gegenkonto (ohne BU-Schlüssel)"] in ("3806", "3801"):
            reckoned += cents(row)
    assert reckoned == tax


def cents(row: dict[str, str]) -> int:
    return int(Decimal(row["Umsatz (ohne Soll/Haben-Kz)"].replace(",", ".")).scaleb(2))


async def test_csv_holds_all_that_the_chain_covers_and_proves_itself(books: Books) -> None:
    await books.posts("=sale", DRIVER, "revenue:energy", 980)
    await books.posts("more", DRIVER, "revenue:time", 5)
    await books.sealed()
    await books.posts("not sealed", DRIVER, "revenue:time", 1)
    begins, ends = exporting.month_of(date(2026, 3, 1), BERLIN)

    async with books.begin(books.party) as work:
        parts = [part async for part in exporting.csv_lines(work, books.party, begins, ends)]
    rows = list(csv.DictReader(io.StringIO("".join(parts), newline="")))

    assert [(row["memo"], row["amount"], row["currency"]) for row in rows] == [
        ("'=sale", "9.80", "EUR"),
        ("more", "0.05", "EUR"),
        ("not sealed", "0.01", "EUR"),
    ]
    assert [row["link"] for row in rows] == ["1", "2", ""]
    before = rules_chain.NOTHING
    for row in rows[:2]:
        posting = Posting(
            Account(row["debit"]),
            Account(row["credit"]),
            Money(int(Decimal(row["amount"]).scaleb(2)), Currency(row["currency"])),
        )
        entry = Entry(
            party=books.party,
            once=OnceKey(row["once"].removeprefix("'")),
            at=datetime.fromisoformat(row["at"]),
            memo=row["memo"].removeprefix("'"),
            evidence={"session": "7"},
            postings=(posting,),
        )
        again = Placed(
            EntryId(UUID(row["entry"])),
            int(row["place"]),
            datetime.fromisoformat(row["kept_at"]),
            entry,
        )
        before = rules_chain.link(again, number=int(row["link"]), before=before)
        assert before.hex() == row["hash"]


async def test_a_mapping_and_a_bookkeeper_are_kept_and_bad_ones_refused(books: Books) -> None:
    async with books.begin(books.party) as work:
        assert await exporting.bookkeeper(work, books.party) is None
        known = Bookkeeper(29098, 55003, 5, 4, "03")
        await exporting.set_bookkeeper(work, books.party, known)
        await exporting.set_mapping(work, books.party, SKR04)
        await exporting.set_mapping(work, books.party, {"bank": Mapped("1800")})

        assert await exporting.bookkeeper(work, books.party) == known
        assert await exporting.mapping(work, books.party) == {"bank": Mapped("1800")}
        for path, mapped in (
            ("a b", Mapped("1800")),
            ("bank", Mapped("18")),
            ("bank", Mapped("1800", "x")),
        ):
            with pytest.raises(BadMapping):
                await exporting.set_mapping(work, books.party, {path: mapped})


BOUNDS = [
    ("consultant", 1001, 9_999_999),
    ("client", 1, 99_999),
    ("account_length", 4, 8),
    ("year_begins", 1, 12),
]


def bookkeeper(field: str, value: int) -> Bookkeeper:
    numbers = {"consultant": 29098, "client": 55003, "account_length": 5, "year_begins": 4}
    numbers[field] = value
    return Bookkeeper(
        numbers["consultant"], numbers["client"], numbers["account_length"], numbers["year_begins"]
    )


async def test_a_bookkeeper_is_told_within_the_bounds_of_datev(books: Books) -> None:
    async with books.begin(books.party) as work:
        for field, low, high in BOUNDS:
            for value in (low, high):
                known = bookkeeper(field, value)
                await exporting.set_bookkeeper(work, books.party, known)
                assert await exporting.bookkeeper(work, books.party) == known
            said = f"^{field} is not valid: a number from {low} to {high} is needed"
            for value in (low - 1, high + 1):
                with pytest.raises(BadBookkeeper, match=said):
                    await exporting.set_bookkeeper(work, books.party, bookkeeper(field, value))
        with pytest.raises(BadBookkeeper, match=r"^chart is not valid: two digits, such"):
            await exporting.set_bookkeeper(work, books.party, Bookkeeper(1001, 1, 4, chart="x"))


async def test_a_month_is_exported_by_its_days_and_is_final_once_it_is_closed(
    books: Books,
) -> None:
    march, april = date(2026, 3, 1), date(2026, 4, 1)
    begins, ends = exporting.month_of(march, BERLIN)
    await books.posts("first", DRIVER, "revenue:energy", 1, at=begins)
    await books.posts("last", DRIVER, "revenue:energy", 2, at=ends - timedelta(microseconds=1))
    await books.posts("in April", DRIVER, "revenue:energy", 4, at=ends)
    books.clock.jump_to(ends)

    async with books.begin(books.party) as work:
        with pytest.raises(NoBookkeeper):
            await exporting.datev_files(work, books.party, BERLIN, EUR, march, {})
        await exporting.set_bookkeeper(work, books.party, Bookkeeper(1001, 1, 4))
        await exporting.set_mapping(work, books.party, SKR04)
        [open_yet] = await exporting.datev_files(work, books.party, BERLIN, EUR, march, {})
        await actions.close_month(work, books.party, BERLIN, march, by="Olga")
        [closed] = await exporting.datev_files(work, books.party, BERLIN, EUR, march, {})
        [after] = await exporting.datev_files(work, books.party, BERLIN, EUR, april, {})

    told = [read_back(content) for content in (open_yet, closed, after)]
    assert [(head[14], head[15], head[20]) for head, _ in told] == [
        ("20260301", "20260331", "0"),
        ("20260301", "20260331", "1"),
        ("20260401", "20260430", "0"),
    ]
    assert [[row["Buchungstext"] for row in rows] for _, rows in told] == [
        ["first", "last"],
        ["first", "last"],
        ["in April"],
    ]
