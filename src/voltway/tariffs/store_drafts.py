"""The SQL of drafts."""

from collections.abc import Mapping
from uuid import UUID

from voltway.kernel.ids import PartyId
from voltway.runtime.work import Row, Work


async def add(
    work: Work, id: UUID, party: PartyId, fields: Mapping[str, str], base: str | None, by: str
) -> None:
    await work.run(
        """
        INSERT INTO tariff_draft (id, party_id, fields, base, saved_by, saved_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $6)
        """,
        id,
        party,
        dict(fields),
        base,
        by,
        work.now,
    )


async def load(work: Work, id: UUID) -> Row | None:
    return await work.one("SELECT * FROM tariff_draft WHERE id = $1", id)


async def save(work: Work, id: UUID, fields: Mapping[str, str], revision: int, by: str) -> bool:
    """Whether the draft was still as it was read."""
    return bool(
        await work.run(
            """
            UPDATE tariff_draft
               SET fields = $2, revision = revision + 1, saved_by = $4, saved_at = $5
             WHERE id = $1 AND revision = $3
            """,
            id,
            dict(fields),
            revision,
            by,
            work.now,
        )
    )


async def remove(work: Work, id: UUID) -> None:
    await work.run("DELETE FROM tariff_draft WHERE id = $1", id)


async def count(work: Work, party: PartyId) -> int:
    row = await work.one("SELECT count(*)::int AS n FROM tariff_draft WHERE party_id = $1", party)
    return row["n"] if row else 0
