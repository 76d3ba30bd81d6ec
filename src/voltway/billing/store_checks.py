"""Checks of bills and books, and what they found, as rows."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from voltway.billing.model_checks import BooksCheck, Found, Invariant, OpenFinding
from voltway.kernel.ids import PartyId, new_id
from voltway.runtime.work import Row, Work


async def keep(work: Work, check: BooksCheck, bills_to: datetime) -> None:
    """Keep what a check came to."""
    await work.run(
        """
        INSERT INTO books_check (id, party_id, asked_by, whole, began_at, ended_at, bills_to)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        check.id,
        check.party,
        check.asked_by,
        check.whole,
        check.began_at,
        check.ended_at,
        bills_to,
    )
    await work.copy(
        "books_check_part",
        ("check_id", "party_id", "invariant", "checked", "unchecked", "found", "seconds"),
        [
            (
                check.id,
                check.party,
                part.invariant,
                part.checked,
                part.unchecked,
                len(part.found),
                part.seconds,
            )
            for part in check.parts
        ],
    )


async def note(
    work: Work, party: PartyId, found: Sequence[tuple[Invariant, Found]], at: datetime
) -> int:
    """Note what was found, each thing once; how much of it nobody knew of."""
    rows = await work.all(
        """
        INSERT INTO books_finding AS f (id, party_id, invariant, about, said, first_at, last_at)
        SELECT id, $2, invariant, about, said, $3, $3
          FROM unnest($1::uuid[], $4::text[], $5::text[], $6::text[])
               AS w (id, invariant, about, said)
            ON CONFLICT (party_id, invariant, about, said) DO UPDATE SET last_at = $3
        RETURNING f.xmax = 0 AS fresh
        """,
        [new_id(at) for _ in found],
        party,
        at,
        [invariant for invariant, _ in found],
        [one.about for _, one in found],
        [one.said for _, one in found],
    )
    return sum(row["fresh"] for row in rows)


async def close_gone(work: Work, party: PartyId, at: datetime) -> int:
    """Close what a check of everything, begun at this moment, found no more."""
    return await work.run(
        """
        UPDATE books_finding
           SET closed_at = $2, closed_by = 'a check of everything', why = 'It was found no more.'
         WHERE party_id = $1 AND closed_at IS NULL AND last_at < $2
        """,
        party,
        at,
    )


async def close(work: Work, finding: UUID, by: str, why: str) -> bool:
    """A person has looked at a finding; whether it was still open."""
    return bool(
        await work.run(
            """
            UPDATE books_finding SET closed_at = $2, closed_by = $3, why = $4
             WHERE id = $1 AND closed_at IS NULL
            """,
            finding,
            work.now,
            by,
            why,
        )
    )


async def last(work: Work, party: PartyId) -> Row | None:
    """The newest check of a party, and up to when bills were recomputed by any."""
    return await work.one(
        """
        SELECT c.*, (SELECT max(bills_to) FROM books_check_view WHERE party_id = $1) AS all_bills_to
          FROM books_check_view c
         WHERE c.party_id = $1 ORDER BY c.began_at DESC LIMIT 1
        """,
        party,
    )


async def parts(work: Work, check: UUID) -> Sequence[Row]:
    """What a check came to for each invariant."""
    return await work.all("SELECT * FROM books_check_part_view WHERE check_id = $1", check)


async def closed(work: Work, party: PartyId, limit: int) -> Sequence[Row]:
    """What was closed last, and why."""
    return await work.all(
        """
        SELECT about, said, closed_at, closed_by, why FROM books_finding_view
         WHERE party_id = $1 AND closed_at IS NOT NULL ORDER BY closed_at DESC LIMIT $2
        """,
        party,
        limit,
    )


async def open_findings(work: Work, party: PartyId, limit: int) -> list[OpenFinding]:
    """What was found and is not closed yet, the newest first."""
    rows = await work.all(
        """
        SELECT id, invariant, about, said, first_at, last_at FROM books_finding_view
         WHERE party_id = $1 AND closed_at IS NULL
         ORDER BY first_at DESC, invariant, about LIMIT $2
        """,
        party,
        limit,
    )
    return [
        OpenFinding(
            id=row["id"],
            invariant=Invariant(row["invariant"]),
            about=row["about"],
            said=row["said"],
            first_at=row["first_at"],
            last_at=row["last_at"],
        )
        for row in rows
    ]


async def forget(work: Work, before: datetime) -> int:
    """Forget checks of before, but for the newest of each party; how many."""
    return await work.run(
        """
        DELETE FROM books_check c
         WHERE began_at < $1
           AND EXISTS (SELECT FROM books_check n
                        WHERE n.party_id = c.party_id AND n.began_at > c.began_at)
        """,
        before,
    )
