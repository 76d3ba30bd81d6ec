"""What people decided of settlements that were held, as rows: added, never changed."""

from collections.abc import Collection

from voltway.billing.rules_review import Choice, Decision
from voltway.kernel.ids import PartyId, SessionId, SettlementId
from voltway.kernel.units import EnergyWh
from voltway.runtime.work import Row, Work
from voltway.sessions.model import Doubt


async def keep(work: Work, decision: Decision) -> None:
    await work.run(
        """
        INSERT INTO review_decision (settlement_id, party_id, session_id, choice, energy_wh, reason,
                                     doubts, decided_by, decided_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        decision.settlement,
        decision.party,
        decision.session,
        decision.choice.value,
        decision.energy_wh,
        decision.reason,
        [doubt.value for doubt in decision.doubts],
        decision.by,
        decision.at,
    )


async def of(work: Work, settlements: Collection[SettlementId]) -> dict[SettlementId, Decision]:
    """The decisions of these settlements, as far as there are such."""
    rows = await work.all(
        "SELECT * FROM review_decision WHERE settlement_id = ANY($1::uuid[])", list(settlements)
    )
    return {SettlementId(row["settlement_id"]): _decision(row) for row in rows}


def _decision(row: Row) -> Decision:
    return Decision(
        settlement=SettlementId(row["settlement_id"]),
        party=PartyId(row["party_id"]),
        session=SessionId(row["session_id"]),
        choice=Choice(row["choice"]),
        energy_wh=None if row["energy_wh"] is None else EnergyWh(row["energy_wh"]),
        reason=row["reason"],
        doubts=tuple(Doubt(doubt) for doubt in row["doubts"]),
        by=row["decided_by"],
        at=row["decided_at"],
    )
