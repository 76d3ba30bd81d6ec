"""The books as rows: added, never changed."""

from collections.abc import Sequence

import msgspec

from voltway.kernel.ids import EntryId, OnceKey, PartyId
from voltway.kernel.money import Currency, Money
from voltway.ledger.model import Account, Entry, KeptEntry, Posting
from voltway.runtime.work import Row, Work


async def keep(work: Work, entries: Sequence[tuple[EntryId, Entry]]) -> set[EntryId]:
    """Keep entries and their postings; those that are new. Two at once under one key wait for
    each other, and all take their keys in one order."""
    ordered = sorted(entries, key=lambda each: (each[1].party, each[1].once))
    rows = await work.all(
        """
        INSERT INTO ledger_entry (id, party_id, once, at, memo, evidence, posting_count, kept_at)
        SELECT id, party_id, once, at, memo, evidence::jsonb, posting_count, $8
          FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[],
                      $6::text[], $7::int[])
               AS w (id, party_id, once, at, memo, evidence, posting_count)
            ON CONFLICT (party_id, once) DO NOTHING
        RETURNING id
        """,
        [id for id, _ in ordered],
        [entry.party for _, entry in ordered],
        [entry.once for _, entry in ordered],
        [entry.at for _, entry in ordered],
        [entry.memo for _, entry in ordered],
        [msgspec.json.encode(dict(entry.evidence)).decode() for _, entry in ordered],
        [len(entry.postings) for _, entry in ordered],
        work.now,
    )
    kept = {EntryId(row["id"]) for row in rows}
    await work.copy(
        "ledger_posting",
        ("entry_id", "number", "party_id", "debit", "credit", "amount_minor", "currency"),
        [
            (id, number, entry.party, p.debit, p.credit, p.amount.minor, p.amount.currency)
            for id, entry in ordered
            if id in kept
            for number, p in enumerate(entry.postings, start=1)
        ],
    )
    return kept


async def by_key(work: Work, party: PartyId, once: OnceKey) -> KeptEntry | None:
    """The entry that was posted under this key."""
    rows = await work.all(
        """
        SELECT id, party_id, once, at, memo, evidence,
               debit, credit, amount_minor, currency
          FROM entry_view
         WHERE party_id = $1 AND once = $2
         ORDER BY number
        """,
        party,
        once,
    )
    return _kept(rows)[0] if rows else None


async def about(work: Work, key: str, value: str) -> list[KeptEntry]:
    """The entries whose evidence names this, oldest first."""
    rows = await work.all(
        """
        SELECT id, party_id, once, at, memo, evidence,
               debit, credit, amount_minor, currency
          FROM entry_view
         WHERE evidence @> jsonb_build_object($1::text, $2::text)
         ORDER BY place, number
        """,
        key,
        value,
    )
    return _kept(rows)


def _kept(rows: Sequence[Row]) -> list[KeptEntry]:
    by_id: dict[EntryId, list[Row]] = {}
    for row in rows:
        by_id.setdefault(EntryId(row["id"]), []).append(row)
    return [KeptEntry(id, _entry(lines)) for id, lines in by_id.items()]


def _entry(lines: list[Row]) -> Entry:
    first = lines[0]
    return Entry(
        party=PartyId(first["party_id"]),
        once=OnceKey(first["once"]),
        at=first["at"],
        memo=first["memo"],
        evidence=first["evidence"],
        postings=tuple(
            Posting(
                debit=Account(line["debit"]),
                credit=Account(line["credit"]),
                amount=Money(line["amount_minor"], Currency(line["currency"])),
            )
            for line in lines
        ),
    )
