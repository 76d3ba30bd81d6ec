"""The chain shows tampering, also by somebody who may do everything to the database."""

import asyncio
import hashlib
import json
from typing import Any

import asyncpg
import pytest

from tests.ledger.table import Books, entry
from tests.network import a_party
from voltway.kernel.ids import EntryId, OnceKey
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions, rules_chain, sealing
from voltway.ledger.model import Account, Entry, Placed, Posting

ANN, ENERGY = "driver:ann:receivable", "revenue:energy"
CHANGED = "The entry, its postings or its"


async def five(books: Books) -> None:
    for number in range(1, 6):
        await books.posts(f"sale {number}", ANN, ENERGY, 100 * number)
    assert await books.sealed() == 5


async def test_a_chain_that_nobody_touched_holds_and_goes_on(books: Books) -> None:
    await five(books)
    await books.posts("one more", ANN, ENERGY, 1)
    assert await books.sealed() == 1
    assert await books.sealed() == 0

    check = await actions.check_chain(books.begin, books.party)

    assert (check.links, check.broken) == (6, [])
    async with books.begin(books.party) as work:
        [head] = await actions.heads(work)
    assert (head.number, head.head) == (6, check.head)


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        pytest.param(
            "UPDATE ledger_posting SET amount_minor = 301 WHERE amount_minor = 300",
            [(3, CHANGED)],
            id="an amount",
        ),
        pytest.param(
            "UPDATE ledger_entry SET memo = 'a gift' WHERE memo = 'sale 2'",
            [(2, CHANGED)],
            id="a reason",
        ),
        pytest.param(
            "UPDATE ledger_entry SET evidence = '{\"session\": \"8\"}' WHERE memo = 'sale 5'",
            [(5, CHANGED)],
            id="the evidence",
        ),
        pytest.param(
            "DELETE FROM ledger_entry WHERE memo = 'sale 4'",
            [(4, "Its entry is gone from the")],
            id="an entry that is gone",
        ),
        pytest.param(
            "DELETE FROM ledger_link WHERE number = 4;"
            "DELETE FROM ledger_entry WHERE memo = 'sale 4'",
            [(4, "The link is gone.")],
            id="an entry that is gone with its link",
        ),
        pytest.param(
            "DELETE FROM ledger_link WHERE number = 5;"
            "DELETE FROM ledger_entry WHERE memo = 'sale 5'",
            [(5, "The chain ends at link 4,")],
            id="the newest entry, gone with its link",
        ),
        pytest.param(
            """
            INSERT INTO ledger_entry (id, place, party_id, once, at, memo, evidence, posting_count,
                                      kept_at)
            OVERRIDING SYSTEM VALUE
            SELECT gen_random_uuid(), 0, party_id, 'forged', at, 'forged', evidence, 1, kept_at
              FROM ledger_entry WHERE memo = 'sale 1'
            """,
            [(None, "An entry at place 0 was")],
            id="an entry that was slipped in",
        ),
        pytest.param(
            """
            UPDATE ledger_link SET entry_id = CASE number
                WHEN 2 THEN (SELECT id FROM ledger_entry WHERE memo = 'sale 3')
                ELSE (SELECT id FROM ledger_entry WHERE memo = 'sale 2') END
             WHERE number IN (2, 3)
            """,
            [(2, CHANGED), (3, CHANGED)],
            id="the order",
        ),
    ],
)
async def test_what_an_intruder_does_is_found_and_the_first_broken_link_is_named(
    books: Books,
    intruder: "asyncpg.Connection[Any]",
    tampering: str,
    found: list[tuple[int | None, str]],
) -> None:
    await five(books)
    # Unique for ever; an intruder takes that away as well.
    await intruder.execute("ALTER TABLE ledger_link DROP CONSTRAINT ledger_link_entry_id_key")

    await intruder.execute(tampering)

    assert await books.broken() == found


async def test_a_chain_that_was_made_anew_is_found_by_a_head_that_was_kept_elsewhere(
    books: Books, intruder: "asyncpg.Connection[Any]"
) -> None:
    await five(books)
    async with books.begin(books.party) as work:
        [kept] = await actions.heads(work)
    await intruder.execute("UPDATE ledger_posting SET amount_minor = 1 WHERE amount_minor = 300")
    await intruder.execute("DELETE FROM ledger_link; DELETE FROM ledger_seal")
    await intruder.execute("UPDATE ledger_sealed SET place = 0")
    assert await books.sealed() == 5

    async with books.begin(books.party) as work:
        links = await actions.heads_here(work, books.party, [kept.number])
    proof = {kept.number: (str(kept.day), kept.head)}

    assert await books.broken() == [], "to itself it is whole"
    [fault] = actions.compare_heads(books.party, proof, links)
    assert (fault.number, fault.why[:23]) == (5, "The head that was kept ")


