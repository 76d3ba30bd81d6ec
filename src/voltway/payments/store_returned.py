"""Refunds that came back, as rows; and which refunds are still to be looked at."""

from datetime import datetime, timedelta
from uuid import UUID

from voltway.kernel.ids import PartyId, PaymentId, new_id
from voltway.kernel.money import Currency, Money
from voltway.payments.model import Payment, StepTaken
from voltway.payments.model_returned import Returned, ReturnedState
from voltway.runtime.work import Row, Work


async def watch(work: Work, step: UUID, at: datetime) -> None:
    """A refund that is done is looked at again then."""
    await work.run("UPDATE payment_step SET look_at = $2 WHERE id = $1", step, at)


async def looked(work: Work, payment: PaymentId, every: timedelta, watched: timedelta) -> None:
    """The refunds of a payment were looked at now: again in a while, or not any more."""
    await work.run(
        """
        UPDATE payment_step
           SET look_at = CASE WHEN answer = 'done' AND answered_at + $4 > $2 THEN $2 + $3 END
         WHERE payment_id = $1 AND look_at IS NOT NULL
        """,
        payment,
        work.now,
        every,
        watched,
    )


async def to_look_at(work: Work, most: int) -> list[PaymentId]:
    """Payments with a refund that is to be looked at, what waits longest first."""
    rows = await work.all(
        """
        SELECT payment_id FROM payment_step WHERE look_at <= $1
         GROUP BY payment_id ORDER BY min(look_at) LIMIT $2
        """,
        work.now,
        most,
    )
    return [PaymentId(row["payment_id"]) for row in rows]


async def came_back(work: Work, step: UUID) -> bool:
    """A refund that was done is so no more, once; whether that is news."""
    return bool(
        await work.run(
            """
            UPDATE payment_step SET answer = 'returned', look_at = NULL
             WHERE id = $1 AND verb = 'refund' AND answer = 'done'
            """,
            step,
        )
    )


async def add(work: Work, payment: Payment, step: StepTaken, why: str) -> UUID:
    id = new_id(work.now)
    await work.run(
        """
        INSERT INTO returned_refund (id, party_id, payment_id, step_id, amount_minor, currency, why,
                                     returned_at, state)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'owed')
        """,
        id,
        payment.party,
        payment.id,
        step.id,
        step.amount_minor,
        payment.currency,
        why,
        work.now,
    )
    return id


async def lock(work: Work, id: UUID) -> Returned | None:
    row = await work.one("SELECT * FROM returned_refund WHERE id = $1 FOR UPDATE", id)
    return _returned(row) if row else None


async def load(work: Work, id: UUID) -> Returned | None:
    row = await work.one("SELECT * FROM returned_refund WHERE id = $1", id)
    return _returned(row) if row else None


async def again_by(work: Work, step: UUID) -> Returned | None:
    """What a refund is in the place of."""
    row = await work.one("SELECT * FROM returned_refund WHERE again_step_id = $1", step)
    return _returned(row) if row else None


async def asked(work: Work, id: UUID, step: UUID, by: str) -> None:
    """A refund in its place is noted."""
    await work.run(
        """
        UPDATE returned_refund
           SET state = 'asked', again_step_id = $2, tries = tries + 1, ended_by = $3
         WHERE id = $1
        """,
        id,
        step,
        by,
    )


async def declined(work: Work, id: UUID, why: str) -> None:
    await work.run(
        """
        UPDATE returned_refund
           SET state = 'owed', again_step_id = NULL, ended_by = NULL, said = $2
         WHERE id = $1
        """,
        id,
        why,
    )


async def refunded(work: Work, id: UUID) -> None:
    await work.run(
        "UPDATE returned_refund SET state = 'refunded', ended_at = $2, said = NULL WHERE id = $1",
        id,
        work.now,
    )


async def paid(work: Work, id: UUID, how: str, by: str) -> None:
    await work.run(
        """
        UPDATE returned_refund SET state = 'paid', ended_at = $2, said = $3, ended_by = $4
         WHERE id = $1
        """,
        id,
        work.now,
        how,
        by,
    )


async def kept_minor(work: Work, payment: PaymentId) -> int:
    """What of a payment is not to be refunded anew: it is owed for a refund that came back, or was
    paid otherwise. What is asked again already is promised by its step."""
    row = await work.one(
        """
        SELECT coalesce(sum(amount_minor), 0)::bigint AS minor FROM returned_refund
         WHERE payment_id = $1 AND state IN ('owed', 'paid')
        """,
        payment,
    )
    assert row is not None, "a sum always has a row"
    return int(row["minor"])


def _returned(row: Row) -> Returned:
    return Returned(
        id=row["id"],
        party=PartyId(row["party_id"]),
        payment=PaymentId(row["payment_id"]),
        step=row["step_id"],
        amount=Money(row["amount_minor"], Currency(row["currency"])),
        why=row["why"],
        returned_at=row["returned_at"],
        state=ReturnedState(row["state"]),
        again=row["again_step_id"],
        tries=row["tries"],
    )
