"""What was heard of sessions after their bills, as rows: each thing once, never changed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from voltway.kernel.ids import PartyId, SessionId, SettlementId
from voltway.runtime.work import Work


class Outcome(StrEnum):
    """What became of a correction."""

    SAME = "same"  # the bill is what it would be
    ADJUSTED = "adjusted"  # what was too much is given back
    REVIEW = "review"  # a person decides


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What was heard of a session after its bill, and what became of it."""

    id: UUID
    party: PartyId
    session: SessionId
    settlement: SettlementId
    heard_at: datetime
    came: str
    outcome: Outcome
    changed: tuple[str, ...]
    at: datetime


async def is_known(work: Work, session: SessionId, heard_at: datetime, came: str) -> bool:
    """Whether this correction was heard already."""
    row = await work.one(
        "SELECT FROM session_correction WHERE session_id = $1 AND heard_at = $2 AND came = $3",
        session,
        heard_at,
        came,
    )
    return row is not None


async def keep(work: Work, correction: Correction) -> None:
    await work.run(
        """
        INSERT INTO session_correction (id, party_id, session_id, settlement_id, heard_at, came,
                                        outcome, changed, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        correction.id,
        correction.party,
        correction.session,
        correction.settlement,
        correction.heard_at,
        correction.came,
        correction.outcome.value,
        list(correction.changed),
        correction.at,
    )


async def of_session(work: Work, session: SessionId) -> list[Correction]:
    """What was heard of a session after its bill, the newest first."""
    rows = await work.all(
        "SELECT * FROM session_correction WHERE session_id = $1 ORDER BY at DESC, id DESC", session
    )
    return [
        Correction(
            id=row["id"],
            party=PartyId(row["party_id"]),
            session=SessionId(row["session_id"]),
            settlement=SettlementId(row["settlement_id"]),
            heard_at=row["heard_at"],
            came=row["came"],
            outcome=Outcome(row["outcome"]),
            changed=tuple(row["changed"]),
            at=row["at"],
        )
        for row in rows
    ]
