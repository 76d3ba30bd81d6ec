"""Books cannot be out of balance, whatever is posted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.table import NOON, check, entry
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import EUR, Currency, Money
from voltway.ledger import rules
from voltway.ledger.model import Account, Posting, account

ANN = Account("driver:ann:receivable")
ENERGY = Account("revenue:energy")


def test_a_paid_session_leaves_the_driver_owing_nothing() -> None:
    check("""
        sale       driver:ann:receivable   revenue:energy           9.80
        sale       driver:ann:receivable   tax:vat                  1.86
        capture    provider:stripe:due     driver:ann:receivable   11.66
        payout     bank                    provider:stripe:due     11.32
        payout     cost:payment-fees       provider:stripe:due      0.34

        owes       driver:ann:receivable    0.00
        owes       provider:stripe:due      0.00
        owes       bank                    11.32
        owes       tax:vat                 -1.86
    """)


def test_what_a_hold_did_not_cover_stays_owed() -> None:
    check("""
        sale       driver:ann:receivable   revenue:energy          50.40
        sale       driver:ann:receivable   tax:vat:19               9.58
        capture    provider:simulated:due  driver:ann:receivable   50.00

        owes       driver:ann:receivable    9.98
        owes       provider:simulated:due  50.00
        owes       revenue:energy         -50.40
    """)


def test_a_refund_is_a_capture_turned_around() -> None:
    check("""
        sale       driver:ann:receivable   revenue:energy          10.00
        capture    provider:simulated:due  driver:ann:receivable   10.00
        goodwill   revenue:energy          driver:ann:receivable    4.00
        refund     driver:ann:receivable   provider:simulated:due   4.00

        owes       driver:ann:receivable    0.00
        owes       provider:simulated:due   6.00
        owes       revenue:energy          -6.00
    """)


def test_an_entry_told_twice_counts_once() -> None:
    sale = entry("sale", Posting(ANN, ENERGY, Money(980, EUR)))

    books = rules.trial_balance([sale, sale])

    assert [line.balance.minor for line in books.lines] == [980, -980]


def test_an_entry_and_the_one_that_takes_it_back_leave_nothing() -> None:
    sale = entry("sale", Posting(ANN, ENERGY, Money(980, EUR)))
    undone = rules.undone(sale, once=OnceKey("undo"), at=NOON, why="Posted twice.")

    books = rules.trial_balance([sale, undone])

    assert [line.balance.minor for line in books.lines] == [0, 0]
    assert undone.memo == "Posted twice. Takes back: sale"
    assert undone.evidence["takes_back"] == "sale"


@pytest.mark.parametrize("minor", [0, -1])
def test_a_posting_moves_more_than_nothing(minor: int) -> None:
    with pytest.raises(AssertionError):
        Posting(ANN, ENERGY, Money(minor, EUR))


def test_a_posting_has_two_sides() -> None:
    with pytest.raises(AssertionError):
        Posting(ANN, ANN, Money(1, EUR))


def test_an_entry_without_reason_or_postings_cannot_be_written() -> None:
    with pytest.raises(AssertionError):
        entry("", Posting(ANN, ENERGY, Money(1, EUR)), once="x")
    with pytest.raises(AssertionError):
        entry("sale")


@pytest.mark.parametrize("part", ["", "a b", "Ä", "a::b", ":", "a\n"])
def test_a_path_holds_only_plain_words(part: str) -> None:
    with pytest.raises(AssertionError):
        account("driver", part)


accounts = st.sampled_from(["a", "b", "c", "d"]).map(Account)
postings = st.builds(
    lambda pair, minor, currency: Posting(pair[0], pair[1], Money(minor, Currency(currency))),
    st.tuples(accounts, accounts).filter(lambda pair: pair[0] != pair[1]),
    st.integers(1, 10**12),
    st.sampled_from(["EUR", "SEK", "JPY"]),
)


@given(st.lists(postings, min_size=1, max_size=20))
def test_any_postings_balance_in_each_currency(moves: list[Posting]) -> None:
    books = rules.trial_balance([entry("anything", *moves)])

    assert books.balances
    assert set(books.sums.values()) == {0}
