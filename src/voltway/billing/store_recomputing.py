"""Frozen bills as rows, as they are recomputed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from voltway.kernel.ids import PartyId, SessionId
from voltway.kernel.money import Currency
from voltway.runtime.work import Work


@dataclass(frozen=True, slots=True)
class Frozen:
    """A CDR by what recomputing it needs."""

    id: UUID
    party: PartyId
    session: SessionId
    total_minor: int
    currency: Currency
    document: str
    made_at: datetime


async def frozen(work: Work, sessions: Collection[SessionId]) -> list[Frozen]:
    """The CDRs of these sessions, as far as they have one."""
    rows = await work.all(
        """
        SELECT id, party_id, session_id, total_minor, currency, document, made_at
          FROM cdr WHERE session_id = ANY($1::uuid[])
        """,
        list(sessions),
    )
    return [
        Frozen(
            row["id"],
            PartyId(row["party_id"]),
            SessionId(row["session_id"]),
            row["total_minor"],
            Currency(row["currency"]),
            row["document"],
            row["made_at"],
        )
        for row in rows
    ]
