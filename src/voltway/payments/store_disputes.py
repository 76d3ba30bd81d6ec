"""Disputes as rows."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from voltway.kernel.ids import PaymentId, new_id
from voltway.payments.model import Payment
from voltway.payments.provider_more import DisputeSeen
from voltway.runtime.work import Row, Work


async def keep(work: Work, payment: Payment, seen: DisputeSeen) -> tuple[Row, bool]:
    """Keep a dispute as it was told now; its row, and whether it is new."""
    before = await work.one(
        "SELECT * FROM dispute WHERE party_id = $1 AND provider = $2 AND ref = $3 FOR UPDATE",
        payment.party,
        payment.provider,
        seen.ref,
    )
    row = await work.one(
        """
        INSERT INTO dispute (id, party_id, payment_id, provider, ref, state, is_warning,
                             amount_minor, currency, reason, opened_at, answer_by, looked_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            ON CONFLICT (party_id, provider, ref) DO UPDATE
           SET state = excluded.state, is_warning = excluded.is_warning,
               answer_by = excluded.answer_by, looked_at = excluded.looked_at,
               warned_h = CASE WHEN excluded.answer_by > dispute.answer_by THEN NULL
                               ELSE dispute.warned_h END
        RETURNING *
        """,
        new_id(work.now),
        payment.party,
        payment.id,
        payment.provider,
        seen.ref,
        seen.state.value,
        seen.is_warning,
        seen.amount.minor,
        seen.amount.currency,
        seen.reason,
        seen.opened_at,
        seen.answer_by,
        work.now,
    )
    assert row is not None, "an upsert gives a row"
    return row, before is None


async def taken(work: Work, id: UUID) -> None:
    await work.run("UPDATE dispute SET taken_at = $2 WHERE id = $1", id, work.now)


async def returned(work: Work, id: UUID) -> None:
    await work.run("UPDATE dispute SET returned_at = $2 WHERE id = $1", id, work.now)


async def sent(work: Work, id: UUID, by: str) -> None:
    await work.run(
        "UPDATE dispute SET sent_at = $2, sent_by = $3 WHERE id = $1 AND sent_at IS NULL",
        id,
        work.now,
        by,
    )


async def dispute(work: Work, id: UUID) -> Row | None:
    return await work.one("SELECT * FROM dispute WHERE id = $1", id)


async def to_look_at(work: Work, before: datetime) -> list[PaymentId]:
    """Payments with a dispute that is not judged and was last looked at before this."""
    rows = await work.all(
        """
        SELECT DISTINCT payment_id FROM dispute
         WHERE state IN ('asks', 'judged') AND looked_at <= $1 LIMIT 100
        """,
        before,
    )
    return [PaymentId(row["payment_id"]) for row in rows]


async def warn_due(work: Work, within_h: int) -> Sequence[Row]:
    """Note that somebody is told of what is due within so many hours; of each once, and never of
    less haste after more."""
    return await work.all(
        """
        UPDATE dispute SET warned_h = $2::int
         WHERE state = 'asks' AND sent_at IS NULL
           AND answer_by > $1 AND answer_by <= $1 + make_interval(hours => $2::int)
           AND (warned_h IS NULL OR warned_h > $2::int)
        RETURNING id, party_id, payment_id, answer_by
        """,
        work.now,
        within_h,
    )
