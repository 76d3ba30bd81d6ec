"""Write-offs that wait for a second person, as rows."""

from uuid import UUID

from voltway.billing.model_debts import Debt
from voltway.billing.second_person import RequestState
from voltway.kernel.ids import new_id
from voltway.parties.model import Actor
from voltway.runtime.work import Row, Work


async def add(work: Work, debt: Debt, why: str, actor: Actor) -> UUID | None:
    """The request's id; nothing where somebody has asked for this debt already."""
    row = await work.one(
        """
        INSERT INTO write_off_request (id, party_id, invoice_id, amount_minor, currency, reason,
                                       asked_by, asker_id, asked_at, state)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open')
            ON CONFLICT DO NOTHING RETURNING id
        """,
        new_id(work.now),
        debt.party,
        debt.invoice,
        debt.owed.minor,
        debt.owed.currency,
        why,
        actor.name,
        actor.id,
        work.now,
    )
    return None if row is None else UUID(str(row["id"]))


async def lock(work: Work, id: UUID) -> Row | None:
    return await work.one("SELECT * FROM write_off_request WHERE id = $1 FOR UPDATE", id)


async def decide(work: Work, id: UUID, state: RequestState, by: str) -> None:
    await work.run(
        """
        UPDATE write_off_request SET state = $2, decided_by = $3, decided_at = $4 WHERE id = $1
        """,
        id,
        state.value,
        by,
        work.now,
    )
