"""Links and seals as rows, and entries in the order in which they were written."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from voltway.kernel.ids import EntryId, OnceKey, PartyId
from voltway.kernel.money import Currency, Money
from voltway.ledger.model import Account, Entry, Head, Placed, Posting
from voltway.runtime.work import Row, Work

#: The lock that whoever writes an entry shares; see the migration 0028.
BOOKS: Final = 1651470187

_ENTRY: Final = "e.id, e.place, e.party_id, e.once, e.at, e.memo, e.evidence, e.kept_at"


async def have_alone(work: Work) -> None:
    """Wait until nobody is writing an entry, and let nobody begin until this work ends; raises an
    outage where that takes too long."""
    await work.one("SELECT set_config('lock_timeout', '2s', true)")
    await work.one("SELECT pg_advisory_xact_lock($1)", BOOKS)


async def last_place(work: Work) -> int:
    row = await work.one("SELECT coalesce(max(place), 0) AS place FROM ledger_entry")
    assert row is not None
    return int(row["place"])


async def sealed_up_to(work: Work) -> int:
    row = await work.one("SELECT place FROM ledger_sealed")
    assert row is not None
    return int(row["place"])


async def lock_sealed(work: Work) -> int | None:
    """How far the books are sealed, locked; ``None`` where somebody seals at this moment."""
    row = await work.one("SELECT place FROM ledger_sealed FOR UPDATE SKIP LOCKED")
    return None if row is None else int(row["place"])


async def entries_between(
    work: Work, after: int, until: int, limit: int, party: PartyId | None = None
) -> list[Placed]:
    """The entries after a place, up to another, in the order in which they were written."""
    rows = await work.all(
        f"""
        SELECT {_ENTRY} FROM ledger_entry e
         WHERE e.place > $1 AND e.place <= $2 AND ($4::uuid IS NULL OR e.party_id = $4)
         ORDER BY e.place LIMIT $3
        """,
        after,
        until,
        limit,
        party,
    )
    return await placed(work, rows)


async def entries_dated(
    work: Work, party: PartyId, begins: datetime, ends: datetime, after: int, limit: int
) -> list[Placed]:
    """Entries of a party that are dated within a time, after a place, in the order of places."""
    rows = await work.all(
        f"""
        SELECT {_ENTRY} FROM ledger_entry e
         WHERE e.party_id = $1 AND e.at >= $2 AND e.at < $3 AND e.place > $4
         ORDER BY e.place LIMIT $5
        """,
        party,
        begins,
        ends,
        after,
        limit,
    )
    return await placed(work, rows)


async def links_of(work: Work, entries: Collection[EntryId]) -> dict[EntryId, tuple[int, bytes]]:
    """The links of these entries, as far as they are sealed."""
    rows = await work.all(
        "SELECT entry_id, number, hash FROM ledger_link WHERE entry_id = ANY($1::uuid[])",
        list(entries),
    )
    return {EntryId(row["entry_id"]): (row["number"], row["hash"]) for row in rows}


async def placed(work: Work, rows: Sequence[Row]) -> list[Placed]:
    """These entries with their postings."""
    postings: dict[EntryId, list[Posting]] = {EntryId(row["id"]): [] for row in rows}
    found = await work.all(
        """
        SELECT entry_id, debit, credit, amount_minor, currency
          FROM ledger_posting WHERE entry_id = ANY($1::uuid[]) ORDER BY entry_id, number
        """,
        list(postings),
    )
    for row in found:
        postings[row["entry_id"]].append(
            Posting(
                Account(row["debit"]),
                Account(row["credit"]),
                Money(row["amount_minor"], Currency(row["currency"])),
            )
        )
    return [
        Placed(
            EntryId(row["id"]),
            row["place"],
            row["kept_at"],
            Entry(
                party=PartyId(row["party_id"]),
                once=OnceKey(row["once"]),
                at=row["at"],
                memo=row["memo"],
                evidence=row["evidence"],
                postings=tuple(postings[row["id"]]),
            ),
        )
        for row in rows
    ]


async def heads(work: Work, parties: Collection[PartyId]) -> dict[PartyId, tuple[int, bytes]]:
    """The last link of each of these parties' chains."""
    rows = await work.all(
        """
        SELECT w.party_id, l.number, l.hash
          FROM unnest($1::uuid[]) AS w (party_id)
          JOIN LATERAL (SELECT number, hash FROM ledger_link
                         WHERE party_id = w.party_id ORDER BY number DESC LIMIT 1) l ON true
        """,
        list(parties),
    )
    return {row["party_id"]: (row["number"], row["hash"]) for row in rows}


