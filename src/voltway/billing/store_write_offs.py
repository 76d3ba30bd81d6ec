"""Write-offs that wait for a second person, as rows."""

from dataclasses import dataclass
from uuid import UUID

from voltway.billing.second_person import RequestState
from voltway.kernel.ids import InvoiceId, new_id
from voltway.kernel.money import Money
from voltway.parties.model import Actor
from voltway.runtime.work import Row, Work


@dataclass(frozen=True, slots=True)
class Of:
    """What is to be written off: a debt by its document, or what is owed for a disputed top-up."""

    number: str
    owed: Money
    invoice: InvoiceId | None = None
    dispute: UUID | None = None


async def add(work: Work, of: Of, why: str, actor: Actor) -> UUID | None:
    """The request's id; nothing where somebody has asked for this already."""
    row = await work.one(
        """
        INSERT INTO write_off_request (id, party_id, invoice_id, dispute_id, amount_minor,
                                       currency, reason, asked_by, asker_id, asked_at, state)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'open')
            ON CONFLICT DO NOTHING RETURNING id
        """,
        new_id(work.now),
        actor.party,
        of.invoice,
        of.dispute,
        of.owed.minor,
        of.owed.currency,
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
