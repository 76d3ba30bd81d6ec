"""What was asked of a provider and what it told by itself, as rows."""

from datetime import datetime
from uuid import UUID

from voltway.kernel.ids import OnceKey, PartyId, PaymentId, new_id
from voltway.payments.model import Payment, StepTaken, Verb
from voltway.runtime.work import Row, Work


async def note_step(work: Work, step: StepTaken) -> None:
    """Keep what is about to be asked, before it is."""
    await work.run(
        """
        INSERT INTO payment_step
            (id, party_id, payment_id, verb, once, amount_minor, reason, asked_at, tried_at,
             tries)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, 0)
        """,
        step.id,
        step.party,
        step.payment,
        step.verb,
        step.once,
        step.amount_minor,
        step.reason,
        step.asked_at,
    )


def new_step(
    work: Work, payment: Payment, verb: Verb, once: OnceKey, amount_minor: int, reason: str
) -> StepTaken:
    return StepTaken(
        id=new_id(work.now),
        payment=payment.id,
        party=payment.party,
        verb=verb,
        once=once,
        amount_minor=amount_minor,
        reason=reason,
        asked_at=work.now,
    )


async def step(work: Work, once: OnceKey) -> StepTaken | None:
    row = await work.one("SELECT * FROM payment_step WHERE once = $1", once)
    return _step(row) if row else None


async def steps_of(work: Work, payment: PaymentId) -> list[StepTaken]:
    """Everything that was asked for a payment, in its order."""
    rows = await work.all(
        "SELECT * FROM payment_step WHERE payment_id = $1 ORDER BY asked_at, id", payment
    )
    return [_step(row) for row in rows]


async def open_steps(work: Work, tried_before: datetime) -> list[StepTaken]:
    """What was asked and not answered: the provider was silent, or we died in between."""
    rows = await work.all(
        """
        SELECT * FROM payment_step
         WHERE answered_at IS NULL AND tried_at <= $1
         ORDER BY tried_at
         LIMIT 100
        """,
        tried_before,
    )
    return [_step(row) for row in rows]


async def promised_refunds(work: Work, payment: PaymentId) -> int:
    """What was asked to be refunded and may still be."""
    row = await work.one(
        """
        SELECT coalesce(sum(amount_minor), 0)::bigint AS minor FROM payment_step
         WHERE payment_id = $1 AND verb = 'refund' AND answered_at IS NULL
        """,
        payment,
    )
    assert row is not None
    return int(row["minor"])


async def refunds_done(work: Work, payment: PaymentId) -> int:
    """What was given back by our own asking."""
    row = await work.one(
        """
        SELECT coalesce(sum(amount_minor), 0)::bigint AS minor FROM payment_step
         WHERE payment_id = $1 AND verb = 'refund' AND answer = 'done'
        """,
        payment,
    )
    assert row is not None
    return int(row["minor"])


async def tried(work: Work, step: UUID) -> None:
    await work.run(
        "UPDATE payment_step SET tries = tries + 1, tried_at = $2 WHERE id = $1", step, work.now
    )


async def answered(work: Work, step: UUID, answer: str, detail: str | None = None) -> bool:
    """Note the answer, once; whether it was news."""
    count = await work.run(
        """
        UPDATE payment_step SET answered_at = $2, answer = $3, detail = $4
         WHERE id = $1 AND answered_at IS NULL
        """,
        step,
        work.now,
        answer,
        detail,
    )
    return count == 1


async def troubled(work: Work, step: UUID, trouble: str) -> None:
    await work.run("UPDATE payment_step SET last_trouble = $2 WHERE id = $1", step, trouble)


async def keep_event(work: Work, provider: str, event: str, kind: str, payment: Payment) -> bool:
    """Keep a webhook once; whether it still is to be acted on."""
    await work.run(
        """
        INSERT INTO webhook_event (provider, event_id, party_id, payment_id, kind, received_at)
        VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (provider, event_id) DO NOTHING
        """,
        provider,
        event,
        payment.party,
        payment.id,
        kind,
        work.now,
    )
    row = await work.one(
        "SELECT acted_at FROM webhook_event WHERE provider = $1 AND event_id = $2", provider, event
    )
    return row is not None and row["acted_at"] is None


async def acted(work: Work, provider: str, event: str) -> None:
    await work.run(
        "UPDATE webhook_event SET acted_at = $3 WHERE provider = $1 AND event_id = $2",
        provider,
        event,
        work.now,
    )


def _step(row: Row) -> StepTaken:
    return StepTaken(
        id=row["id"],
        payment=PaymentId(row["payment_id"]),
        party=PartyId(row["party_id"]),
        verb=Verb(row["verb"]),
        once=OnceKey(row["once"]),
        amount_minor=row["amount_minor"],
        reason=row["reason"],
        asked_at=row["asked_at"],
        answered_at=row["answered_at"],
        answer=row["answer"],
        detail=row["detail"],
    )
