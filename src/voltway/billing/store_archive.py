"""Documents as they are filed: by the moment at which they were issued."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from voltway.billing.rules_statements import Month
from voltway.kernel.ids import PartyId
from voltway.kernel.money import Currency
from voltway.runtime.work import Work

_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    id: UUID
    kind: str
    number: str
    total_minor: int
    currency: Currency
    document: bytes
    sha256: str
    issued_at: datetime


async def issued_in(
    work: Work, party: PartyId, month: Month, after: Filed | None, limit: int
) -> list[Filed]:
    """Documents issued in a month, the first first, after the one that was read last."""
    rows = await work.all(
        """
        SELECT id, kind, number, total_minor, currency, document, sha256, issued_at FROM invoice
         WHERE party_id = $1 AND issued_at < $3 AND issued_at >= $2 AND (issued_at, id) > ($4, $5)
         ORDER BY issued_at, id LIMIT $6
        """,
        party,
        month.begins,
        month.ends,
        after.issued_at if after else month.begins,
        after.id if after else _FIRST,
        limit,
    )
    return [
        Filed(
            id=row["id"],
            kind=row["kind"],
            number=row["number"],
            total_minor=row["total_minor"],
            currency=Currency(row["currency"]),
            document=row["document"].encode(),
            sha256=row["sha256"],
            issued_at=row["issued_at"],
        )
        for row in rows
    ]


async def count_in(work: Work, party: PartyId, month: Month) -> int:
    row = await work.one(
        """
        SELECT count(*)::int AS n FROM invoice
         WHERE party_id = $1 AND issued_at >= $2 AND issued_at < $3
        """,
        party,
        month.begins,
        month.ends,
    )
    assert row is not None
    return int(row["n"])
