"""What was asked of a provider and what it told by itself, as rows."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from voltway.kernel.ids import OnceKey, PartyId, PaymentId, new_id
from voltway.payments.model import Payment, StepTaken, Verb
from voltway.runtime.work import Row, Work


async def note_step(work: Work, step: StepTaken) -> None:
    """Keep what is about to be asked, before it is."""
    await note_steps(work, [step], tries=0)


async def note_steps(work: Work, steps: Sequence[StepTaken], *, tries: int) -> None:
    """Keep what is about to be asked; ``tries`` is 1 where it is asked right after this work."""
    if not steps:
        return
    await work.run(
        """
        INSERT INTO payment_step
            (id, party_id, payment_id, verb, once, amount_minor, reason, asked_at, tried_at,
             tries)
        SELECT id, party_id, payment_id, verb, once, amount_minor, reason, asked_at, asked_at, $9
          FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bigint[],
                      $7::text[], $8::timestamptz[])
               AS w (id, party_id, payment_id, verb, once, amount_minor, reason, asked_at)
        """,
        [step.id for step in steps],
        [step.party for step in steps],
        [step.payment for step in steps],
        [step.verb for step in steps],
        [step.once for step in steps],
        [step.amount_minor for step in steps],
        [step.reason for step in steps],
        [step.asked_at for step in steps],
        tries,
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


async def open_hold(work: Work, payment: PaymentId) -> StepTaken | None:
    """The hold that was noted for a payment and has no answer."""
    row = await work.one(
        """
        SELECT * FROM payment_step
         WHERE payment_id = $1 AND verb = 'hold' AND answered_at IS NULL
        """,
        payment,
    )
    return _step(row) if row else None


async def step(work: Work, once: OnceKey) -> StepTaken | None:
    row = await work.one("SELECT * FROM payment_step WHERE once = $1", once)
    return _step(row) if row else None


async def by_keys(work: Work, keys: Collection[OnceKey]) -> dict[OnceKey, StepTaken]:
    rows = await work.all("SELECT * FROM payment_step WHERE once = ANY($1::text[])", list(keys))
    return {row["once"]: _step(row) for row in rows}


async def captures_done(work: Work, payments: Collection[PaymentId]) -> dict[PaymentId, UUID]:
    """The steps that took the money of these payments."""
    rows = await work.all(
        """
        SELECT payment_id, id FROM payment_step
         WHERE payment_id = ANY($1::uuid[]) AND verb = 'capture' AND answer = 'done'
        """,
        list(payments),
    )
    return {row["payment_id"]: row["id"] for row in rows}


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


async def increases_done(work: Work, payment: PaymentId) -> int:
    """How often a hold has grown."""
    row = await work.one(
        """
        SELECT count(*) AS n FROM payment_step
         WHERE payment_id = $1 AND verb = 'increase' AND answer = 'done'
        """,
        payment,
    )
    assert row is not None
    return int(row["n"])


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


async def tried(work: Work, *steps: UUID) -> None:
    """Count that these are about to be asked again."""
    await work.run(
        "UPDATE payment_step SET tries = tries + 1, tried_at = $2 WHERE id = ANY($1::uuid[])",
        steps,
        work.now,
    )


async def answered(work: Work, step: UUID, answer: str, detail: str | None = None) -> bool:
    """Note the answer, once; whether it was news."""
    return await answered_many(work, [(step, answer, detail)]) == 1


async def answered_many(work: Work, answers: Sequence[tuple[UUID, str, str | None]]) -> int:
    """Note answers, given as (step, answer, detail), each once; how many were news."""
    if not answers:
        return 0
    return await work.run(
        """
        UPDATE payment_step s SET answered_at = $2, answer = w.answer, detail = w.detail
          FROM unnest($1::uuid[], $3::text[], $4::text[]) AS w (id, answer, detail)
         WHERE s.id = w.id AND s.answered_at IS NULL
        """,
        [step for step, _, _ in answers],
        work.now,
        [answer for _, answer, _ in answers],
        [detail for _, _, detail in answers],
    )


async def troubled(work: Work, step: UUID, trouble: str) -> None:
    await work.run("UPDATE payment_step SET last_trouble = $2 WHERE id = $1", step, trouble)


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
