"""What providers told by themselves, as rows."""

from collections.abc import Collection, Sequence
from datetime import datetime

from voltway.kernel.ids import PaymentId
from voltway.payments.model import Payment
from voltway.payments.provider import Told
from voltway.runtime.work import Work


async def being_asked(
    work: Work, payments: Collection[PaymentId], since: datetime
) -> set[PaymentId]:
    """Those of which a capture or a release was asked for lately, and the answer is still to
    come."""
    rows = await work.all(
        """
        SELECT payment_id FROM payment_step
         WHERE payment_id = ANY($1::uuid[]) AND answered_at IS NULL AND tried_at >= $2
           AND verb IN ('capture', 'release')
        """,
        list(payments),
        since,
    )
    return {PaymentId(row["payment_id"]) for row in rows}


async def keep(work: Work, provider: str, events: Sequence[tuple[Told, Payment, bool]]) -> set[str]:
    """Keep webhooks once, given as (what, of which payment, whether that is all that there is to
    do). Those that are still to be acted on."""
    rows = await work.all(
        """
        INSERT INTO webhook_event AS w
            (provider, event_id, party_id, payment_id, kind, received_at, acted_at)
        SELECT $1, event_id, party_id, payment_id, kind, $6, acted_at
          FROM unnest($2::text[], $3::uuid[], $4::uuid[], $5::text[], $7::timestamptz[])
               AS e (event_id, party_id, payment_id, kind, acted_at)
         ORDER BY payment_id, event_id
            ON CONFLICT (provider, event_id) DO UPDATE
           SET acted_at = coalesce(w.acted_at, excluded.acted_at)
        RETURNING event_id, acted_at
        """,
        provider,
        [told.event for told, _, _ in events],
        [payment.party for _, payment, _ in events],
        [payment.id for _, payment, _ in events],
        [told.kind for told, _, _ in events],
        work.now,
        [work.now if done else None for _, _, done in events],
    )
    return {row["event_id"] for row in rows if row["acted_at"] is None}


async def acted(work: Work, provider: str, event: str) -> None:
    await work.run(
        "UPDATE webhook_event SET acted_at = $3 WHERE provider = $1 AND event_id = $2",
        provider,
        event,
        work.now,
    )


async def forget(work: Work, before: datetime) -> int:
    return await work.run(
        """
        DELETE FROM webhook_event
         WHERE ctid = ANY(ARRAY(SELECT ctid FROM webhook_event WHERE received_at < $1 LIMIT 10000))
        """,
        before,
    )
