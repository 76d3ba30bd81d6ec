"""A closed month stays as it was closed; what belongs to it and comes later is posted later."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from tests.ledger.table import Books, entry
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions, rules_periods
from voltway.ledger.closing import (
    MonthBeforeOpen,
    MonthClosed,
    MonthNotOver,
    NoMonth,
    NothingToClose,
)
from voltway.ledger.model import Account, AsOf, Period, Posting

ANN, ENERGY = "driver:ann:receivable", "revenue:energy"
ZONE = ZoneInfo("Europe/Helsinki")
MOVED = ("account", "debit_minor", "credit_minor", "balance_minor")
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
#: In Helsinki it is April already.
TURN = datetime(2026, 3, 31, 21, tzinfo=UTC)


async def closes(books: Books, month: date) -> Period:
    async with books.begin(books.party) as work:
        return await actions.close_month(work, books.party, ZONE, month, by="Olga")


async def a_closed_march(books: Books) -> Period:
    await books.posts("sale", ANN, ENERGY, 1000)
    await books.posts("the last", ANN, ENERGY, 10, at=TURN - timedelta(microseconds=1))
    await books.posts("in April", ANN, ENERGY, 1, at=TURN)
    books.clock.jump_to(TURN + timedelta(days=3))
    await books.sealed()
    return await closes(books, MARCH)


async def test_a_closed_month_keeps_what_its_accounts_moved_and_held(books: Books) -> None:
    period = await a_closed_march(books)

    assert (period.name, period.entries, period.number) == ("2026-03", 2, 3)
    assert period.ends == TURN
    async with books.begin(books.party) as work:
        rows = await actions.closings(work, books.party, MARCH)
        [kept] = await actions.periods(work, books.party)
    assert kept == period
    assert [(row["account"], row["debit_minor"], row["balance_minor"]) for row in rows] == [
        (ANN, 1010, 1010),
        (ENERGY, 0, -1010),
    ]


async def test_what_belongs_to_a_closed_month_is_posted_now_with_the_date_of_its_supply(
    books: Books,
) -> None:
    await a_closed_march(books)
    supplied = datetime(2026, 3, 30, 8, 15, tzinfo=UTC)

    await books.posts("late", ANN, ENERGY, 5, at=supplied)
    await books.posts("settled late", ANN, ENERGY, 7, supplied_at=supplied)

    async with books.begin(books.party) as work:
        late = await actions.entries_about(work, "supplied_at", "2026-03-30T08:15:00.000000Z")
    assert [kept.entry.at for kept in late] == [books.clock.now()] * 2
    assert {kept.entry.evidence["closed_month"] for kept in late} == {"2026-03"}
    assert late[0].entry.memo == "late Supplied in a month that is closed."
    assert await books.holds(ENERGY, AsOf(at=TURN)) == -1010


@pytest.mark.parametrize(
    ("supplied", "posted", "asks"),
    [
        ("2026-03-02T08:00", "2026-03-02T09:00", False),
        ("2026-03-31T21:50", "2026-03-31T22:10", True),  # in Berlin it is April by then
        ("2026-03-31T10:30", "2026-03-31T11:00", True),  # and on Kiritimati
        ("2026-03-31T09:00", "2026-03-31T09:59", False),  # nowhere yet
        ("2026-04-01T11:30", "2026-04-01T12:30", True),  # and on Baker Island
        ("2026-04-01T12:30", "2026-04-01T13:30", False),
        ("2025-03-02T08:00", "2026-03-02T08:00", True),
    ],
)
def test_nobody_asks_for_closed_months_where_none_can_be_meant(
    supplied: str, posted: str, asks: bool
) -> None:
    now = datetime.fromisoformat(posted).replace(tzinfo=UTC)
    at = datetime.fromisoformat(supplied).replace(tzinfo=UTC)
    plain = entry("sale", Posting(Account(ANN), Account(ENERGY), Money(1, EUR)))

    made = replace(plain, at=now, supplied_at=at)

    assert rules_periods.may_concern_closed(made, now) is asks


async def test_the_same_entry_told_again_after_its_month_was_closed_stands_once(
    books: Books,
) -> None:
    await a_closed_march(books)

    await books.posts("sale", ANN, ENERGY, 1000, at=datetime(2026, 3, 2, 12, tzinfo=UTC))

    assert await books.holds(ENERGY) == -1011


async def test_the_database_takes_no_entry_for_a_closed_month_whoever_writes_it(
    books: Books,
) -> None:
    await a_closed_march(books)

    with pytest.raises(Exception, match="closed up to the end of 2026-03"):
        async with books.begin() as work:
            await work.run(
                """
                INSERT INTO ledger_entry
                    (id, party_id, once, at, memo, evidence, posting_count, kept_at)
                VALUES (gen_random_uuid(), $1, 'x', $2, 'x', '{"session": "7"}', 1, now())
                """,
                books.party,
                TURN - timedelta(seconds=1),
            )


async def test_months_are_closed_once_in_their_order_when_they_are_over(books: Books) -> None:
    with pytest.raises(NothingToClose):
        await closes(books, date(2026, 2, 1))
    await books.posts("sale", ANN, ENERGY, 1000)
    books.clock.jump_to(TURN - timedelta(microseconds=1))
    with pytest.raises(MonthNotOver, match=r"The month 2026-03 is not .* from 2026-04-01 00:00 on"):
        await closes(books, MARCH)
    books.clock.jump_to(datetime(2026, 5, 5, tzinfo=UTC))
    with pytest.raises(MonthBeforeOpen, match="close 2026-03 before 2026-04"):
        await closes(books, APRIL)

    async with books.begin(books.party) as work:
        assert await actions.next_to_close(work, books.party, ZONE, work.now) == MARCH
    await closes(books, MARCH)
    await closes(books, APRIL)

    for month in (MARCH, APRIL):
        said = f"The month {month:%Y-%m} is closed already, by Olga on 2026-05-05"
        with pytest.raises(MonthClosed, match=said):
            await closes(books, month)
    async with books.begin(books.party) as work:
        assert await actions.next_to_close(work, books.party, ZONE, work.now) is None


async def test_a_month_can_be_closed_from_the_moment_of_its_end_on_sealed_or_not(
    books: Books,
) -> None:
    await books.posts("sale", ANN, ENERGY, 1000)
    async with books.begin(books.party) as work:
        just_before = TURN - timedelta(microseconds=1)
        assert await actions.next_to_close(work, books.party, ZONE, just_before) is None
        assert await actions.next_to_close(work, books.party, ZONE, TURN) == MARCH
    books.clock.jump_to(TURN)

    period = await closes(books, MARCH)

    assert (period.number, period.head) == (0, None), "nothing was sealed yet"


async def test_each_month_keeps_what_was_moved_in_it_and_what_was_held_after_it(
    books: Books,
) -> None:
    await a_closed_march(books)
    await books.posts("back", ENERGY, ANN, 400)
    await books.posts("parking", ANN, "revenue:parking", 30)
    books.clock.jump_to(datetime(2026, 5, 5, tzinfo=UTC))

    await closes(books, APRIL)

    async with books.begin(books.party) as work:
        rows = await actions.closings(work, books.party, APRIL)
    assert [tuple(row[name] for name in MOVED) for row in rows] == [
        (ANN, 31, 400, 641),
        (ENERGY, 400, 1, -611),
        ("revenue:parking", 0, 30, -30),
    ]


@pytest.mark.parametrize("sql", ["DELETE FROM ledger_closing", "DELETE FROM ledger_period"])
async def test_nobody_opens_a_month_again(books: Books, sql: str) -> None:
    await a_closed_march(books)

    with pytest.raises(Exception, match="never changed"):
        async with books.begin() as work:
            await work.run(sql)


@pytest.mark.parametrize(
    "text", ["2026-13", "2026", "March", "", "2026-1", "2026-03-01", "0000-01"]
)
def test_what_is_no_month_is_told(text: str) -> None:
    with pytest.raises(NoMonth):
        actions.month_named(text)


@pytest.mark.parametrize(("text", "month"), [("2026-03", MARCH), ("0001-01", date(1, 1, 1))])
def test_a_month_is_named_by_year_and_number(text: str, month: date) -> None:
    assert actions.month_named(text) == month


async def test_a_closing_that_no_longer_fits_its_entries_is_found(
    books: Books, intruder: "asyncpg.Connection[Any]"
) -> None:
    await a_closed_march(books)
    async with books.begin(books.party) as work:
        assert await actions.sums_amiss(work, books.party, whole=True) == []

    await intruder.execute(
        "UPDATE ledger_closing SET balance_minor = 1 WHERE account = 'revenue:energy'"
    )
    await intruder.execute(
        "UPDATE ledger_day SET debit_minor = debit_minor + 3 WHERE account = $1", ANN
    )

    async with books.begin(books.party) as work:
        amiss = await actions.sums_amiss(work, books.party, whole=True)
    assert [each.split(":")[0][:22] for each in amiss] == [
        "The days' sums in EUR ",
        "driver",  # what its days come to
        "driver",  # what it held when the month was closed
        "revenue",
    ]
