"""The books in PostgreSQL keep what the types promise, also against those who go around them."""

import pytest

from tests.ledger.table import NOON
from tests.network import a_party
from voltway.kernel.errors import Trouble
from voltway.kernel.ids import OnceKey, PartyId
from voltway.kernel.money import EUR, Currency, Money
from voltway.ledger import actions
from voltway.ledger.model import Account, Entry, Posting
from voltway.runtime.work import BeginWork

ANN = Account("driver:ann:receivable")
ENERGY = Account("revenue:energy")
SEK = Currency("SEK")


def sale(party: PartyId, once: str = "sale:7", minor: int = 980) -> Entry:
    return Entry(
        party=party,
        once=OnceKey(once),
        at=NOON,
        memo="2.00 kWh at 4.90",
        evidence={"session": "7", "cdr": "9"},
        postings=(
            Posting(ANN, ENERGY, Money(minor, EUR)),
            Posting(ANN, Account("tax:vat:19"), Money(186, EUR)),
        ),
    )


@pytest.fixture
async def party(begin: BeginWork) -> PartyId:
    async with begin() as work:
        return (await a_party(work)).id


async def test_an_entry_posted_twice_stands_in_the_books_once(
    begin: BeginWork, party: PartyId
) -> None:
    async with begin() as work:
        first = await actions.post(work, sale(party))
    async with begin() as work:
        again = await actions.post(work, sale(party))

    assert first == again
    async with begin() as work:
        assert await actions.balance(work, ANN) == {EUR: Money(1166, EUR)}
        assert await actions.balance(work, ENERGY) == {EUR: Money(-980, EUR)}
        books = await actions.trial_balance(work)
    assert books.sums == {EUR: 0}


async def test_another_entry_under_a_used_key_is_refused(begin: BeginWork, party: PartyId) -> None:
    async with begin() as work:
        await actions.post(work, sale(party))

    with pytest.raises(actions.KeyOfAnotherEntry, match=r"sale:7 already stands for another"):
        async with begin() as work:
            await actions.post(work, sale(party, minor=981))


async def test_an_entry_is_found_by_its_evidence_and_reads_as_it_was_written(
    begin: BeginWork, party: PartyId
) -> None:
    async with begin() as work:
        await actions.post(work, sale(party))
        await actions.post(work, sale(party, once="sale:8"))

    async with begin() as work:
        found = await actions.entries_about(work, "cdr", "9")
        nothing = await actions.entries_about(work, "cdr", "10")

    assert [kept.entry for kept in found] == [sale(party), sale(party, once="sale:8")]
    assert nothing == []


async def test_each_currency_balances_by_itself(begin: BeginWork, party: PartyId) -> None:
    swedish = Entry(
        party=party,
        once=OnceKey("se"),
        at=NOON,
        memo="in crowns",
        evidence={"session": "8"},
        postings=(Posting(ANN, ENERGY, Money(5, SEK)),),
    )
    async with begin() as work:
        await actions.post(work, sale(party))
        await actions.post(work, swedish)

    async with begin() as work:
        assert await actions.balance(work, ANN) == {EUR: Money(1166, EUR), SEK: Money(5, SEK)}
        assert (await actions.trial_balance(work)).sums == {EUR: 0, SEK: 0}


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_entry SET memo = 'another story'",
        "UPDATE ledger_posting SET amount_minor = 1",
        "DELETE FROM ledger_posting",
        "DELETE FROM ledger_entry",
    ],
)
async def test_the_database_lets_nobody_change_the_books(
    begin: BeginWork, party: PartyId, sql: str
) -> None:
    async with begin() as work:
        await actions.post(work, sale(party))

    with pytest.raises(Exception, match="never changed"):
        async with begin() as work:
            await work.run(sql)


async def test_the_database_keeps_no_entry_without_its_postings(
    begin: BeginWork, party: PartyId
) -> None:
    with pytest.raises(Exception, match="not whole"):
        async with begin() as work:
            await work.run(
                """
                INSERT INTO ledger_entry
                    (id, party_id, once, at, memo, evidence, posting_count, kept_at)
                VALUES (gen_random_uuid(), $1, 'x', now(), 'half', '{"session": "7"}', 1, now())
                """,
                party,
            )


async def test_the_database_lets_nobody_slip_a_posting_in_later(
    begin: BeginWork, party: PartyId
) -> None:
    async with begin() as work:
        entry = await actions.post(work, sale(party))

    with pytest.raises(Exception, match="not whole"):
        async with begin() as work:
            await work.run(
                "INSERT INTO ledger_posting VALUES ($1, 3, $2, 'bank', 'revenue:energy', 5, 'EUR')",
                entry,
                party,
            )


async def test_a_party_reads_its_own_books_only(begin: BeginWork, party: PartyId) -> None:
    async with begin() as work:
        other = (await a_party(work)).id
        await actions.post(work, sale(party))
        await actions.post(work, sale(other, minor=1))

    async with begin(party) as work:
        assert await actions.balance(work, ENERGY) == {EUR: Money(-980, EUR)}


async def test_a_party_cannot_post_into_the_books_of_another(
    begin: BeginWork, party: PartyId
) -> None:
    async with begin() as work:
        other = (await a_party(work)).id

    with pytest.raises(Exception, match="row-level security") as refused:
        async with begin(party) as work:
            await actions.post(work, sale(other))
    assert not isinstance(refused.value, Trouble)
