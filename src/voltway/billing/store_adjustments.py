"""What was made of facts that came after a bill, as rows: added, never changed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from voltway.kernel.ids import PartyId, SessionId, SettlementId
from voltway.kernel.money import Currency
from voltway.runtime.work import Row, Work


class Made(StrEnum):
    """What a person made of what came after the bill."""

    ADJUSTED = "adjusted"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """A signed adjustment of a bill and its evidence, or the bill left as it is."""

    id: UUID
    party: PartyId
    session: SessionId
    settlement: SettlementId
    place: int
    choice: Made
    before_minor: int
    told_minor: int
    before_wh: int
    told_wh: int
    currency: Currency
    reason: str
    by: str
    at: datetime

    @property
    def after_minor(self) -> int:
        return self.before_minor if self.choice is Made.LEFT else self.told_minor

    @property
    def delta_minor(self) -> int:
        return self.after_minor - self.before_minor


async def keep(work: Work, made: Adjustment, document: bytes, sha256: str) -> None:
    await work.run(
        """
        INSERT INTO adjustment (id, party_id, session_id, settlement_id, place, choice,
                                before_minor, after_minor, told_minor, before_wh, told_wh, currency,
                                reason, document, sha256, decided_by, decided_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        """,
        made.id,
        made.party,
        made.session,
        made.settlement,
        made.place,
        made.choice.value,
        made.before_minor,
        made.after_minor,
        made.told_minor,
        made.before_wh,
        made.told_wh,
        made.currency,
        made.reason,
        document.decode(),
        sha256,
        made.by,
        made.at,
    )


async def of_session(work: Work, session: SessionId) -> list[Adjustment]:
    """The adjustments of a session, in their order."""
    rows = await work.all("SELECT * FROM adjustment WHERE session_id = $1 ORDER BY place", session)
    return [_adjustment(row) for row in rows]


def _adjustment(row: Row) -> Adjustment:
    return Adjustment(
        id=row["id"],
        party=PartyId(row["party_id"]),
        session=SessionId(row["session_id"]),
        settlement=SettlementId(row["settlement_id"]),
        place=row["place"],
        choice=Made(row["choice"]),
        before_minor=row["before_minor"],
        told_minor=row["told_minor"],
        before_wh=row["before_wh"],
        told_wh=row["told_wh"],
        currency=Currency(row["currency"]),
        reason=row["reason"],
        by=row["decided_by"],
        at=row["decided_at"],
    )
