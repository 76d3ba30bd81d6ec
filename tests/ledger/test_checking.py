"""What the check of a chain looks at: all or a part, and what it says of much that is wrong."""

from datetime import timedelta
from typing import Any

import asyncpg

from tests.ledger.table import PARTY, Books
from tests.network import a_party
from voltway.ledger import actions, checking, rules_chain
from voltway.ledger.checking import NAMED_MAX, ChainCheck

AMOUNT = "UPDATE ledger_posting SET amount_minor = amount_minor + 1"


def numbers(check: ChainCheck) -> list[int | None]:
    return [each.number for each in check.broken]


async def test_books_that_nobody_wrote_in_have_no_link_and_nothing_broken(books: Books) -> None:
    check = await actions.check_chain(books.begin, books.party)

    assert (check.links, check.broken, check.head) == (0, [], rules_chain.NOTHING.hex())


async def test_a_part_is_checked_from_a_link_on_and_so_many(
    books: Books, intruder: "asyncpg.Connection[Any]"
) -> None:
    """What is wrong before it and after it is for those who look there."""
    await books.posts_many(6)
    await books.sealed()
    await intruder.execute(f"{AMOUNT} WHERE amount_minor IN (2, 4, 6)")

    check = await actions.check_chain(books.begin, books.party, after=2, links_max=3)
    assert (check.first, check.last, check.links) == (3, 5, 3)
    assert numbers(check) == [4]
    assert check.head == (await heads(books, [5]))[5]

    rest = await actions.check_chain(books.begin, books.party, after=4)
    assert (rest.links, numbers(rest)) == (2, [6])
    beyond = await actions.check_chain(books.begin, books.party, after=6, links_max=3)
    assert (beyond.links, numbers(beyond)) == (0, [])
    whole = await actions.check_chain(books.begin, books.party)
    assert (whole.links, numbers(whole)) == (6, [2, 4, 6])


async def heads(books: Books, links: list[int]) -> dict[int, str]:
    async with books.begin(books.party) as work:
        return await actions.heads_here(work, books.party, links)


async def test_a_head_is_told_of_the_links_that_are_there(books: Books) -> None:
    await books.posts_many(2)
    await books.sealed()

    assert list(await heads(books, [0, 1, 2, 3])) == [1, 2]


async def test_a_chain_of_many_batches_is_checked_to_its_end_or_as_far_as_asked(
    books: Books,
) -> None:
    many = checking.BATCH + 2
    await books.posts_many(many)
    while await books.sealed():
        pass

    whole = await actions.check_chain(books.begin, books.party)
    some = await actions.check_chain(books.begin, books.party, links_max=many - 1)

    assert (whole.links, whole.broken) == (many, [])
    assert (some.links, some.broken) == (many - 1, [])


async def test_of_much_that_is_wrong_so_much_is_named(
    books: Books, intruder: "asyncpg.Connection[Any]"
) -> None:
    await books.posts_many(NAMED_MAX + 5)
    await books.sealed()
    await intruder.execute(f"{AMOUNT} WHERE amount_minor > 2")

    changed = await actions.check_chain(books.begin, books.party)
    await intruder.execute("DELETE FROM ledger_link WHERE number < $1", NAMED_MAX + 4)
    gone = await actions.check_chain(books.begin, books.party)

    assert numbers(changed) == list(range(3, NAMED_MAX + 3))
    assert numbers(gone) == list(range(1, NAMED_MAX + 1))
    assert {each.why for each in gone.broken} == {"The link is gone."}


async def test_a_head_that_is_not_the_one_of_its_day_is_named(
    books: Books, intruder: "asyncpg.Connection[Any]"
) -> None:
    await two_days(books)
    await intruder.execute("UPDATE ledger_seal SET head = sha256(head) WHERE number = 3")

    check = await actions.check_chain(books.begin, books.party)

    assert [(each.number, each.why) for each in check.broken] == [
        (3, "It is not the head that was sealed.")
    ]


async def test_a_chain_that_was_cut_short_is_told_by_the_last_day_that_was_sealed(
    books: Books, intruder: "asyncpg.Connection[Any]"
) -> None:
    await two_days(books)
    await intruder.execute("DELETE FROM ledger_entry WHERE memo = 'second 2'")
    await intruder.execute("DELETE FROM ledger_link WHERE number = 3")

    check = await actions.check_chain(books.begin, books.party)

    assert [(each.number, each.why) for each in check.broken] == [
        (3, "The chain ends at link 2, and was sealed up to 3.")
    ]


async def two_days(books: Books) -> None:
    """Days that end with link 1 and link 3."""
    await books.posts_many(1, "first")
    await books.sealed()
    books.clock.jump(timedelta(days=1))
    await books.posts_many(2, "second")
    await books.sealed()


def test_heads_that_were_kept_elsewhere_are_compared_link_by_link() -> None:
    kept = {2: ("2026-03-03", "bb"), 1: ("2026-03-02", "aa"), 3: ("2026-03-04", "cc")}

    found = checking.compare_heads(PARTY, kept, {1: "ax", 2: "bb"})

    assert [(each.party, each.number, each.why) for each in found] == [
        (PARTY, 1, "The head that was kept on 2026-03-02 is not that of this link."),
        (PARTY, 3, "The head that was kept on 2026-03-04 is not that of this link."),
    ]


async def test_all_chains_are_checked_or_those_of_some_parties(
    books: Books, intruder: "asyncpg.Connection[Any]"
) -> None:
    async with books.begin() as work:
        other = Books(books.begin, (await a_party(work)).id, books.clock)
        nobody = (await a_party(work)).id
    await books.posts_many(1)
    await other.posts_many(2)
    await books.sealed()
    await intruder.execute(f"{AMOUNT} WHERE party_id = $1", other.party)

    found = {each.party: each async for each in actions.check_chains(books.begin)}
    one = [
        each.party
        async for each in actions.check_chains(books.begin, parties=[books.party, nobody])
    ]

    assert {party: numbers(each) for party, each in found.items()} == {
        books.party: [],
        other.party: [1, 2],
    }
    assert one == [books.party, nobody]