async def test_entries_of_many_works_at_once_are_all_sealed_each_party_by_itself(
    books: Books,
) -> None:
    async with books.begin() as work:
        other = Books(books.begin, (await a_party(work)).id, books.clock)

    async def write(mine: Books, name: str) -> None:
        for number in range(5):
            await mine.posts(f"{name} {number}", ANN, ENERGY, 1 + number)

    async def seal() -> None:
        for _ in range(4):
            await books.sealed()

    await asyncio.gather(
        *(write(each, f"{nth}") for nth in range(4) for each in (books, other)), seal(), seal()
    )
    await books.sealed()

    for mine in (books, other):
        check = await actions.check_chain(mine.begin, mine.party)
        assert (check.links, check.broken) == (20, [])
        assert await mine.holds(ANN) == 4 * 15


async def test_a_round_goes_on_batch_by_batch_until_all_is_sealed_or_its_time_is_over(
    books: Books,
) -> None:
    await books.posts_many(sealing.BATCH, "first")
    assert await books.sealed() == sealing.BATCH

    await books.posts_many(sealing.BATCH + 1, "second")
    assert await actions.seal(books.begin, seconds=0) == sealing.BATCH
    assert await books.sealed() == 1

    await books.posts_many(sealing.BATCH + 1, "third")
    assert await books.sealed() == sealing.BATCH + 1
    assert await books.broken() == []


async def test_while_another_seals_nothing_is_sealed(books: Books) -> None:
    await books.posts("sale", ANN, ENERGY, 1)
    async with books.begin() as other:
        await other.run("SELECT FROM ledger_sealed FOR UPDATE")

        assert await books.sealed() == 0

    assert await books.sealed() == 1


async def test_an_entry_whose_work_is_under_way_is_waited_for(books: Books) -> None:
    """It drew its place before the one that is there already."""
    late = asyncio.Event()
    wrote = asyncio.Event()

    async def slow() -> None:
        async with books.begin() as work:
            made = Entry(
                party=books.party,
                once=OnceKey("slow"),
                at=work.now,
                memo="slow",
                evidence={"session": "7"},
                postings=(Posting(Account(ANN), Account(ENERGY), Money(1, EUR)),),
            )
            await actions.post(work, made)
            wrote.set()
            await late.wait()

    writing = asyncio.create_task(slow())
    await wrote.wait()
    await books.posts("quick", ANN, ENERGY, 2)
    sealing = asyncio.create_task(books.sealed())
    done, _ = await asyncio.wait({sealing}, timeout=0.2)
    assert not done
    late.set()
    await writing

    assert await sealing == 2
    assert await books.broken() == []


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_link SET number = number + 1",
        "DELETE FROM ledger_link",
        "DELETE FROM ledger_seal",
        "UPDATE ledger_seal SET number = 1",
    ],
)
async def test_the_house_itself_cannot_change_what_was_sealed(books: Books, sql: str) -> None:
    await five(books)

    with pytest.raises(Exception, match="never changed"):
        async with books.begin() as work:
            await work.run(sql)


def test_the_canonical_form_is_the_one_that_is_documented() -> None:
    made = entry("sale", Posting(Account(ANN), Account(ENERGY), Money(980, EUR)))
    placed = Placed(EntryId(made.party), 7, made.at, made)

    raw = rules_chain.canonical(placed, number=1, before=rules_chain.NOTHING)

    documented = {
        "version": 1,
        "before": "0" * 64,
        "number": 1,
        "id": "00000000-0000-0000-0000-000000000001",
        "place": 7,
        "party": "00000000-0000-0000-0000-000000000001",
        "once": "sale",
        "at": "2026-03-02T12:00:00.000000Z",
        "kept_at": "2026-03-02T12:00:00.000000Z",
        "memo": "sale",
        "evidence": {"session": "7"},
        "postings": [[ANN, ENERGY, 980, "EUR"]],
    }
    plain = json.dumps(documented, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert raw == plain.encode()
    hash = rules_chain.link(placed, number=1, before=rules_chain.NOTHING)
    assert hash == hashlib.sha256(plain.encode()).digest()