async def keep_links(
    work: Work, links: Sequence[tuple[PartyId, int, EntryId, bytes]], place: int
) -> None:
    """Keep links, and that the books are sealed up to a place."""
    await work.copy("ledger_link", ("party_id", "number", "entry_id", "hash"), links)
    await work.run("UPDATE ledger_sealed SET place = $1", place)


async def keep_seals(
    work: Work, day: date, found: Mapping[PartyId, tuple[int, bytes]], at: datetime
) -> None:
    """Move the heads of a day forward."""
    await work.run_many(
        """
        INSERT INTO ledger_seal (party_id, day, number, head, sealed_at)
        VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (party_id, day) DO UPDATE
           SET number = EXCLUDED.number, head = EXCLUDED.head, sealed_at = EXCLUDED.sealed_at
        """,
        [(party, day, number, head, at) for party, (number, head) in found.items()],
    )


async def add_days(
    work: Work, sums: Mapping[tuple[PartyId, str, str, date, date], list[int]]
) -> None:
    """Add to what each group of accounts moved on each day."""
    rows = [(*key, *amounts) for key, amounts in sorted(sums.items())]
    await work.run(
        """
        INSERT INTO ledger_day AS d
               (party_id, account, currency, day, kept_day, debit_minor, credit_minor)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::date[], $5::date[],
                             $6::bigint[], $7::bigint[])
            ON CONFLICT (party_id, account, currency, day, kept_day) DO UPDATE
           SET debit_minor = d.debit_minor + EXCLUDED.debit_minor,
               credit_minor = d.credit_minor + EXCLUDED.credit_minor
        """,
        *([row[place] for row in rows] for place in range(7)),
    )


async def links_after(
    work: Work, party: PartyId, number: int, limit: int
) -> list[tuple[int, EntryId, bytes]]:
    """The links of a party after a number."""
    rows = await work.all(
        """
        SELECT number, entry_id, hash FROM ledger_link
         WHERE party_id = $1 AND number > $2 ORDER BY number LIMIT $3
        """,
        party,
        number,
        limit,
    )
    return [(row["number"], EntryId(row["entry_id"]), row["hash"]) for row in rows]


async def hash_of(work: Work, party: PartyId, number: int) -> bytes | None:
    row = await work.one(
        "SELECT hash FROM ledger_link WHERE party_id = $1 AND number = $2", party, number
    )
    return row["hash"] if row else None


async def by_ids(work: Work, ids: Collection[EntryId]) -> dict[EntryId, Placed]:
    rows = await work.all(
        f"SELECT {_ENTRY} FROM ledger_entry e WHERE e.id = ANY($1::uuid[])", list(ids)
    )
    return {each.id: each for each in await placed(work, rows)}


async def chained_parties(work: Work) -> list[PartyId]:
    """The parties that have books."""
    rows = await work.all(
        """
        SELECT p.id FROM party_view p
         WHERE EXISTS (SELECT FROM ledger_entry e WHERE e.party_id = p.id)
            OR EXISTS (SELECT FROM ledger_link l WHERE l.party_id = p.id)
         ORDER BY p.id
        """
    )
    return [PartyId(row["id"]) for row in rows]


async def unlinked(work: Work, party: PartyId, limit: int) -> list[tuple[EntryId, int, str]]:
    """Entries that stand where the sweep has been, and have no link."""
    rows = await work.all(
        """
        SELECT id, place, memo FROM ledger_unlinked_view
         WHERE party_id = $1 ORDER BY place LIMIT $2
        """,
        party,
        limit,
    )
    return [(EntryId(row["id"]), row["place"], row["memo"]) for row in rows]


async def seals(work: Work, party: PartyId | None = None) -> list[Head]:
    """The heads of each day, in their order."""
    rows = await work.all(
        """
        SELECT party_id, day, number, head, sealed_at FROM ledger_seal_view
         WHERE $1::uuid IS NULL OR party_id = $1
         ORDER BY party_id, day
        """,
        party,
    )
    return [
        Head(PartyId(row["party_id"]), row["day"], row["number"], row["head"], row["sealed_at"])
        for row in rows
    ]
